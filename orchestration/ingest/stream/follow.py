"""Follows one source: takes what its log brought and writes it, batch by batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from orchestration.errors import SoftcartError
from orchestration.ingest import quarantine, state
from orchestration.ingest.apply import apply, empty
from orchestration.ingest.batch import Batch, Position, Source
from orchestration.ingest.changes import HEARTBEAT_SECONDS
from orchestration.ingest.copying import SOURCES, Copying, dropped_warning
from orchestration.ingest.faults import (
    LogLostError,
    WarehouseFaultError,
    table_fault,
    warehouse_fault,
)
from orchestration.ingest.raw_table import NoRawTableError
from orchestration.ingest.report import Fault, SourceReport, TableReport
from orchestration.ingest.stream.figures import StreamFigures
from orchestration.ingest.stream.gather import (
    Emptied,
    Followed,
    Gathered,
    Limits,
    TableChanges,
)
from orchestration.ingest.stream.logs import LOGS
from orchestration.ingest.stream.reader import Goal, Reader
from orchestration.settings import Settings

Tell = Callable[[str | TableReport], None]
"""Called with a warning, or with what happened to a table that is not just changes of rows."""

_SECONDS_OF_A_LOOK: Final = 0.2
# How often it is noted of all tables that raw has them as they are.
_NOTE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Warehouse:
    """Where and how a run writes.

    Attributes:
        settings: Where the servers are.
        connection: In autocommit, of the session that holds the lock.
        run_id: Noted with what is written.
        copying: Copies tables, for the same run.
    """

    settings: Settings
    connection: psycopg.Connection[Any]
    run_id: int
    copying: Copying


class _TableFaultError(Exception):
    """A table's changes cannot be written; nothing of the batch has been."""

    def __init__(self, table: str, fault: SoftcartError | None) -> None:
        super().__init__(table)
        self.table = table
        self.fault = fault


