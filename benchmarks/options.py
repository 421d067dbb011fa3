"""What a benchmark may be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What a benchmark may be told.

    Attributes:
        work: Folder of shops, tools and plans that are kept from run to run.
        scale: 1.0 is the published size; smaller ones are for trying.
        sizes: Of `S` (1M order lines at scale 1.0), `M` (10M) and `L` (100M).
        seconds: How long a load is kept up.
    """

    work: Path
    scale: float
    sizes: tuple[str, ...]
    seconds: float

    def lines(self, size: str) -> float:
        """Return a size in million order lines."""
        return self.scale * {"S": 1, "M": 10, "L": 100}[size]
