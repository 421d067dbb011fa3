"""What streams last said of themselves, and which tables are not followed."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from orchestration.connections import connect_postgres
from orchestration.settings import Settings


@dataclass(frozen=True)
class StreamState:
    """A line of `ingest.streams`, with ages in place of times."""

    source: str
    state: str
    fault: str | None
    remedy: str | None
    heartbeat_seconds: float
    lag_seconds: float | None
    rows_per_second: float
    batch_rows: int
    batch_milliseconds: float
    row_changes: int
    transactions: int


@dataclass(frozen=True)
class StoppedTable:
    """A table that raw cannot follow, and what to do about it."""

    source: str
    table_name: str
    fault: str
    remedy: str


@dataclass(frozen=True)
class Status:
    """How far raw follows the sources."""

    streams: list[StreamState]
    stopped: list[StoppedTable]


_STREAMS = """
select
    source, state, fault, remedy, rows_per_second, batch_rows, batch_milliseconds, row_changes,
    transactions,
    extract(epoch from clock_timestamp() - heartbeat_at)::float8 as heartbeat_seconds,
    extract(epoch from clock_timestamp() - current_at)::float8 as lag_seconds
from ingest.streams
order by source
"""

_STOPPED = "select source, table_name, fault, remedy from ingest.stopped order by 1, 2"


def read_status(settings: Settings) -> Status:
    """Read how far raw follows the sources; nothing where it never has.

    Raises:
        SoftcartError: The warehouse cannot be reached.
    """
    with connect_postgres(settings) as connection:
        known = connection.execute("select to_regclass('ingest.streams') is not null").fetchone()
        if not known or not known[0]:
            return Status([], [])
        return Status(
            connection.cursor(row_factory=class_row(StreamState)).execute(_STREAMS).fetchall(),
            connection.cursor(row_factory=class_row(StoppedTable)).execute(_STOPPED).fetchall(),
        )