class Follower:
    """Brings raw's tables of one source from where they stand to where its log goes.

    Args:
        name: `oltp`, `catalog`.
        warehouse: Where to write.
        figures: Kept up to date.
        wait: Waits until there may be something to do, for so many seconds at most.
        wake: Ends a `wait`, from any thread.
        tell: Called with each warning, and with what happened to a table as a whole.
        goal: How far to follow, None for ever.
    """

    def __init__(
        self,
        name: str,
        warehouse: Warehouse,
        figures: StreamFigures,
        *,
        wait: Callable[[float], object],
        wake: Callable[[], None],
        tell: Tell,
        goal: Goal | None,
    ) -> None:
        self.name = name
        self._tables: dict[str, TableReport] = {}
        # What the transaction in progress has done; counts when it is committed.
        self._done: list[TableReport] = []
        self._warehouse = warehouse
        self._connection = warehouse.connection
        self._figures = figures
        self._wait = wait
        self._wake = wake
        self._tell = tell
        self._goal = goal
        self._may_be_bad: set[str] = set()
        self._reader: Reader | None = None
        self._position: Position | None = None
        self._copied_to: Position | None = None
        self._saved_at = self._noted_at = 0.0

    def start(self) -> None:
        """Begin to read, from the noted position; without one, from a new copy of all tables.

        Raises:
            SoftcartError: The source cannot be read.
        """
        with closing(LOGS[self.name](self._warehouse.settings)) as log:
            # Before a long copy: whether its position will be of any use.
            for warning in log.warnings:
                self._tell(warning)
        self._may_be_bad = {
            table
            for source, table in quarantine.tables_with_bad_rows(self._connection)
            if source == self.name
        }
        if state.position_of(self._connection, self.name) is None:
            self._copy_all()
        stopped = state.stopped_tables(self._connection, self.name)
        unknown = [
            table.name
            for table in state.tables_of(self._connection, self.name)
            if not table.is_missing and (table.position is None or not table.is_in_raw)
        ]
        self._copy_anew(sorted({*stopped, *unknown}))
        self.resume()

    def resume(self) -> None:
        """Read on from the noted position, with what is known of the tables now.

        Raises:
            SoftcartError: None is noted, or the log cannot be opened.
        """
        self._position = state.position_of(self._connection, self.name)
        if self._position is None:
            raise SoftcartError(
                f"The copy of {self.name} has no position in a log to go on from",
                remedy="Do what its warning says, or what `softcart doctor` says",
            )
        tables = [
            table
            for table in state.tables_of(self._connection, self.name)
            if table.is_in_raw and not table.is_missing
        ]
        settings = self._warehouse.settings
        with closing(LOGS[self.name](settings)) as log:
            followed = Followed(
                columns={table.name: table.columns for table in tables},
                stopped=set(state.stopped_tables(self._connection, self.name)),
                ahead={
                    table.name: table.position
                    for table in tables
                    if table.position and not log.includes(self._position, table.position)
                },
            )
        self._figures.state = "following"
        self._figures.fault = None
        self._reader = Reader(
            lambda: LOGS[self.name](settings),
            self._position,
            followed,
            Limits.of(settings),
            self._wake,
            goal=self._goal,
        )

    def start_anew(self, lost: LogLostError) -> None:
        """Begin to read from a new copy of all tables, because the log lacks what follows.

        Raises:
            LogLostError: It does so right after such a copy: another would be of no more use.
            SoftcartError: The source cannot be read.
        """
        self._end_reading()
        if self._position == self._copied_to:
            raise lost
        self._tell(str(lost))
        self._copy_all()
        self.resume()

    def step(self) -> bool:
        """Write the next batch if one is due; return whether that was so.

        Raises:
            LogLostError: `start_anew` is the way to go on.
            SoftcartError: The source cannot be read any more. What was written stays, and `start`
                goes on from there.
        """
        if self._reader is None:
            return False
        batch = self._reader.take()
        if batch is not None:
            self._write(self._reader, batch)
        elif self._reader.has_ended:
            if self._reader.current_at:
                self._figures.note_current(self._reader.current_at)
            self._end_reading()
        return batch is not None

    @property
    def has_ended(self) -> bool:
        """Whether all is written that was to be."""
        return self._reader is None

    @property
    def is_current(self) -> bool:
        """Whether everything was read, at some time, that the source had committed by then."""
        return self._reader is not None and self._reader.current_at is not None

    def due_in(self) -> float | None:
        """Return the seconds until a batch is due, None if there is none."""
        return self._reader.due_in() if self._reader else None

    def show_life(self) -> None:
        """Save the figures, and the position if it moved though no table changed."""
        if time.monotonic() - self._saved_at < HEARTBEAT_SECONDS:
            return
        reader = self._reader
        current_at = None
        # What is due goes the usual way.
        if reader and reader.due_in() is None:
            current_at = reader.current_at
            moved = reader.take(at_once=True)
            if moved is not None:
                self._write(reader, moved)
            if current_at:
                self._figures.note_current(current_at)
        self._save()
        if current_at and time.monotonic() - self._noted_at >= _NOTE_SECONDS:
            self._noted_at = time.monotonic()
            state.note_read(self._connection, self.name)

    def close(self) -> None:
        """End the reading."""
        self._end_reading()

    def report(self) -> SourceReport:
        """Return what was done, with a line for each table that is followed."""
        if self._figures.current_at:
            state.note_read(self._connection, self.name)
        known = {
            table.name: TableReport(self.name, table.name, position=table.position)
            for table in state.tables_of(self._connection, self.name)
            if not table.is_missing
        }
        known.update(self._tables)
        for name, fault in state.stopped_tables(self._connection, self.name).items():
            known.setdefault(name, TableReport(self.name, name)).fault = Fault.of(fault)
        return SourceReport(
            self.name,
            [known[name] for name in sorted(known)],
            state.position_of(self._connection, self.name),
        )

    def _end_reading(self) -> None:
        if self._reader:
            reader, self._reader = self._reader, None
            reader.close()

    def _write(self, reader: Reader, batch: Gathered) -> None:
        """Write a batch, or begin to read anew if one of its tables goes another way."""
        began = time.monotonic()
        self._done = []
        try:
            with state.writing(self._connection):
                batch = self._apply(reader, batch)
                if batch.alterations:
                    self._follow_alterations(batch)
                state.note_position(
                    self._connection, self.name, batch.position, self._warehouse.run_id
                )
                self._note_batch(batch, time.monotonic() - began)
        except _TableFaultError as error:
            self._end_reading()
            if error.fault is None:
                self._may_be_bad.add(error.table)
            elif isinstance(error.fault, NoRawTableError):
                self._copy_anew([error.table])
            else:
                with state.writing(self._connection):
                    state.note_stopped(self._connection, self.name, error.table, error.fault)
            self.resume()
            return
        self._position = batch.position
        self._note_tables(self._done)
        if batch.alterations:
            self._end_reading()
            self.resume()

    def _apply(self, reader: Reader, batch: Gathered) -> Gathered:
        """Write a batch's rows, and of one that is a part the others too; return the last part."""
        rows = 0
        while True:
            for step in batch.steps:
                self._apply_step(step)
            rows += batch.rows
            if batch.position is not None:
                batch.rows = rows
                return batch
            while (part := reader.take()) is None:
                self._wait(_SECONDS_OF_A_LOOK)
            batch = part

    def _apply_step(self, step: TableChanges | Emptied) -> None:
        name = step.name if isinstance(step, Emptied) else step.table.name
        may_be_bad = name in self._may_be_bad
        began = time.monotonic()
        try:
            if isinstance(step, Emptied):
                done = empty(self._connection, self.name, name, step.committed_at)
            else:
                done = apply(
                    self._connection,
                    Batch(
                        step.table,
                        step.read,
                        self._position,
                        is_complete=False,
                        has_changes=True,
                        history=step.history,
                    ),
                    run_id=self._warehouse.run_id,
                    may_be_bad=may_be_bad,
                    rows_read=lambda _: None,
                )
                done.rows_read = step.rows
        except psycopg.DataError as error:
            if may_be_bad:
                raise self._fault(name, error) from error
            raise _TableFaultError(name, None) from error
        except psycopg.Error as error:
            raise self._fault(name, error) from error
        except WarehouseFaultError:
            raise
        except SoftcartError as error:
            raise _TableFaultError(name, error) from error
        if may_be_bad and not quarantine.has_bad_rows(self._connection, self.name, name):
            self._may_be_bad.discard(name)
        done.seconds = time.monotonic() - began
        self._done.append(done)

    def _fault(self, name: str, error: psycopg.Error) -> Exception:
        url = self._warehouse.settings.url("postgres")
        found = warehouse_fault(error, url)
        return found or _TableFaultError(name, table_fault(error, f"{self.name}.{name}", url))

    def _follow_alterations(self, batch: Gathered) -> None:
        self._copy_alone([name for name, what in batch.alterations.items() if what == "altered"])
        self._note_dropped([name for name, what in batch.alterations.items() if what == "dropped"])

    def _copy_anew(self, names: Sequence[str]) -> None:
        """Copy tables as they are now, in a transaction of their own."""
        if names:
            self._done = []
            with state.writing(self._connection):
                self._copy_alone(names)
            self._note_tables(self._done)

    def _copy_alone(self, names: Sequence[str]) -> None:
        """Copy tables as they are now, within a transaction; the source need not have them."""
        if not names:
            return
        with closing(self._open_source()) as source:
            done = self._warehouse.copying.copy_alone(source, names)
        self._done += done
        self._note_dropped(sorted(set(names) - {table.name for table in done}))

    def _note_dropped(self, names: Iterable[str]) -> None:
        for name in names:
            if state.note_dropped(self._connection, self.name, name):
                self._tell(dropped_warning(self.name, name))

    def _copy_all(self) -> None:
        """Copy all tables anew, so that there is a position to go on from."""
        self._figures.state = "copying"
        self._figures.save(self._connection)
        with closing(self._open_source()) as source:
            available = source.table_names()
            done = self._warehouse.copying.copy_source(source, available, available)
        if done.fault:
            raise SoftcartError(done.fault.what, remedy=done.fault.remedy)
        for warning in done.warnings:
            self._tell(warning)
        self._note_tables(done.tables)
        self._copied_to = state.position_of(self._connection, self.name)

    def _open_source(self) -> Source:
        return SOURCES[self.name](self._warehouse.settings)

    def _note_tables(self, reports: Iterable[TableReport]) -> None:
        for report in reports:
            if report.schema_changes or report.quarantined or report.fault:
                self._tell(deepcopy(report))
            if report.name in self._tables:
                self._tables[report.name].add(report)
            else:
                self._tables[report.name] = report

    def _note_batch(self, batch: Gathered, seconds: float) -> None:
        figures = self._figures
        if not batch.is_empty:
            figures.note_batch(batch.rows, batch.transactions, seconds)
        figures.position = batch.position
        if batch.committed_at:
            figures.committed_at = batch.committed_at
            figures.note_current(batch.committed_at)
        self._save()

    def _save(self) -> None:
        self._figures.run_id = self._warehouse.run_id
        self._figures.waiting_rows = self._reader.waiting_rows if self._reader else 0
        self._figures.save(self._connection)
        self._saved_at = time.monotonic()


