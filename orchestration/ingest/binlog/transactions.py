"""The log's events as whole transactions of one database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from orchestration.ingest.binlog import events
from orchestration.ingest.binlog.ddl import effect_of
from orchestration.ingest.binlog.events import Kind, Query
from orchestration.ingest.binlog.gtid import MariadbGtids, MysqlGtids, tagged_gtids
from orchestration.ingest.binlog.rows import ROWS, PartialImageError
from orchestration.ingest.binlog.tables import LoggedTable, Tables
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

_ROWS: Final = frozenset(map(int, ROWS))
_TABLE_ID: Final = slice(events.HEADER_BYTES, events.HEADER_BYTES + 6)
_NEW_COPY: Final = "then a new copy is taken"


class Transactions:
    """Turns events of the log into changes.

    Args:
        tables: The tables of interest.
        database: Their database.
        gtids: What is before the first event; grows with each commit.
        folds_case: Whether the server takes names of tables in any case.
    """

    def __init__(
        self,
        tables: Tables,
        database: str,
        gtids: MariadbGtids | MysqlGtids,
        *,
        folds_case: bool,
    ) -> None:
        self._tables = tables
        self._database = database
        self._gtids = gtids
        self._folds_case = folds_case
        self._server = "MariaDB" if isinstance(gtids, MariadbGtids) else "MySQL"
        self._file = ""
        self._gtid: events.MariadbGtid | events.MysqlGtid | None = None
        self._is_open = False
        self._nbytes = 0
        self._touched: dict[str, None] = {}

    def read(self, log: Iterable[bytes]) -> Iterator[Event]:
        """Yield the log's events of interest.

        Raises:
            LogLostError: Something of the log cannot be read, so a new copy has to be taken.
        """
        maps: dict[bytes, LoggedTable | None] = {}
        yielded = time.monotonic()
        for event in log:
            kind = event[4]
            self._nbytes += len(event)
            if kind in _ROWS:
                table = maps.get(event[_TABLE_ID])
                if table is not None:
                    yielded = time.monotonic()
                    yield self._rows(table, event)
                    continue
            elif kind == Kind.TABLE_MAP:
                number, table = self._tables.of(event)
                maps[number] = table
            elif kind == Kind.XID:
                yield self._commit(event)
                continue
            elif kind in (Kind.MARIADB_GTID, Kind.GTID):
                self._begin(event, kind)
                maps.clear()
            elif kind in (Kind.QUERY, Kind.QUERY_COMPRESSED):
                query = events.query(event, is_compressed=kind == Kind.QUERY_COMPRESSED)
                yield from self._query(event, query)
                continue
            elif kind == Kind.HEARTBEAT:
                yield Heartbeat()
                continue
            elif kind == Kind.ROTATE:
                self._file = events.rotated_to(event)
            else:
                self._refuse(kind)
            # Many events of no interest in a row must not look like a silent source.
            if time.monotonic() - yielded > HEARTBEAT_SECONDS:
                yielded = time.monotonic()
                yield Heartbeat()

    def _begin(self, event: bytes, kind: int) -> None:
        self._gtid = (
            events.mariadb_gtid(event) if kind == Kind.MARIADB_GTID else events.mysql_gtid(event)
        )
        # MariaDB has no event for BEGIN.
        self._is_open = isinstance(self._gtid, events.MariadbGtid) and not self._gtid.is_standalone
        self._nbytes = len(event)
        self._touched = {}

    def _rows(self, table: LoggedTable, event: bytes) -> RowChanges:
        name = table.schema.name
        self._touched[name] = None
        try:
            return RowChanges(table.schema, table.rows.changes(event))
        except PartialImageError:
            raise LogLostError(
                f"The log has rows of table {name} without all of their columns",
                remedy=f"SET GLOBAL binlog_row_image = 'FULL'; {_NEW_COPY}",
            ) from None

    def _commit(self, event: bytes) -> Commit:
        gtid = self._gtid
        committed_at: datetime | None = None
        if isinstance(gtid, events.MysqlGtid) and isinstance(self._gtids, MysqlGtids):
            self._gtids.add(gtid.uuid, gtid.number)
            committed_at = gtid.committed_at
        elif isinstance(gtid, events.MariadbGtid) and isinstance(self._gtids, MariadbGtids):
            self._gtids.add(gtid.domain, gtid.server, gtid.number)
        self._gtid = None
        self._is_open = False
        position = {
            "server": self._server,
            "file": self._file,
            "offset": events.end_offset(event),
            "gtid": str(self._gtids),
        }
        return Commit(position, committed_at or events.event_time(event), self._nbytes)

    def _query(self, event: bytes, query: Query) -> Iterator[Event]:
        text = query.text
        word = text[:16].upper()
        if word == "BEGIN":
            self._is_open = True
            return
        if word == "COMMIT":
            yield self._commit(event)
            return
        if word.startswith("ROLLBACK"):
            # Row events of an undone part are in the log only with tables that have no
            # transactions, whose rows stay: what is there now has to be looked at.
            yield from map(TableAltered, self._touched)
            if word.rstrip() == "ROLLBACK":
                yield self._commit(event)
            return
        if word.startswith("XA "):
            raise LogLostError(
                "The log has a transaction in two phases (XA), which change capture does not read",
                remedy="Commit in one phase; a new copy is taken",
            )
        yield from self._statement(query)
        if not self._is_open:
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

    def _refuse(self, kind: int) -> None:
        if kind == Kind.TRANSACTION_PAYLOAD:
            raise LogLostError(
                "The log has compressed transactions",
                remedy=f"SET GLOBAL binlog_transaction_compression = OFF; {_NEW_COPY}",
            )
        if kind == Kind.PARTIAL_UPDATE_ROWS:
            raise LogLostError(
                "The log has parts of JSON documents in place of the documents",
                remedy=f"SET GLOBAL binlog_row_value_options = ''; {_NEW_COPY}",
            )
        if kind == Kind.ANONYMOUS_GTID:
            raise LogLostError(
                "The log has transactions without a GTID",
                remedy=f"Set gtid_mode to ON on the server; {_NEW_COPY}",
            )
        if kind == Kind.GTID_TAGGED:
            raise tagged_gtids()
        if kind == Kind.XA_PREPARE:
            raise LogLostError(
                "The log has a transaction in two phases (XA), which change capture does not read",
                remedy="Commit in one phase; a new copy is taken",
            )
        if kind == Kind.INCIDENT:
            raise LogLostError(
                "The server says that its log lacks changes (an incident)",
                remedy="See the server's log for the reason; a new copy is taken",
            )
