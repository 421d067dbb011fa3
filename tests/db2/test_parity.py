"""Marts that dbt-db2 builds on the stand-in for Db2 have PostgreSQL's rows, build after build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from parity import Builds, declared_keys, differences, digests, open_for_business, trade

from orchestration.connections import connect_postgres
from orchestration.promote.db2.connection import db2_session
from orchestration.settings import Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

# Nodes that have ended when a build is killed: in its first models, and amid facts and their tests.
KILLED_AFTER = (3, 80)

OpenShop = Callable[[Path], AbstractContextManager[Settings]]
OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]


@pytest.fixture(scope="module")
def shop(
    open_shop: OpenShop, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A shop with a web site, a warehouse, and a Db2 that is none."""
    with (
        open_shop(tmp_path_factory.mktemp("parity")) as settings,
        open_standin(settings) as settings,
    ):
        yield settings.model_copy(update={"web_dir": settings.home / "web"})


def test_marts_are_the_same_on_both(shop: Settings) -> None:
    late_rates = open_for_business(shop)
    with Builds(shop) as builds:
        builds.on_postgres()
        builds.promote()
        assert builds.on_db2() == []
        assert differences(shop) == {}
        assert first_product(shop) == "😀" * 500
        assert declared_keys(shop) > 0
        before = digests(shop)

        trade(shop, late_rates)
        builds.on_postgres()
        builds.promote()
        killed = []
        for nodes in KILLED_AFTER:
            assert builds.on_db2(killed_after=nodes) == ["killed"]
            killed.append(digests(shop))
            # What a build has begun to change, no key may be believed of.
            assert declared_keys(shop) == 0
        assert builds.on_db2() == []
        assert differences(shop) == {}
        incremental = digests(shop)
        assert len(unchanged(before, incremental)) < len(before) / 2
        # Whoever read a mart after a kill read all of one build, and nothing lay beside the marts.
        for found in killed:
            assert found.keys() == before.keys()
            assert all(found[table] in {before[table], incremental[table]} for table in found)
        assert killed[-1] not in (before, incremental)

        # Rows that have passed the tests before.
        assert builds.on_db2("--full-refresh", tested=False) == []
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
