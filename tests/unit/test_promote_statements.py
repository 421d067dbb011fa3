"""What promote says to Db2, and how it tells of Db2's faults; nothing here needs a server."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from orchestration.errors import SoftcartError
from orchestration.promote.db2 import connection
from orchestration.promote.db2.ddl import Table, comment_statements, create_table
from orchestration.promote.db2.faults import db2_fault, sqlcode
from orchestration.promote.db2.load import (
    BULK_ROWS,
    ArrayInsert,
    ExternalFile,
    chunks,
    external_insert,
    file_line,
    loader_for,
)
from orchestration.promote.ranges import SPAN, Range, joined
from orchestration.promote.refined import Column, Relation
from orchestration.promote.report import (
    Difference,
    PromoteReport,
    Reconciliation,
    TableReport,
)
from orchestration.promote.show import differences_text, promote_table
from orchestration.settings import ServerUrl, Settings

_PASSWORD = "a-password-that-nobody-prints"
_URL = ServerUrl(
    "db2", "db2", "db.example", 50000, "ann", SecretStr(_PASSWORD), "SHOP", SecretStr("db2://")
)


def relation(*columns: Column, key: str = "id") -> Relation:
    return Relation("staging", "stg_things", (Column("id", "bigint"), *columns), (key,))


@pytest.mark.parametrize(
    ("postgres", "db2"),
    [
        ("bigint", "BIGINT"),
        ("integer", "INTEGER"),
        ("smallint", "SMALLINT"),
        ("boolean", "BOOLEAN"),
        ("date", "DATE"),
        ("timestamp without time zone", "TIMESTAMP(6)"),
        ("timestamp(6) without time zone", "TIMESTAMP(6)"),
        ("numeric(16,4)", "DECIMAL(16,4)"),
        ("numeric(31,18)", "DECIMAL(31,18)"),
        ("character(32)", "CHAR(32)"),
        ("character varying(64)", "VARCHAR(64 CODEUNITS32)"),
        ("character varying(8168)", "VARCHAR(8168 CODEUNITS32)"),
        ("character varying(8169)", "CLOB(64M)"),
        ("character varying", "CLOB(64M)"),
        ("text", "CLOB(64M)"),
    ],
)
def test_a_type_becomes_the_one_that_holds_the_same_values(postgres: str, db2: str) -> None:
    table = Table(relation(Column("value", postgres)))
    assert table.column("value").type == db2


@pytest.mark.parametrize(
    "postgres",
    ["numeric", "numeric(38,4)", "numeric(20,19)", "timestamp with time zone", "jsonb", "real"],
)
def test_a_type_that_db2_cannot_hold_exactly_is_refused_by_name(postgres: str) -> None:
    with pytest.raises(SoftcartError) as error:
        Table(relation(Column("value", postgres)))
    assert f"Column value of staging.stg_things has the type {postgres}" in error.value.what


def test_a_key_of_unlimited_text_has_a_length_and_is_required() -> None:
    table = Table(relation(Column("digest", "text"), key="digest"))
    assert create_table(table.name, table.columns, table.key) == (
        'CREATE TABLE "STAGING"."STG_THINGS" ("ID" BIGINT, '
        '"DIGEST" VARCHAR(255 CODEUNITS32) NOT NULL, PRIMARY KEY ("DIGEST"))'
    )


def test_a_comment_is_cut_at_254_bytes_and_never_within_a_character() -> None:
    told = "it's " + "x" * 248 + "😀"
    table = Table(relation(Column("value", "date", told)))
    (statement,) = comment_statements(table, table.name)
    text = statement.partition(" IS ")[2]
    assert text == "'it''s " + "x" * 248 + "'"


def test_a_change_of_type_or_of_the_view_is_another_definition() -> None:
    plain = Table(relation(Column("value", "integer"))).definition
    assert Table(relation(Column("value", "bigint"))).definition != plain
    other = Relation("staging", "stg_things", relation().columns, ("id",), made_by="select 2")
    one = Relation("staging", "stg_things", relation().columns, ("id",), made_by="select 1")
    assert Table(one).definition != Table(other).definition
    described = Table(relation(Column("value", "integer", "What it is.")))
    assert described.definition == plain
    assert described.comments != Table(relation(Column("value", "integer"))).comments


def test_bulk_goes_by_file_unless_a_text_may_be_long() -> None:
    short = Table(relation(Column("value", "integer"))).columns
    long = Table(relation(Column("value", "text"))).columns
    assert isinstance(loader_for(short, BULK_ROWS, Path()), ExternalFile)
    assert isinstance(loader_for(long, BULK_ROWS, Path()), ArrayInsert)
    assert isinstance(loader_for(short, BULK_ROWS - 1, Path()), ArrayInsert)


def test_a_file_tells_null_from_texts_that_look_like_it_and_from_the_empty_one() -> None:
    assert file_line(("1", None, "NULL", "null", "", True, False)) == (
        "1|NULL|\\NULL|\\null||1|0\n"
    )
    assert file_line(("a|b", "c\\d", "e\nf\r", "😀")) == "a\\|b|c\\\\d|e\\\nf\\\r|😀\n"


def test_the_statement_of_a_file_names_columns_types_and_a_quoted_path() -> None:
    columns = Table(relation(Column("value", "character varying(3)"))).columns
    statement = external_insert('"PROMOTE"."T"', columns, Path("/tmp/it's.txt"))  # noqa: S108
    assert statement.startswith(
        'INSERT INTO "PROMOTE"."T" ("ID", "VALUE") SELECT * FROM EXTERNAL \'/tmp/it\'\'s.txt\' '
        '("ID" BIGINT, "VALUE" VARCHAR(3 CODEUNITS32)) USING (REMOTESOURCE YES'
    )


def test_chunks_are_bounded_in_rows_and_in_the_drivers_memory_and_lose_nothing() -> None:
    columns = Table(relation(Column("note", "text"))).columns
    # Of the long text the driver sets aside 64 MB for each row of its chunk.
    rows: list[connection.Row] = [
        (str(number), "x" * (30_000_000 if number == 4 else 1)) for number in range(10)
    ]
    cut = list(chunks(rows, columns, 3))
    assert [len(chunk) for chunk, _ in cut] == [3, 1, 1, 3, 2]
    assert [octets for _, octets in cut] == [4096, 4096, 1 << 25, 4096, 4096]
    assert [row for chunk, _ in cut for row in chunk] == rows


@pytest.mark.parametrize("number", [-SPAN - 1, -SPAN, -1, 0, 1, SPAN - 1, SPAN, 3 * SPAN + 7])
def test_a_range_has_the_numbers_that_are_divided_to_it(number: int) -> None:
    place = int(number / SPAN)  # towards zero, as both engines do
    first, last = Range("order_id", str(place)).bounds
    assert first <= number <= last


def test_ranges_that_meet_are_read_as_one() -> None:
    ranges = [Range("order_id", place) for place in ("7", "0", "1", "-1")]
    assert joined(ranges) == [(1 - 2 * SPAN, 2 * SPAN - 1), (7 * SPAN, 8 * SPAN - 1)]


@pytest.mark.parametrize(
    ("message", "what", "remedy"),
    [
        ("SQL30082N  Security processing failed", "refuses the user", "SOFTCART_DB2_URL"),
        ("SQL30081N  A communication error", "No answer from Db2", "run `softcart promote db2`"),
        ("SQL1013N  The database alias", "has no database SHOP", "create it there"),
        ("SQL1031N  The database directory", "has no database SHOP", "create it there"),
        ("SQL0552N  ANN does not have", "lacks a privilege", "GRANT CONNECT, CREATETAB"),
        ("SQL0551N  ANN does not have", "lacks a privilege", "CREATEIN"),
        ("SQL0964C  The transaction log", "log of Db2", "LOGSECOND"),
        ("SQL0286N  A default table space", "no table space", "PAGESIZE 32K"),
        ("SQL1585N  A system temporary", "no system temporary", "SYSTEM TEMPORARY"),
        ("SQL1224N  The database manager", "was stopped", "run `softcart promote db2` again"),
    ],
)
def test_a_fault_of_db2_says_what_where_and_what_to_do(
    message: str, what: str, remedy: str
) -> None:
    raised = Exception(f"[IBM][CLI Driver] {message} secret 'a value'. SQLSTATE=00000")
    fault = db2_fault(raised, _URL, "loading staging.stg_things")
    assert what in fault.what
    assert remedy in fault.remedy
    assert _PASSWORD not in str(fault)
    assert "a value" not in str(fault)


def test_another_fault_has_its_number_and_no_value_of_a_row() -> None:
    fault = db2_fault(Exception("SQL0420N Invalid character 'ann@home'"), _URL, "loading x")
    assert "SQL0420 while loading x" in fault.what
    assert "ann@home" not in str(fault)
    assert sqlcode(Exception("no number")) is None


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ibm_db_dbi", None)
    settings = Settings(_env_file=None, home=tmp_path).with_urls({"db2": "db2://u:p@h:1/D"})
    with pytest.raises(SoftcartError) as error:
        connection.connect_db2(settings)
    assert "requirements/db2.txt" in error.value.remedy


def test_a_password_that_would_end_the_driver_s_string_is_refused_unsaid(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path).with_urls({"db2": "db2://u:p%3Bq@h:1/D"})
    with pytest.raises(SoftcartError) as error:
        connection.connect_db2(settings)
    assert "p;q" not in str(error.value)


def test_a_difference_is_told_by_table_and_keys_with_the_command_that_heals_it() -> None:
    differs = Difference(Range("order_id", "12"), 10_000, 9_999)
    same_number = Difference(Range("", "3a"), 4, 4)
    orders = TableReport("staging", "stg_oltp__orders", rows_upserted=3, way="array")
    orders.reconciliation = Reconciliation(2, 10_004, False, (differs, same_number))
    report = PromoteReport([orders, TableReport("seeds", "channels")])
    assert not report.succeeded
    assert differences_text(report).plain == (
        "Error: staging.stg_oltp__orders, order_id 120000 to 129999: 9,999 rows in place of "
        "10,000.\nError: staging.stg_oltp__orders, keys whose MD5 begins with 3a: of 4 rows some "
        "differ.\nWrite these keys anew with `softcart promote db2 --repair`."
    )
    console = Console(width=80, record=True, file=StringIO())
    console.print(promote_table(report))
    shown = console.export_text()
    assert "1 tables unchanged" in shown
    assert "2 unequal" in shown
    assert max(map(len, shown.splitlines())) <= 80
