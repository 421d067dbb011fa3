"""Short ways to change a test's shop, to ingest it and to look at what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from statements import on_mysql, on_postgres

from orchestration.connections import connect_postgres
from orchestration.ingest.batch import Position
from orchestration.ingest.changes import ChangeLog, Commit, Event, Heartbeat
from orchestration.ingest.report import IngestReport, TableReport
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings

TEST_MYSQL_URL = "SOFTCART_TEST_MYSQL_URL"


def from_postgres(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows."""
    with connect_postgres(settings) as postgres:
        return postgres.execute(query).fetchall()


def ingest(settings: Settings, *tables: str) -> dict[str, TableReport]:
    """Ingest, which must succeed, and return the tables' reports by name."""
    report = run_ingest(settings, tables=tables)
    assert report.succeeded, report.faults
    return by_name(report)


def by_name(report: IngestReport) -> dict[str, TableReport]:
    """Return the tables' reports by name."""
    return {table.name: table for table in report.tables}


def counts(table: TableReport) -> tuple[int, int, int, int]:
    """Return how many rows were inserted, updated, tombstoned and quarantined."""
    return table.inserted, table.updated, table.tombstoned, table.quarantined


def raw_types(settings: Settings, schema: str, table: str) -> dict[str, str]:
    """Return the types of a raw table's columns by name."""
    return dict(
        from_postgres(
            settings,
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = '{schema}.{table}'::regclass and attnum > 0 and not attisdropped",
        )
    )


@contextmanager
def on_each_server(shop: Settings, server: str) -> Iterator[Settings]:
    """Give the shop with its MySQL database on MariaDB, or on the server of the user's choice."""
    if server == "mariadb":
        yield shop
        return
    url = os.environ.get(TEST_MYSQL_URL)
    if not url:
        pytest.skip(f"{TEST_MYSQL_URL} names no MySQL server")
    name = f"test_{uuid4().hex[:12]}"
    admin = shop.with_urls({"mysql": url})
    on_mysql(admin, f"create database {name} character set utf8mb4")
    try:
        yield shop.with_urls({"mysql": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))})
    finally:
        on_mysql(admin, f"drop database {name}")


def read_log(log: ChangeLog, start: Position, end: Position | None = None) -> list[Event]:
    """Return all events but heartbeats from a position to another, or to the present."""
    end = end or log.present()
    found: list[Event] = []
    if log.includes(start, end):
        return found
    with log.read(start) as events:
        for event in events:
            if not isinstance(event, Heartbeat):
                found.append(event)
            if isinstance(event, Commit) and log.includes(event.position, end):
                break
    return found


def hold_one_bad_row(settings: Settings, tables: Sequence[str]) -> None:
    """Make ingest look at each value of tables: it takes them to have a row in quarantine."""
    for table in tables:
        on_postgres(
            settings,
            "insert into ingest.raw_quarantine "
            "(source, table_name, row_key, column_name, reason, row_image, run_id) "
            f"values ('oltp', '{table}', '[\"-1\"]', 'value', 'for a test', '{{}}', 0)",
        )
