r"""MySQL types: what each becomes in raw, and the SQL with which the server writes it as COPY text.

The server formats whole lines, Python only moves them. The expressions run under a session that
`mysql_reader` has prepared: UTC, utf8mb4, an empty sql_mode.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestration.errors import SoftcartError
from orchestration.ingest import copy_text
from orchestration.ingest.batch import Column

# In order: backslash must be doubled before the others add theirs.
_ESCAPES: Final = ((r"\\", r"\\\\"), (r"\t", r"\\t"), (r"\n", r"\\n"), (r"\r", r"\\r"))

_INTEGERS: Final = {
    # MySQL type: (signed, unsigned)
    "tinyint": ("smallint", "smallint"),
    "smallint": ("smallint", "integer"),
    "mediumint": ("integer", "integer"),
    "int": ("integer", "bigint"),
    "bigint": ("bigint", "numeric(20,0)"),
}
_FLOATS: Final = {"float": "real", "double": "double precision"}
_TEXTS: Final = {"tinytext", "text", "mediumtext", "longtext", "enum", "set"}
_BYTES: Final = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_GEOMETRIES: Final = {
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
}
_ADDRESSES: Final = {"uuid": "uuid", "inet4": "text", "inet6": "text"}
# SQL of the values of types that need some.
_FORMS: Final = {
    "bit": "{} + 0",
    # As text a FLOAT has six digits; times one it is a DOUBLE, which prints enough of them.
    # Adding zero instead would turn -0 into 0.
    "float": "{} * 1e0",
    "json": "cast(cast({} as char character set utf8mb4) as binary)",
    # Else the mark of a NULL would have to be an address too, and become none.
    **dict.fromkeys(_ADDRESSES, "cast({} as char character set utf8mb4)"),
}
# Types whose raw type depends on nothing but their name.
_FIXED: Final = {
    "date": "date",
    "datetime": "timestamp(6) without time zone",
    "timestamp": "timestamp with time zone",
    # A signed duration of up to 838 hours, so not a time of day.
    "time": "interval",
    "year": "smallint",
    "char": "text",  # of no length
    "varchar": "text",
    **_ADDRESSES,
    **_FLOATS,
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_BYTES | _GEOMETRIES, "bytea"),
}
# Character sets whose bytes are UTF-8 as they are.
_UTF8: Final = {"utf8mb4", "utf8mb3", "utf8", "ascii"}
_BIT_MOST_OF_BIGINT: Final = 63
_MOST_BYTES_TO_FORMAT: Final = 64 * 1024
# Of max_allowed_packet, the end of any string: twice 64 KB, and twice a VARCHAR's most bytes.
LEAST_PACKET_BYTES: Final = 512 * 1024


@dataclass(frozen=True)
class MysqlColumn:
    """A column as information_schema tells it.

    Attributes:
        name: Its name.
        data_type: Its type's name alone, such as `decimal`.
        column_type: The type as declared, such as `decimal(16,4) unsigned`.
        length: Most characters of a text type, else None.
        precision: Digits of a number, bits of a BIT, else None.
        scale: Digits after the point, else None.
        character_set: Of a text type, else None.
        is_nullable: Whether NULL may occur.
        is_json: MySQL's JSON, or MariaDB's, which is a LONGTEXT under a json_valid() check.
    """

    name: str
    data_type: str
    column_type: str
    length: int | None
    precision: int | None
    scale: int | None
    character_set: str | None
    is_nullable: bool
    is_json: bool

    @property
    def raw(self) -> Column:
        """The raw column.

        Raises:
            SoftcartError: There is no mapping for the type.
        """
        return Column(self.name, self._raw_type())

    def _raw_type(self) -> str:
        kind = self.data_type
        raw = _FIXED.get(kind)
        if self.is_json:
            raw = "jsonb"
        elif kind in _INTEGERS:
            raw = _INTEGERS[kind]["unsigned" in self.column_type]
        elif kind == "bit":
            raw = "bigint" if (self.precision or 1) <= _BIT_MOST_OF_BIGINT else "numeric(20,0)"
        elif kind == "decimal":
            raw = f"numeric({self.precision},{self.scale or 0})"
        elif kind in ("char", "varchar") and self.length:
            raw = f"character varying({self.length})"
        if raw is None:
            raise SoftcartError(
                f"Column {self.name} has the type {kind}, which has no raw type",
                remedy="Change its type in the source, or copy the other tables with --table",
            )
        return raw

    @property
    def length_if_long(self) -> str | None:
        """SQL of the value's bytes, if there can be many; None for types of bounded size."""
        if self.is_json or self.data_type in _TEXTS | _BYTES | _GEOMETRIES:
            return f"coalesce(length({self._identifier}), 0)"
        return None

    @property
    def _identifier(self) -> str:
        return quote(self.name)

    @property
    def _is_bytes(self) -> bool:
        return self.data_type in _BYTES | _GEOMETRIES

    @property
    def _needs_escapes(self) -> bool:
        if self.data_type in ("enum", "set"):
            return re.search(r"[\\\t\n\r]", self.column_type) is not None
        return self.is_json or self.data_type in _TEXTS | {"char", "varchar"}

    @property
    def value(self) -> str:
        """SQL of the value's bytes: UTF-8 text that PostgreSQL can read, or a BLOB as it is."""
        name = self._identifier
        if form := _FORMS.get(self.data_type):
            return form.format(name)
        if self.character_set and self.character_set not in _UTF8:
            return f"cast(convert({name} using utf8mb4) as binary)"
        if self.character_set:
            # Of text, replace() would go character by character.
            return f"cast({name} as binary)"
        return name

    @property
    def field(self) -> str:
        """SQL of the value as a field of a COPY line."""
        text = self.value
        if self._is_bytes:
            text = rf"concat('\\\\x', hex({text}))"
        elif self._needs_escapes:
            for plain, escaped in _ESCAPES:
                text = f"replace({text}, '{plain}', '{escaped}')"
        if not self.is_nullable:
            return text
        # Not ifnull(text, ...): that would take a value too long for the server for a NULL.
        return rf"if({self._identifier} is null, '\\N', {text})"

    @property
    def stored(self) -> str:
        """SQL of what `value` is, however long: no function whose result has a limit."""
        is_string = self.character_set or self.is_json or self._is_bytes
        return self._identifier if is_string else self.value

    def escape(self, value: bytes | None) -> bytes:
        """Return the bytes that `stored` selects as a field of a COPY line."""
        if value is None:
            return copy_text.NULL
        return copy_text.escape_bytea(value) if self._is_bytes else copy_text.escape(value)


def quote(identifier: str) -> str:
    """Return a MySQL identifier in backticks."""
    return "`" + identifier.replace("`", "``") + "`"


def line_expression(columns: Sequence[MysqlColumn]) -> str:
    """Return SQL of a whole COPY line with its newline.

    It is NULL for a row with more than 64 KB in values without a bound, and only then: the server's
    replace() takes time by the square of a value's length, and its strings have an end. Fields of
    other rows are never NULL, given the `LEAST_PACKET_BYTES`, so concat_ws() leaves none out.
    """
    *fields, last = (column.field for column in columns)
    separated = ", ".join([*fields, rf"concat({last}, '\n')"])
    line = rf"concat_ws('\t', {separated})"
    lengths = [length for column in columns if (length := column.length_if_long)]
    if not lengths:
        return line
    return f"if({' + '.join(lengths)} > {_MOST_BYTES_TO_FORMAT}, null, {line})"
