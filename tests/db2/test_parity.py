"""Marts that dbt-db2 builds on the stand-in for Db2 have PostgreSQL's rows, build after build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from parity import build_on_db2, build_on_postgres, differences, digests, open_for_business, trade

from orchestration.connections import connect_postgres
from orchestration.promote.db2.connection import db2_session
from orchestration.settings import Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenShop = Callable[[Path], AbstractContextManager[Settings]]
OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]


@pytest.fixture(scope="module")
def shop(
    open_shop: OpenShop, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A shop, a warehouse, and a Db2 that is none."""
    with (
        open_shop(tmp_path_factory.mktemp("parity")) as settings,
        open_standin(settings) as settings,
    ):
        yield settings


def test_marts_are_the_same_on_both(shop: Settings) -> None:
    late_rates = open_for_business(shop)
    build_on_postgres(shop)
    build_on_db2(shop)
    assert differences(shop) == {}
    assert first_product(shop) == "😀" * 500
    before = digests(shop)

    trade(shop, late_rates)
    build_on_postgres(shop)
    build_on_db2(shop)
    assert differences(shop) == {}
    incremental = digests(shop)
    assert len(unchanged(before, incremental)) < len(before) / 2

    build_on_db2(shop, "--full-refresh")
    assert digests(shop) == incremental

    # And it could have failed.
    with connect_postgres(shop) as postgres:
        postgres.execute(
            "update marts.fct_orders set order_number = order_number || '.'"
            " where order_id = (select min(order_id) from marts.fct_orders)"
        )
    assert list(differences(shop)) == ["marts.fct_orders"]


def unchanged(before: dict[str, int], after: dict[str, int]) -> list[str]:
    return [table for table, digest in before.items() if after[table] == digest]


def first_product(settings: Settings) -> object:
    with db2_session(settings) as db2:
        cursor = db2.cursor()
        cursor.execute("select max(product_name) as longest from marts.dim_products")
        return cursor.fetchall()[0][0]
