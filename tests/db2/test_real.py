"""Rung 4: the same on a real Db2. Nothing else proves Db2.

`make db2-real` says which; without one, all of it is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest
from real import make_empty

# Collected here once more, to run with the `shop` of this module.
from test_parity import test_marts_are_the_same_on_both  # noqa: F401

from orchestration.promote.db2.connection import db2_session, query
from orchestration.settings import Settings
from orchestration.transform import run_dbt

_URL = os.environ.get("SOFTCART_TEST_DB2_URL", "")

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(
        not _URL, reason="There is no Db2: SOFTCART_DB2_URL names none (docs/db2.md)"
    ),
]

OpenShop = Callable[[Path], AbstractContextManager[Settings]]


@pytest.fixture(scope="module")
def shop(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A shop, a warehouse, and a Db2 that is one."""
    home = tmp_path_factory.mktemp("real")
    with open_shop(home) as bare:
        settings = bare.model_copy(update={"web_dir": home / "web"}).with_urls({"db2": _URL})
        with db2_session(settings) as connection:
            make_empty(connection)
        yield settings


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        # A quotient has 31 - p + s - s' digits behind the point.
        ("cast(10 as decimal(31, 6)) / cast(3 as decimal(31, 6))", Decimal(3)),
        ("cast(2.5 as decimal(5, 0))", Decimal(2)),
        ("case when '' is null then 'null' else 'empty' end", "empty"),
        ("case when 'a' = 'a ' then 'padded' else 'exact' end", "padded"),
        ("case when 'B' < 'a' then 'by code' else 'by language' end", "by code"),
        ("length(cast('😀' as varchar(1 codeunits32)), octets)", 4),
        ("lower(hex(hash('softcart', 0)))", "65183d54d894561780e82689d5b0ad4f"),
    ],
)
def test_db2_computes_as_the_project_takes_it_to(
    shop: Settings, expression: str, answer: object
) -> None:
    with db2_session(shop) as connection:
        ((found,),) = query(connection, f"select {expression} as found from sysibm.sysdummy1")
    assert found == answer


def test_every_macro_says_on_db2_what_it_must(shop: Settings) -> None:
    run_dbt(shop, ["run-operation", "run_macro_tests"], target="prod").raise_for_failures()
