"""Bring raw to the present by what the sources' logs say, once or for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.ingest.copying import SOURCES, Copying
from orchestration.ingest.faults import LogLostError, WarehouseFaultError
from orchestration.ingest.report import Fault, IngestReport, SourceReport, TableReport
from orchestration.ingest.run import (
    LOCK,
    STREAM_LOCK,
    behind_stream,
    finish,
    read_web,
    run,
    writer,
)
from orchestration.ingest.stream import figures as saved
from orchestration.ingest.stream.figures import State, StreamFigures
from orchestration.ingest.stream.follow import Follower, Tell, Warehouse
from orchestration.ingest.stream.logs import LOGS
from orchestration.ingest.web.tables import SOURCE as WEB
from orchestration.settings import Settings
from orchestration.warehouse.locks import LockedError, is_awaited, sole_writer

# While nothing happens: how often to look whether another ingest wants the warehouse.
_LOOK_SECONDS: Final = 0.2
# After a fault: how long until the next try, doubled each time.
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0


def run_changes(
    settings: Settings,
    *,
    sources: Sequence[str] | None = None,
    copies_without_log: bool = False,
    report: ReportProgress = no_progress,
) -> IngestReport:
    """Apply what the sources have committed since raw's positions, up to the present.

    Files of the web are read too: the ledger is what a position is for others.

    A source without a position, or whose log does not go back to it, is copied anew first. A table
    that cannot be followed is stopped while the others go on; the report's faults tell of it.

    Args:
        settings: Where the servers are.
        sources: Names, `oltp`, `catalog` or `web`; None for all.
        copies_without_log: Copy a source whose log cannot be followed, and warn of it.
        report: For progress, in row changes of each source.

    Returns:
        A line for each table that is followed, changed or not; `rows_read` counts row changes.

    Raises:
        SoftcartError: PostgreSQL cannot be used or went away, or another ingest runs. One that is
            `softcart stream` makes way instead.
    """
    began = time.monotonic()
    with writer(settings) as connection, behind_stream(connection):
        with run(connection) as number:
            figures = {name: StreamFigures(name) for name in sources or LOGS if name != WEB}
            warehouse = _warehouse(settings, connection, number, report)
            session = _Session(warehouse, figures)

            def show() -> None:
                for name, of_source in figures.items():
                    report(f"{name} changes", of_source.row_changes)

            reports = session.follow(lambda: True, show)
            session.end("ended")
            if copies_without_log:
                reports = [_copied(warehouse, done) if done.fault else done for done in reports]
            if not sources or WEB in sources:
                reports += read_web(
                    settings, connection, number, report, is_wanted=sources is not None
                )
            done = IngestReport(number, reports, time.monotonic() - began)
        finish(connection, done)
    return done


class Stream:
    """Follows all sources until it is told to end.

    Args:
        settings: Where the servers are, and when a batch is full or due.

    Attributes:
        figures: Of each source.
    """

    def __init__(self, settings: Settings) -> None:
        self.figures: Mapping[str, StreamFigures] = {name: StreamFigures(name) for name in LOGS}
        self._settings = settings
        self._end = threading.Event()

    def end(self) -> None:
        """Let `run` return after the batch; from any thread or signal handler."""
        self._end.set()

    def run(self, show: Callable[[], None], tell: Tell) -> None:
        """Follow the sources.

        Args:
            show: Called several times a second, to show the figures.
            tell: Called with what a person should know, as it happens.

        Raises:
            LockedError: Another stream runs.
        """
        pause = _Pause()
        while not self._end.is_set():
            try:
                with writer(self._settings) as connection, sole_writer(connection, STREAM_LOCK):
                    while not self._end.is_set():
                        with sole_writer(
                            connection, LOCK, keeps_waiting=lambda: not self._end.is_set()
                        ):
                            self._follow(connection, show, tell, pause)
            except LockedError:
                if not self._end.is_set():
                    raise
            except SoftcartError as error:
                for figures in self.figures.values():
                    figures.state, figures.fault = "waiting", Fault.of(error)
                if not pause.is_needed:
                    tell(f"{error} It is tried again until it works")
                pause.begin()
                show()
                self._end.wait(pause.seconds)

    def _follow(
        self,
        connection: psycopg.Connection[Any],
        show: Callable[[], None],
        tell: Tell,
        pause: _Pause,
    ) -> None:
        """Follow until the end, or until another ingest wants the warehouse."""
        began = time.monotonic()

        def goes_on() -> bool:
            return not self._end.is_set() and not is_awaited(connection, LOCK)

        with run(connection) as number:
            if pause.is_needed:
                tell("The warehouse is back")
                pause.end()
            warehouse = _warehouse(self._settings, connection, number, no_progress)
            session = _Session(warehouse, self.figures, tell)
            reports = session.follow(goes_on, show)
            session.end("ended" if self._end.is_set() else "yielding")
            done = IngestReport(number, reports, time.monotonic() - began)
        finish(connection, done)
        show()


class _Pause:
    """A pause after a fault, longer with each in a row."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over_at = 0.0

    @property
    def is_needed(self) -> bool:
        """Whether there was a fault and nothing has gone well since."""
        return self.seconds > 0

    @property
    def is_over(self) -> bool:
        """Whether it is time to try again."""
        return time.monotonic() >= self._over_at

    def begin(self) -> None:
        """Begin another pause."""
        self.seconds = min(max(_FIRST_PAUSE_SECONDS, self.seconds * 2), _LONGEST_PAUSE_SECONDS)
        self._over_at = time.monotonic() + self.seconds

    def end(self) -> None:
        """Note that all goes well again."""
        self.seconds = self._over_at = 0.0


