"""Gathers a log's changes into batches of whole transactions, the last change of each key.

A batch that waits to be written grows, so the busier the shop and the slower the warehouse, the
more transactions share the cost of one. A transaction that is too large for one batch is cut into
several, which the writer applies within one PostgreSQL transaction.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal

from orchestration.ingest import copy_text, history
from orchestration.ingest.batch import TOMBSTONE, LineBlocks, Lines, Position, TableSchema
from orchestration.ingest.changes import (
    Change,
    Commit,
    RowChanges,
    TableAltered,
    TableDropped,
    TableEmptied,
)
from orchestration.settings import Settings

Alteration = Literal["altered", "dropped"]

_KEY: Final = attrgetter("key")
_TOMBSTONE: Final = TOMBSTONE.encode()
# Lines are handed to COPY in blocks of so many.
_BLOCK_ROWS: Final = 2_000


@dataclass(frozen=True)
class Limits:
    """When a batch is full, and when it is due.

    Attributes:
        rows: Row changes, after which it waits to be written.
        nbytes: Size of their lines, likewise.
        seconds: Age at which it is written though it is not full.
    """

    rows: int
    nbytes: int
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return those that are set."""
        return cls(
            settings.stream_batch_rows,
            settings.stream_batch_bytes,
            settings.stream_batch_milliseconds / 1000,
        )


@dataclass
class Followed:
    """What a reader has to know of the tables.

    Attributes:
        columns: Names of the columns of each that raw has.
        stopped: Those that raw cannot follow.
        ahead: Those that were copied since the stream's position, with the position of the copy.
    """

    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    ahead: dict[str, Position] = field(default_factory=dict)


class TableChanges:
    """Changes of one table that are written at once.

    Attributes:
        table: The table in the shape in which the lines are.
        rows: Number of changes, those that later ones replace included.
    """

    def __init__(self, table: TableSchema) -> None:
        self.table = table
        self.rows = 0
        names = [column.name for column in table.columns]
        self._key_places = [names.index(name) for name in table.key]
        self._last: dict[bytes, Change] = {}
        self._history: list[bytes] | None = [] if history.is_tracked(table) else None

    def add(self, changes: RowChanges, end: Commit | None) -> None:
        """Add changes that come after those before.

        Args:
            changes: Of this table.
            end: Of their transaction; known if the table's history is kept.
        """
        self.rows += len(changes.changes)
        self._last.update(zip(map(_KEY, changes.changes), changes.changes, strict=True))
        if self._history is not None and end:
            at = end.committed_at.isoformat().encode()
            self._history += [
                b"%s\t%s\t%s" % (change.code, at, self._line(change)) for change in changes.changes
            ]

    def read(self) -> LineBlocks:
        """Yield the last change of each key, its code first."""
        return _blocks(
            [b"%s\t%s" % (change.code, self._line(change)) for change in self._last.values()]
        )

    @property
    def history(self) -> Callable[[], LineBlocks] | None:
        """Yields every change in order: code, time of commit, fields. None if nobody keeps them."""
        lines = self._history
        return None if lines is None else lambda: _blocks(lines)

    def _line(self, change: Change) -> bytes:
        """Return a change's line; of a deletion the key alone, for the rest may be no good."""
        if change.code != _TOMBSTONE:
            return change.line
        fields = [copy_text.NULL] * len(self.table.columns)
        for place, field_ in zip(self._key_places, change.key.split(b"\t"), strict=True):
            fields[place] = field_
        return copy_text.line(fields)


@dataclass(frozen=True)
class Emptied:
    """All rows of a table went at once."""

    name: str
    committed_at: datetime | None


