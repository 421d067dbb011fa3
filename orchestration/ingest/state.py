"""What ingest remembers, in PostgreSQL's schema `ingest`: runs, positions, tables and bad rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import Position, TableSchema

# How far PostgreSQL's clock may have been set back for us to wait until it has caught up.
_LONGEST_WAIT_SECONDS: Final = 60.0

_TABLES = """
create schema if not exists ingest;
comment on schema ingest is 'What softcart ingest remembers; docs/ingest.md';

create table if not exists ingest.runs (
    run_id       bigint generated always as identity primary key,
    started_at   timestamptz not null default clock_timestamp(),
    finished_at  timestamptz,
    run_status   text not null default 'running'
        check (run_status in ('running', 'succeeded', 'failed', 'abandoned')),
    report       jsonb
);

-- Up to where raw follows a source's log: noted when all its tables were copied at one moment, and
-- by change capture with the rows of each batch. Tables that are ahead of it were copied since.
create table if not exists ingest.positions (
    source    text primary key,
    position  jsonb,
    run_id    bigint not null,
    noted_at  timestamptz not null
);

create table if not exists ingest.tables (
    source         text not null,
    table_name     text not null,
    columns        text[] not null,
    position       jsonb,
    run_id         bigint not null,
    copied_at      timestamptz not null,
    missing_since  timestamptz,
    changed_at     timestamptz,
    primary key (source, table_name)
);
alter table ingest.tables add column if not exists changed_at timestamptz;
comment on column ingest.tables.copied_at is
    'When the table was last copied, or all changes of it followed';
comment on column ingest.tables.changed_at is
    '_loaded_at of the rows that were written last: nothing in raw is newer';

create table if not exists ingest.stopped (
    source      text not null,
    table_name  text not null,
    fault       text not null,
    remedy      text not null,
    stopped_at  timestamptz not null default now(),
    primary key (source, table_name)
);
comment on table ingest.stopped is
    'Tables that raw cannot follow: as they were when this began, until a copy of them succeeds';

create table if not exists ingest.raw_quarantine (
    source         text not null,
    table_name     text not null,
    row_key        jsonb not null,
    column_name    text not null,
    reason         text not null,
    row_image      jsonb not null,
    position       jsonb,
    run_id         bigint not null,
    first_seen_at  timestamptz not null default now(),
    last_seen_at   timestamptz not null default now(),
    primary key (source, table_name, row_key)
);
comment on table ingest.raw_quarantine is
    'Rows that the raw tables cannot hold, whole; may hold personal data';

-- Made by the server and read by it: no statement, log or program ever holds it.
create table if not exists ingest.pepper (
    is_the_only_one  boolean primary key default true check (is_the_only_one),
    pepper           bytea not null
        default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
);
insert into ingest.pepper default values on conflict do nothing;
revoke all on ingest.pepper from public;
comment on table ingest.pepper is
    'What pseudonyms are digested with: without it, nobody finds a person by guessing';
"""


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create what is missing of schema `ingest`."""
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLES)


@dataclass(frozen=True)
class NotedTable:
    """A raw table as it was last written.

    Attributes:
        name: In the source and in raw.
        columns: Names of those that its source had.
        position: Where its source stood, None when it keeps no log.
        is_missing: The source no longer has it.
        is_in_raw: Raw has it: nobody dropped or renamed it since.
    """

    name: str
    columns: frozenset[str]
    position: Position | None
    is_missing: bool
    is_in_raw: bool


