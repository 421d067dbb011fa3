"""Values of row images, each as a field of a COPY line: what the server itself would print."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID

from orchestration.ingest import copy_text
from orchestration.ingest.binlog.binary_json import json_text
from orchestration.ingest.binlog.numerals import decimal_size, decimal_text, double_text

Field = Callable[[bytes, int], tuple[bytes, int]]
"""Takes an event and where a value starts in it; returns the field and where the value ends."""

Recode = Callable[[bytes], bytes]
"""Turns text in some character set into UTF-8."""

_SPECIAL: Final = re.compile(rb"[\\\t\n\r]").search
_INTEGERS: Final = {1: "<b", 2: "<h", 4: "<i", 8: "<q"}
_EPOCH: Final = date(1970, 1, 1)
_DAY_SECONDS: Final = 86400
_TOP_BIT: Final = 0x80
# Values that tend to come again; a cache's entry takes about 200 bytes.
_CACHED: Final = 4096


def integer(size: int, *, is_unsigned: bool) -> Field:
    """Read an integer of 1, 2, 3, 4 or 8 bytes."""
    form = _INTEGERS.get(size)
    if form is None:

        def read_any(data: bytes, start: int) -> tuple[bytes, int]:
            end = start + size
            return b"%d" % int.from_bytes(data[start:end], "little", signed=not is_unsigned), end

        return read_any
    unpack = struct.Struct(form.upper() if is_unsigned else form).unpack_from

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        (value,) = unpack(data, start)
        return b"%d" % value, start + size

    return read


def single(data: bytes, start: int) -> tuple[bytes, int]:
    """Read a FLOAT with all the digits that it has as a double."""
    (value,) = struct.unpack_from("<f", data, start)
    return double_text(value).encode(), start + 4


def double(data: bytes, start: int) -> tuple[bytes, int]:
    """Read a DOUBLE."""
    (value,) = struct.unpack_from("<d", data, start)
    return double_text(value).encode(), start + 8


def decimal(precision: int, scale: int) -> Field:
    """Read a DECIMAL."""
    size = decimal_size(precision, scale)

    @lru_cache(_CACHED)
    def text(value: bytes) -> bytes:
        return decimal_text(value, precision, scale).encode()

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + size
        return text(data[start:end]), end

    return read


def bits(count: int) -> Field:
    """Read a BIT as the number that it is."""
    size = (count + 7) // 8

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + size
        return b"%d" % int.from_bytes(data[start:end], "big"), end

    return read


def year(data: bytes, start: int) -> tuple[bytes, int]:
    """Read a YEAR; 0000 is one."""
    value = data[start]
    return b"%04d" % (1900 + value if value else 0), start + 1


def day(data: bytes, start: int) -> tuple[bytes, int]:
    """Read a DATE."""
    end = start + 3
    return _day_text(data[start:end]), end


@lru_cache(_CACHED)
def _day_text(value: bytes) -> bytes:
    number = int.from_bytes(value, "little")
    return b"%04d-%02d-%02d" % (number >> 9, number >> 5 & 15, number & 31)


def datetime(digits: int) -> Field:
    """Read a DATETIME with a number of digits of its seconds' fraction."""
    fraction, size = _fraction(digits)

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 5
        # The first bit is always set; the day's part is 23 bits, the time's 17.
        value = int.from_bytes(data[start:end], "big")
        text = b"%s %02d:%02d:%02d" % (
            _datetime_day_text(value >> 17),
            value >> 12 & 31,
            value >> 6 & 63,
            value & 63,
        )
        if size:
            return text + fraction(data[end : end + size]), end + size
        return text, end

    return read


@lru_cache(_CACHED)
def _datetime_day_text(value: int) -> bytes:
    years, months = divmod(value >> 5 & 0x1FFFF, 13)
    return b"%04d-%02d-%02d" % (years, months, value & 31)


