"""MySQL's binary JSON as the text that MySQL prints for it."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from typing import Final

from orchestration.ingest.binlog.numerals import DecimalForm, double_text

_SMALL_OBJECT: Final = 0
_LARGE_OBJECT: Final = 1
_SMALL_ARRAY: Final = 2
_LARGE_ARRAY: Final = 3
_LITERAL: Final = 4
_INTEGERS: Final = {5: "<h", 6: "<H", 7: "<i", 8: "<I", 9: "<q", 10: "<Q"}
_DOUBLE: Final = 11
_STRING: Final = 12
_OPAQUE: Final = 15
_LITERALS: Final = ("null", "true", "false")
# Kinds whose value stands in its entry, not behind the entries.
_INLINE_SMALL: Final = {_LITERAL, 5, 6}
_INLINE_LARGE: Final = _INLINE_SMALL | {7, 8}

# Types of columns, of values that JSON itself does not have.
_DATE: Final = 10
_TIME: Final = 11
_DATETIME: Final = 12
_TIMESTAMP: Final = 7
_DECIMAL: Final = 246


def json_text(data: bytes) -> bytes:
    """Return a document's text in UTF-8; of no bytes, `null`."""
    # A JSON column that was added as NOT NULL without a default has no bytes.
    return (_value(data[0], data, 1) if data else "null").encode()


def _value(kind: int, data: bytes, start: int) -> str:
    if kind <= _LARGE_ARRAY:
        return _container(kind, data, start)
    if kind == _LITERAL:
        return _LITERALS[data[start]]
    if kind in _INTEGERS:
        return str(struct.unpack_from(_INTEGERS[kind], data, start)[0])
    if kind == _DOUBLE:
        text = double_text(struct.unpack_from("<d", data, start)[0])
        return text if "." in text or "e" in text else f"{text}.0"
    if kind == _STRING:
        size, start = _length(data, start)
        return _quoted(data[start : start + size])
    if kind == _OPAQUE:
        size, begin = _length(data, start + 1)
        return _opaque(data[start], data[begin : begin + size])
    raise ValueError(f"JSON of kind {kind}")


def _container(kind: int, data: bytes, start: int) -> str:
    is_large = kind in (_LARGE_OBJECT, _LARGE_ARRAY)
    is_object = kind in (_SMALL_OBJECT, _LARGE_OBJECT)
    offset, width = (struct.Struct("<I"), 4) if is_large else (struct.Struct("<H"), 2)
    inline = _INLINE_LARGE if is_large else _INLINE_SMALL
    (count,) = offset.unpack_from(data, start)
    entries = start + 2 * width
    names = []
    if is_object:
        for entry in range(entries, entries + count * (width + 2), width + 2):
            begin = start + offset.unpack_from(data, entry)[0]
            (size,) = struct.unpack_from("<H", data, entry + width)
            names.append(_quoted(data[begin : begin + size]))
        entries += count * (width + 2)
    values = []
    for entry in range(entries, entries + count * (width + 1), width + 1):
        of_entry = data[entry]
        place = entry + 1
        if of_entry not in inline:
            place = start + offset.unpack_from(data, place)[0]
        values.append(_value(of_entry, data, place))
    if not is_object:
        return f"[{', '.join(values)}]"
    return (
        "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True)) + "}"
    )


def _length(data: bytes, start: int) -> tuple[int, int]:
    """Return a length of seven bits a byte, the lowest first, and where it ends."""
    length = shift = 0
    while True:
        byte = data[start]
        start += 1
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return length, start
        shift += 7


def _quoted(text: bytes) -> str:
    return json.dumps(text.decode(), ensure_ascii=False)


def _opaque(kind: int, data: bytes) -> str:
    if kind == _DECIMAL:
        precision, scale = data[0], data[1]
        return DecimalForm(precision, scale).text(data[2:]).decode()
    if kind in (_DATE, _DATETIME, _TIMESTAMP, _TIME):
        return f'"{_time_text(kind, struct.unpack("<q", data)[0])}"'
    return f'"base64:type{kind}:{b64encode(data).decode()}"'


def _time_text(kind: int, packed: int) -> str:
    sign = "-" if packed < 0 else ""
    whole, fraction = divmod(abs(packed), 1 << 24)
    hours = whole >> 12 & (1023 if kind == _TIME else 31)
    clock = f"{hours:02d}:{whole >> 6 & 63:02d}:{whole & 63:02d}"
    if kind == _TIME:
        return f"{sign}{clock}.{fraction:06d}"
    years, months = divmod(whole >> 22, 13)
    day = f"{years:04d}-{months:02d}-{whole >> 17 & 31:02d}"
    return day if kind == _DATE else f"{day} {clock}.{fraction:06d}"
