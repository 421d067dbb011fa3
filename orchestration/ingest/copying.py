"""Copies of whole tables: all of a source at one moment, or some of them alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, Final, Literal

import psycopg
from psycopg import sql

from orchestration.console import ReportProgress
from orchestration.errors import SoftcartError
from orchestration.ingest import quarantine, state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import Batch, Position, Snapshot, Source
from orchestration.ingest.faults import (
    SourceLostError,
    WarehouseFaultError,
    table_fault,
    warehouse_fault,
)
from orchestration.ingest.report import Fault, SourceReport, TableReport
from orchestration.settings import ServerUrl, Settings

Compare = Literal["rows", "checksums"]


Before = Callable[[Position | None], SourceReport | None]
"""Called with the position of a copy, before it is taken; returns what that has done already."""


def _oltp(settings: Settings) -> Source:
    from orchestration.ingest.mysql_reader import MysqlSource

    return MysqlSource(settings)


def _catalog(settings: Settings) -> Source:
    from orchestration.ingest.mongo_reader import MongoSource

    return MongoSource(settings)


# How each source is opened; its driver, slow to load, is loaded only then.
SOURCES: Final[dict[str, Callable[[Settings], Source]]] = {"oltp": _oltp, "catalog": _catalog}


class Copying:
    """Copies tables into raw.

    Args:
        connection: In autocommit, of the one session that may write.
        url: The warehouse's.
        run_id: Noted with each table.
        report: For progress, in rows of each table.
        compare: Also measure source and copy, by row count or by each column's checksum too.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        url: ServerUrl,
        run_id: int,
        report: ReportProgress,
        compare: Compare | None = None,
    ) -> None:
        self._connection = connection
        self._url = url
        self._run_id = run_id
        self._report = report
        self._compare = compare

    def copy_source(
        self,
        source: Source,
        tables: Sequence[str],
        available: Sequence[str],
        *,
        before: Before = lambda _: None,
    ) -> SourceReport:
        """Copy tables of a source in one transaction, so that they become visible together.

        When they are all that it has, raw follows its log from there; those that cannot be copied
        are left out of that.

        Args:
            source: Connected.
            tables: Those to copy.
            available: All that the source has.
            before: Called when the moment of the copy is fixed, and before it is taken.
        """
        done = SourceReport(source.name)
        try:
            with source.snapshot() as snapshot, ExitStack() as transaction:
                done.position = snapshot.position
                done.warnings += snapshot.warnings
                earlier = before(snapshot.position)
                transaction.enter_context(state.writing(self._connection))
                done.tables += self._copy_tables(source.name, snapshot, tables)
                if set(tables) == set(available):
                    state.note_position(
                        self._connection, source.name, snapshot.position, self._run_id
                    )
                missing = state.note_missing(self._connection, source.name, list(available))
                done.warnings += [dropped_warning(source.name, table) for table in missing]
            if earlier:
                _add_earlier(done, earlier)
        except WarehouseFaultError:
            raise
        except SoftcartError as error:
            done.fault = Fault.of(error)
        return done

    def copy_alone(self, source: Source, tables: Iterable[str]) -> list[TableReport]:
        """Copy tables of a source that it may have, within the caller's transaction.

        Returns:
            Of those that it has.
        """
        available = source.table_names()
        wanted = [table for table in tables if table in available]
        if not wanted:
            return []
        with source.snapshot() as snapshot:
            return self._copy_tables(source.name, snapshot, wanted)

    def _copy_tables(
        self, source: str, snapshot: Snapshot, tables: Iterable[str]
    ) -> list[TableReport]:
        self._connection.execute(
            sql.SQL("create schema if not exists {}").format(sql.Identifier(f"raw_{source}"))
        )
        bad = quarantine.tables_with_bad_rows(self._connection)
        done = []
        for table in tables:
            copy = partial(self._copy_table, snapshot, table, may_be_bad=(source, table) in bad)
            report, error = alone(self._connection, self._url, source, table, copy)
            if error:
                state.note_stopped(self._connection, source, table, error)
            else:
                state.note_copied(self._connection, source, table)
            done.append(report)
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
                        run_id=self._run_id,
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


def _add_earlier(done: SourceReport, earlier: SourceReport) -> None:
    """Add what was written to the tables of a copy before it was taken."""
    done.warnings += earlier.warnings
    by_name = {table.name: table for table in earlier.tables}
    for table in done.tables:
        if before := by_name.get(table.name):
            table.inserted += before.inserted
            table.updated += before.updated
            table.tombstoned += before.tombstoned
            table.schema_changes[:0] = before.schema_changes


def alone(
    connection: psycopg.Connection[Any],
    url: ServerUrl,
    source: str,
    table: str,
    job: Callable[[], TableReport],
) -> tuple[TableReport, SoftcartError | None]:
    """Run a table's job in a transaction or savepoint of its own.

    Returns:
        Its report, and its fault if others can go on.

    Raises:
        SoftcartError: Nothing more can come from the source, or go to the warehouse.
    """
    began = time.monotonic()
    fault: SoftcartError | None = None
    done = TableReport(source, table)
    try:
        with connection.transaction():
            done = job()
    except (SourceLostError, WarehouseFaultError):
        raise
    except SoftcartError as error:
        fault = error
    except psycopg.Error as error:
        if found := warehouse_fault(error, url):
            raise found from error
        fault = table_fault(error, f"{source}.{table}", url)
    if fault:
        done.fault = Fault.of(fault)
    done.seconds = time.monotonic() - began
    return done, fault


def dropped_warning(source: str, table: str) -> str:
    """Return what to tell of a table that the source no longer has."""
    return (
        f"Table {source}.{table} is no longer in the source; its raw rows stay as they are: drop "
        f"raw_{source}.{table} when nobody needs it"
    )
