"""Values of row images, each as a field of a COPY line: what the server itself would print."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from orchestration.ingest import copy_text
from orchestration.ingest.binlog.numerals import DecimalForm, double_text

Reader = Callable[[bytes, int], tuple[bytes, int]]
"""Takes an event and where a value starts in it; returns the field and where the value ends."""


class Field(NamedTuple):
    """What reads a column's values, or passes over them.

    Attributes:
        read: Reads one.
        size: Bytes of each, or of the length that is before each.
        is_fixed: Which of the two.
    """

    read: Reader
    size: int
    is_fixed: bool = True


Recode = Callable[[bytes], bytes]
"""Turns a stored text into UTF-8, or stored bytes into those that are meant."""

_SPECIAL: Final = re.compile(rb"[\\\t\n\r]").search
_INTEGERS: Final = {1: "<b", 2: "<h", 4: "<i", 8: "<q"}
_EPOCH: Final = date(1970, 1, 1)
_DAY_SECONDS: Final = 86400
_ZERO_DAY: Final = b"0000-00-00"
# Values that tend to come again; a cache's entry takes about 200 bytes.
_CACHED: Final = 4096


def integer(size: int, *, is_unsigned: bool) -> Field:
    """Return what reads an integer of 1, 2, 3, 4 or 8 bytes."""
    form = _INTEGERS.get(size)
    if form is None:
        return _shown(
            size, lambda value: b"%d" % int.from_bytes(value, "little", signed=not is_unsigned)
        )
    unpack = struct.Struct(form.upper() if is_unsigned else form).unpack_from

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        (value,) = unpack(data, start)
        return b"%d" % value, start + size

    return Field(read, size)


def single() -> Field:
    """Return what reads a FLOAT, with all the digits that it has as a double."""
    return _shown(4, lambda value: double_text(*struct.unpack("<f", value)).encode())


def double() -> Field:
    """Return what reads a DOUBLE."""
    return _shown(8, lambda value: double_text(*struct.unpack("<d", value)).encode())


def decimal(precision: int, scale: int) -> Field:
    """Return what reads a DECIMAL."""
    form = DecimalForm(precision, scale)
    return _shown(form.size, lru_cache(_CACHED)(form.text))


def bits(count: int) -> Field:
    """Return what reads a BIT, as the number that it is."""
    return _shown((count + 7) // 8, lambda value: b"%d" % int.from_bytes(value, "big"))


def year() -> Field:
    """Return what reads a YEAR; 0000 is one."""
    return _shown(1, lambda value: b"%04d" % (1900 + value[0] if value[0] else 0))


def day() -> Field:
    """Return what reads a DATE."""
    return _shown(3, lru_cache(_CACHED)(_day_text))


def _day_text(value: bytes) -> bytes:
    number = int.from_bytes(value, "little")
    return b"%04d-%02d-%02d" % (number >> 9, number >> 5 & 15, number & 31)


def datetime(digits: int) -> Field:
    """Return what reads a DATETIME with a number of digits of its seconds' fraction."""
    size, form, unit = _fraction(digits)

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        middle = start + 5
        end = middle + size
        # The first bit is always set; the day is 22 bits, the time 17.
        value = int.from_bytes(data[start:middle], "big")
        parts = (_datetime_day(value >> 17), value >> 12 & 31, value >> 6 & 63, value & 63)
        if size:
            return form % (*parts, int.from_bytes(data[middle:end], "big") // unit), end
        return form % parts, end

    return Field(read, 5 + size)


@lru_cache(_CACHED)
def _datetime_day(value: int) -> bytes:
    years, months = divmod(value >> 5 & 0x1FFFF, 13)
    return b"%04d-%02d-%02d" % (years, months, value & 31)


def timestamp(digits: int) -> Field:
    """Return what reads a TIMESTAMP, in UTC."""
    size, form, unit = _fraction(digits)

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        middle = start + 4
        end = middle + size
        seconds = int.from_bytes(data[start:middle], "big")
        fraction = int.from_bytes(data[middle:end], "big")
        days, time = divmod(seconds, _DAY_SECONDS)
        # No time at all is a value too: that of a zero date.
        day_text = _day_since_epoch(days) if seconds or fraction else _ZERO_DAY
        parts = (day_text, time // 3600, time // 60 % 60, time % 60)
        return form % ((*parts, fraction // unit) if size else parts), end

    return Field(read, 4 + size)


@lru_cache(_CACHED)
def _day_since_epoch(days: int) -> bytes:
    return (_EPOCH + timedelta(days=days)).isoformat().encode()


def duration(digits: int) -> Field:
    """Return what reads a TIME, which has a sign and up to 838 hours."""
    size, form, unit = _fraction(digits)
    bits = 8 * size
    form = form.removeprefix(b"%s ")

    def show(data: bytes) -> bytes:
        # One signed number, so a negative time's fraction counts backwards.
        value = int.from_bytes(data, "big") - (0x800000 << bits)
        sign = b"-" if value < 0 else b""
        whole, fraction = divmod(abs(value), 1 << bits)
        parts = (whole >> 12 & 1023, whole >> 6 & 63, whole & 63)
        return sign + form % ((*parts, fraction // unit) if size else parts)

    return _shown(3 + size, show)


def _fraction(digits: int) -> tuple[int, bytes, int]:
    """Return a fraction's bytes, the form of day and time with it, and its last digit's unit."""
    form = b"%s %02d:%02d:%02d"
    if not digits:
        return 0, form, 1
    # It is stored with an even number of digits.
    return (digits + 1) // 2, form + b".%%0%dd" % digits, 10 if digits % 2 else 1


def text(length_bytes: int, recode: Recode | None) -> Field:
    """Return what reads text after its length of 1 to 4 bytes."""

    def read_short(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 1 + data[start]
        value = data[start + 1 : end]
        if _SPECIAL(value):
            value = copy_text.escape(value)
        return value, end

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        begin = start + length_bytes
        end = begin + int.from_bytes(data[start:begin], "little")
        value = data[begin:end]
        return copy_text.escape(recode(value) if recode else value), end

    is_short = length_bytes == 1 and not recode
    return Field(read_short if is_short else read, length_bytes, is_fixed=False)


def binary(length_bytes: int, recode: Recode | None = None) -> Field:
    """Return what reads bytes after their length."""

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        begin = start + length_bytes
        end = begin + int.from_bytes(data[start:begin], "little")
        value = data[begin:end]
        return copy_text.escape_bytea(recode(value) if recode else value), end

    return Field(read, length_bytes, is_fixed=False)


def fixed(size: int, show: Callable[[bytes], str]) -> Field:
    """Return what reads a value stored as a BINARY of a size and shown as something else."""

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + 1 + data[start]
        # Zeros at its end are not stored.
        return show(data[start + 1 : end].ljust(size, b"\0")).encode(), end

    return Field(read, 1, is_fixed=False)


def enumerated(size: int, values: Sequence[bytes]) -> Field:
    """Return what reads an ENUM; 0 is what a value that it does not have became."""
    shown = [b"", *map(copy_text.escape, values)]
    return _shown(size, lambda value: shown[int.from_bytes(value, "little")])


def members(size: int, values: Sequence[bytes]) -> Field:
    """Return what reads a SET, as its members with commas."""
    shown = [copy_text.escape(value) for value in values]

    def show(value: bytes) -> bytes:
        mask = int.from_bytes(value, "little")
        return b",".join([member for bit, member in enumerate(shown) if mask >> bit & 1])

    return _shown(size, show)


def _shown(size: int, show: Callable[[bytes], bytes]) -> Field:
    """Return what reads a value of a fixed size."""

    def read(data: bytes, start: int) -> tuple[bytes, int]:
        end = start + size
        return show(data[start:end]), end

    return Field(read, size)
