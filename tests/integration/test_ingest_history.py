"""Every state of a tracked table is kept, in order, with the source's time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest
from ingest_shop import by_name, counts, from_postgres, ingest
from statements import on_mysql, on_postgres

from orchestration.connections import connect_postgres
from orchestration.ingest import state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import Batch, Column, LineBlocks, Lines, TableSchema
from orchestration.ingest.report import TableReport
from orchestration.ingest.run import run_ingest
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_WAREHOUSES = """
create table warehouses (
    warehouse_id int primary key, city varchar(10), opened_on date, manager varchar(10)
)
"""
_SCHEMA = TableSchema(
    "oltp",
    "warehouses",
    (
        Column("warehouse_id", "integer"),
        Column("city", "character varying(10)"),
        Column("opened_on", "date"),
        Column("manager", "character varying(10)"),
    ),
    ("warehouse_id",),
)
_CREATED = "create schema raw_oltp"
# As after a copy from a server that keeps none: otherwise it would tell of the changes.
_NO_LOG = "update ingest.positions set position = null"


def test_a_snapshot_keeps_what_it_finds_changed(shop: Settings) -> None:
    on_mysql(
        shop,
        _WAREHOUSES,
        "insert into warehouses values (1, 'Utrecht', null, 'Ann')",
        "insert into warehouses values (2, 'Lyon', '2020-01-31', 'Bo')",
    )
    ingest(shop)
    ingest(shop)
    first, second = (1, "Utrecht", "u"), (2, "Lyon", "u")
    assert _states(shop) == [first, second]

    on_mysql(
        shop,
        "update warehouses set city = 'Gent' where warehouse_id = 1",
        "delete from warehouses where warehouse_id = 2",
        "insert into warehouses values (3, 'Porto', null, null)",
    )
    on_postgres(shop, _NO_LOG)
    ingest(shop)
    moved, gone, new = (1, "Gent", "u"), (2, None, "d"), (3, "Porto", "u")
    assert _states(shop) == [first, moved, second, gone, new]

    on_mysql(shop, "insert into warehouses values (2, 'Lyon', '2020-01-31', 'Bo')")
    on_postgres(shop, _NO_LOG)
    ingest(shop)
    assert _states(shop) == [first, moved, second, gone, second, new]
    # What was found counts from when it was found, and is loaded with the row itself.
    assert from_postgres(
        shop,
        "select count(*) from raw_oltp.warehouses__history as history "
        "inner join raw_oltp.warehouses as raw using (warehouse_id, _loaded_at) "
        "where history._committed_at = raw._loaded_at",
    ) == [(3,)]


def test_the_log_gives_every_change_between_two_runs_and_when_it_was_committed(
    shop: Settings,
) -> None:
    on_mysql(shop, _WAREHOUSES, "insert into warehouses values (1, 'Utrecht', null, 'Ann')")
    ingest(shop)
    committed_at = "set timestamp = unix_timestamp('2026-03-0{} 10:00:00')"
    for day, city in enumerate(["Gent", "Lyon"], start=1):
        on_mysql(shop, committed_at.format(day), f"update warehouses set city = '{city}'")
    on_mysql(shop, committed_at.format(3), "delete from warehouses")
    on_mysql(shop, committed_at.format(4), "insert into warehouses values (1, 'Lyon', null, 'Bo')")
    assert run_changes(shop).succeeded
    assert from_postgres(
        shop,
        "select city, _change, to_char(_committed_at at time zone 'UTC', 'YYYY-MM-DD') "
        "from raw_oltp.warehouses__history order by _history_id offset 1",
    ) == [
        ("Gent", "u", "2026-03-01"),
        ("Lyon", "u", "2026-03-02"),
        (None, "d", "2026-03-03"),
        ("Lyon", "u", "2026-03-04"),
    ]


def test_only_tracked_columns_are_kept(shop: Settings) -> None:
    on_mysql(shop, _WAREHOUSES, "create table carriers (id int primary key)")
    ingest(shop)
    query = "select table_name, column_name from information_schema.columns where table_name ~ %r"
    assert {column for _, column in from_postgres(shop, query % "__history")} == {
        "warehouse_id",
        "city",
        "opened_on",
        "_change",
        "_committed_at",
        "_loaded_at",
        "_history_id",
    }


def test_every_change_of_a_batch_is_kept_in_order(shop: Settings) -> None:
    """Twice within one batch, gone and back as it was, moved to another key, come and gone."""
    on_postgres(shop, _CREATED)
    _apply(shop, b"1\tUtrecht\t\\N\tAnn\n2\tLyon\t2020-01-31\tBo\n", is_complete=True)
    changes = [
        b"u\t2026-03-01 10:00:00+00\t1\tGent\t\\N\tAnn",
        b"d\t2026-03-01 10:00:00+00\t2\tLyon\t2020-01-31\tBo",
        b"u\t2026-03-01 10:00:01+00\t1\tPorto\t\\N\tAnn",
        b"u\t2026-03-01 10:00:02.5+00\t2\tLyon\t2020-01-31\tBo",
        b"d\t2026-03-01 10:00:03+00\t1\t\\N\t\\N\t\\N",
        b"u\t2026-03-01 10:00:03+00\t9\tPorto\t\\N\tAnn",
        b"u\t2026-03-01 10:00:04+00\t5\tRiga\t\\N\t\\N",
        b"d\t2026-03-01 10:00:05+00\t5\t\\N\t\\N\t\\N",
    ]
    last = b"".join(
        line + b"\n"
        for line in (
            b"d\t1\t\\N\t\\N\t\\N",
            b"u\t2\tLyon\t2020-01-31\tBo",
            b"u\t9\tPorto\t\\N\tAnn",
            b"d\t5\t\\N\t\\N\t\\N",
        )
    )
    report = _apply(shop, last, history=b"\n".join([*changes, b""]))
    assert counts(report) == (1, 0, 1, 0)
    kept = from_postgres(
        shop,
        "select warehouse_id, city, _change, _committed_at at time zone 'UTC' "
        "from raw_oltp.warehouses__history order by _history_id offset 2",
    )
    assert [row[:3] for row in kept] == [
        (1, "Gent", "u"),
        (2, None, "d"),
        (1, "Porto", "u"),
        (2, "Lyon", "u"),
        (1, None, "d"),
        (9, "Porto", "u"),
        (5, "Riga", "u"),
        (5, None, "d"),
    ]
    assert [row[3].isoformat()[11:] for row in kept][2:4] == ["10:00:01", "10:00:02.500000"]


def test_what_came_and_went_within_a_batch_counts_as_a_change(shop: Settings) -> None:
    on_postgres(shop, _CREATED)
    _apply(shop, b"1\tUtrecht\t\\N\tAnn\n", is_complete=True)
    (before,) = from_postgres(shop, "select changed_at from ingest.tables")
    _apply(
        shop,
        b"d\t5\t\\N\t\\N\t\\N\n",
        history=b"u\t2026-03-01 10:00:04+00\t5\tRiga\t\\N\t\\N\n"
        b"d\t2026-03-01 10:00:05+00\t5\t\\N\t\\N\t\\N\n",
    )
    (after,) = from_postgres(shop, "select changed_at from ingest.tables")
    assert after > before


def test_a_time_of_commit_is_taken_for_what_a_batch_only_finds(shop: Settings) -> None:
    """As when a table is emptied at once: the log has no row of it."""
    on_postgres(shop, _CREATED)
    _apply(shop, b"1\tUtrecht\t\\N\tAnn\n", is_complete=True)
    committed_at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    _apply(shop, b"", is_complete=True, committed_at=committed_at)
    query = "select _change, _committed_at from raw_oltp.warehouses__history order by _history_id"
    assert from_postgres(shop, query)[1] == ("d", committed_at)


def test_a_state_that_raw_cannot_hold_is_not_kept(shop: Settings) -> None:
    """Neither the last one of a row, which is in quarantine, nor one in between."""
    on_postgres(shop, _CREATED)
    _apply(shop, b"1\tUtrecht\t\\N\tAnn\n2\tLyon\t\\N\tBo\n", is_complete=True)
    last = b"u\t1\tGent\t0000-00-00\tAnn\nu\t2\tGent\t\\N\tBo\nd\t3\t\\N\t\\N\t\\N\n"
    changes = [
        b"u\t2026-03-01 10:00:00+00\t1\tGent\t0000-00-00\tAnn",
        b"u\t2026-03-01 10:00:01+00\t2\tRiga\t0000-00-00\tBo",
        b"u\t2026-03-01 10:00:02+00\t2\tA\0B\t\\N\tBo",
        b"u\t2026-03-01 10:00:02+00\t2\tPorto\t\\N\tB\0o",
        b"u\t2026-03-01 10:00:03+00\t2\tGent\t\\N\tBo",
        b"d\t2026-03-01 10:00:04+00\t3\tGent\t0000-00-00\tA\0B",
    ]
    history = b"\n".join([*changes, b""])
    with pytest.raises(psycopg.DataError):
        _apply(shop, last, history=history)
    assert _apply(shop, last, history=history, may_be_bad=True).quarantined == 1
    first, second = (1, "Utrecht", "u"), (2, "Lyon", "u")
    others = [second, (2, "Gent", "u"), (3, None, "d")]
    assert _states(shop) == [first, *others]

    on_postgres(shop, "alter table raw_oltp.warehouses alter column opened_on type text")
    assert run_ingest(shop, replay_quarantine=True).succeeded
    assert _states(shop) == [first, (1, "Gent", "u"), *others]
    assert from_postgres(
        shop, "select opened_on from raw_oltp.warehouses__history where city = 'Gent' order by 1"
    ) == [("0000-00-00",), (None,)]


def test_the_history_takes_the_table_s_new_columns_and_types(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table warehouses (warehouse_id int primary key, city varchar(10))",
        "insert into warehouses values (1, 'Utrecht')",
    )
    ingest(shop)
    on_postgres(shop, "create view cities as select city from raw_oltp.warehouses__history")
    on_mysql(
        shop,
        "alter table warehouses modify city varchar(30), add column country_code varchar(2)",
        "update warehouses set city = 'Sint-Genesius-Rode', country_code = 'BE'",
    )
    ingest(shop)
    assert from_postgres(
        shop, "select city, country_code from raw_oltp.warehouses__history order by _history_id"
    ) == [("Utrecht", None), ("Sint-Genesius-Rode", "BE")]
    on_mysql(shop, "alter table warehouses drop column country_code")
    ingest(shop)
    assert from_postgres(
        shop, "select city, country_code from raw_oltp.warehouses__history order by _history_id"
    )[2:] == [("Sint-Genesius-Rode", None)]
    assert len(from_postgres(shop, "select city from cities")) == 3


def test_a_table_that_had_no_history_begins_with_what_raw_has(shop: Settings) -> None:
    on_mysql(shop, _WAREHOUSES, "insert into warehouses values (1, 'Utrecht', null, null)")
    on_mysql(shop, "insert into warehouses values (2, 'Lyon', null, null)")
    ingest(shop)
    on_mysql(shop, "delete from warehouses where warehouse_id = 2")
    ingest(shop)
    on_postgres(shop, "drop table raw_oltp.warehouses__history")
    on_mysql(shop, "update warehouses set city = 'Gent'")
    ingest(shop)
    assert _states(shop) == [
        (1, "Utrecht", "u"),
        (1, "Gent", "u"),
        (2, "Lyon", "u"),
        (2, None, "d"),
    ]


@pytest.mark.parametrize("has_bad_row", [False, True])
def test_a_raw_table_made_anew_ends_what_it_no_longer_has(
    shop: Settings, *, has_bad_row: bool
) -> None:
    on_mysql(shop, _WAREHOUSES, "insert into warehouses values (1, 'Utrecht', null, null)")
    on_mysql(shop, "insert into warehouses values (2, 'Lyon', null, null)")
    ingest(shop)
    on_mysql(shop, "delete from warehouses where warehouse_id = 2")
    if has_bad_row:
        on_mysql(
            shop, "set sql_mode = ''", "insert into warehouses values (3, 'X', '0000-00-00', '')"
        )
    on_postgres(shop, "drop table raw_oltp.warehouses")
    ingest(shop)
    first = (1, "Utrecht", "u")
    assert _states(shop) == [first, first, (2, "Lyon", "u"), (2, None, "d")]


def test_a_table_with_the_name_of_a_history_is_told(shop: Settings) -> None:
    on_mysql(shop, _WAREHOUSES, "create table warehouses__history (id int primary key)")
    report = run_ingest(shop)
    assert by_name(report)["warehouses"].fault is None
    fault = by_name(report)["warehouses__history"].fault
    assert fault is not None
    assert fault.what == (
        "Table oltp.warehouses__history has a name that raw keeps for the history of a table"
    )


def _apply(
    settings: Settings,
    rows: bytes,
    *,
    history: bytes | None = None,
    is_complete: bool = False,
    committed_at: datetime | None = None,
    may_be_bad: bool = False,
) -> TableReport:
    batch = Batch(
        _SCHEMA,
        partial(_lines, rows),
        is_complete=is_complete,
        has_changes=not is_complete,
        history=None if history is None else partial(_lines, history),
        committed_at=committed_at,
    )
    with connect_postgres(settings, autocommit=True) as connection:
        state.prepare(connection)
        with connection.transaction():
            return apply(
                connection, batch, run_id=1, may_be_bad=may_be_bad, rows_read=lambda _: None
            )


def _lines(text: bytes) -> LineBlocks:
    yield Lines(text.count(b"\n"), text)


def _states(settings: Settings) -> list[tuple[Any, ...]]:
    """Return the states of each row in order; rows of one merge are in none."""
    return from_postgres(
        settings,
        "select warehouse_id, city, _change from raw_oltp.warehouses__history "
        "order by warehouse_id, _history_id",
    )
