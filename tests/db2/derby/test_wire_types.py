"""Every type that the refined layer has, there and back through IBM's driver and Db2's protocol."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from derby.session import Row, StatementError, Wire, connect

_TYPES: list[tuple[str, list[object]]] = [
    ("smallint", [32767, -32768, 0, None]),
    ("integer", [2**31 - 1, -(2**31), 0, None]),
    ("bigint", [2**63 - 1, -(2**63), 0, None]),
    ("decimal(5, 0)", [Decimal(99999), Decimal(-99999), Decimal(0), None]),
    ("decimal(18, 4)", [Decimal("12.5000"), Decimal("-0.0001"), Decimal("0.0000"), None]),
    (
        "decimal(31, 6)",
        [
            Decimal("1234567890123456789012345.678901"),
            Decimal("-9999999999999999999999999.999999"),
            Decimal("-0.000001"),
            None,
        ],
    ),
    ("decimal(31, 31)", [Decimal("0.1234567890123456789012345678901"), None]),
    ("double", [0.1, -1.5e300, 5e-300, None]),
    ("date", [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31), None]),
    (
        "timestamp",
        [
            datetime(1, 1, 1),
            datetime(2024, 2, 29, 23, 59, 59, 999999),
            datetime(2024, 3, 31, 2, 30, 0, 1),
            datetime(9999, 12, 31, 23, 59, 59, 999999),
            None,
        ],
    ),
    (
        "varchar(20)",
        ["", None, " ", "a" * 20, "  both ends  ", "äöüß€", "日本語", "😀😀", "it's; --"],
    ),
    ("varchar(32672)", ["x" * 32672, "ä" * 16000, "", None]),
]


@pytest.mark.parametrize(("type_name", "values"), _TYPES, ids=[name for name, _ in _TYPES])
def test_values_come_back_as_they_were(wire: Wire, type_name: str, values: list[object]) -> None:
    assert [row[1] for row in wire.call(_round_trip, type_name, values)] == values


def _round_trip(url: str, type_name: str, values: list[object]) -> list[Row]:
    connection = connect(url)
    cursor = connection.cursor()
    cursor.execute(f"create table typed (id integer not null, v {type_name})")
    for number, value in enumerate(values):
        cursor.execute("insert into typed values (?, ?)", (number, value))
    cursor.execute("select id, v from typed order by id")
    rows: list[Row] = cursor.fetchall()
    connection.rollback()
    connection.close()
    return rows


def test_an_empty_text_is_not_null(wire: Wire) -> None:
    rows = wire.run(
        "create table texts (id integer not null, v varchar(10))",
        ("insert into texts values (1, ?), (2, ?)", ["", None]),
        "select id, length(v) from texts where v = '' or v is null order by id",
    )
    assert rows == [(1, 0), (2, None)]


def test_decimals_are_added_exactly(wire: Wire) -> None:
    rows = wire.run(
        "create table amounts (v decimal(31, 6))",
        ("insert into amounts values (?), (?)", [Decimal("0.1"), Decimal("1e24")]),
        "select sum(v) from amounts",
    )
    assert rows == [(Decimal("1000000000000000000000000.100000"),)]


def test_a_boolean_is_stored_and_comes_back_as_a_small_integer(wire: Wire) -> None:
    """This version of the protocol has no booleans: Derby says so of its own."""
    rows = wire.run(
        "create table flags (id integer not null, v boolean)",
        ("insert into flags values (1, ?), (2, ?), (3, ?)", [True, False, None]),
        "select id, v from flags order by id",
    )
    assert rows == [(1, 1), (2, 0), (3, None)]


@pytest.mark.parametrize("length", [0, 3, 5000, 40_000, 900_000])
def test_long_texts_arrive_whole(wire: Wire, length: int) -> None:
    text = ("äöü" * length)[:length]
    rows = wire.run(
        "create table notes (id integer not null, v clob(4m))",
        ("insert into notes values (1, ?)", [text]),
        "select length(v), cast(substr(v, 1, 10) as varchar(10)) from notes",
    )
    assert rows == [(length, text[:10])]


def test_a_text_that_is_too_long_is_refused(wire: Wire) -> None:
    with pytest.raises(StatementError, match="22001"):
        wire.run(
            "create table short (v varchar(5))",
            ("insert into short values (?)", ["sixsix"]),
        )


def test_an_amount_that_is_too_large_is_refused(wire: Wire) -> None:
    with pytest.raises(StatementError, match="22003"):
        wire.run(
            "create table small (v decimal(5, 2))",
            ("insert into small values (?)", [Decimal("1000.00")]),
        )
