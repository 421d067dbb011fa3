"""What a source and its copy in raw say of themselves, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Numbers = dict[str, Decimal | None]
"""Of one side: `rows`, and by column `<column>.count` and `<column>.sum`."""

ROWS = "rows"


@dataclass(frozen=True)
class Comparison:
    """What the source and its copy say of themselves, without any value of a row.

    Attributes:
        source_rows: Rows the source counts.
        raw_rows: Rows raw counts, tombstones left out.
        columns: Columns compared by checksum: how many values they have, and the values' sum.
        different: Names of the checksums that differ, `<column>.count` or `<column>.sum`.
    """

    source_rows: int
    raw_rows: int
    columns: int = 0
    different: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Numbers, raw: Numbers) -> Comparison:
        """Compare both sides' numbers."""
        names = (source.keys() | raw.keys()) - {ROWS}
        return cls(
            source_rows=int(source[ROWS] or 0),
            raw_rows=int(raw[ROWS] or 0),
            columns=len({name.rpartition(".")[0] for name in names}),
            different=tuple(sorted(n for n in names if source.get(n) != raw.get(n))),
        )
