"""The schema script as statements, and cells as a server's file import reads them."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from orchestration.simulator.bulk import money, nullable, ten_thousandths, times
from orchestration.simulator.schema import TABLES, split_statements


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select 1", ["select 1"]),
        (";;  ;\n", []),
        ("-- a; b\nselect 1;", ["select 1"]),
        ("select 1 -- to; the end\n + 2;", ["select 1  \n + 2"]),
        ("/* a;\n b */ select 1;", ["select 1"]),
        ("select 'a;b', \"c;d\", `e;f`;", ["select 'a;b', \"c;d\", `e;f`"]),
        ("select 'it''s; -- no comment';", ["select 'it''s; -- no comment'"]),
        (r"select 'a\';b';", [r"select 'a\';b'"]),
    ],
)
def test_statements_end_at_semicolons_that_end_them(script: str, statements: list[str]) -> None:
    assert split_statements(script) == statements


def test_schema_creates_exactly_the_tables_of_the_contract() -> None:
    script = files("orchestration.simulator").joinpath("schema.sql").read_text(encoding="utf-8")
    created = [statement.split()[5] for statement in split_statements(script)]
    assert sorted(created) == sorted(TABLES)


def test_money_is_exact_far_beyond_any_order() -> None:
    cents = [0, 1, 99, 100, -1, -12_345, 9_007_199_254_740_991, -9_007_199_254_740_991]
    expected = ["0.00", "0.01", "0.99", "1.00", "-0.01", "-123.45"]
    expected += ["90071992547409.91", "-90071992547409.91"]
    assert money(np.array(cents)) == expected


def test_ten_thousandths_and_times_print_as_the_server_reads_them() -> None:
    assert ten_thousandths(np.array([2000, 1, -5])) == ["0.2000", "0.0001", "-0.0005"]
    assert times(np.array([0, 1_793_491_200])) == ["1970-01-01T00:00:00", "2026-11-01T00:00:00"]


def test_nullable_leaves_out_what_is_not_there() -> None:
    assert nullable(["a", "b"], np.array([True, False])) == ["a", None]
