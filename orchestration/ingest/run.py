"""One ingest: every source in one PostgreSQL transaction, every table in a savepoint of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import Any, Final, Literal

import psycopg
from psycopg import sql

from orchestration.connections import connect_postgres
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.ingest import quarantine, state
from orchestration.ingest.apply import apply, replay
from orchestration.ingest.batch import Batch, Snapshot, Source
from orchestration.ingest.faults import (
    SourceLostError,
    WarehouseFaultError,
    table_fault,
    warehouse_fault,
)
from orchestration.ingest.report import Fault, IngestReport, SourceReport, TableReport
from orchestration.ingest.selection import may_be_in, select_tables
from orchestration.settings import ServerUrl, Settings
from orchestration.warehouse.locks import sole_writer

Compare = Literal["rows", "checksums"]


def _oltp(settings: Settings) -> Source:
    from orchestration.ingest.mysql_reader import MysqlSource

    return MysqlSource(settings)


def _catalog(settings: Settings) -> Source:
    from orchestration.ingest.mongo_reader import MongoSource

    return MongoSource(settings)


# How each source is opened; its driver, slow to load, is loaded only then.
SOURCES: Final[dict[str, Callable[[Settings], Source]]] = {"oltp": _oltp, "catalog": _catalog}

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
    with (
        _told(url),
        closing(connect_postgres(settings, autocommit=True)) as connection,
        sole_writer(connection, "ingest"),
    ):
        for statement in _SESSION:
            connection.execute(statement)
        state.prepare(connection)
        run = _Run(connection, url, state.start_run(connection), report, compare)
        try:
            sources = run.replay(tables) if replay_quarantine else run.copy(settings, tables)
        except SoftcartError as error:
            if not isinstance(error, WarehouseFaultError):
                state.finish_run(connection, run.number, "failed", {"fault": error.what})
            raise
        done = IngestReport(run.number, sources, time.monotonic() - began)
        status = "succeeded" if done.succeeded else "failed"
        state.finish_run(connection, run.number, status, done.as_json())
    return done


class _Run:
    """One run: where it writes, what it is called, and whom it tells of its progress."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        url: ServerUrl,
        number: int,
        report: ReportProgress,
        compare: Compare | None,
    ) -> None:
        self.number = number
        self._compare = compare
        self._connection = connection
        self._url = url
        self._report = report

    def copy(self, settings: Settings, wanted: Sequence[str] | None) -> list[SourceReport]:
        """Copy the wanted tables of all sources."""
        with ExitStack() as stack:
            sources: list[Source] = []
            available: dict[str, list[str]] = {}
            unreachable: list[SourceReport] = []
            for name, connect in SOURCES.items():
                if not may_be_in(name, wanted, list(SOURCES)):
                    continue
                try:
                    source = connect(settings)
                    stack.callback(source.close)
                    available[name] = source.table_names()
                    sources.append(source)
                except SoftcartError as error:
                    unreachable.append(SourceReport(name, fault=Fault.of(error)))
            selected = select_tables(available, wanted, is_whole=not unreachable)
            if wanted and sum(map(len, selected.values())) >= len(set(wanted)):
                unreachable.clear()  # every name was found without them
            return [
                self._copy_source(source, selected[source.name], available[source.name])
                for source in sources
                if selected[source.name] or not wanted
            ] + unreachable

    def replay(self, wanted: Sequence[str] | None) -> list[SourceReport]:
        """Try the rows in quarantine again, those of the wanted tables."""
        reports: dict[str, SourceReport] = {}
        for source, table in quarantine.tables_with_bad_rows(self._connection):
            if not wanted or table in wanted or f"{source}.{table}" in wanted:
                of_source = reports.setdefault(source, SourceReport(source))
                again = partial(replay, self._connection, source, table)
                of_source.tables.append(self._alone(source, table, again))
        return list(reports.values())

    def _copy_source(self, source: Source, tables: list[str], available: list[str]) -> SourceReport:
        done = SourceReport(source.name)
        try:
            with self._connection.transaction(), source.snapshot() as snapshot:
                done.position = snapshot.position
                done.warnings += snapshot.warnings
                self._connection.execute(
                    sql.SQL("create schema if not exists {}").format(
                        sql.Identifier(f"raw_{source.name}")
                    )
                )
                bad = quarantine.tables_with_bad_rows(self._connection)
                for table in tables:
                    copy = partial(
                        self._copy_table, snapshot, table, may_be_bad=(source.name, table) in bad
                    )
                    done.tables.append(self._alone(source.name, table, copy))
                if tables == available and not any(table.fault for table in done.tables):
                    state.note_position(self._connection, source.name, done.position, self.number)
                done.warnings += [
                    f"Table {source.name}.{table} is no longer in the source; its raw rows stay as "
                    f"they are: drop raw_{source.name}.{table} when nobody needs it"
                    for table in state.note_missing(self._connection, source.name, available)
                ]
        except WarehouseFaultError:
            raise
        except SoftcartError as error:
            done.fault = Fault.of(error)
        return done

    def _alone(self, source: str, table: str, job: Callable[[], TableReport]) -> TableReport:
        """Run a table's job in a savepoint; its fault is the table's alone if others can go on."""
        began = time.monotonic()
        try:
            with self._connection.transaction():
                done = job()
        except (SourceLostError, WarehouseFaultError):
            raise
        except SoftcartError as error:
            done = TableReport(source, table, fault=Fault.of(error))
        except psycopg.Error as error:
            if fault := warehouse_fault(error, self._url):
                raise fault from error
            fault_of_table = table_fault(error, f"{source}.{table}", self._url)
            done = TableReport(source, table, fault=Fault.of(fault_of_table))
        done.seconds = time.monotonic() - began
        return done

    def _copy_table(self, snapshot: Snapshot, name: str, *, may_be_bad: bool) -> TableReport:
        """Copy a table, more than once if the first pass shows that it takes another way."""
        table = snapshot.describe(name)
        batch = Batch(table, partial(snapshot.read, table), snapshot.position)
        total = snapshot.expected_rows(name)
        task = str(table)
        self._report(task, 0, total)
        while True:
            try:
                with self._connection.transaction():
                    done = apply(
                        self._connection,
                        batch,
                        run_id=self.number,
                        may_be_bad=may_be_bad,
                        rows_read=lambda rows: self._report(task, rows, total),
                    )
            except psycopg.DataError:
                if may_be_bad:
                    raise
                may_be_bad = True
                continue
            if self._compare:
                done.comparison = snapshot.compare(
                    table, self._connection, checksums=self._compare == "checksums"
                )
            self._report(task, done.rows_read, done.rows_read)
            return done


@contextmanager
def _told(url: ServerUrl) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        fault = warehouse_fault(error, url) or table_fault(error, "ingest's own tables", url)
        raise fault from error
