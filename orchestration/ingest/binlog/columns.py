"""Columns of the log: the type each has in the shop and in raw, and what reads its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestration.errors import SoftcartError
from orchestration.ingest.binlog import fields
from orchestration.ingest.binlog.addresses import inet4_text, inet6_text, uuid_text
from orchestration.ingest.binlog.binary_json import json_text
from orchestration.ingest.binlog.charsets import BINARY, Charsets
from orchestration.ingest.binlog.compression import expanded
from orchestration.ingest.binlog.fields import Field, Recode
from orchestration.ingest.binlog.table_map import LoggedColumn, Type
from orchestration.ingest.mysql_types import MysqlColumn

# MariaDB logs these as BINARY columns: length and type.
_FIXED: Final[Mapping[str, tuple[int, Field]]] = {
    "uuid": (16, fields.fixed(16, uuid_text)),
    "inet4": (4, fields.fixed(4, inet4_text)),
    "inet6": (16, fields.fixed(16, inet6_text)),
}
_MOST_OF_ONE_BYTE: Final = 255
# By the bytes of a length.
_TEXTS: Final = {1: "tinytext", 2: "text", 3: "mediumtext", 4: "longtext"}
_BLOBS: Final = {1: "tinyblob", 2: "blob", 3: "mediumblob", 4: "longblob"}
# MariaDB declares every JSON so: LONGTEXT, utf8mb4_bin.
_JSON_COLLATION: Final = 46


@dataclass(frozen=True)
class ReadColumn:
    """A column as information_schema would tell it, and what reads its values."""

    column: MysqlColumn
    field: Field


@dataclass(frozen=True)
class ColumnReaders:
    """Finds what reads a column.

    Attributes:
        charsets: The server's.
        is_mariadb: Which product it is.
    """

    charsets: Charsets
    is_mariadb: bool

    def of(self, logged: LoggedColumn, declared: MysqlColumn | None) -> ReadColumn:
        """Return a column and what reads its values.

        Args:
            logged: The column in the log.
            declared: The column as it is now, if there is one of that name: what tells JSON and
                UUID of MariaDB from the LONGTEXT and BINARY as which they are logged.

        Raises:
            SoftcartError: The type cannot be read.
        """
        if logged.type in (Type.ENUM, Type.SET):
            return self._choice(logged)
        if logged.type in (Type.BLOB, Type.BLOB_COMPRESSED):
            return self._blob(logged, declared)
        if logged.type in (Type.VARCHAR, Type.VARCHAR_COMPRESSED):
            return self._varchar(logged)
        if logged.type == Type.STRING:
            return self._char(logged, declared)
        make = _SIMPLE.get(logged.type)
        if make is None:
            raise SoftcartError(
                f"Column {logged.name} has type {logged.type} in the log, which is not read",
                remedy="Change its type in the source; times of a table made before MySQL 5.6 get "
                "today's form by ALTER TABLE ... FORCE",
            )
        return make(logged)

    def _choice(self, logged: LoggedColumn) -> ReadColumn:
        charset = self.charsets.of(logged.collation)
        values = [charset.recode(value) if charset.recode else value for value in logged.values]
        is_enum = logged.type == Type.ENUM
        read = fields.enumerated if is_enum else fields.members
        name = "enum" if is_enum else "set"
        return ReadColumn(
            _column(logged, name, character_set=charset.name), read(logged.detail[1], values)
        )

    def _blob(self, logged: LoggedColumn, declared: MysqlColumn | None) -> ReadColumn:
        charset = self.charsets.of(logged.collation)
        size = logged.detail[0]
        expand = expanded if logged.type == Type.BLOB_COMPRESSED else None
        if charset.name == BINARY:
            return ReadColumn(_column(logged, _BLOBS[size]), fields.binary(size, expand))
        is_json = False
        if self.is_mariadb and size == max(_TEXTS):
            # Of a column that is gone, the form says enough.
            is_json = declared.is_json if declared else logged.collation == _JSON_COLLATION
        column = _column(logged, _TEXTS[size], character_set=charset.name, is_json=is_json)
        return ReadColumn(column, fields.text(size, _both(expand, charset.recode)))

    def _varchar(self, logged: LoggedColumn) -> ReadColumn:
        charset = self.charsets.of(logged.collation)
        most_bytes = int.from_bytes(logged.detail, "little")
        size = _length_bytes(most_bytes)
        expand = None
        if logged.type == Type.VARCHAR_COMPRESSED:
            expand = expanded
            most_bytes -= 1  # one more for the first byte, which says how it is compressed
        if charset.name == BINARY:
            return ReadColumn(_column(logged, "varbinary"), fields.binary(size, expand))
        length = most_bytes // charset.most_bytes
        column = _column(logged, "varchar", length=length, character_set=charset.name)
        return ReadColumn(column, fields.text(size, _both(expand, charset.recode)))

    def _char(self, logged: LoggedColumn, declared: MysqlColumn | None) -> ReadColumn:
        charset = self.charsets.of(logged.collation)
        most_bytes = int.from_bytes(logged.detail, "little")
        size = _length_bytes(most_bytes)
        if charset.name != BINARY:
            length = most_bytes // charset.most_bytes
            column = _column(logged, "char", length=length, character_set=charset.name)
            return ReadColumn(column, fields.text(size, charset.recode))
        kind = declared.data_type if declared else ""
        fixed_bytes, read = _FIXED.get(kind, (0, None))
        if read and fixed_bytes == most_bytes:
            return ReadColumn(_column(logged, kind), read)
        # It is stored without the zeros at its end.
        padded = fields.binary(size, lambda value: value.ljust(most_bytes, b"\0"))
        return ReadColumn(_column(logged, "binary"), padded)


def _length_bytes(most_bytes: int) -> int:
    return 1 if most_bytes <= _MOST_OF_ONE_BYTE else 2


def _both(first: Recode | None, second: Recode | None) -> Recode | None:
    if first and second:
        return lambda value: second(first(value))
    return first or second


def _column(logged: LoggedColumn, data_type: str, **details: Any) -> MysqlColumn:  # noqa: ANN401
    unknown = {"length": None, "precision": None, "scale": None, "character_set": None}
    return MysqlColumn(
        name=logged.name,
        data_type=data_type,
        column_type=f"{data_type} unsigned" if logged.is_unsigned else data_type,
        is_nullable=True,
        **{"is_json": False, **unknown, **details},
    )


def _integer(data_type: str, size: int) -> Callable[[LoggedColumn], ReadColumn]:
    def make(logged: LoggedColumn) -> ReadColumn:
        read = fields.integer(size, is_unsigned=logged.is_unsigned)
        return ReadColumn(_column(logged, data_type), read)

    return make


def _plain(data_type: str, read: Field) -> Callable[[LoggedColumn], ReadColumn]:
    return lambda logged: ReadColumn(_column(logged, data_type), read)


def _sized(
    data_type: str, reader: Callable[[int], Field], **details: object
) -> Callable[[LoggedColumn], ReadColumn]:
    """Make columns whose one byte of detail is a number of digits, or of a length's bytes."""
    return lambda logged: ReadColumn(
        _column(logged, data_type, **details), reader(logged.detail[0])
    )


