"""Every type of the shop's database arrives in raw as it was, on each way that ingest can take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

import pytest
from ingest_shop import (
    from_postgres,
    hold_one_bad_row,
    ingest,
    on_each_server,
    on_mysql,
    on_postgres,
    raw_types,
)

from orchestration.connections import connect_mysql
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Case:
    """A type, the raw type it becomes, and values: SQL in the shop and what raw must hold."""

    declared: str
    raw: str
    values: tuple[tuple[str, Any], ...]


def case(declared: str, raw: str, *values: tuple[str, Any]) -> Case:
    return Case(declared, raw, values)


_EMOJI = "_utf8mb4 x'F09F8E81'"
_CONTROLS = "".join(chr(code) for code in range(1, 32)) + "\x7f\x85\u2028"
_CONTROLS_HEX = _CONTROLS.encode().hex()
_LONG = 200_000
_TEXTS = (
    ("''", ""),
    ("'NULL'", "NULL"),
    (r"'\\N'", r"\N"),
    (r"'\\.'", r"\."),
    (r"'back\\slash \\n \\\\ end\\'", "back\\slash \\n \\\\ end\\"),
    (r"'tab\there'", "tab\there"),
    (r"'line\nfeed\r\nreturn\r'", "line\nfeed\r\nreturn\r"),
    ("'  spaces  '", "  spaces  "),
    (f"concat('gift ', {_EMOJI})", "gift 🎁"),
    ("'日本 Größe'", "日本 Größe"),
    (f"_utf8mb4 x'{_CONTROLS_HEX}'", _CONTROLS),
)
_BYTES = (
    ("''", b""),
    ("x'00'", b"\x00"),
    ("x'5C0A0D09FF00'", b"\\\n\r\t\xff\x00"),
    (r"'\\x41'", rb"\x41"),
    ("'NULL'", b"NULL"),
)

CASES = (
    case("tinyint", "smallint", ("-128", -128), ("127", 127)),
    case("tinyint unsigned", "smallint", ("0", 0), ("255", 255)),
    case("tinyint(1)", "smallint", ("0", 0), ("1", 1), ("2", 2), ("-1", -1)),
    case("smallint", "smallint", ("-32768", -32768), ("32767", 32767)),
    case("smallint unsigned", "integer", ("65535", 65535)),
    case("mediumint", "integer", ("-8388608", -8388608)),
    case("mediumint unsigned", "integer", ("16777215", 16777215)),
    case("int", "integer", ("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)),
    case("int unsigned", "bigint", ("4294967295", 2**32 - 1)),
    case("int(8) unsigned zerofill", "bigint", ("42", 42)),
    case(
        "bigint", "bigint", ("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1)
    ),
    case("bigint unsigned", "numeric(20,0)", ("18446744073709551615", Decimal(2**64 - 1))),
    case(
        "decimal(38,10)",
        "numeric(38,10)",
        (
            "1234567890123456789012345678.0123456789",
            Decimal("1234567890123456789012345678.0123456789"),
        ),
        ("-0.0000000001", Decimal("-0.0000000001")),
        ("0", Decimal("0E-10")),
    ),
    case("decimal(65,30)", "numeric(65,30)", ("9e-30", Decimal("9e-30"))),
    case("decimal(10,0) unsigned", "numeric(10,0)", ("9999999999", Decimal(9999999999))),
    case(
        "double",
        "double precision",
        ("0.1", 0.1),
        ("-5e-324", -5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("2.2250738585072014e-308", 2.2250738585072014e-308),
        ("12345678901234567", 12345678901234568.0),
        ("1e23", 1e23),
    ),
    case("float", "real", ("0.1", 0.1), ("16777217", 16777216.0), ("3.4028234e38", 3.4028235e38)),
    case("bit(1)", "bigint", ("b'0'", 0), ("b'1'", 1)),
    case("bit(8)", "bigint", ("b'10000001'", 129)),
    case("bit(64)", "numeric(20,0)", ("x'FFFFFFFFFFFFFFFF'", Decimal(2**64 - 1))),
    case("year", "smallint", ("1901", 1901), ("2155", 2155), ("'0000'", 0)),
    case("date", "date", ("'1000-01-01'", date(1000, 1, 1)), ("'9999-12-31'", date.max)),
    case(
        "datetime(6)",
        "timestamp(6) without time zone",
        ("'1000-01-01 00:00:00'", datetime(1000, 1, 1)),
        ("'2026-02-28 23:59:59.999999'", datetime(2026, 2, 28, 23, 59, 59, 999999)),
        ("'9999-12-31 23:59:59.999999'", datetime.max),
    ),
    case(
        "datetime",
        "timestamp(6) without time zone",
        ("'2026-03-29 02:30:00'", datetime(2026, 3, 29, 2, 30)),
    ),
    case(
        "timestamp(6) null",
        "timestamp with time zone",
        ("'1970-01-01 00:00:01'", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("'2026-10-25 02:30:00.000001'", datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=UTC)),
        ("'2038-01-19 03:14:07'", datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)),
    ),
    case(
        "time(6)",
        "interval",
        ("'-838:59:59'", -timedelta(hours=838, minutes=59, seconds=59)),
        ("'00:00:00.000001'", timedelta(microseconds=1)),
        ("'-00:00:01.5'", -timedelta(seconds=1.5)),
        ("'838:59:59'", timedelta(hours=838, minutes=59, seconds=59)),
    ),
    case("char(40)", "character varying(40)", *((sql, text.rstrip(" ")) for sql, text in _TEXTS)),
    case("varchar(40)", "character varying(40)", *_TEXTS),
    case("varchar(0)", "text", ("''", "")),
    case(
        "varchar(40) character set latin1",
        "character varying(40)",
        ("'Größe'", "Größe"),
        (r"'a\\b\n'", "a\\b\n"),
    ),
    case("varchar(40) character set utf16", "character varying(40)", (f"{_EMOJI}", "🎁")),
    case("varchar(40) collate utf8mb4_bin", "character varying(40)", ("'É\\\\'", "É\\")),
    case("tinytext", "text", *_TEXTS),
    case("text", "text", *_TEXTS),
    case(
        "mediumtext",
        "text",
        (f"repeat('long \\n ', {_LONG})", "long \n " * _LONG),
        ("repeat('\\n', 9000)", "\n" * 9000),
    ),
    case("longtext", "text", (f"repeat({_EMOJI}, {_LONG})", "🎁" * _LONG)),
    case(
        "enum('a','b\\\\c','d\\te','ü')",
        "text",
        ("'a'", "a"),
        (r"'b\\c'", r"b\c"),
        (r"'d\te'", "d\te"),
        ("'ü'", "ü"),
    ),
    case("enum('ä','é') character set latin1", "text", ("'é'", "é")),
    case("set('x','y','z')", "text", ("''", ""), ("'z,x'", "x,z")),
    case("binary(3)", "bytea", ("'a'", b"a\0\0")),
    case("varbinary(40)", "bytea", *_BYTES),
    case("blob", "bytea", *_BYTES),
    case("longblob", "bytea", (f"repeat(x'FF00', {_LONG})", b"\xff\x00" * _LONG)),
    case(
        "json",
        "jsonb",
        ("'null'", None),
        (
            '\'{"a": [1, 2.50, "x\\\\\\\\y\\\\n", null, true]}\'',
            {"a": [1, 2.5, "x\\y\n", None, True]},
        ),
        ("'\"🎁\"'", "🎁"),
        ("'[]'", []),
        ("'18446744073709551615'", 2**64 - 1),
    ),
    case(
        "point",
        "bytea",
        ("point(1, 2)", bytes.fromhex("000000000101000000000000000000F03F0000000000000040")),
    ),
)


@pytest.fixture(params=["mariadb", "mysql"])
def types_shop(request: pytest.FixtureRequest, shop: Settings) -> Iterator[Settings]:
    with on_each_server(shop, request.param) as settings:
        with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
            cursor.execute("set sql_mode = ''")
            for number, entry in enumerate(CASES):
                cursor.execute(
                    f"create table {_name(number)} (id int primary key, value {entry.declared})"
                )
                literals = [literal for literal, _ in entry.values] + ["null"]
                for row, literal in enumerate(literals):
                    cursor.execute(f"insert into {_name(number)} values ({row}, {literal})")
            mysql.commit()
        yield settings


def test_values_arrive_as_they_are(types_shop: Settings) -> None:
    reports = ingest(types_shop, *map(_name, range(len(CASES))))
    assert {report.quarantined for report in reports.values()} == {0}
    _assert_all_there(types_shop)


def test_values_that_are_looked_at_first_arrive_as_they_are(types_shop: Settings) -> None:
    names = list(map(_name, range(len(CASES))))
    ingest(types_shop, *names)
    hold_one_bad_row(types_shop, names)
    for name in names:
        _spoil(types_shop, name)
    reports = ingest(types_shop, *names)
    assert {(report.updated, report.quarantined) for report in reports.values()} == {
        (len(entry.values) + 1, 0) for entry in CASES
    }
    _assert_all_there(types_shop)


def test_rows_too_long_for_the_server_to_format_arrive_as_they_are(types_shop: Settings) -> None:
    """With a packet this small MariaDB turns the long line of each table into NULL."""
    names = list(map(_name, range(len(CASES))))
    for name in names:
        on_mysql(types_shop, f"alter table {name} add column filler longblob")
        on_mysql(types_shop, f"insert into {name} (id, filler) values (99, repeat('x', 700000))")
    with connect_mysql(types_shop) as mysql, mysql.cursor() as cursor:
        cursor.execute("select @@global.max_allowed_packet")
        ((usual,),) = cursor.fetchall()
        cursor.execute("set global max_allowed_packet = 1048576")
        try:
            ingest(types_shop, *names)
        finally:
            cursor.execute(f"set global max_allowed_packet = {usual}")
    _assert_all_there(types_shop)
    for name in names:
        filler = from_postgres(
            types_shop, f"select length(filler) from raw_oltp.{name} where id = 99"
        )
        assert filler == [(700000,)]


def test_a_value_of_many_packets_arrives_as_it_is(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table long_texts (id int primary key, value longtext)",
        "insert into long_texts values (1, repeat('tab\\tline\\n', 2000000)), (2, 'short')",
    )
    assert ingest(shop)["long_texts"].rows_read == 2
    query = "select id, length(value), md5(value) from {}long_texts order by id"
    digest = md5(b"tab\tline\n" * 2_000_000, usedforsecurity=False).hexdigest()
    short = md5(b"short", usedforsecurity=False).hexdigest()
    assert from_postgres(shop, query.format("raw_oltp.")) == [
        (1, 18_000_000, digest),
        (2, 5, short),
    ]


def test_lines_of_every_length_arrive_as_they_are(shop: Settings) -> None:
    """Around each length at which the protocol, or the way of reading, changes."""
    lengths = [*range(300), *range(65400, 65700)]
    on_mysql(
        shop,
        "create table lengths (id int primary key, value mediumtext)",
        *(f"insert into lengths values ({n}, repeat(char(65 + {n} % 26), {n}))" for n in lengths),
    )
    assert ingest(shop)["lengths"].rows_read == len(lengths)
    assert from_postgres(
        shop,
        "select count(*) from raw_oltp.lengths where value = repeat(chr(65 + id % 26), id)",
    ) == [(len(lengths),)]


def _name(number: int) -> str:
    return f"type_{number:02}"


def _spoil(settings: Settings, name: str) -> None:
    """Empty a raw table's values, so that the next ingest must write them again."""
    on_postgres(settings, f"update raw_oltp.{name} set _deleted_at = now()")


def _shown(value: object) -> str:
    """Return a value's repr, of a long one its digest: pytest's comparison is slow on those."""
    text = repr(value)
    return text if len(text) < _LONG else md5(text.encode(), usedforsecurity=False).hexdigest()


def _assert_all_there(settings: Settings) -> None:
    found: dict[str, tuple[str, list[Any]]] = {}
    expected: dict[str, tuple[str, list[Any]]] = {}
    for number, entry in enumerate(CASES):
        name = _name(number)
        rows = from_postgres(
            settings, f"select value from raw_oltp.{name} where id < 99 order by id"
        )
        expected[entry.declared] = (
            entry.raw,
            [_shown(value) for _, value in entry.values] + ["None"],
        )
        found[entry.declared] = (
            raw_types(settings, "raw_oltp", name)["value"],
            [_shown(value) for (value,) in rows],
        )
    assert found == expected
