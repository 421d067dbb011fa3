"""The replication protocol: asks a server for its log, and cuts what it sends into events.

PyMySQL connects, authenticates and encrypts. All use of its private parts is in this module.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from typing import Any, Final, cast
from zlib import crc32

import pymysql
from pymysql import err
from pymysql.constants import COMMAND, CR

from orchestration.ingest.changes import HEARTBEAT_SECONDS

_RECEIVE_BYTES: Final = 256 * 1024
_HEADER_BYTES: Final = 4
_LENGTH_MASK: Final = 0xFFFFFF
_FORMAT_DESCRIPTION: Final = 15
_END: Final = 0xFE
_ERROR: Final = 0xFF
_CHECKSUM_BYTES: Final = 4
_CRC32: Final = 1
_BEGINNING: Final = 4
_THROUGH_GTID: Final = 4
# A server ends the older of two dumps that have the same number. Real replicas have small ones.
_REPLICA_IDS: Final = (2**31, 2**32 - 2)
# The server speaks every second: this long a silence is a machine or network that is gone.
_SILENCE_SECONDS: Final = 60

_header = struct.Struct("<I").unpack_from


class Dump:
    """A connection on which the server sends its log from a GTID position on, forever.

    Args:
        connection: Open, and from here on of no other use.

    Raises:
        pymysql.MySQLError: The server refuses, or has gone.
    """

    def __init__(self, connection: pymysql.Connection[Any]) -> None:
        self._link = cast(Any, connection)
        with self._link.cursor() as cursor:
            cursor.execute("select @@global.binlog_checksum")
            ((checksum,),) = cursor.fetchall()
            self._has_checksums = checksum == "CRC32"
            for statement in (
                "set @master_binlog_checksum = @@global.binlog_checksum",
                "set @source_binlog_checksum = @@global.binlog_checksum",
                f"set @master_heartbeat_period = {int(HEARTBEAT_SECONDS * 1e9)}",
                f"set @source_heartbeat_period = {int(HEARTBEAT_SECONDS * 1e9)}",
                "set net_write_timeout = 3600",
            ):
                cursor.execute(statement)
        self._link._sock.settimeout(_SILENCE_SECONDS)

    def start_mariadb(self, gtids: str) -> None:
        """Ask for what follows a position.

        Args:
            gtids: The last GTID of each domain, with commas; empty for the log's beginning.
        """
        with self._link.cursor() as cursor:
            # 4: knows GTIDs. An older replica would get them rewritten as something else.
            cursor.execute("set @mariadb_slave_capability = 4")
            cursor.execute("set @slave_connect_state = %s", (gtids,))
            # A GTID that the server does not have is an error, although a later one is there.
            cursor.execute("set @slave_gtid_strict_mode = 1")
            cursor.execute("set @slave_gtid_ignore_duplicates = 0")
        self._send(COMMAND.COM_BINLOG_DUMP, struct.pack("<IHI", _BEGINNING, 0, _replica_id()))

    def start_mysql(self, gtids: bytes) -> None:
        """Ask for what is not in a set.

        Args:
            gtids: The set in the protocol's binary form.
        """
        self._send(
            COMMAND.COM_BINLOG_DUMP_GTID,
            struct.pack("<HIIQI", _THROUGH_GTID, _replica_id(), 0, _BEGINNING, len(gtids)) + gtids,
        )

    def __iter__(self) -> Iterator[bytes]:
        """Yield whole events, from their header on and without the checksum.

        Raises:
            pymysql.MySQLError: The server reports a fault, has gone, or sent what is damaged.
        """
        for payload in self._payloads():
            if payload[0] == _ERROR:
                err.raise_mysql_exception(payload)
            if payload[0] == _END:
                raise _lost()  # the end of the log comes only when the server stops
            event = payload[1:]
            kind = event[4]
            if kind == _FORMAT_DESCRIPTION:
                # It always has room for a checksum, and before it says whether events have one.
                self._has_checksums = event[-_CHECKSUM_BYTES - 1] == _CRC32
                yield event[:-_CHECKSUM_BYTES]
            elif self._has_checksums:
                event, stated = event[:-_CHECKSUM_BYTES], event[-_CHECKSUM_BYTES:]
                if crc32(event) != _header(stated)[0]:
                    raise err.InternalError(
                        CR.CR_MALFORMED_PACKET, "An event of the log does not match its checksum"
                    )
                yield event
            else:
                yield event

    def close(self) -> None:
        """Hang up, which is how a dump ends."""
        with suppress(pymysql.MySQLError, OSError):
            self._link._force_close()

    def _payloads(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        data, start = b"", 0
        while True:
            while len(data) - start < _HEADER_BYTES:
                data, start = data[start:] + self._receive(), 0
            length = _header(data, start)[0] & _LENGTH_MASK
            end = start + _HEADER_BYTES + length
            if end > len(data):
                # One growing piece for a long event: adding to bytes would copy it each time.
                pieces, missing = [data[start:]], end - len(data)
                while missing > 0:
                    pieces.append(self._receive())
                    missing -= len(pieces[-1])
                data, start, end = b"".join(pieces), 0, _HEADER_BYTES + length
            payload = data[start + _HEADER_BYTES : end]
            start = end
            if length == _LENGTH_MASK:
                parts.append(payload)  # more than 16 MB come as several packets
            elif parts:
                yield b"".join([*parts, payload])
                parts = []
            else:
                yield payload

    def _receive(self) -> bytes:
        stream: BufferedReader = self._link._rfile
        try:
            block = stream.read1(_RECEIVE_BYTES)
        except OSError:
            block = b""
        if not block:
            raise _lost()
        return block

    def _send(self, command: int, body: bytes) -> None:
        link = self._link
        link._next_seq_id = 0
        try:
            link.write_packet(bytes([command]) + body)
        except OSError:
            raise _lost() from None


def _replica_id() -> int:
    return random.randint(*_REPLICA_IDS)  # noqa: S311


def _lost() -> err.OperationalError:
    return err.OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server")
