"""One ingest: every source in one PostgreSQL transaction, every table in a savepoint of its own."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from typing import Any, Final

import psycopg

from orchestration.connections import connect_postgres
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.ingest import history, quarantine, state
from orchestration.ingest.apply import replay
from orchestration.ingest.batch import Position, Source
from orchestration.ingest.copying import SOURCES, Compare, Copying, alone
from orchestration.ingest.faults import WarehouseFaultError, table_fault, warehouse_fault
from orchestration.ingest.report import Fault, IngestReport, SourceReport
from orchestration.ingest.selection import may_be_in, select_tables
from orchestration.ingest.stream.follow import Warehouse, catch_up
from orchestration.ingest.web.run import WebReader
from orchestration.ingest.web.tables import SOURCE as WEB
from orchestration.ingest.web.tables import TABLES as WEB_TABLES
from orchestration.predict import published
from orchestration.settings import ServerUrl, Settings
from orchestration.warehouse import model_runs
from orchestration.warehouse.locks import is_held_with, sole_writer

LOCK: Final = "ingest"
"""Held by whoever writes raw."""
STREAM_LOCK: Final = "stream"
"""Held, as long as it lives, by the stream, which lets others have `LOCK` between two batches."""

# For index builds and joins of this session alone; PostgreSQL's own defaults are for many.
_SESSION: Final = (
    "set work_mem = '64MB'",
    "set maintenance_work_mem = '256MB'",
    "set jit = off",
)


def run_ingest(
    settings: Settings,
    *,
    tables: Sequence[str] | None = None,
    replay_quarantine: bool = False,
    compare: Compare | None = None,
    report: ReportProgress = no_progress,
) -> IngestReport:
    """Copy the sources into the raw tables.

    All tables of a source become visible together. A table that cannot be copied is left as it was
    while the others go on, and so is a source; the report's faults tell of both.

    Args:
        settings: Where the servers are.
        tables: Names, `orders` or `oltp.orders`; None or empty for all.
        replay_quarantine: Copy nothing, but try the rows in quarantine again.
        compare: Also measure source and copy, by row count or by each column's checksum too; the
            report has each table's comparison.
        report: For progress, in rows of each table.

    Raises:
        SoftcartError: PostgreSQL cannot be used or went away, another ingest runs, or no source
            has one of the tables.
    """
    url = settings.url("postgres")
    began = time.monotonic()
    with writer(settings) as connection, behind_stream(connection):
        with run(connection) as number:
            if replay_quarantine:
                sources = _replay(connection, url, tables, number)
            else:
                copying = Copying(connection, url, number, report, compare)
                sources = _copy(Warehouse(settings, connection, number, copying), tables, report)
            done = IngestReport(number, sources, time.monotonic() - began)
        finish(connection, done)
    return done


@contextmanager
def writer(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the warehouse as one who writes raw; faults of it are told in a user's words."""
    url = settings.url("postgres")
    try:
        with closing(connect_postgres(settings, autocommit=True)) as connection:
            for statement in _SESSION:
                connection.execute(statement)
            yield connection
    except psycopg.Error as error:
        fault = warehouse_fault(error, url) or table_fault(error, "ingest's own tables", url)
        raise fault from error


def behind_stream(connection: psycopg.Connection[Any]) -> AbstractContextManager[None]:
    """Hold the lock of those who write raw; a stream is waited for, since it makes way.

    Args:
        connection: In autocommit; the lock belongs to its session.

    Raises:
        LockedError: Another ingest is running.
    """
    return sole_writer(
        connection, LOCK, keeps_waiting=lambda: is_held_with(connection, LOCK, STREAM_LOCK)
    )


@contextmanager
def run(connection: psycopg.Connection[Any]) -> Iterator[int]:
    """Note a run for the block and yield its number; `finish` notes how it ended well.

    Args:
        connection: Of the session that holds the lock.
    """
    state.prepare(connection)
    # dbt reads what others write too, written or not.
    model_runs.prepare(connection)
    published.prepare(connection)
    number = state.start_run(connection)
    try:
        yield number
    except SoftcartError as error:
        if not isinstance(error, WarehouseFaultError):
            state.finish_run(connection, number, "failed", {"fault": error.what})
        raise