def _decimal(logged: LoggedColumn) -> ReadColumn:
    precision, scale = logged.detail
    column = _column(logged, "decimal", precision=precision, scale=scale)
    return ReadColumn(column, fields.decimal(precision, scale))


def _bit(logged: LoggedColumn) -> ReadColumn:
    odd_bits, whole_bytes = logged.detail
    count = whole_bytes * 8 + odd_bits
    return ReadColumn(_column(logged, "bit", precision=count), fields.bits(count))


_SIMPLE: Final[Mapping[int, Callable[[LoggedColumn], ReadColumn]]] = {
    Type.TINY: _integer("tinyint", 1),
    Type.SHORT: _integer("smallint", 2),
    Type.INT24: _integer("mediumint", 3),
    Type.LONG: _integer("int", 4),
    Type.LONGLONG: _integer("bigint", 8),
    Type.FLOAT: _plain("float", fields.single()),
    Type.DOUBLE: _plain("double", fields.double()),
    Type.YEAR: _plain("year", fields.year()),
    Type.DATE: _plain("date", fields.day()),
    Type.DATETIME2: _sized("datetime", fields.datetime),
    Type.TIMESTAMP2: _sized("timestamp", fields.timestamp),
    Type.TIME2: _sized("time", fields.duration),
    Type.JSON: _sized("json", lambda size: fields.text(size, json_text), is_json=True),
    Type.GEOMETRY: _sized("geometry", fields.binary),
    Type.NEWDECIMAL: _decimal,
    Type.BIT: _bit,
}
