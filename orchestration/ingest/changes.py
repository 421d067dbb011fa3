"""What a source's log yields: changes in the order in which the source committed them.

A binlog and a change stream differ only in how they come by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from orchestration.ingest.batch import Position, TableSchema

HEARTBEAT_SECONDS: Final = 1.0


class Change(NamedTuple):
    """A row image, or the end of a row.

    Attributes:
        key: The key's fields as COPY text, joined by tabs: what tells the table's rows apart.
        code: `UPSERT` or `TOMBSTONE`, as bytes.
        line: The row as one line of COPY text, with its newline, fields in the order of the
            table's columns. Of a tombstone all fields but the key's may be NULL.
    """

    key: bytes
    code: bytes
    line: bytes


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Changes of one table, in order. An update that moves a key is a tombstone and an upsert.

    Attributes:
        table: The table as it was at this place of the log; the same object as long as it stays so.
        changes: At least one.
    """

    table: TableSchema
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class TableEmptied:
    """Every row of a table went at once (TRUNCATE)."""

    name: str


@dataclass(frozen=True, slots=True)
class TableAltered:
    """A table was created, altered, or got another one's name: its rows may differ from here on."""

    name: str


@dataclass(frozen=True, slots=True)
class TableDropped:
    """A table is gone, or goes by another name from here on."""

    name: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction of the source ends here.

    Attributes:
        position: From which a reader goes on after this transaction.
        committed_at: When the source committed it, with its time zone; to the second on MariaDB.
        nbytes: Size of the transaction in the log, 0 when unknown.
    """

    position: Position
    committed_at: datetime
    nbytes: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The source is there and has had nothing to say for a while.

    Attributes:
        position: From which a reader goes on, where that moves although nothing was of interest.
    """

    position: Position | None = None


Event = RowChanges | TableEmptied | TableAltered | TableDropped | Commit | Heartbeat
"""All but the last two belong to the transaction that the next `Commit` ends."""


class ChangeLog(Protocol):
    """An open connection to a source's log."""

    @property
    def name(self) -> str:
        """Short name of the source: `oltp`, `catalog`."""

    @property
    def warnings(self) -> list[str]:
        """What the user should know, such as changes that never reach the log."""

    def present(self) -> Position:
        """Return where the log ends now: all that was committed before the call is before it."""

    def includes(self, position: Position, other: Position) -> bool:
        """Return whether all that is before `other` is before `position` too."""

    def read(self, position: Position) -> AbstractContextManager[Iterator[Event]]:
        """Read the log from a position, forever; leaving the block ends the reading.

        A `Heartbeat` comes at least every `HEARTBEAT_SECONDS` while nothing else does.

        Raises:
            LogLostError: The log does not go back to the position, or is another server's.
            SourceLostError: The source went away.
            SoftcartError: The log cannot be read; the remedy says what to set at the source.
        """

    def close(self) -> None:
        """Close the connection."""
