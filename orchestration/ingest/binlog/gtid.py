"""Which transactions are before a place of the log, by the names that the servers give them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import Position

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")


class Gtids(Protocol):
    """Names of transactions: all that are before some place of a server's log."""

    def __str__(self) -> str:
        """Return them as the server writes them."""

    def includes(self, position: Position) -> bool:
        """Return whether all that is before a position is among these."""


class MariadbGtids:
    """The last transaction of each domain, `domain-server-number`.

    Within a domain numbers grow, on whichever server a transaction was.
    """

    def __init__(self, text: str | None) -> None:
        self._last: dict[int, tuple[int, int]] = {}
        for part in (text or "").split(","):
            if part.strip():
                domain, server, number = map(int, part.split("-"))
                self._last[domain] = (server, number)

    def add(self, domain: int, server: int, number: int) -> None:
        """Note a transaction, which comes after all others of its domain."""
        self._last[domain] = (server, number)

    def includes(self, position: Position) -> bool:
        """Return whether all that is before a position is among these."""
        return all(
            number <= self._last.get(domain, (0, -1))[1]
            for domain, (_, number) in MariadbGtids(position["gtid"])._last.items()
        )

    def __str__(self) -> str:
        return ",".join(
            [f"{domain}-{server}-{number}" for domain, (server, number) in self._last.items()]
        )


class MysqlGtids:
    """Ranges of numbers for each server's UUID."""

    def __init__(self, text: str | None) -> None:
        # Ends included, ascending, not touching one another.
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self._texts: dict[str, str] = {}
        for part in (text or "").replace("\n", "").split(","):
            if part.strip():
                uuid, *ranges = part.strip().lower().split(":")
                self._ranges[uuid] = sorted(map(_parse_range, ranges))

    def add(self, uuid: str, number: int) -> None:
        """Note a transaction."""
        ranges = self._ranges.setdefault(uuid, [])
        self._texts.pop(uuid, None)
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
            return
        merged: list[tuple[int, int]] = []
        for start, end in sorted([*ranges, (number, number)]):
            if merged and start <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._ranges[uuid] = merged

    def includes(self, position: Position) -> bool:
        """Return whether all that is before a position is among these."""
        return all(
            any(ours[0] <= start and end <= ours[1] for ours in self._ranges.get(uuid, []))
            for uuid, ranges in MysqlGtids(position["gtid"])._ranges.items()
            for start, end in ranges
        )

    def encode(self) -> bytes:
        """Return the set as the protocol has it."""
        body = [struct.pack("<Q", len(self._ranges))]
        for uuid, ranges in self._ranges.items():
            body += [UUID(uuid).bytes, struct.pack("<Q", len(ranges))]
            # There the end is the first number that is not in the range.
            body += [struct.pack("<QQ", start, end + 1) for start, end in ranges]
        return b"".join(body)

    def __str__(self) -> str:
        for uuid in self._ranges.keys() - self._texts.keys():
            self._texts[uuid] = f"{uuid}:" + ":".join(
                str(start) if start == end else f"{start}-{end}"
                for start, end in self._ranges[uuid]
            )
        return ",".join(self._texts[uuid] for uuid in self._ranges)


def gtids_of(position: Mapping[str, Any]) -> MariadbGtids | MysqlGtids:
    """Return the transactions that are before a position."""
    kind = MariadbGtids if position["server"] == "MariaDB" else MysqlGtids
    return kind(position["gtid"])


def _parse_range(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise tagged_gtids()
    return int(found[1]), int(found[2] or found[1])


def tagged_gtids() -> SoftcartError:
    """Return what to tell of transactions that MySQL 8.4 has numbered under a tag."""
    return SoftcartError(
        "The log has transactions with tagged GTIDs, which change capture does not read",
        remedy="Leave gtid_next at AUTOMATIC instead of AUTOMATIC:<tag>, and move the shop to a "
        "server that never had such a transaction",
    )
