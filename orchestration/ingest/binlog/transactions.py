"""The log's events as whole transactions of one database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from orchestration.ingest.batch import Position
from orchestration.ingest.binlog import events
from orchestration.ingest.binlog.ddl import effect_of
from orchestration.ingest.binlog.events import Kind, Query
from orchestration.ingest.binlog.gtid import MariadbGtids, MysqlGtids, gtids_of
from orchestration.ingest.binlog.refusals import refuse
from orchestration.ingest.binlog.rows import ROWS, PartialImageError
from orchestration.ingest.binlog.tables import LoggedTable, Tables
from orchestration.ingest.binlog.xa import Prepared, XaEvent
from orchestration.ingest.changes import (
    HEARTBEAT_SECONDS,
    Commit,
    Event,
    Heartbeat,
    RowChanges,
    TableAltered,
    TableDropped,
    TableEmptied,
)
from orchestration.ingest.faults import LogLostError

# As plain numbers: a comparison with a member of an enumeration takes twice the time.
_ROWS: Final = frozenset(map(int, ROWS))
_TABLE_MAP: Final = int(Kind.TABLE_MAP)
_XID: Final = int(Kind.XID)
_GTIDS: Final = {int(Kind.GTID), int(Kind.MARIADB_GTID)}

_TABLE_ID: Final = slice(events.HEADER_BYTES, events.HEADER_BYTES + 6)
_NEW_COPY: Final = "then a new copy is taken"
# Of a transaction in two phases that may yet be committed in one; of more, the tables are copied.
_MOST_HELD_BYTES: Final = 64 * 1024 * 1024


class Transactions:
    """Turns events of the log into changes.

    Args:
        tables: The tables of interest.
        database: Their database.
        position: Where the first event is.
        folds_case: Whether the server takes names of tables in any case.
    """

    def __init__(
        self, tables: Tables, database: str, position: Position, *, folds_case: bool
    ) -> None:
        self._tables = tables
        self._database = database
        self._server = position["server"]
        self._gtids = gtids_of(position)
        self._prepared = Prepared(position)
        self._folds_case = folds_case
        self._file = ""
        self._maps: dict[bytes, LoggedTable | None] = {}
        # Of the transaction that is being read:
        self._gtid: events.MariadbGtid | events.MysqlGtid | None = None
        self._has_commit = False
        self._is_xa = False
        self._nbytes = 0
        self._touched: dict[str, None] = {}
        self._held: list[tuple[LoggedTable, bytes]] = []

    def read(self, log: Iterable[bytes]) -> Iterator[Event]:
        """Yield the log's events of interest.

        Raises:
            LogLostError: Something of the log cannot be read, so a new copy has to be taken.
        """
        yielded = time.monotonic()
        for event in log:
            kind = event[4]
            self._nbytes += len(event)
            if kind in _ROWS:
                table = self._maps.get(event[_TABLE_ID])
                if table is not None:
                    self._touched[table.schema.name] = None
                    if self._is_xa:
                        self._hold(table, event)
                    else:
                        yielded = time.monotonic()
                        yield self._changes(table, event)
                        continue
            elif kind == _TABLE_MAP:
                number, table = self._tables.of(event)
                self._maps[number] = table
            elif kind in _GTIDS:
                self._begin(event)
            elif kind == _XID:
                yield self._commit(event)
                continue
            else:
                yield from self._rest(event)
            # Many events of no interest in a row must not look like a silent source.
            if time.monotonic() - yielded > HEARTBEAT_SECONDS:
                yielded = time.monotonic()
                yield Heartbeat()

    def _rest(self, event: bytes) -> Iterator[Event]:
        """Yield what an event yields that is not of an ordinary transaction of rows."""
        kind = event[4]
        if kind in (Kind.QUERY, Kind.QUERY_COMPRESSED):
            query = events.query(event, is_compressed=kind == Kind.QUERY_COMPRESSED)
            yield from self._query(event, query)
        elif kind == Kind.XA_PREPARE:
            yield from self._end_of_xa(event)
        elif kind == Kind.HEARTBEAT:
            yield Heartbeat()
        elif kind == Kind.ROTATE:
            self._file = events.rotated_to(event)
        else:
            refuse(kind)

    def _begin(self, event: bytes) -> None:
        gtid: events.MariadbGtid | events.MysqlGtid
        if event[4] == Kind.MARIADB_GTID:
            gtid = events.mariadb_gtid(event)
            self._has_commit = not gtid.is_standalone
            self._is_xa = gtid.is_prepared
        else:
            gtid = events.mysql_gtid(event)
            self._has_commit = False  # until an event says BEGIN
            self._is_xa = False
        self._gtid = gtid
        self._nbytes = len(event)
        self._touched = {}
        self._held = []
        self._maps.clear()

    def _changes(self, table: LoggedTable, event: bytes) -> RowChanges:
        try:
            return RowChanges(table.schema, table.rows.changes(event))
        except PartialImageError:
            raise LogLostError(
                f"The log has rows of table {table.schema.name} without all of their columns",
                remedy=f"SET GLOBAL binlog_row_image = 'FULL'; {_NEW_COPY}",
            ) from None

    def _commit(self, event: bytes) -> Commit:
        gtid = self._gtid
        committed_at = None
        if isinstance(gtid, events.MysqlGtid) and isinstance(self._gtids, MysqlGtids):
            self._gtids.add(gtid.uuid, gtid.number)
            committed_at = gtid.committed_at
        elif isinstance(gtid, events.MariadbGtid) and isinstance(self._gtids, MariadbGtids):
            self._gtids.add(gtid.domain, gtid.server, gtid.number)
        self._gtid = None
        position: dict[str, Any] = {
            "server": self._server,
            "file": self._file,
            "offset": events.end_offset(event),
            "gtid": str(self._gtids),
            **self._prepared.as_position(),
        }
        return Commit(position, committed_at or events.event_time(event), self._nbytes)

    def _query(self, event: bytes, query: Query) -> Iterator[Event]:
        words = query.text[:16].upper().split()
        match words:
            case ["BEGIN", *_]:
                self._has_commit = True
                return
            case ["XA", "START" | "BEGIN", *_]:
                self._has_commit = self._is_xa = True
                return
            case ["COMMIT"]:
                self._has_commit = False
            case ["ROLLBACK", *rest]:
                # Rows that were undone are in the log only beside tables without transactions,
                # whose rows stay: what is true now has to be looked at.
                yield from map(TableAltered, self._touched)
                if not rest:
                    self._has_commit = False
            case ["XA", *_]:
                yield from map(TableAltered, self._prepared.end(query.text))
            case _:
                yield from self._statement(query)
        if not self._has_commit:
            yield self._commit(event)

    def _hold(self, table: LoggedTable, event: bytes) -> None:
        if self._nbytes <= _MOST_HELD_BYTES:
            self._held.append((table, event))
        else:
            self._held = []

    def _end_of_xa(self, event: bytes) -> Iterator[Event]:
        end = XaEvent(event)
        if not end.is_committed:
            self._prepared.add(end, list(self._touched))
        elif self._nbytes <= _MOST_HELD_BYTES:
            for table, rows in self._held:
                yield self._changes(table, rows)
        else:
            yield from map(TableAltered, self._touched)
        self._held = []
        yield self._commit(event)

    def _statement(self, query: Query) -> Iterator[Event]:
        text, database, ours = query.text, query.database, self._database
        if self._folds_case:
            text, database, ours = text.lower(), database.lower(), ours.lower()
        effect = effect_of(text, database, ours)
        if effect.all_dropped:
            raise LogLostError(
                f"The database {self._database} was dropped",
                remedy="Create it again, or correct SOFTCART_MYSQL_URL; a new copy is taken",
            )
        if effect.writes_rows and (database == ours or ours in text):
            raise LogLostError(
                "The log has a statement in place of the rows that it changed",
                remedy=f"SET GLOBAL binlog_format = 'ROW'; {_NEW_COPY}",
            )
        for name in effect.dropped:
            self._tables.forget(name)
            yield TableDropped(name)
        for name in effect.emptied:
            yield TableEmptied(name)
        for name in effect.altered:
            self._tables.forget(name)
            yield TableAltered(name)
