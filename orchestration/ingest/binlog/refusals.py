"""Events that make the log unreadable from there on, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestration.ingest.binlog.events import Kind
from orchestration.ingest.binlog.gtid import tagged_gtids
from orchestration.ingest.faults import LogLostError

# Kind: what the log has, and the statement that ends it.
_REFUSED: Final[Mapping[int, tuple[str, str]]] = {
    Kind.TRANSACTION_PAYLOAD: (
        "The log has compressed transactions",
        "SET GLOBAL binlog_transaction_compression = OFF",
    ),
    Kind.PARTIAL_UPDATE_ROWS: (
        "The log has parts of JSON documents in place of the documents",
        "SET GLOBAL binlog_row_value_options = ''",
    ),
    Kind.ANONYMOUS_GTID: (
        "The log has transactions without a GTID",
        "SET GLOBAL gtid_mode = ON, step by step as the manual says",
    ),
    Kind.INCIDENT: (
        "The server says that its log lacks changes (an incident)",
        "See the server's log for the reason",
    ),
}


def refuse(kind: int) -> None:
    """Stop at an event that makes the log unreadable; others are of no interest.

    Raises:
        LogLostError: Only a new copy leads past it.
    """
    if kind == Kind.GTID_TAGGED:
        raise tagged_gtids()
    if found := _REFUSED.get(kind):
        what, remedy = found
        raise LogLostError(what, remedy=f"{remedy}; then a new copy is taken")
