"""Rows of a one-column MySQL query as big blocks of bytes, read from PyMySQL's own socket.

PyMySQL connects, authenticates, encrypts and sends the query. It would then make objects of every
row; here each row is one string that only has to lose its packet header. All use of PyMySQL's
private parts is in this module.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

import pymysql
from pymysql import err
from pymysql.connections import MySQLResult
from pymysql.constants import COMMAND, CR

from orchestration.ingest.batch import Lines

_BLOCK_BYTES: Final = 100_000
_RECEIVE_BYTES: Final = 256 * 1024
_HEADER_BYTES: Final = 4
_LENGTH_MASK: Final = 0xFFFFFF
# First byte of a row's string: below, its length itself; from here on, a mark.
_NULL: Final = 0xFB
_TWO_BYTE_LENGTH: Final = 0xFC
_THREE_BYTE_LENGTH: Final = 0xFD
_END: Final = 0xFE
_ERROR: Final = 0xFF
# ER_QUERY_INTERRUPTED, ER_STATEMENT_TIMEOUT: a query that was stopped ends so.
_INTERRUPTED: Final = {1317, 1969}

# A packet's length (and in the highest byte its number), little-endian.
_header = struct.Struct("<I").unpack_from


class LineStream:
    """The result of a query that selects one string, a COPY line, a row.

    Args:
        connection: Has no other result open; takes other queries again when `is_open` is False.
        query: SQL of one column, a string of less than 16 MB or NULL.

    Attributes:
        is_open: Not all of the result is read.
        null_rows: How many rows were NULL so far.

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
        self.null_rows = 0

    def __iter__(self) -> Iterator[Lines]:
        """Yield blocks of about 100 KB.

        A NULL has no line; `null_rows` counts them.

        Raises:
            pymysql.MySQLError: The server reports a fault, or has gone.
        """
        lines: list[bytes] = []
        size = 0
        while self.is_open:
            # The server sends 16 KB at a time; passing on each piece would cost more than reading.
            size += self._take_lines(lines)
            if lines and (size >= _BLOCK_BYTES or not self.is_open):
                yield Lines(len(lines), b"".join(lines))
                lines, size = [], 0
            if self.is_open:
                self._rest += self._receive()

    def _take_lines(self, lines: list[bytes]) -> int:
        """Move the whole rows of what was received to `lines`; return how many bytes they were."""
        data = self._rest
        keep = lines.append
        start, size = 0, len(data)
        # One turn a row, three million of them: the common cases come first.
        while start + _HEADER_BYTES < size:
            end = start + _HEADER_BYTES + (_header(data, start)[0] & _LENGTH_MASK)
            if end > size:
                break
            mark = data[start + _HEADER_BYTES]
            if mark < _NULL:
                keep(data[start + 5 : end])
            elif mark == _TWO_BYTE_LENGTH:
                keep(data[start + 7 : end])
            elif mark == _THREE_BYTE_LENGTH:
                keep(data[start + 8 : end])
            elif mark == _NULL:
                self.null_rows += 1
            else:
                self._finish(mark, data[start + _HEADER_BYTES : end])
                break
            start = end
        self._rest = data[start:]
        return start

    def drain(self) -> None:
        """Read to the end what the server still sends, and forget it.

        Raises:
            pymysql.MySQLError: The server has gone.
        """
        while self.is_open:
            try:
                for _ in self:
                    pass
            except pymysql.MySQLError as error:
                if error.args[0] not in _INTERRUPTED:
                    raise

    def _receive(self) -> bytes:
        try:
            block = self._stream.read1(_RECEIVE_BYTES)
        except OSError:
            block = b""
        if not block:
            self.is_open = False
            raise err.OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server")
        return block

    def _finish(self, mark: int, payload: bytes) -> None:
        self.is_open = False
        if mark == _ERROR:
            err.raise_mysql_exception(payload)
        if mark != _END:
            raise err.InternalError(CR.CR_MALFORMED_PACKET, "Malformed packet")
