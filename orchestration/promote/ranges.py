"""Ranges of a relation's keys: what a difference is told by, and healed by.

By the first whole number in the key where it has one, so that rows that came together are in one
range; else by the digest of the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SPAN: Final = 10_000
"""Values of a number that make one range."""
DIGITS: Final = 2
"""First digits of a digest that make one range."""


@dataclass(frozen=True, order=True)
class Range:
    """Some keys of one relation.

    Attributes:
        column: The number that decides, empty if the digest of the key does.
        place: Number of the range, or the digest's first digits.
    """

    column: str
    place: str

    @property
    def bounds(self) -> tuple[int, int]:
        """First and last value of the number; both engines divide towards zero."""
        place = int(self.place)
        if place == 0:
            return 1 - SPAN, SPAN - 1
        if place > 0:
            return place * SPAN, (place + 1) * SPAN - 1
        return (place - 1) * SPAN + 1, place * SPAN

    def __str__(self) -> str:
        if not self.column:
            return f"keys whose MD5 begins with {self.place}"
        first, last = self.bounds
        return f"{self.column} {first} to {last}"


def joined(ranges: Iterable[Range]) -> list[tuple[int, int]]:
    """Return the bounds of ranges of a number, neighbours as one."""
    bounds: list[tuple[int, int]] = []
    for first, last in sorted(each.bounds for each in ranges):
        if bounds and bounds[-1][1] + 1 >= first:
            bounds[-1] = bounds[-1][0], last
        else:
            bounds.append((first, last))
    return bounds
