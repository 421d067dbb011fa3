"""Rows of a one-column MySQL query as big blocks of bytes, read from PyMySQL's own socket.

PyMySQL connects, authenticates, encrypts and sends the query. It would then make objects of every
row; here each row is one string that only has to lose its packet header. All use of PyMySQL's
private parts is in this module.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import Any, Final, NoReturn

import pymysql
from pymysql import err
from pymysql.connections import MySQLResult
from pymysql.constants import COMMAND, CR

from orchestration.ingest.batch import Lines

_BLOCK_BYTES: Final = 256 * 1024
_HEADER_BYTES: Final = 4
# A payload of just this length goes on in the next packet.
_FULL_PACKET: Final = 0xFFFFFF
# First byte of a row's string: below, its length itself; from here on, a mark.
_NULL: Final = 0xFB
_TWO_BYTE_LENGTH: Final = 0xFC
_THREE_BYTE_LENGTH: Final = 0xFD
_EIGHT_BYTE_LENGTH: Final = 0xFE
# The last packet, which is short; a row of eight length bytes fills its first packet.
_END: Final = 0xFE
_ERROR: Final = 0xFF
# ER_QUERY_INTERRUPTED, ER_STATEMENT_TIMEOUT: a query that was stopped ends so.
_INTERRUPTED: Final = {1317, 1969}
_LENGTH_BYTES: Final = {_TWO_BYTE_LENGTH: 3, _THREE_BYTE_LENGTH: 4, _EIGHT_BYTE_LENGTH: 9}

# A packet's length (and in the highest byte its number), little-endian.
_header = struct.Struct("<I").unpack_from


class NullRowError(Exception):
    """The query returned NULL for a row."""


class LineStream:
    """The result of a query that selects one string, a COPY line, a row.

    Args:
        connection: Has no other result open; takes other queries again when `is_open` is False.
        query: SQL of one column.

    Raises:
        pymysql.MySQLError: The server refuses the query, or has gone.
    """

    def __init__(self, connection: pymysql.Connection[Any], query: str) -> None:
        link: Any = connection
        link._execute_command(COMMAND.COM_QUERY, query)
        result: Any = MySQLResult(link)
        result.init_unbuffered_query()
        # PyMySQL must not think that it has rows to fetch: it would wait for them.
        result.unbuffered_active = False
        self._stream: BufferedReader = link._rfile
        self._rest = b""
        self.is_open = True

    def __iter__(self) -> Iterator[Lines]:
        """Yield blocks of about 256 KB, as the server sends them.

        Raises:
            NullRowError: A row is NULL; the stream is still open.
            pymysql.MySQLError: The server reports a fault, or has gone.
        """
        while self.is_open:
            data = self._rest
            lines: list[bytes] = []
            keep = lines.append
            start, size = 0, len(data)
            is_long = False
            # One turn a row, three million of them: the common cases come first.
            while start + _HEADER_BYTES < size:
                length = _header(data, start)[0] & _FULL_PACKET
                end = start + _HEADER_BYTES + length
                if end > size:
                    break
                mark = data[start + _HEADER_BYTES]
                if mark < _NULL:
                    keep(data[start + 5 : end])
                elif mark == _TWO_BYTE_LENGTH:
                    keep(data[start + 7 : end])
                elif length == _FULL_PACKET:
                    is_long = True
                    break
                elif mark == _THREE_BYTE_LENGTH:
                    keep(data[start + 8 : end])
                else:
                    # Before a fault is raised: the packets after it are still to be drained.
                    self._rest = data[end:]
                    self._finish(mark, data[start + _HEADER_BYTES : end])
                    break
                start = end
            self._rest = data[start:]
            if lines:
                yield Lines(len(lines), b"".join(lines))
            if is_long:
                yield Lines(1, self._long_line())
            elif self.is_open:
                self._read_more()

    def drain(self) -> None:
        """Read to the end what the server still sends, and forget it.

        Raises:
            pymysql.MySQLError: The server has gone.
        """
        while self.is_open:
            try:
                for _ in self:
                    pass
            except NullRowError:
                continue
            except pymysql.MySQLError as error:
                if error.args[0] not in _INTERRUPTED:
                    raise

    def _read_more(self) -> None:
        """Add the rest of a packet that has begun, and whatever else the server has sent."""
        missing = 0
        if len(self._rest) >= _HEADER_BYTES:
            packet = _HEADER_BYTES + (_header(self._rest, 0)[0] & _FULL_PACKET)
            missing = packet - len(self._rest)
        if missing > _BLOCK_BYTES:
            self._rest += self._exactly(missing)
        else:
            block = self._received(lambda: self._stream.read1(_BLOCK_BYTES))
            self._rest += block or self._lost()

    def _long_line(self) -> bytes:
        """Take a line that fills more than one packet."""
        payloads = []
        length = _FULL_PACKET
        while length == _FULL_PACKET:
            self._have(_HEADER_BYTES)
            length = _header(self._rest, 0)[0] & _FULL_PACKET
            end = _HEADER_BYTES + length
            self._have(end)
            payloads.append(self._rest[_HEADER_BYTES:end])
            self._rest = self._rest[end:]
        payload = b"".join(payloads)
        return payload[_LENGTH_BYTES[payload[0]] :]

    def _have(self, count: int) -> None:
        if len(self._rest) < count:
            self._rest += self._exactly(count - len(self._rest))

    def _exactly(self, count: int) -> bytes:
        data = self._received(lambda: self._stream.read(count))
        return data if len(data) == count else self._lost()

    def _received(self, receive: Callable[[], bytes]) -> bytes:
        try:
            return receive()
        except OSError:
            return self._lost()

    def _finish(self, mark: int, payload: bytes) -> None:
        if mark == _NULL:
            raise NullRowError
        self.is_open = False
        if mark == _ERROR:
            err.raise_mysql_exception(payload)
        if mark != _END:
            raise err.InternalError(CR.CR_MALFORMED_PACKET, "Malformed packet")

    def _lost(self) -> NoReturn:
        self.is_open = False
        raise err.OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server")