@dataclass
class _Source:
    """A source that a session follows.

    Attributes:
        figures: How it does.
        follower: Follows it.
        pause: After its faults.
        warnings: What its report is to tell.
        fault: Why it is not followed any further.
        has_started: Whether the follower has, since the last fault.
        has_ended: Whether nothing more is to be done.
    """

    figures: StreamFigures
    follower: Follower
    warnings: list[str]
    pause: _Pause = field(default_factory=_Pause)
    fault: Fault | None = None
    has_started: bool = False
    has_ended: bool = False

    def report(self) -> SourceReport:
        """Return what was done."""
        done = self.follower.report()
        done.warnings, done.fault = self.warnings, self.fault
        return done


class _Session:
    """Follows sources while the lock is held.

    Args:
        warehouse: Where to write.
        figures: Of each source to follow.
        tell: Called with what a person should know. Without it, sources are followed to the
            present, a fault ends one, and the reports tell.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        figures: Mapping[str, StreamFigures],
        tell: Tell | None = None,
    ) -> None:
        self._connection = warehouse.connection
        self._tell = tell
        self._awake = threading.Event()
        self._sources = []
        for name, of_source in figures.items():
            warnings: list[str] = []
            follower = Follower(
                name,
                warehouse,
                of_source,
                wait=self._wait,
                wake=self._awake.set,
                tell=tell or _only_warnings(warnings),
                goal=None if tell else lambda log: log.present(),
            )
            self._sources.append(_Source(of_source, follower, warnings))
        saved.prepare(self._connection)

    def follow(self, goes_on: Callable[[], bool], show: Callable[[], None]) -> list[SourceReport]:
        """Follow the sources while `goes_on`, and return what was done.

        Raises:
            SoftcartError: The warehouse cannot be used.
        """
        try:
            while goes_on() and not all(source.has_ended for source in self._sources):
                has_written = [self._advance(source) for source in self._sources]
                if not any(has_written):
                    dues = [source.follower.due_in() for source in self._sources]
                    self._wait(min((due for due in dues if due is not None), default=_LOOK_SECONDS))
                show()
        finally:
            for source in self._sources:
                source.follower.close()
        return [source.report() for source in self._sources]

    def end(self, state: State) -> None:
        """Note why the sources are not followed any more."""
        for source in self._sources:
            source.figures.state = state
            source.figures.save(self._connection)

    def _wait(self, seconds: float) -> None:
        self._awake.wait(min(seconds, _LOOK_SECONDS))
        self._awake.clear()

    def _advance(self, source: _Source) -> bool:
        """Do what is next for a source; return whether anything was written."""
        if source.has_ended or not source.pause.is_over:
            return False
        try:
            if not source.has_started:
                source.follower.start()
                source.has_started = True
            has_written = self._step(source.follower)
            source.follower.show_life()
        except WarehouseFaultError:
            raise
        except SoftcartError as error:
            self._pause(source, error)
            return False
        if source.pause.is_needed and self._tell and (has_written or source.follower.is_current):
            self._tell(f"Following {source.follower.name} again")
            source.pause.end()
        source.has_ended = source.follower.has_ended
        return has_written

    def _step(self, follower: Follower) -> bool:
        try:
            return follower.step()
        except LogLostError as error:
            follower.start_anew(error)
            return True

    def _pause(self, source: _Source, error: SoftcartError) -> None:
        source.follower.close()
        source.has_started = False
        source.figures.state, source.figures.fault = "waiting", Fault.of(error)
        if self._tell is None:
            source.fault = source.figures.fault
            source.has_ended = True
        else:
            if not source.pause.is_needed:
                self._tell(f"{error} It is tried again until it works")
            source.pause.begin()
        source.figures.save(self._connection)


def _copied(warehouse: Warehouse, followed: SourceReport) -> SourceReport:
    """Copy a source that could not be followed; if that fails too, the first fault tells more."""
    try:
        with closing(SOURCES[followed.name](warehouse.settings)) as source:
            tables = source.table_names()
            done = warehouse.copying.copy_source(source, tables, tables)
    except WarehouseFaultError:
        raise
    except SoftcartError:
        return followed
    if done.fault or not followed.fault:
        return followed
    fault = followed.fault
    done.warnings.append(f"Copied, not followed by its log: {fault.what}. {fault.remedy}")
    return done


def _only_warnings(warnings: list[str]) -> Tell:
    """Return what collects warnings; of tables the reports tell."""

    def tell(what: str | TableReport) -> None:
        if isinstance(what, str) and what not in warnings:
            warnings.append(what)

    return tell


def _warehouse(
    settings: Settings, connection: psycopg.Connection[Any], number: int, report: ReportProgress
) -> Warehouse:
    copying = Copying(connection, settings.url("postgres"), number, report)
    return Warehouse(settings, connection, number, copying)