def catch_up(warehouse: Warehouse, name: str, goal: Position) -> SourceReport | None:
    """Follow a source up to a position, if it is followed at all.

    A copy that is taken there then finds nothing that the log tells of, and the history of a table
    is that of the log, each state with its time.

    Args:
        warehouse: Where to write.
        name: `oltp`, `catalog`.
        goal: Where the copy is.

    Returns:
        What was done; a warning says why the copy has to do without.

    Raises:
        WarehouseFaultError: The warehouse cannot be used.
    """
    position = state.position_of(warehouse.connection, name)
    if position is None:
        return None
    awake = threading.Event()

    def wait(seconds: float) -> None:
        awake.wait(seconds)
        awake.clear()

    follower = Follower(
        name,
        warehouse,
        StreamFigures(name, is_saved=False),
        wait=wait,
        wake=awake.set,
        tell=lambda _: None,
        goal=lambda _: goal,
    )
    warnings: list[str] = []
    try:
        with closing(LOGS[name](warehouse.settings)) as log:
            if log.includes(position, goal):
                return None
        follower.resume()
        while not follower.has_ended:
            if not follower.step():
                wait(_SECONDS_OF_A_LOOK)
    except WarehouseFaultError:
        raise
    except SoftcartError as error:
        warnings.append(f"Changes before this copy are not in the history of tables: {error}")
    finally:
        follower.close()
    done = follower.report()
    done.warnings = warnings
    return done