def finish(connection: psycopg.Connection[Any], done: IngestReport) -> None:
    """Note what a run did."""
    status = "succeeded" if done.succeeded else "failed"
    state.finish_run(connection, done.run_id, status, done.as_json())


def read_web(
    settings: Settings,
    connection: psycopg.Connection[Any],
    run_id: int,
    report: ReportProgress,
    *,
    tables: Collection[str] = tuple(WEB_TABLES),
    is_wanted: bool = False,
) -> list[SourceReport]:
    """Read the shop's web files, if it has any; raw has their tables in any case.

    Args:
        settings: Where the files are.
        connection: Of the one session that may write.
        run_id: The run.
        report: For progress, in rows of each table.
        tables: Those to read.
        is_wanted: Somebody asked for them.

    Returns:
        What was done; nothing if the shop has no files, nobody asked for them and all went well.
    """
    reader = WebReader(connection, settings.url("postgres"), run_id, report)
    done = reader.read(settings.web_dir, tables)
    has_fault = done.fault or any(table.fault for table in done.tables)
    return [done] if settings.web_dir or is_wanted or has_fault else []


def _copy(
    warehouse: Warehouse, wanted: Sequence[str] | None, report: ReportProgress
) -> list[SourceReport]:
    """Copy the wanted tables of all sources."""
    names = [*SOURCES, WEB]
    with ExitStack() as stack:
        sources: list[Source] = []
        available: dict[str, list[str]] = {}
        unreachable: list[SourceReport] = []
        for name, connect in SOURCES.items():
            if not may_be_in(name, wanted, names):
                continue
            try:
                source = connect(warehouse.settings)
                stack.callback(source.close)
                available[name] = source.table_names()
                sources.append(source)
            except SoftcartError as error:
                unreachable.append(SourceReport(name, fault=Fault.of(error)))
        # A shop without web files has no tables of them, unless they are named as such.
        is_web_named = WEB in {name.partition(".")[0] for name in wanted or ()}
        if is_web_named or (warehouse.settings.web_dir and may_be_in(WEB, wanted, names)):
            available[WEB] = list(WEB_TABLES)
        selected = select_tables(available, wanted, is_whole=not unreachable)
        if wanted and sum(map(len, selected.values())) >= len(set(wanted)):
            unreachable.clear()  # every name was found without them
        done = [
            warehouse.copying.copy_source(
                source,
                selected[source.name],
                available[source.name],
                before=partial(_follow_to, warehouse, source.name, selected[source.name]),
            )
            for source in sources
            if selected[source.name] or not wanted
        ]
    if selected.get(WEB) or not wanted:
        done += read_web(
            warehouse.settings,
            warehouse.connection,
            warehouse.run_id,
            report,
            tables=selected.get(WEB, list(WEB_TABLES)),
            is_wanted=bool(wanted),
        )
    return done + unreachable


def _follow_to(
    warehouse: Warehouse, source: str, tables: Sequence[str], position: Position | None
) -> SourceReport | None:
    """Follow a source's log to where a copy is, if a table is among them whose history is kept."""
    names = {f"{source}.{table}" for table in tables}
    if position is None or names.isdisjoint(history.TRACKED):
        return None
    return catch_up(warehouse, source, position)


def _replay(
    connection: psycopg.Connection[Any], url: ServerUrl, wanted: Sequence[str] | None, run_id: int
) -> list[SourceReport]:
    """Try the rows in quarantine again, those of the wanted tables."""
    reports: dict[str, SourceReport] = {}
    for source, table in quarantine.tables_with_bad_rows(connection):
        if not wanted or table in wanted or f"{source}.{table}" in wanted:
            with state.writing(connection):
                again = (
                    partial(WebReader(connection, url, run_id).replay, table)
                    if source == WEB
                    else partial(replay, connection, source, table)
                )
                done, _ = alone(connection, url, source, table, again)
            reports.setdefault(source, SourceReport(source)).tables.append(done)
    return list(reports.values())
