"""What every reader yields and `apply` takes: keyed rows of a table up to a source position.

A snapshot of a MySQL table, a binlog, a Mongo scan, a change stream or an event file differ only in
how they come by it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import psycopg

from orchestration.ingest.comparison import Comparison

Position = Mapping[str, Any]
"""A place in a source's log, as JSON: what change capture needs to go on from there."""

UPSERT: Final = "u"
TOMBSTONE: Final = "d"
HOLD: Final = "h"
"""Codes of a staged row: write it, mark its key deleted, or leave alone what raw has for it."""

LOADED_AT: Final = "_loaded_at"
DELETED_AT: Final = "_deleted_at"
CHANGE: Final = "_change"
UNSTORABLE: Final = "_unstorable"
COMMITTED_AT: Final = "_committed_at"
HISTORY_ID: Final = "_history_id"
RESERVED_COLUMNS: Final = frozenset(
    {LOADED_AT, DELETED_AT, CHANGE, UNSTORABLE, COMMITTED_AT, HISTORY_ID}
)
"""Names that raw, history and staging tables add; a source column cannot have one."""

HISTORY_SUFFIX: Final = "__history"
"""Ends the name of the raw table that keeps every state of another; a source table's cannot."""


class Lines(NamedTuple):
    """Whole lines of PostgreSQL COPY text, one a row, each ended by a newline."""

    rows: int
    text: bytes


LineBlocks = Generator[Lines, None, None]
"""Blocks of rows as a reader yields them; closing it early stops the source's work."""


@dataclass(frozen=True)
class Column:
    """A column of a raw table; `type` as PostgreSQL's `format_type` prints it."""

    name: str
    type: str


@dataclass(frozen=True)
class TableSchema:
    """A table as its source has it now, in raw's types.

    Attributes:
        source: `oltp`, `catalog`; raw tables live in schema `raw_<source>`.
        name: The table's name, in the source and in raw.
        columns: In the order in which a reader writes them.
        key: Names of the primary key's columns.
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def schema(self) -> str:
        """The PostgreSQL schema that holds the raw table."""
        return f"raw_{self.source}"

    def __str__(self) -> str:
        return f"{self.source}.{self.name}"


@dataclass(frozen=True)
class Precedence:
    """Which of several images of a key stays, in a batch or in raw: the same in any order.

    Attributes:
        column: A time, never null; the earliest stays. Of equally early images that which
            PostgreSQL takes for the lesser.
        aside: Columns that make no difference, such as where an image was read: the first stays.
    """

    column: str
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Rows of one table up to one position of its source.

    Attributes:
        table: What the rows are rows of.
        read: Starts reading the rows; called again when a first pass met a row that has no type.
        position: Where the source stood, None when it has no log.
        is_complete: The batch holds every row of the table, so a key that is not in it is gone.
        has_changes: Each line begins with a change code (`UPSERT` or `TOMBSTONE`); a tombstone's
            other columns may be empty. Otherwise every row is an upsert. A key occurs once.
        history: For a table of `history.TRACKED`: every change in the order of their commits, a key
            as often as it changed. Each line is a change code, the commit time, then the fields of
            the row; of a tombstone, those of the key. None when only the outcome is known: what
            differs from raw is the history.
        committed_at: When the source committed what `history` None leaves to be found; None when
            that is not known either: then it counts from now on.
        precedence: For rows that have no order, all upserts: a key may then occur more than once.
            None when a row replaces what raw has for its key.
    """

    table: TableSchema
    read: Callable[[], LineBlocks]
    position: Position | None = None
    is_complete: bool = True
    has_changes: bool = False
    history: Callable[[], LineBlocks] | None = None
    committed_at: datetime | None = None
    precedence: Precedence | None = None


class Snapshot(Protocol):
    """Every table of a source at one moment."""

    @property
    def position(self) -> Position | None:
        """Where the source's log stood at that moment, None when it keeps none."""

    @property
    def warnings(self) -> list[str]:
        """What the user should know about this snapshot."""

    def describe(self, name: str) -> TableSchema:
        """Return a table's shape.

        Raises:
            SoftcartError: The table cannot be copied, for instance for want of a primary key.
        """

    def expected_rows(self, name: str) -> int | None:
        """Return about how many rows a table has, None when the source does not say."""

    def read(self, table: TableSchema) -> LineBlocks:
        """Yield all rows of a table.

        Raises:
            SourceLostError: The source went away.
        """

    def compare(
        self, table: TableSchema, warehouse: psycopg.Connection[Any], *, checksums: bool
    ) -> Comparison | None:
        """Measure a table in the source, and its copy in `warehouse`'s transaction.

        Args:
            table: One that was read.
            warehouse: In the transaction that wrote the copy.
            checksums: Whether to measure every column; reads both sides in full.

        Returns:
            None if the source cannot say what it was at the snapshot's moment.
        """


class Source(Protocol):
    """An open connection to a source."""

    @property
    def name(self) -> str:
        """Short name: `oltp`, `catalog`."""

    def table_names(self) -> list[str]:
        """Return the names of all tables that can be copied."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Hold all tables at one moment until the block ends."""

    def close(self) -> None:
        """Close the connection."""
