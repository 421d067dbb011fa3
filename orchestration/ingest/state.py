"""What ingest remembers, in PostgreSQL's schema `ingest`: runs, positions, tables and bad rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from orchestration.ingest.batch import Position, TableSchema

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

-- Where change capture starts from: written when every table of a source was copied at one moment.
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
comment on column ingest.tables.changed_at is
    '_loaded_at of the rows that were written last: nothing in raw is newer';

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
"""


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create what is missing of schema `ingest`."""
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLES)


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
