"""Reads what is new in the folder of web files into raw: each batch with its place in the ledger.

Whether a file was read, grew, was renamed, compressed or replaced, the rows are those of all lines
that were ever there, each once: what has been read already is not read again, or changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.ingest import state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import Batch, LineBlocks, TableSchema
from orchestration.ingest.copying import alone
from orchestration.ingest.faults import WarehouseFaultError
from orchestration.ingest.raw_table import column_types
from orchestration.ingest.report import Fault, SourceReport, TableReport
from orchestration.ingest.web import ledger
from orchestration.ingest.web.bad_lines import BadLines, KeptLines
from orchestration.ingest.web.events import EventFormat
from orchestration.ingest.web.files import find_files
from orchestration.ingest.web.formats import Format
from orchestration.ingest.web.queue import FileQueue
from orchestration.ingest.web.requests import RequestFormat
from orchestration.ingest.web.tables import PRECEDENCE, REQUESTS, SOURCE, TABLES
from orchestration.settings import ServerUrl


@dataclass(frozen=True)
class WebReader:
    """Reads web files for a run.

    Attributes:
        connection: In autocommit, of the one session that may write.
        url: The warehouse's.
        run_id: Noted with each file.
        report: For progress, in rows of each table.
    """

    connection: psycopg.Connection[Any]
    url: ServerUrl
    run_id: int
    report: ReportProgress = no_progress

    def read(self, folder: Path | None, tables: Collection[str]) -> SourceReport:
        """Read what the folder has and raw has not; raw has the tables afterwards in any case.

        Args:
            folder: Where the files are, None when the shop has none.
            tables: Those to read.
        """
        done = SourceReport(SOURCE)
        if folder is not None and not folder.is_dir():
            done.fault = Fault(
                f"SOFTCART_WEB_DIR names {folder}, and no such folder is there",
                "Mount or make it, or empty the setting if the shop has no web files",
            )
            return done
        try:
            self._read(folder, tables, done)
        except WarehouseFaultError:
            raise
        except SoftcartError as error:
            done.fault = Fault.of(error)
        except OSError as error:
            done.fault = Fault(
                f"The web files in {folder} cannot be read: {error.strerror}",
                "See to that disk, or to the one for temporary files; what was read is kept",
            )
        return done

    def _read(self, folder: Path | None, tables: Collection[str], done: SourceReport) -> None:
        ledger.prepare(self.connection)
        noted = ledger.noted_files(self.connection)
        files = [
            file
            for file in (find_files(folder) if folder else [])
            if not (file.name in noted and noted[file.name].is_as(file))
        ]
        for name in tables:
            table = TABLES[name]
            new = [file for file in files if file.table == name]
            queue = FileQueue(new, noted, _format_of(self.connection, table))
            done.tables.append(self._write_all(table, queue))
            done.warnings += queue.warnings

    def replay(self, name: str) -> TableReport:
        """Try the lines that a table has in quarantine again, and write those that are good now."""
        table = TABLES[name]
        new_format = _format_of(self.connection, table)
        with KeptLines(self.connection, name) as kept:
            done = self._apply(table, partial(kept.read, new_format()))
            done.rows_read = kept.tried
            done.quarantined = kept.tried - kept.release(self.connection)
        return done

    def _write_all(self, table: TableSchema, queue: FileQueue) -> TableReport:
        """Write a table's files, each batch in a transaction."""
        total = TableReport(SOURCE, table.name)
        while True:
            write = partial(self._write, table, queue, total.rows_read)
            with state.writing(self.connection):
                done, fault = alone(self.connection, self.url, SOURCE, table.name, write)
            total.add(done)
            if fault or not queue.is_waiting:
                return total

    def _write(self, table: TableSchema, queue: FileQueue, rows_before: int) -> TableReport:
        """Write a batch of rows, its bad lines, and how far the files are."""
        with BadLines() as bad:
            done = self._apply(table, partial(queue.read, bad), rows_before)
            bad.keep(self.connection, table.name, self.run_id)
        done.quarantined_columns = dict(bad.columns)
        done.quarantined = bad.columns.total()
        done.rows_read += done.quarantined
        ledger.note(self.connection, queue.take_touched(), self.run_id)
        return done

    def _apply(
        self, table: TableSchema, read: Callable[[], LineBlocks], rows_before: int = 0
    ) -> TableReport:
        self.connection.execute(
            sql.SQL("create schema if not exists {}").format(sql.Identifier(table.schema))
        )
        return apply(
            self.connection,
            Batch(table, read, is_complete=False, precedence=PRECEDENCE[table.name]),
            run_id=self.run_id,
            may_be_bad=False,
            rows_read=lambda rows: self.report(str(table), rows_before + rows, None),
        )


def _format_of(connection: psycopg.Connection[Any], table: TableSchema) -> Callable[[], Format]:
    """Return what makes, for each file, the format of a table's lines."""
    if table.name == REQUESTS.name:
        return RequestFormat
    of_all = EventFormat(column_types(connection, sql.Identifier(table.schema, table.name)))
    return lambda: of_all
