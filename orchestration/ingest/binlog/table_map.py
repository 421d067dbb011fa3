"""TABLE_MAP events: a table as it was when the rows that follow were written."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from orchestration.ingest.binlog.events import HEADER_BYTES


class Type(IntEnum):
    """Types of columns in the log."""

    TINY = 1
    SHORT = 2
    LONG = 3
    FLOAT = 4
    DOUBLE = 5
    LONGLONG = 8
    INT24 = 9
    DATE = 10
    YEAR = 13
    VARCHAR = 15
    BIT = 16
    TIMESTAMP2 = 17
    DATETIME2 = 18
    TIME2 = 19
    BLOB_COMPRESSED = 140
    VARCHAR_COMPRESSED = 141
    JSON = 245
    NEWDECIMAL = 246
    ENUM = 247
    SET = 248
    BLOB = 252
    STRING = 254
    GEOMETRY = 255


# Bytes that TABLE_MAP has on a column of a type; of others, none.
_DETAIL_BYTES: Final = {
    Type.FLOAT: 1,
    Type.DOUBLE: 1,
    Type.VARCHAR: 2,
    Type.BIT: 2,
    Type.TIMESTAMP2: 1,
    Type.DATETIME2: 1,
    Type.TIME2: 1,
    Type.JSON: 1,
    Type.NEWDECIMAL: 2,
    Type.ENUM: 2,
    Type.SET: 2,
    Type.BLOB: 1,
    Type.STRING: 2,
    Type.GEOMETRY: 1,
    Type.BLOB_COMPRESSED: 1,
    Type.VARCHAR_COMPRESSED: 2,
    242: 1,  # a VECTOR of MySQL
}
_NUMBERS: Final = {
    Type.TINY,
    Type.SHORT,
    Type.INT24,
    Type.LONG,
    Type.LONGLONG,
    Type.NEWDECIMAL,
    Type.FLOAT,
    Type.DOUBLE,
    Type.YEAR,
}
# That have a collation. To MariaDB a geometry is a BLOB.
_STRINGS: Final = {Type.STRING, Type.VARCHAR, Type.BLOB}
_MARIADB_STRINGS: Final = {
    *_STRINGS,
    Type.GEOMETRY,
    Type.BLOB_COMPRESSED,
    Type.VARCHAR_COMPRESSED,
}
_CHOICES: Final = {Type.ENUM, Type.SET}

# Kinds of optional metadata.
_SIGNEDNESS: Final = 1
_DEFAULT_CHARSET: Final = 2
_COLUMN_CHARSET: Final = 3
_COLUMN_NAME: Final = 4
_SET_VALUES: Final = 5
_ENUM_VALUES: Final = 6
_PRIMARY_KEY: Final = 8
_PRIMARY_KEY_OF_PREFIXES: Final = 9
_CHOICE_DEFAULT_CHARSET: Final = 10
_CHOICE_COLUMN_CHARSET: Final = 11

# How many bytes follow which first byte of a number of variable length; others are the number.
_LENENC_BYTES: Final = {0xFC: 2, 0xFD: 3, 0xFE: 8}


@dataclass(slots=True)
class LoggedColumn:
    """A column of a table in the log.

    Attributes:
        type: A `Type`, or a number that is none.
        detail: What TABLE_MAP has on it: a length, digits, and so on.
        name: Its name, empty when the server does not write it.
        is_unsigned: Of numbers.
        collation: Number of its collation, of text; 63 of bytes.
        values: Of an ENUM or SET.
    """

    type: int
    detail: bytes
    name: str = ""
    is_unsigned: bool = False
    collation: int = 0
    values: tuple[bytes, ...] = ()


@dataclass(slots=True)
class TableMap:
    """A table in the log.

    Attributes:
        database: Its database.
        name: Its name.
        columns: In order.
        key: Indices of the primary key's columns.
    """

    database: str
    name: str
    columns: list[LoggedColumn] = field(default_factory=list)
    key: tuple[int, ...] = ()

    @property
    def has_names(self) -> bool:
        """Whether the server wrote full metadata."""
        return all(column.name for column in self.columns)


def map_names(event: bytes) -> tuple[str, str]:
    """Return database and table of a TABLE_MAP event."""
    start = HEADER_BYTES + 8
    middle = start + 1 + event[start]
    end = middle + 2 + event[middle + 1]
    return event[start + 1 : middle].decode(), event[middle + 2 : end].decode()


def read_table_map(event: bytes, *, is_mariadb: bool) -> TableMap:
    """Read a TABLE_MAP event."""
    database, name = map_names(event)
    start = HEADER_BYTES + 8
    start += event[start] + 2
    start += event[start] + 2
    count, start = lenenc(event, start)
    types = event[start : start + count]
    detail_bytes, start = lenenc(event, start + count)
    details = event[start : start + detail_bytes]
    start += detail_bytes + (count + 7) // 8
    table = TableMap(database, name, _columns(types, details))
    while start < len(event):
        kind = event[start]
        size, start = lenenc(event, start + 1)
        _take(table, kind, event[start : start + size], is_mariadb=is_mariadb)
        start += size
    return table


def lenenc(data: bytes, start: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    first = data[start]
    size = _LENENC_BYTES.get(first)
    if size is None:
        return first, start + 1
    end = start + 1 + size
    return int.from_bytes(data[start + 1 : end], "little"), end


def _columns(types: bytes, details: bytes) -> list[LoggedColumn]:
    columns = []
    start = 0
    for kind in types:
        end = start + _DETAIL_BYTES.get(kind, 0)
        detail = details[start:end]
        start = end
        if kind == Type.STRING:
            columns.append(_fixed_string(detail))
        else:
            columns.append(LoggedColumn(kind, detail))
    return columns


def _fixed_string(detail: bytes) -> LoggedColumn:
    """Tell apart what all is called STRING: a CHAR, an ENUM and a SET."""
    kind, length = detail
    if kind in _CHOICES:
        return LoggedColumn(kind, detail)
    # Two bits of a length that does not fit a byte are hidden, inverted, in the type.
    length |= ((kind & 0x30) ^ 0x30) << 4
    return LoggedColumn(Type.STRING, struct.pack("<H", length))


def _take(table: TableMap, kind: int, data: bytes, *, is_mariadb: bool) -> None:
    columns = table.columns
    strings = _MARIADB_STRINGS if is_mariadb else _STRINGS
    if kind == _SIGNEDNESS:
        numbers = [column for column in columns if column.type in _NUMBERS]
        for index, column in enumerate(numbers):
            column.is_unsigned = bool(data[index // 8] & (0x80 >> index % 8))
    elif kind in (_DEFAULT_CHARSET, _COLUMN_CHARSET):
        _set_collations([column for column in columns if column.type in strings], kind, data)
    elif kind in (_CHOICE_DEFAULT_CHARSET, _CHOICE_COLUMN_CHARSET):
        _set_collations(
            [column for column in columns if column.type in _CHOICES],
            _DEFAULT_CHARSET if kind == _CHOICE_DEFAULT_CHARSET else _COLUMN_CHARSET,
            data,
        )
    elif kind == _COLUMN_NAME:
        for column, name in zip(columns, _strings(data), strict=True):
            column.name = name.decode()
    elif kind in (_SET_VALUES, _ENUM_VALUES):
        wanted = Type.SET if kind == _SET_VALUES else Type.ENUM
        start = 0
        for column in columns:
            if column.type == wanted:
                count, start = lenenc(data, start)
                values = []
                for _ in range(count):
                    size, start = lenenc(data, start)
                    values.append(data[start : start + size])
                    start += size
                column.values = tuple(values)
    elif kind == _PRIMARY_KEY:
        table.key = tuple(_numbers(data))
    elif kind == _PRIMARY_KEY_OF_PREFIXES:
        table.key = tuple(_numbers(data)[::2])  # each with the prefix's length


def _set_collations(columns: list[LoggedColumn], kind: int, data: bytes) -> None:
    numbers = _numbers(data)
    if kind == _COLUMN_CHARSET:
        for column, collation in zip(columns, numbers, strict=True):
            column.collation = collation
        return
    for column in columns:
        column.collation = numbers[0]
    for index, collation in zip(numbers[1::2], numbers[2::2], strict=True):
        columns[index].collation = collation


def _numbers(data: bytes) -> list[int]:
    numbers, start = [], 0
    while start < len(data):
        number, start = lenenc(data, start)
        numbers.append(number)
    return numbers


def _strings(data: bytes) -> list[bytes]:
    strings, start = [], 0
    while start < len(data):
        size, start = lenenc(data, start)
        strings.append(data[start : start + size])
        start += size
    return strings
