"""The two ways in which MariaDB compresses what is in its log."""

from __future__ import annotations

from typing import Final
from zlib import MAX_WBITS, decompress

_LENGTH_BYTES: Final = 7
_WITHOUT_HEADER: Final = 8


def inflated(data: bytes) -> bytes:
    """Return an event's content: log_bin_compress puts a byte and a length before zlib's stream."""
    return decompress(data[1 + (data[0] & _LENGTH_BYTES) :])


def expanded(value: bytes) -> bytes:
    """Return a value of a COMPRESSED column, whose first byte says how it is stored."""
    if not value or value[0] == 0:
        return value[1:]
    stream = value[1 + (value[0] & _LENGTH_BYTES) :]
    return decompress(stream, -MAX_WBITS if value[0] & _WITHOUT_HEADER else MAX_WBITS)