@contextmanager
def writing(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Write raw in one transaction, whose time, `_loaded_at`, is later than that of any before.

    Everything after raw asks for what is later than it has seen, so a clock that was set back would
    hide rows from it for ever.

    Args:
        connection: In autocommit, of the one session that may write.

    Raises:
        SoftcartError: The server's clock is behind by more than is worth waiting for.
    """
    while True:
        with connection.transaction():
            row = connection.execute(
                "select extract(epoch from max(changed_at) - now())::float8 from ingest.tables"
            ).fetchone()
            behind = row[0] if row else None
            if behind is None or behind < 0:
                yield
                return
        if behind > _LONGEST_WAIT_SECONDS:
            raise SoftcartError(
                f"The clock of the PostgreSQL server is {behind:,.0f} seconds behind the time at "
                "which raw was last written",
                remedy="Set it right; nothing can be written before it has passed that time",
            )
        time.sleep(behind + 0.001)


def start_run(connection: psycopg.Connection[Any]) -> int:
    """Note a new run, and that any run still noted as running was killed; return the new number.

    The caller holds the lock that allows one ingest at a time.
    """
    with connection.transaction():
        connection.execute(
            "update ingest.runs set run_status = 'abandoned' where run_status = 'running'"
        )
        row = connection.execute("insert into ingest.runs default values returning run_id")
        return int(row.fetchall()[0][0])


def finish_run(
    connection: psycopg.Connection[Any], run_id: int, status: str, report: Mapping[str, Any]
) -> None:
    """Note how a run ended; `report` is JSON."""
    connection.execute(
        "update ingest.runs set finished_at = clock_timestamp(), run_status = %s, report = %s "
        "where run_id = %s",
        (status, Jsonb(report), run_id),
    )


def note_position(
    connection: psycopg.Connection[Any], source: str, position: Position | None, run_id: int
) -> None:
    """Note that all tables of a source stand at a position."""
    connection.execute(
        "insert into ingest.positions values (%s, %s, %s, now()) "
        "on conflict (source) do update set position = excluded.position, "
        "run_id = excluded.run_id, noted_at = excluded.noted_at",
        (source, _json(position), run_id),
    )


def position_of(connection: psycopg.Connection[Any], source: str) -> Position | None:
    """Return up to where raw follows a source's log, None if it does not."""
    row = connection.execute(
        "select position from ingest.positions where source = %s", (source,)
    ).fetchone()
    return row[0] if row else None


def tables_of(connection: psycopg.Connection[Any], source: str) -> list[NotedTable]:
    """Return a source's tables that raw has, by name."""
    rows = connection.execute(
        "select table_name, columns, position, missing_since is not null, "
        "to_regclass(format('%%I.%%I', 'raw_' || source, table_name)) is not null "
        "from ingest.tables where source = %s order by table_name",
        (source,),
    ).fetchall()
    return [
        NotedTable(name, frozenset(columns), position, is_missing, is_in_raw)
        for name, columns, position, is_missing, is_in_raw in rows
    ]


def stopped_tables(connection: psycopg.Connection[Any], source: str) -> dict[str, SoftcartError]:
    """Return the tables of a source that raw cannot follow, and why."""
    rows = connection.execute(
        "select table_name, fault, remedy from ingest.stopped where source = %s order by 1",
        (source,),
    ).fetchall()
    return {name: SoftcartError(fault, remedy=remedy) for name, fault, remedy in rows}


def note_stopped(
    connection: psycopg.Connection[Any], source: str, name: str, fault: SoftcartError
) -> None:
    """Note that raw cannot follow a table, until it is copied."""
    connection.execute(
        "insert into ingest.stopped (source, table_name, fault, remedy) values (%s, %s, %s, %s) "
        "on conflict (source, table_name) do update set fault = excluded.fault, "
        "remedy = excluded.remedy",
        (source, name, fault.what, fault.remedy),
    )


def note_copied(connection: psycopg.Connection[Any], source: str, name: str) -> None:
    """Note that a table has been copied, so that it can be followed from there."""
    connection.execute(
        "delete from ingest.stopped where source = %s and table_name = %s", (source, name)
    )


def note_table(
    connection: psycopg.Connection[Any],
    table: TableSchema,
    position: Position | None,
    run_id: int,
    *,
    has_changed: bool,
) -> set[str]:
    """Note that a table stands at a position; return the columns it had when last noted.

    Args:
        connection: In the transaction that wrote the table.
        table: As its source has it.
        position: Where its source stood.
        run_id: The run.
        has_changed: Whether any of its raw rows was written.
    """
    before = connection.execute(
        "select columns from ingest.tables where source = %s and table_name = %s",
        (table.source, table.name),
    ).fetchone()
    columns = [column.name for column in table.columns]
    connection.execute(
        "insert into ingest.tables as noted "
        "(source, table_name, columns, position, run_id, copied_at, changed_at) "
        "values (%s, %s, %s, %s, %s, now(), case when %s then now() end) "
        "on conflict (source, table_name) do update set columns = excluded.columns, "
        "position = excluded.position, run_id = excluded.run_id, copied_at = excluded.copied_at, "
        "missing_since = null, changed_at = coalesce(excluded.changed_at, noted.changed_at)",
        (table.source, table.name, columns, _json(position), run_id, has_changed),
    )
    return set(before[0]) if before else set(columns)


def note_read(connection: psycopg.Connection[Any], source: str) -> None:
    """Note that raw has all followed tables of a source as they are, changed or not."""
    connection.execute(
        "update ingest.tables as noted set copied_at = now() "
        "where source = %s and missing_since is null and not exists ("
        "select from ingest.stopped "
        "where stopped.source = noted.source and stopped.table_name = noted.table_name)",
        (source,),
    )


def note_changed(connection: psycopg.Connection[Any], source: str, name: str) -> None:
    """Note that a raw table was written, though its source was not asked."""
    connection.execute(
        "update ingest.tables set changed_at = now() where source = %s and table_name = %s",
        (source, name),
    )


def note_dropped(connection: psycopg.Connection[Any], source: str, name: str) -> bool:
    """Note that a source no longer has a table; return whether raw has it."""
    note_copied(connection, source, name)
    return bool(
        connection.execute(
            "update ingest.tables set missing_since = coalesce(missing_since, now()) "
            "where source = %s and table_name = %s",
            (source, name),
        ).rowcount
    )


def note_missing(connection: psycopg.Connection[Any], source: str, present: list[str]) -> list[str]:
    """Note which tables a source no longer has, and return their names."""
    rows = connection.execute(
        "update ingest.tables set missing_since = coalesce(missing_since, now()) "
        "where source = %s and table_name <> all(%s) returning table_name",
        (source, present),
    )
    return sorted(row[0] for row in rows)


def _json(position: Position | None) -> Jsonb | None:
    return None if position is None else Jsonb(dict(position))
