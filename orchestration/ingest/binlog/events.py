"""Events of the log other than rows and tables: their numbers, and what is read of each."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple
from uuid import UUID

from orchestration.ingest.binlog.compression import inflated

HEADER_BYTES: Final = 19
"""Every event begins with its time, kind, server, size, the end's offset in the file, flags."""


class Kind(IntEnum):
    """What an event is, the fifth byte of its header."""

    QUERY = 2
    ROTATE = 4
    XID = 16
    FORMAT_DESCRIPTION = 15
    TABLE_MAP = 19
    WRITE_ROWS_V1 = 23
    UPDATE_ROWS_V1 = 24
    DELETE_ROWS_V1 = 25
    INCIDENT = 26
    HEARTBEAT = 27
    WRITE_ROWS = 30
    UPDATE_ROWS = 31
    DELETE_ROWS = 32
    GTID = 33
    ANONYMOUS_GTID = 34
    XA_PREPARE = 38
    PARTIAL_UPDATE_ROWS = 39
    TRANSACTION_PAYLOAD = 40
    GTID_TAGGED = 42
    MARIADB_GTID = 162
    QUERY_COMPRESSED = 165
    WRITE_ROWS_COMPRESSED_V1 = 166
    UPDATE_ROWS_COMPRESSED_V1 = 167
    DELETE_ROWS_COMPRESSED_V1 = 168
    WRITE_ROWS_COMPRESSED = 169
    UPDATE_ROWS_COMPRESSED = 170
    DELETE_ROWS_COMPRESSED = 171


_MARIADB_STANDALONE: Final = 1
_MARIADB_PREPARED: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = (1 << 55) - 1
_HAS_ORIGINAL_TIME: Final = 1 << 55

_seconds = struct.Struct("<I").unpack_from
_end_offset = struct.Struct("<I").unpack_from
_mariadb_gtid = struct.Struct("<QIB").unpack_from
_query = struct.Struct("<IIBHH").unpack_from
_server = struct.Struct("<I").unpack_from


class Query(NamedTuple):
    """A statement in the log.

    Attributes:
        database: The session's, which names without one refer to.
        text: The statement.
    """

    database: str
    text: str


class MariadbGtid(NamedTuple):
    """The beginning of a transaction on MariaDB.

    Attributes:
        domain: With `server` and `number` its GTID.
        server: See `domain`.
        number: See `domain`.
        is_standalone: A single statement, with no event of its own for the commit.
        is_prepared: The first phase of a transaction in two (XA).
    """

    domain: int
    server: int
    number: int
    is_standalone: bool
    is_prepared: bool


class MysqlGtid(NamedTuple):
    """The beginning of a transaction on MySQL.

    Attributes:
        uuid: With `number` its GTID.
        number: See `uuid`.
        committed_at: When it was committed first, on whichever server.
    """

    uuid: str
    number: int
    committed_at: datetime | None


def event_time(event: bytes) -> datetime:
    """Return when the event was written, to the second."""
    return _EPOCH + timedelta(seconds=_seconds(event)[0])


def end_offset(event: bytes) -> int:
    """Return the offset in its file at which the event ends."""
    return int(_end_offset(event, 13)[0])


def mariadb_gtid(event: bytes) -> MariadbGtid:
    """Read a MARIADB_GTID event."""
    number, domain, flags = _mariadb_gtid(event, HEADER_BYTES)
    (server,) = _server(event, 5)
    return MariadbGtid(
        domain, server, number, bool(flags & _MARIADB_STANDALONE), bool(flags & _MARIADB_PREPARED)
    )


def mysql_gtid(event: bytes) -> MysqlGtid:
    """Read a GTID event."""
    start = HEADER_BYTES
    uuid = str(UUID(bytes=event[start + 1 : start + 17]))
    number = int.from_bytes(event[start + 17 : start + 25], "little")
    # A byte says that two counters follow; then come the times, of seven bytes each.
    start += 42
    committed_at = None
    if len(event) >= start + 7:
        time = int.from_bytes(event[start : start + 7], "little")
        if time & _HAS_ORIGINAL_TIME:
            time = int.from_bytes(event[start + 7 : start + 14], "little")
        committed_at = _EPOCH + timedelta(microseconds=time & _MICROSECONDS)
    return MysqlGtid(uuid, number, committed_at)


def query(event: bytes, *, is_compressed: bool = False) -> Query:
    """Read a QUERY event."""
    _, _, database_bytes, _, status_bytes = _query(event, HEADER_BYTES)
    start = HEADER_BYTES + 13 + status_bytes
    end = start + database_bytes
    text = event[end + 1 :]
    return Query(_decode(event[start:end]), _decode(inflated(text) if is_compressed else text))


def rotated_to(event: bytes) -> str:
    """Return the file that a ROTATE event names."""
    return event[HEADER_BYTES + 8 :].decode()


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")  # a session in another character set; keywords are the same
