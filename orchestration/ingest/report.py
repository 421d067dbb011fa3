"""What an ingest did, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import Position
from orchestration.ingest.comparison import Comparison


@dataclass(frozen=True)
class Fault:
    """Why something was not copied, and what to do about it."""

    what: str
    remedy: str

    @classmethod
    def of(cls, error: SoftcartError) -> Fault:
        """Return the fault that an error tells of."""
        return cls(error.what, error.remedy)


@dataclass
class TableReport:
    """What happened to one raw table.

    Attributes:
        source: `oltp`, `catalog`.
        name: The table's name in the source and in `raw_<source>`.
        rows_read: Rows that the source has, row changes of its log, or rows that were retried.
        inserted: Rows that raw did not have.
        updated: Rows that differed, those that came back from a deletion included.
        tombstoned: Rows that the source no longer has.
        quarantined: Rows of the source that raw cannot hold.
        quarantined_columns: Their number by the column at fault.
        bytes_read: Size of the rows as COPY text.
        seconds: Time it took.
        position: Where the source's log stood, None when it keeps none.
        comparison: What source and copy say of themselves, None when nobody asked.
        schema_changes: What the source's table gained, lost or widened, in words.
        fault: Why the table was not copied, None when it was.
    """

    source: str
    name: str
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    tombstoned: int = 0
    quarantined: int = 0
    quarantined_columns: dict[str, int] = field(default_factory=dict)
    bytes_read: int = 0
    seconds: float = 0.0
    position: Position | None = None
    comparison: Comparison | None = None
    schema_changes: list[str] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def unchanged(self) -> int:
        """Rows that raw had already, just so."""
        return self.rows_read - self.inserted - self.updated - self.quarantined

    @property
    def changed(self) -> int:
        """Rows that were written to raw."""
        return self.inserted + self.updated + self.tombstoned

    def add(self, later: TableReport) -> None:
        """Add what happened to the table after that."""
        self.rows_read += later.rows_read
        self.inserted += later.inserted
        self.updated += later.updated
        self.tombstoned += later.tombstoned
        self.quarantined += later.quarantined
        for column, rows in later.quarantined_columns.items():
            self.quarantined_columns[column] = self.quarantined_columns.get(column, 0) + rows
        self.bytes_read += later.bytes_read
        self.seconds += later.seconds
        self.position = later.position or self.position
        self.comparison = later.comparison
        self.schema_changes += later.schema_changes
        self.fault = later.fault


@dataclass
class SourceReport:
    """What happened to the raw tables of one source: all of it is visible, or none.

    Attributes:
        name: `oltp`, `catalog`.
        tables: Those that were to be copied.
        position: Where the source's log stood, None when it keeps none.
        warnings: What the user should know, in whole sentences.
        fault: Why the source was not copied, None when it was.
    """

    name: str
    tables: list[TableReport] = field(default_factory=list)
    position: Position | None = None
    warnings: list[str] = field(default_factory=list)
    fault: Fault | None = None


@dataclass
class IngestReport:
    """What a run did."""

    run_id: int
    sources: list[SourceReport] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def tables(self) -> list[TableReport]:
        """The tables of all sources that were copied."""
        return [table for source in self.sources if source.fault is None for table in source.tables]

    @property
    def faults(self) -> list[Fault]:
        """Why sources or tables were not copied."""
        return list(self._faults())

    @property
    def warnings(self) -> list[str]:
        """What the user should know, of all sources."""
        return [warning for source in self.sources for warning in source.warnings]

    @property
    def succeeded(self) -> bool:
        """Whether everything that was asked for was copied."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self) | {"succeeded": self.succeeded}

    def _faults(self) -> Iterator[Fault]:
        for source in self.sources:
            if source.fault:
                yield source.fault
            else:
                yield from (table.fault for table in source.tables if table.fault)
