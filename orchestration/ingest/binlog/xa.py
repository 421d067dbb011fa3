"""Transactions in two phases (XA): the log has their rows when they are prepared, not committed."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestration.ingest.binlog.events import HEADER_BYTES
from orchestration.ingest.faults import LogLostError

PREPARED: Final = "prepared"
"""In a position: which tables the transactions touched that wait for their second phase."""

_OUTCOME: Final = re.compile(r"XA (COMMIT|ROLLBACK) (\S+)", re.IGNORECASE)
_event = struct.Struct("<?III").unpack_from


class XaEvent:
    """An XA_PREPARE event: rows end here.

    Attributes:
        xid: The transaction, as XA statements in the log name it.
        is_committed: It was committed in one phase, without being prepared.
    """

    def __init__(self, event: bytes) -> None:
        self.is_committed, form, first, second = _event(event, HEADER_BYTES)
        middle = HEADER_BYTES + 13 + first
        parts = event[middle - first : middle], event[middle : middle + second]
        self.xid = f"X'{parts[0].hex()}',X'{parts[1].hex()}',{form}".upper()


class Prepared:
    """Tables of the transactions that wait for their second phase.

    Their rows may never become true, and they may wait for longer than a reader lives: so their
    tables go into the position, and are looked at when the outcome comes.
    """

    def __init__(self, position: Mapping[str, Any]) -> None:
        self._tables: dict[str, list[str]] = dict(position.get(PREPARED, {}))

    def add(self, event: XaEvent, tables: Sequence[str]) -> None:
        """Note which tables a transaction touched."""
        self._tables[event.xid] = list(tables)

    def end(self, statement: str) -> list[str]:
        """Return the tables that a statement may have changed, if it ends a transaction.

        Raises:
            LogLostError: It commits a transaction of which nothing is known.
        """
        found = _OUTCOME.match(statement)
        if not found:
            return []
        tables = self._tables.pop(found[2].upper(), None)
        if found[1].upper() == "ROLLBACK":
            return []
        if tables is None:
            raise LogLostError(
                "An XA transaction was committed whose rows are in the log before the place at "
                "which reading began",
                remedy="A new copy is taken",
            )
        return tables

    def as_position(self) -> dict[str, Any]:
        """Return what a position has to say of it."""
        return {PREPARED: dict(self._tables)} if self._tables else {}