@dataclass
class Gathered:
    """A batch: changes of any number of whole transactions, or a part of one.

    Attributes:
        steps: In order as far as that matters: those of one table are.
        alterations: What happened to tables as a whole, after all of the steps.
        position: From which a reader goes on after the batch, None if a transaction goes on in the
            next.
        committed_at: When the last transaction was committed.
        transactions: Number of those that end in the batch.
        rows: Number of row changes.
        nbytes: Size of the transactions' lines.
        began: When its first change came, by the monotonic clock.
    """

    steps: list[TableChanges | Emptied] = field(default_factory=list)
    alterations: dict[str, Alteration] = field(default_factory=dict)
    position: Position | None = None
    committed_at: datetime | None = None
    transactions: int = 0
    rows: int = 0
    nbytes: int = 0
    began: float = field(default_factory=time.monotonic)
    _last_step: dict[str, TableChanges] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write but a position."""
        return not self.steps and not self.alterations

    def add(self, event: RowChanges | TableEmptied, end: Commit | None) -> None:
        """Add changes of a table after all others; `end` as for `TableChanges.add`."""
        if isinstance(event, TableEmptied):
            self._last_step.pop(event.name, None)
            self.steps.append(Emptied(event.name, end.committed_at if end else None))
            return
        name = event.table.name
        step = self._last_step.get(name)
        if step is None:
            step = self._last_step[name] = TableChanges(event.table)
            self.steps.append(step)
        step.add(event, end)
        self.rows += len(event.changes)


@dataclass
class _Transaction:
    """A transaction in progress: what of it is not in a batch yet."""

    events: list[RowChanges | TableEmptied] = field(default_factory=list)
    alterations: dict[str, Alteration] = field(default_factory=dict)
    rows: int = 0
    nbytes: int = 0
    is_cut: bool = False
    end: Commit | None = None


class Gatherer:
    """Turns events into batches: one thread adds, another takes.

    After a batch with alterations nothing can be added: what is known of the tables has to be
    looked up anew.

    Args:
        followed: What is known of the tables; a copy is forgotten when the stream has passed it.
        includes: `ChangeLog.includes`.
        find_end: Finds the end of the transaction in progress. Asked for one that is too large for
            a batch, if what becomes of its rows depends on it.
        limits: When a batch is full or due.
        wake: Called when there is something to take, or will be.
    """

    def __init__(
        self,
        followed: Followed,
        includes: Callable[[Position, Position], bool],
        find_end: Callable[[], Commit],
        limits: Limits,
        wake: Callable[[], None],
    ) -> None:
        self._followed = followed
        self._includes = includes
        self._find_end = find_end
        self._limits = limits
        self._wake = wake
        self._transaction = _Transaction()
        self._open = Gathered()
        self._ready: deque[Gathered] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._shapes: dict[str, TableSchema] = {}

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be added any more."""
        return self._is_closed

    @property
    def waiting_rows(self) -> int:
        """Number of row changes that were added and not taken yet."""
        with self._changed:
            return self._open.rows + sum(batch.rows for batch in self._ready)

    def add(self, event: RowChanges | TableEmptied | TableAltered | TableDropped) -> None:
        """Add to the transaction in progress; waits while a full batch is not taken."""
        transaction = self._transaction
        match event:
            case RowChanges(changes=changes):
                transaction.events.append(event)
                transaction.rows += len(changes)
                transaction.nbytes += sum([len(change.line) for change in changes])
                if self._is_full(transaction):
                    self._cut()
            case TableEmptied():
                transaction.events.append(event)
            case TableAltered(name):
                transaction.alterations[name] = "altered"
            case TableDropped(name):
                transaction.alterations[name] = "dropped"

    def commit(self, commit: Commit) -> None:
        """End the transaction in progress; waits while a full batch is not taken."""
        transaction, self._transaction = self._transaction, _Transaction()
        transaction.end = commit
        with self._changed:
            batch = self._open
            was_empty = batch.is_empty
            self._fill(batch, transaction)
            for name, alteration in transaction.alterations.items():
                if not self._is_ahead(name, commit):
                    batch.alterations[name] = alteration
            batch.position = commit.position
            batch.committed_at = commit.committed_at
            batch.transactions += 1
            if was_empty:
                batch.began = time.monotonic()
        if transaction.is_cut or batch.alterations or self._is_full(batch):
            self._hand_over(None)
            self._is_closed = self._is_closed or bool(batch.alterations)
        elif was_empty and not batch.is_empty:
            self._wake()

    def move(self, position: Position) -> None:
        """Note that nothing of interest is before a position, which is between transactions."""
        with self._changed:
            self._open.position = position

    def take(self, *, at_once: bool = False) -> Gathered | None:
        """Return the next batch if it is full or due.

        Args:
            at_once: Or if there is any, though it moves the position alone.
        """
        with self._changed:
            if self._ready:
                self._changed.notify_all()
                return self._ready.popleft()
            batch = self._open
            is_due = at_once or (
                not batch.is_empty and time.monotonic() - batch.began >= self._limits.seconds
            )
            if batch.position is None or not is_due:
                return None
            self._open = Gathered()
            return batch

    def due_in(self) -> float | None:
        """Return the seconds until a batch is due, None if there is none."""
        with self._changed:
            if self._ready:
                return 0.0
            if self._open.is_empty:
                return None
            return max(0.0, self._open.began + self._limits.seconds - time.monotonic())

    def close(self) -> None:
        """Let nobody wait any more, and nothing be added."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_full(self, gathered: Gathered | _Transaction) -> bool:
        return gathered.rows >= self._limits.rows or gathered.nbytes >= self._limits.nbytes

    def _cut(self) -> None:
        """Hand over a part of a transaction that is too large for a batch."""
        transaction = self._transaction
        if transaction.end is None and any(map(self._depends_on_end, transaction.events)):
            transaction.end = self._find_end()
        part = Gathered()
        self._fill(part, transaction)
        if not transaction.is_cut and self._open.position is not None:
            self._hand_over(None)
        self._hand_over(part)
        transaction.is_cut = True
        transaction.events = []
        transaction.rows = transaction.nbytes = 0

    def _depends_on_end(self, event: RowChanges | TableEmptied) -> bool:
        if isinstance(event, TableEmptied):
            return True
        return event.table.name in self._followed.ahead or history.is_tracked(event.table)

    def _fill(self, batch: Gathered, transaction: _Transaction) -> None:
        """Add to a batch what raw does not have yet and can have."""
        end = transaction.end
        followed = self._followed
        for event in transaction.events:
            name = event.name if isinstance(event, TableEmptied) else event.table.name
            if name in followed.stopped or self._is_ahead(name, end):
                continue
            if isinstance(event, RowChanges) and not self._has_shape(event.table):
                # Raw has to be made to fit it, by a copy, which then has these rows too.
                transaction.alterations.setdefault(name, "altered")
            if name not in transaction.alterations and name in followed.columns:
                batch.add(event, end)
        batch.nbytes += transaction.nbytes

    def _is_ahead(self, name: str, end: Commit | None) -> bool:
        """Return whether raw has a table as it was after the transaction or later."""
        copied = self._followed.ahead.get(name)
        if copied is None or end is None:
            return False
        if self._includes(copied, end.position):
            return True
        del self._followed.ahead[name]
        return False

    def _has_shape(self, table: TableSchema) -> bool:
        """Return whether a table has the columns that raw knows; `apply` sees to their types."""
        # A reader gives the same object as long as it can.
        if self._shapes.get(table.name) is not table:
            columns = frozenset(column.name for column in table.columns)
            if self._followed.columns.get(table.name) != columns:
                return False
            self._shapes[table.name] = table
        return True

    def _hand_over(self, part: Gathered | None) -> None:
        """Let a part be taken, or the open batch; waits until the one before it was."""
        with self._changed:
            self._changed.wait_for(lambda: not self._ready or self._is_closed)
            if part is None:
                part, self._open = self._open, Gathered()
            self._ready.append(part)
        self._wake()


def _blocks(lines: Sequence[bytes]) -> LineBlocks:
    for start in range(0, len(lines), _BLOCK_ROWS):
        block = lines[start : start + _BLOCK_ROWS]
        yield Lines(len(block), b"".join(block))
