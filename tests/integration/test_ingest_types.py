"""Every type of the shop's database arrives in raw as it was, on each way that ingest can take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

import pytest
from ingest_shop import from_postgres, hold_one_bad_row, ingest, on_each_server, raw_types, read_log
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mysql
from orchestration.ingest.batch import TableSchema
from orchestration.ingest.binlog import MysqlChangeLog
from orchestration.ingest.changes import RowChanges
from orchestration.ingest.mysql_reader import MysqlSource
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

# What raw makes of these is told above; here it matters that two ways of reading agree.
_TIMES = ("'2026-02-28 23:59:58.987654'", "'0000-00-00 00:00:00'", "'2026-00-00 00:00:01'")
_DURATIONS = ("'-12:34:56.789012'", "'-00:00:00.1'", "'100:00:00.05'", "'-00:00:01'", "'00:00:00'")
_DOUBLES = (
    *("1e15", "1e14", "123456789012345", "1234567890123456", "1e-15", "1e-14", "1e-13"),
    *("0.00001234", "-0e0", "1.5e-7", "100", "1e100", "123456789.123", "4.35", "9007199254740993"),
)
_IN_CHARACTER_SETS = {
    "latin1": "'Größe €', _latin1 x'80818D8F909D9FA0FF'",
    "latin2": "'Łódź ž'",
    "cp1251": "'Привет \\\\ ~'",
    "greek": "'Ελλάς'",
    "hebrew": "'שלום'",
    "macroman": "'é†'",
    "swe7": "'åäö'",
    "cp932": "'日本〜―①\\\\~', 'ｶ'",
    "sjis": "'日本〜―\\\\~'",
    "ujis": "'日本〜'",
    "gbk": "'中文\\\\'",
    "big5": "'中文功許'",
    "euckr": "'한국'",
    "ucs2": "'日本 Größe  '",
    "utf16": "'日本🎁'",
    "utf16le": "'日本🎁'",
    "utf32": "'日本🎁'",
    "utf8mb3": "'日本\\t'",
    "ascii": "'abc'",
}
AGREED: tuple[tuple[str, tuple[str, ...]], ...] = (
    *(
        (f"varchar(40) character set {c}", tuple(v.split(", ")))
        for c, v in _IN_CHARACTER_SETS.items()
    ),
    ("char(10) character set utf16", ("'é  '",)),
    ("char(10) character set cp1251", ("'Я '",)),
    ("char(255)", ("repeat('é', 255)", "''")),
    ("varchar(63)", ("repeat('é', 63)",)),
    ("varchar(64)", ("repeat('é', 64)",)),
    ("varchar(255) character set latin1", ("repeat('x', 255)",)),
    ("char(0)", ("''",)),
    ("binary(255)", ("x'00FF'", "''")),
    ("varbinary(300)", ("repeat(x'00', 300)",)),
    ("longtext collate utf8mb4_bin", ("'{not json'",)),
    ("mediumtext character set utf16", ("'é\\\\'",)),
    *((f"datetime({digits})", _TIMES) for digits in range(7)),
    *((f"timestamp({digits}) null", _TIMES[:2]) for digits in range(7)),
    *((f"time({digits})", _DURATIONS) for digits in range(7)),
    ("date", ("'0000-00-00'", "'2026-00-00'", "'2026-02-00'")),
    ("enum({})".format(", ".join(f"'v{n}'" for n in range(300))), ("'v299'", "'v0'", "'none'")),
    ("set({})".format(", ".join(f"'v{n}'" for n in range(64))), ("'v63,v0'", str(2**64 - 1))),
    ("set('ä', 'é') character set latin1", ("'é,ä'",)),
    ("bit(10)", ("b'1000000001'",)),
    ("mediumint", ("8388607", "-1")),
    *(
        (f"decimal({p},{s})", ("-1.5", "0", "0.1", f"-{'9' * (p - s)}.{'9' * s}"))
        for p, s in ((1, 0), (1, 1), (9, 0), (10, 9), (18, 9), (19, 2), (65, 0), (65, 30), (30, 30))
    ),
    ("double", _DOUBLES),
    ("float", ("1e15", "1e-30", "-0e0", "3.14159", "1e38", "123456789")),
    ("geometry", ("st_geomfromtext('polygon((0 0,1 0,1 1,0 0))')",)),
    ("multipoint", ("st_geomfromtext('multipoint(0 0,1 1)')",)),
)
MARIADB_AGREED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "uuid",
        (
            "'123e4567-e89b-12d3-a456-426614174000'",
            "'123e4567-e89b-42d3-a456-426614174000'",
            "'018f3c2e-7b1a-7abc-8def-0123456789ab'",
            "'1ec9414c-232a-6b00-b3c8-9f6bdeced846'",
            "'00000000-0000-0000-0000-000000000000'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            "'123e4567-e89b-12d3-2456-426614174000'",
        ),
    ),
    ("inet4", ("'1.2.3.4'", "'0.0.0.0'")),
    (
        "inet6",
        (
            *("'::1'", "'::'", "'::ffff:1.2.3.4'", "'::1.2.3.4'", "'2001:db8::8a2e:370:7334'"),
            *("'1:0:0:2:0:0:0:3'", "'1:0:2:3:4:5:6:7'", "'1:2:3:4:5:6:7:8'"),
        ),
    ),
    ("varchar(90) compressed", ("repeat('x', 90)", "'é\\t'", "''")),
    ("blob compressed", ("repeat('x', 900)", "''")),
)
MYSQL_AGREED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "json",
        (
            "json_object('d', date'2020-01-02', 't', cast('-12:13:14.5' as time(6)), 'n',"
            " cast(12.50 as decimal(10,2)), 'b', cast('abc' as binary), 'y', cast(2020 as year),"
            " 'ts', timestamp'2020-01-02 03:04:05.678')",
            "json_array(b'101', 1e0, 1e14, 1e15, 1e16, 1e-5, 1e-15, 1.5e300, 0.1e0, -0e0)",
            "'[1.0, 2.50, 1e3, -0.0, 123456.789e3]'",
            """'{"\\\\u00e9\\\\u0001\\\\u007f\\\\"": [true, -300, 70000, -70000]}'""",
            "'[5000000000, -5000000000]'",
            "concat('[\"', repeat('x', 70000), '\", {\"a\": [1, {}]}, 100000, -3]')",
            "concat('[\"', repeat('x', 200), '\"]')",
            "'5'",
            "'5.0'",
            "'true'",
        ),
    ),
    ("varchar(40) character set gb18030", ("'中文🎁'",)),
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


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_the_log_and_a_copy_give_the_same_lines(shop: Settings, server: str) -> None:
    """Of tables that the log made, all that a copy says is what the log said, byte for byte."""
    entries = [
        *((entry.declared, tuple(literal for literal, _ in entry.values)) for entry in CASES),
        *AGREED,
        *(MARIADB_AGREED if server == "mariadb" else MYSQL_AGREED),
    ]
    with on_each_server(shop, server) as settings:
        log = MysqlChangeLog(settings)
        start = log.present()
        with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
            cursor.execute("set sql_mode = ''")
            for number, (declared, literals) in enumerate(entries):
                cursor.execute(f"create table {_name(number)} (id int primary key, v {declared})")
                for row, literal in enumerate([*literals, "null"]):
                    cursor.execute(f"insert into {_name(number)} values ({row}, {literal})")
            cursor.execute(
                # The log has details of columns by kinds; a table of all kinds tells them apart.
                "create table mixed (a int unsigned, b year, c decimal(5,2) unsigned, g point,"
                " d varchar(5) character set utf16, e enum('ü') character set latin1, o blob,"
                " f set('x','ß'), h char(3), i binary(2), j json, k double unsigned, m bit(3),"
                " n bigint unsigned, id2 varchar(9), id int, w int as (a + 1) virtual,"
                " primary key (id2, id))"
            )
            cursor.execute(
                "insert into mixed values (4294967295, 2020, 99.9, point(1, 2), 'é', 'ü', 'bb',"
                " 'x,ß', 'z', 'q', '[1]', 1.5, b'101', 18446744073709551615, 'k2', 1, default)"
            )
            mysql.commit()
        logged: dict[str, tuple[TableSchema, list[bytes]]] = {}
        for event in read_log(log, start):
            if isinstance(event, RowChanges):
                _, lines = logged.setdefault(event.table.name, (event.table, []))
                assert logged[event.table.name][0] is event.table
                lines += [change.line for change in event.changes]
        log.close()
        assert log.warnings == []
        source = MysqlSource(settings)
        copied = {}
        with source.snapshot() as snapshot:
            for name in source.table_names():
                table = snapshot.describe(name)
                text = b"".join(block.text for block in snapshot.read(table))
                copied[name] = (table, text.splitlines(keepends=True))
        source.close()
    zerofill = _name([entry.declared for entry in CASES].index("int(8) unsigned zerofill"))
    # Digits of no meaning, of which the log does not know. Raw has a number in either case.
    assert copied[zerofill][1][0] == b"0\t00000042\n"
    copied[zerofill][1][0] = b"0\t42\n"
    assert logged.keys() == copied.keys()
    for name, (schema, lines) in copied.items():
        assert logged[name][0] == schema
        assert [_shown(line) for line in sorted(logged[name][1])] == [
            _shown(line) for line in sorted(lines)
        ], name


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
    return f"type_{number:03}"


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