def timestamp(digits: int) -> Field:
    """Read a TIMESTAMP, in UTC."""
    fraction, size = _fraction(digits)

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 4
        seconds = int.from_bytes(data[start:end], "big")
        rest = data[end : end + size]
        if seconds == 0 and not any(rest):
            text = b"0000-00-00 00:00:00"
        else:
            days, seconds = divmod(seconds, _DAY_SECONDS)
            text = b"%s %02d:%02d:%02d" % (
                _day_since_epoch_text(days),
                seconds // 3600,
                seconds // 60 % 60,
                seconds % 60,
            )
        if size:
            return text + fraction(rest), end + size
        return text, end

    return read


@lru_cache(_CACHED)
def _day_since_epoch_text(days: int) -> bytes:
    return (_EPOCH + timedelta(days=days)).isoformat().encode()


def duration(digits: int) -> Field:
    """Read a TIME, which has a sign and up to 838 hours."""
    fraction, size = _fraction(digits)

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 3 + size
        # One signed number, so a negative time's fraction counts backwards.
        value = int.from_bytes(data[start:end], "big") - (0x800000 << 8 * size)
        sign = b"-" if value < 0 else b""
        value = abs(value)
        whole = value >> 8 * size
        text = b"%s%02d:%02d:%02d" % (sign, whole >> 12 & 1023, whole >> 6 & 63, whole & 63)
        if size:
            rest = value & ((1 << 8 * size) - 1)
            return text + fraction(rest.to_bytes(size, "big")), end
        return text, end

    return read


def _fraction(digits: int) -> tuple[Callable[[bytes], bytes], int]:
    """Return what prints a fraction with its point, and how many bytes it has."""
    size = (digits + 1) // 2
    form = b".%%0%dd" % (2 * size)

    def text(value: bytes) -> bytes:
        return (form % int.from_bytes(value, "big"))[: digits + 1]

    return text, size


def text(length_bytes: int, recode: Recode | None) -> Field:
    """Read text after its length of 1 to 4 bytes."""

    def read_short(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 1 + data[start]
        value = data[start + 1 : end]
        if _SPECIAL(value):
            value = copy_text.escape(value)
        return value, end

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        start, end = start + length_bytes, start
        end = start + int.from_bytes(data[end:start], "little")
        value = data[start:end]
        if recode:
            value = recode(value)
        return copy_text.escape(value), end

    return read_short if length_bytes == 1 and not recode else read


def binary(length_bytes: int, padded_to: int = 0) -> Field:
    """Read bytes after their length; a BINARY is stored without the zeros at its end."""

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        start, end = start + length_bytes, start
        end = start + int.from_bytes(data[end:start], "little")
        return copy_text.escape_bytea(data[start:end].ljust(padded_to, b"\0")), end

    return read


def json(length_bytes: int) -> Field:
    """Read MySQL's JSON."""

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        start, end = start + length_bytes, start
        end = start + int.from_bytes(data[end:start], "little")
        return copy_text.escape(json_text(data[start:end])), end

    return read


def enumerated(size: int, values: Sequence[bytes]) -> Field:
    """Read an ENUM; 0 is what a value that it does not have became."""
    fields = [b"", *map(copy_text.escape, values)]

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + size
        return fields[int.from_bytes(data[start:end], "little")], end

    return read


def members(size: int, values: Sequence[bytes]) -> Field:
    """Read a SET as its members with commas."""
    fields = [copy_text.escape(value) for value in values]

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + size
        mask = int.from_bytes(data[start:end], "little")
        return b",".join([field for bit, field in enumerate(fields) if mask >> bit & 1]), end

    return read


def _fixed(size: int, show: Callable[[bytes], str]) -> Field:
    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 1 + data[start]
        return show(data[start + 1 : end].ljust(size, b"\0")).encode(), end

    return read


def _uuid_text(value: bytes) -> str:
    # MariaDB stores the parts of most UUIDs from the last to the first, so that those of about the
    # same time are neighbours. A first bit of 1 can only be the variant's, in its new place.
    if value[6] & _TOP_BIT and 0 < value[8] < _TOP_BIT:
        value = value[12:16] + value[10:12] + value[8:10] + value[6:8] + value[0:6]
    return str(UUID(bytes=value))


uuid: Final = _fixed(16, _uuid_text)
inet4: Final = _fixed(4, lambda value: str(IPv4Address(value)))
inet6: Final = _fixed(16, lambda value: str(IPv6Address(value)))
