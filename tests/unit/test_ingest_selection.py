"""Names of tables on the command line."""

from __future__ import annotations

import pytest

from orchestration.errors import SoftcartError
from orchestration.ingest.selection import may_be_in, select_tables

_AVAILABLE = {"oltp": ["customers", "orders"], "catalog": ["orders", "products"]}


def test_no_name_is_every_table() -> None:
    assert select_tables(_AVAILABLE, None, is_whole=True) == _AVAILABLE
    assert select_tables(_AVAILABLE, [], is_whole=True) == _AVAILABLE


def test_a_name_is_looked_for_in_every_source_and_taken_once() -> None:
    selected = select_tables(_AVAILABLE, ["orders", "orders", "products"], is_whole=True)
    assert selected == {"oltp": ["orders"], "catalog": ["orders", "products"]}


def test_a_qualified_name_is_one_table() -> None:
    selected = select_tables(_AVAILABLE, ["catalog.orders"], is_whole=True)
    assert selected == {"oltp": [], "catalog": ["orders"]}


@pytest.mark.parametrize(
    ("wanted", "sources"),
    [
        (None, ["oltp", "catalog"]),
        ([], ["oltp", "catalog"]),
        (["orders"], ["oltp", "catalog"]),
        (["oltp.orders"], ["oltp"]),
        (["oltp.orders", "oltp.x", "catalog.y"], ["oltp", "catalog"]),
        (["oltp.orders", "orders"], ["oltp", "catalog"]),
        (["web.orders"], ["oltp", "catalog"]),
    ],
)
def test_only_sources_that_can_have_a_wanted_table_are_asked(
    wanted: list[str] | None, sources: list[str]
) -> None:
    every = ["oltp", "catalog"]
    assert [source for source in every if may_be_in(source, wanted, every)] == sources


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("order", "Try orders"),
        ("oltp.Costumers", "Try customers"),
        ("x", "Name one of customers, orders, products"),
    ],
)
def test_an_unknown_name_is_told_with_near_ones(name: str, remedy: str) -> None:
    with pytest.raises(SoftcartError) as raised:
        select_tables(_AVAILABLE, [name], is_whole=True)
    assert raised.value.what == f"No source has a table or collection named {name}"
    assert raised.value.remedy == remedy


def test_a_name_may_be_in_a_source_that_does_not_answer() -> None:
    available = {"oltp": ["orders"]}
    assert select_tables(available, ["products"], is_whole=False) == {"oltp": []}
