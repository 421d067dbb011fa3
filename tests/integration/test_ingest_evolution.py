"""The source's tables change, and raw follows as far as its data can."""

from __future__ import annotations

import pytest
from ingest_shop import by_name, counts, from_postgres, ingest, raw_types
from statements import on_mysql, on_postgres

from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_STAMPS = {"_loaded_at": "timestamp with time zone", "_deleted_at": "timestamp with time zone"}


def test_a_new_column_and_a_new_table_appear(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1), (2)")
    ingest(shop)
    on_mysql(
        shop,
        "alter table t add column note varchar(20) default 'hi', add column unset date null first",
        "create table u (id int primary key)",
    )
    reports = ingest(shop)
    assert reports["t"].schema_changes == ["column unset is new", "column note is new"]
    assert reports["u"].schema_changes == ["table is new"]
    assert counts(reports["t"]) == (0, 2, 0, 0)
    assert from_postgres(shop, "select id, note, unset from raw_oltp.t order by id") == [
        (1, "hi", None),
        (2, "hi", None),
    ]


def test_a_dropped_column_stays_as_null_and_is_told_once(shop: Settings) -> None:
    on_mysql(
        shop, "create table t (id int primary key, note text)", "insert into t values (1, 'x')"
    )
    ingest(shop)
    on_mysql(shop, "alter table t drop column note")
    report = ingest(shop)["t"]
    assert report.schema_changes == ["column note is gone: NULL from now on"]
    assert counts(report) == (0, 1, 0, 0)
    assert from_postgres(shop, "select id, note from raw_oltp.t") == [(1, None)]
    on_mysql(shop, "insert into t values (2)")
    report = ingest(shop)["t"]
    assert (report.schema_changes, counts(report)) == ([], (1, 0, 0, 0))
    on_mysql(shop, "alter table t add column note text", "update t set note = 'back'")
    assert counts(ingest(shop)["t"]) == (0, 2, 0, 0)


WIDENINGS = {
    "tinyint": ("bigint", "smallint", "bigint"),
    "int unsigned": ("bigint unsigned", "bigint", "numeric(20,0)"),
    "decimal(10,2)": ("decimal(14,4)", "numeric(10,2)", "numeric(14,4)"),
    "smallint": ("decimal(9,2)", "smallint", "numeric(9,2)"),
    "float": ("double", "real", "double precision"),
    "varchar(10)": ("varchar(20)", "character varying(10)", "character varying(20)"),
    "char(4)": ("text", "character varying(4)", "text"),
    "date": ("datetime", "date", "timestamp(6) without time zone"),
}


def test_a_widened_type_widens_under_views(shop: Settings) -> None:
    old = ", ".join(f"c{number} {kind}" for number, kind in enumerate(WIDENINGS))
    on_mysql(
        shop,
        f"create table t (id int primary key, {old})",
        "insert into t values (1, 1, 2, 3, 4, 5, '6', '7', '2026-01-02')",
    )
    ingest(shop)
    on_postgres(
        shop,
        "create schema staging",
        "create view staging.base as select * from raw_oltp.t",
        "create view staging.over with (security_barrier) as select id, c6 from staging.base",
        "comment on view staging.over is 'one row per t'",
        "comment on column staging.over.c6 is 'a code'",
        "grant select on staging.over to public",
    )
    definitions = (
        "select viewname, definition from pg_views where schemaname = 'staging' order by 1"
    )
    before = from_postgres(shop, definitions)
    for number, (new, _, _) in enumerate(WIDENINGS.values()):
        on_mysql(shop, f"alter table t modify c{number} {new}")
    report = ingest(shop)["t"]
    assert report.schema_changes == [
        f"column c{number} widens from {was} to {now}"
        for number, (_, was, now) in enumerate(WIDENINGS.values())
    ]
    types = raw_types(shop, "raw_oltp", "t")
    assert [types[f"c{n}"] for n in range(len(WIDENINGS))] == [w[2] for w in WIDENINGS.values()]
    assert from_postgres(shop, definitions) == before
    ((comment, column_comment, options, access),) = from_postgres(
        shop,
        "select obj_description(oid), col_description(oid, 2), reloptions, relacl::text "
        "from pg_class where relname = 'over'",
    )
    assert (comment, column_comment) == ("one row per t", "a code")
    assert options == ["security_barrier=true"]
    assert "=r/" in access
    assert from_postgres(shop, "select c6 from staging.over") == [("7",)]


def test_a_raw_column_may_be_wider_than_the_source(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table t (id int primary key, a bigint, b date)",
        "insert into t values (1, 2, '2026-01-02')",
    )
    ingest(shop)
    on_mysql(shop, "alter table t modify a int")
    on_postgres(shop, "alter table raw_oltp.t alter column b type text")
    report = ingest(shop)["t"]
    assert (report.schema_changes, counts(report)) == ([], (0, 0, 0, 0))
    assert (
        raw_types(shop, "raw_oltp", "t") == {"id": "integer", "a": "bigint", "b": "text"} | _STAMPS
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("modify a varchar(20)", "column a is now character varying(20), was integer"),
        ("modify a date", "column a is now date, was integer"),
        ("drop primary key, add primary key (a)", "its primary key is now (a), was (id)"),
        ("drop primary key", "has no primary key"),
        ("add column _loaded_at int", "has a name that the raw layer keeps for itself"),
        (f"add column {'x' * 64} int", "PostgreSQL names have at most 63 bytes"),
    ],
)
def test_a_change_that_raw_cannot_follow_stops_that_table_alone(
    shop: Settings, change: str, told: str
) -> None:
    on_mysql(
        shop,
        "create table t (id int primary key, a int not null)",
        "create table u (id int primary key)",
        "insert into t values (1, 20260102)",
    )
    ingest(shop)
    positions = from_postgres(shop, "select position from ingest.positions where source = 'oltp'")
    on_mysql(shop, f"alter table t {change}", "insert into u values (1)")
    report = run_ingest(shop)
    (fault,) = report.faults
    assert told in fault.what
    assert fault.remedy
    assert counts(by_name(report)["u"]) == (1, 0, 0, 0)
    assert from_postgres(shop, "select id, a, _deleted_at from raw_oltp.t") == [(1, 20260102, None)]
    # Change capture goes on from the new position without that table.
    query = "select position from ingest.positions where source = 'oltp'"
    assert from_postgres(shop, query) != positions
    stopped = "select table_name, fault from ingest.stopped"
    assert from_postgres(shop, stopped) == [("t", fault.what)]


def test_something_else_of_the_raw_table_s_name_stops_that_table_alone(shop: Settings) -> None:
    on_postgres(
        shop, "create schema raw_oltp", "create materialized view raw_oltp.v as select 1 as id"
    )
    on_mysql(shop, "create table v (id int primary key)", "create table w (id int primary key)")
    report = run_ingest(shop)
    assert len(report.faults) == 1
    assert by_name(report)["w"].fault is None


def test_the_rows_of_a_dropped_table_stay_and_it_is_told(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1)")
    ingest(shop)
    on_mysql(shop, "drop table t")
    for _ in range(2):
        report = run_ingest(shop)
        assert report.succeeded
        assert [w for w in report.warnings if "oltp.t is no longer in the source" in w]
    assert from_postgres(shop, "select id, _deleted_at from raw_oltp.t") == [(1, None)]
    on_mysql(shop, "create table t (id int primary key)")
    assert counts(ingest(shop)["t"]) == (0, 0, 1, 0)
    assert not run_ingest(shop).warnings
