"""Reads a source's log in a thread of its own, while the warehouse writes what came before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from orchestration.ingest.batch import Position
from orchestration.ingest.changes import (
    HEARTBEAT_SECONDS,
    ChangeLog,
    Commit,
    Event,
    Heartbeat,
)
from orchestration.ingest.faults import SourceLostError
from orchestration.ingest.stream.gather import Followed, Gathered, Gatherer, Limits

# How long the end of a reader is waited for: it looks up from the log at each heartbeat.
_LONGEST_WAIT_SECONDS: Final = 3 * HEARTBEAT_SECONDS


Goal = Callable[[ChangeLog], Position]
"""Says how far a log is to be read."""


class Reader:
    """Reads a log from a position and gathers its changes.

    Args:
        open_log: Connects to the source.
        position: Where to begin.
        followed: What is known of the tables.
        limits: When a batch is full or due.
        wake: Called when there is something to take, or will be, or the reader has ended.
        goal: Where to end, asked for when the log is open; None to read for ever.

    Attributes:
        has_ended: Nothing more will be read: the goal was reached, a table was altered, or `take`
            raises the fault.
        warnings: Of the log.
        current_at: When all had been read that the source had committed by then, None if that was
            never so.
    """

    def __init__(
        self,
        open_log: Callable[[], ChangeLog],
        position: Position,
        followed: Followed,
        limits: Limits,
        wake: Callable[[], None],
        *,
        goal: Goal | None,
    ) -> None:
        self._open_log = open_log
        self._position = position
        self._goal = goal
        self._wake = wake
        self._fault: BaseException | None = None
        self.has_ended = False
        self._asked_at = 0.0
        self._log: ChangeLog | None = None
        self.warnings: list[str] = []
        self.current_at: datetime | None = None
        self._gatherer = Gatherer(followed, self._includes, self._find_end, limits, wake)
        self._thread = threading.Thread(target=self._run, name="log reader", daemon=True)
        self._thread.start()

    @property
    def waiting_rows(self) -> int:
        """Number of row changes that were read and not taken yet."""
        return self._gatherer.waiting_rows

    def take(self, *, at_once: bool = False) -> Gathered | None:
        """Return the next batch if one is full or due.

        Args:
            at_once: Or if there is any, though it moves the position alone.

        Raises:
            SoftcartError: Nothing more can be read; what was read before has been taken.
        """
        has_ended = self.has_ended
        batch = self._gatherer.take(at_once=at_once or has_ended)
        if batch is None and has_ended and self._fault is not None:
            raise self._fault
        return batch

    def due_in(self) -> float | None:
        """Return the seconds until a batch is due, None if there is none."""
        return self._gatherer.due_in()

    def close(self) -> None:
        """End the reading."""
        self._gatherer.close()
        self._thread.join(_LONGEST_WAIT_SECONDS)

    def _run(self) -> None:
        try:
            with closing(self._open_log()) as log:
                self._log = log
                self._read(log)
        except BaseException as error:  # whoever takes the batches gets it
            self._fault = error
        finally:
            self._gatherer.close()
            self.has_ended = True
            self._wake()

    def _read(self, log: ChangeLog) -> None:
        began_at = datetime.now(UTC)
        goal = self._goal(log) if self._goal else None
        with log.read(self._position) as events:
            for event in events:
                if self._gatherer.is_closed:
                    return
                self._add(event)
                self.warnings = log.warnings
                if isinstance(event, Heartbeat):
                    self._ask_whether_current(log)
                if (
                    goal is not None
                    and isinstance(event, Commit | Heartbeat)
                    and log.includes(self._position, goal)
                ):
                    self.current_at = began_at
                    return
        raise SourceLostError(
            f"The log of {log.name} ended", remedy="See the log of the source's server"
        )

    def _add(self, event: Event) -> None:
        if isinstance(event, Commit):
            self._gatherer.commit(event)
            self._position = event.position
        elif not isinstance(event, Heartbeat):
            self._gatherer.add(event)
        elif event.position is not None:
            self._gatherer.move(event.position)
            self._position = event.position

    def _ask_whether_current(self, log: ChangeLog) -> None:
        """Learn whether all that the source has committed by now has been read."""
        if time.monotonic() - self._asked_at >= HEARTBEAT_SECONDS:
            self._asked_at = time.monotonic()
            now = datetime.now(UTC)
            if log.includes(self._position, log.present()):
                self.current_at = now

    def _includes(self, position: Position, other: Position) -> bool:
        return self._log is not None and self._log.includes(position, other)

    def _find_end(self) -> Commit:
        """Read on to the end of the transaction in progress, which is read again after that."""
        with closing(self._open_log()) as log, log.read(self._position) as events:
            return next(event for event in events if isinstance(event, Commit))
