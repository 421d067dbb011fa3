"""How a stream does: kept in `ingest.streams`, for whoever asks from outside of its process."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import psycopg
from psycopg.types.json import Jsonb

from orchestration.ingest.batch import Position
from orchestration.ingest.report import Fault

State = Literal["copying", "following", "waiting", "yielding", "ended"]
"""Of `ingest.streams.state`: a copy is taken first; the log is followed; it is tried again after a
fault; another ingest has the warehouse; the process ended in good order."""

_TABLE: Final = """
create table if not exists ingest.streams (
    source              text primary key,
    state               text not null,
    fault               text,
    remedy              text,
    run_id              bigint not null,
    started_at          timestamptz not null,
    heartbeat_at        timestamptz not null,
    position            jsonb,
    committed_at        timestamptz,
    current_at          timestamptz,
    lag_seconds         double precision,
    waiting_rows        bigint not null,
    rows_per_second     double precision not null,
    batch_rows          bigint not null,
    batch_milliseconds  double precision not null,
    row_changes         bigint not null,
    transactions        bigint not null
);
comment on table ingest.streams is
    'How change capture does, source by source; docs/ingest.md tells the columns';
"""

_SAVE: Final = """
insert into ingest.streams values (
    %(source)s, %(state)s, %(fault)s, %(remedy)s, %(run_id)s, %(started_at)s, clock_timestamp(),
    %(position)s, %(committed_at)s, %(current_at)s, %(lag_seconds)s, %(waiting_rows)s,
    %(rows_per_second)s, %(batch_rows)s, %(batch_milliseconds)s, %(row_changes)s, %(transactions)s
)
on conflict (source) do update set
    state = excluded.state,
    fault = excluded.fault,
    remedy = excluded.remedy,
    run_id = excluded.run_id,
    started_at = excluded.started_at,
    heartbeat_at = excluded.heartbeat_at,
    position = excluded.position,
    committed_at = excluded.committed_at,
    current_at = excluded.current_at,
    lag_seconds = excluded.lag_seconds,
    waiting_rows = excluded.waiting_rows,
    rows_per_second = excluded.rows_per_second,
    batch_rows = excluded.batch_rows,
    batch_milliseconds = excluded.batch_milliseconds,
    row_changes = excluded.row_changes,
    transactions = excluded.transactions
"""

_RATE_SECONDS: Final = 10.0


@dataclass
class StreamFigures:
    """What a stream has done of one source since it started.

    Attributes:
        source: `oltp`, `catalog`.
        state: What it does now.
        fault: Why it waits, None if it does not.
        run_id: Of its present run: it begins another after each time it made way.
        started_at: When the process began to follow the source.
        heartbeat_at: When it last showed that it lives.
        position: Up to where raw has the source's log.
        committed_at: When the last transaction that raw has was committed in the source.
        current_at: The time up to which raw has all that was committed in the source.
        waiting_rows: Row changes that were read and are not in raw yet.
        batch_rows: Row changes of the last batch.
        batch_milliseconds: Time that the last batch took to write.
        batches: Written since the start.
        batch_seconds: Time that they took.
        row_changes: Row changes written since the start.
        transactions: Transactions of the source written since the start.
        is_saved: Whether `save` does anything.
    """

    source: str
    state: State = "following"
    fault: Fault | None = None
    run_id: int = 0
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    heartbeat_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    position: Position | None = None
    committed_at: datetime | None = None
    current_at: datetime | None = None
    waiting_rows: int = 0
    batch_rows: int = 0
    batch_milliseconds: float = 0.0
    batches: int = 0
    batch_seconds: float = 0.0
    row_changes: int = 0
    transactions: int = 0
    is_saved: bool = True
    _past: deque[tuple[float, int]] = field(default_factory=deque, repr=False)

    @property
    def lag_seconds(self) -> float | None:
        """How far raw is behind the source, in seconds; None when that was never known."""
        if self.current_at is None:
            return None
        return max(0.0, (datetime.now(UTC) - self.current_at).total_seconds())

    @property
    def rows_per_second(self) -> float:
        """Row changes written per second, of late."""
        now = time.monotonic()
        while len(self._past) > 1 and now - self._past[0][0] > _RATE_SECONDS:
            self._past.popleft()
        if not self._past:
            return 0.0
        since, rows = self._past[0]
        return (self.row_changes - rows) / max(now - since, 0.001)

    def note_batch(self, rows: int, transactions: int, seconds: float) -> None:
        """Note that a batch was written."""
        self._past.append((time.monotonic() - seconds, self.row_changes))
        self.batch_rows = rows
        self.batch_milliseconds = seconds * 1000
        self.batches += 1
        self.batch_seconds += seconds
        self.row_changes += rows
        self.transactions += transactions

    def note_current(self, at: datetime) -> None:
        """Note that raw has all that the source had committed at a time."""
        self.current_at = max(at, self.current_at or at)

    def save(self, connection: psycopg.Connection[Any]) -> None:
        """Write the figures, with a heartbeat."""
        if not self.is_saved:
            return
        self.heartbeat_at = datetime.now(UTC)
        connection.execute(
            _SAVE,
            {
                "source": self.source,
                "state": self.state,
                "fault": self.fault and self.fault.what,
                "remedy": self.fault and self.fault.remedy,
                "run_id": self.run_id,
                "started_at": self.started_at,
                "position": None if self.position is None else Jsonb(dict(self.position)),
                "committed_at": self.committed_at,
                "current_at": self.current_at,
                "lag_seconds": self.lag_seconds,
                "waiting_rows": self.waiting_rows,
                "rows_per_second": self.rows_per_second,
                "batch_rows": self.batch_rows,
                "batch_milliseconds": self.batch_milliseconds,
                "row_changes": self.row_changes,
                "transactions": self.transactions,
            },
        )


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create the table if it is missing."""
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLE)
