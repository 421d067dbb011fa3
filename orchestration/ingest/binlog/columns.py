"""Columns of the log: the type each has in the shop and in raw, and what reads its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestration.errors import SoftcartError
from orchestration.ingest.binlog import fields
from orchestration.ingest.binlog.charsets import BINARY, Charsets
from orchestration.ingest.binlog.fields import Field
from orchestration.ingest.binlog.table_map import LoggedColumn, Type
from orchestration.ingest.mysql_types import MysqlColumn

# MariaDB logs these as BINARY columns: length and type.
_FIXED: Final[Mapping[str, tuple[int, Field]]] = {
    "uuid": (16, fields.uuid),
    "inet4": (4, fields.inet4),
    "inet6": (16, fields.inet6),
}
# By the bytes of a length.
_TEXTS: Final = {1: "tinytext", 2: "text", 3: "mediumtext", 4: "longtext"}
_BLOBS: Final = {1: "tinyblob", 2: "blob", 3: "mediumblob", 4: "longblob"}
# MariaDB declares every JSON so: LONGTEXT, utf8mb4_bin.
_JSON_COLLATION: Final = 46


@dataclass(frozen=True)
class ReadColumn:
    """A column as information_schema would tell it, and what reads its values."""

    column: MysqlColumn
    read: Field


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
        if logged.type == Type.BLOB:
            return self._blob(logged, declared)
        if logged.type in (Type.STRING, Type.VARCHAR, Type.VAR_STRING):
            return self._string(logged, declared)
        make = _SIMPLE.get(logged.type)
        if make is None:
            raise SoftcartError(
                f"Column {logged.name} has type {logged.type} in the log, which is not read",
                remedy="Change its type in the source; times of a table made before MySQL 5.6 get "
                "today's form by ALTER TABLE ... FORCE, and MariaDB's must not be COMPRESSED",
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
        if charset.name == BINARY:
            return ReadColumn(_column(logged, _BLOBS[size]), fields.binary(size))
        is_json = False
        if self.is_mariadb and size == max(_TEXTS):
            # Of a column that is gone, the form says enough.
            is_json = declared.is_json if declared else logged.collation == _JSON_COLLATION
        column = _column(logged, _TEXTS[size], character_set=charset.name, is_json=is_json)
        return ReadColumn(column, fields.text(size, charset.recode))

    def _string(self, logged: LoggedColumn, declared: MysqlColumn | None) -> ReadColumn:
        charset = self.charsets.of(logged.collation)
        most_bytes = int.from_bytes(logged.detail, "little")
        length_bytes = 1 if most_bytes.bit_length() <= 8 else 2  # noqa: PLR2004
        is_fixed = logged.type == Type.STRING
        if charset.name != BINARY:
            column = _column(
                logged,
                "char" if is_fixed else "varchar",
                length=most_bytes // charset.most_bytes,
                character_set=charset.name,
            )
            return ReadColumn(column, fields.text(length_bytes, charset.recode))
        if not is_fixed:
            return ReadColumn(_column(logged, "varbinary"), fields.binary(length_bytes))
        kind = declared.data_type if declared else ""
        size, read = _FIXED.get(kind, (0, None))
        if read and size == most_bytes:
            return ReadColumn(_column(logged, kind), read)
        return ReadColumn(_column(logged, "binary"), fields.binary(length_bytes, most_bytes))


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
    Type.FLOAT: _plain("float", fields.single),
    Type.DOUBLE: _plain("double", fields.double),
    Type.YEAR: _plain("year", fields.year),
    Type.DATE: _plain("date", fields.day),
    Type.DATETIME2: _sized("datetime", fields.datetime),
    Type.TIMESTAMP2: _sized("timestamp", fields.timestamp),
    Type.TIME2: _sized("time", fields.duration),
    Type.JSON: _sized("json", fields.json, is_json=True),
    Type.GEOMETRY: _sized("geometry", fields.binary),
    Type.NEWDECIMAL: _decimal,
    Type.BIT: _bit,
}
