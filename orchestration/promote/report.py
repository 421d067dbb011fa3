"""What a promote did, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from orchestration.promote.ranges import Range


@dataclass(frozen=True)
class Difference:
    """A range of keys in which the two sides do not have the same rows.

    Attributes:
        keys: Which keys.
        source_rows: Rows there in PostgreSQL.
        target_rows: Rows there on the other engine.
    """

    keys: Range
    source_rows: int
    target_rows: int

    def __str__(self) -> str:
        if self.source_rows == self.target_rows:
            return f"{self.keys}: of {self.source_rows:,} rows some differ"
        return f"{self.keys}: {self.target_rows:,} rows in place of {self.source_rows:,}"


@dataclass(frozen=True)
class Reconciliation:
    """What both sides said of themselves after the run.

    Attributes:
        ranges: Ranges of keys that were compared.
        rows: Rows of them in PostgreSQL.
        is_full: Whether these are all that the table has.
        differences: Ranges that are not the same.
    """

    ranges: int
    rows: int
    is_full: bool
    differences: tuple[Difference, ...] = ()


@dataclass
class TableReport:
    """What happened to one promoted table.

    Attributes:
        schema: On both engines.
        name: On both engines.
        rows_upserted: Rows that were written.
        rows_deleted: Rows that were removed because PostgreSQL has them no more.
        rows_repaired: Rows written by a repair.
        bytes: Size of the rows read, as text.
        seconds: Time spent on it.
        position: Everything loaded until then is on the other engine; None for what is compared.
        way: How its rows were loaded, empty if none were.
        is_first: Whether it was made, or made anew.
        is_gone: Whether it was dropped because the refined layer has it no more.
        reconciliation: What both sides said after the run, None if nothing was touched.
    """

    schema: str
    name: str
    rows_upserted: int = 0
    rows_deleted: int = 0
    rows_repaired: int = 0
    bytes: int = 0
    seconds: float = 0.0
    position: datetime | None = None
    way: str = ""
    is_first: bool = False
    is_gone: bool = False
    reconciliation: Reconciliation | None = None

    @property
    def changed(self) -> int:
        """Rows that were written or removed."""
        return self.rows_upserted + self.rows_deleted + self.rows_repaired

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Ranges of keys in which the two sides differ."""
        return self.reconciliation.differences if self.reconciliation else ()


@dataclass
class PromoteReport:
    """What a run did.

    Attributes:
        tables: All of the refined layer, and those that are gone.
        position: How far staging was.
        seconds: Time it took.
        warnings: What the user should know, in whole sentences.
    """

    tables: list[TableReport] = field(default_factory=list)
    position: datetime | None = None
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        """Whether both sides were the same wherever they were compared."""
        return not any(table.differences for table in self.tables)

    @property
    def differences(self) -> Iterator[str]:
        """Each difference in words."""
        for table in self.tables:
            for difference in table.differences:
                yield f"{table.schema}.{table.name}, {difference}"

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self) | {"succeeded": self.succeeded}
