"""PostgreSQL's types on Db2: exactly the same values, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from orchestration.errors import SoftcartError
from orchestration.promote.refined import Column, Relation

Kind = Literal["integer", "decimal", "text", "char", "clob", "boolean", "date", "timestamp"]

CLOB_PIECE: Final = 8_000
"""Characters of a long text that one VARCHAR can hold, each of up to four bytes."""

LONG_DIGITS: Final = 18
"""Digits that any BIGINT holds."""

_VARCHAR_OCTETS: Final = 32_672
_CHAR_OCTETS: Final = 255
_UTF8_OCTETS: Final = 4
# A key needs a length. Those without one in PostgreSQL are digests; four times this fits an index
# on pages of 8 KB.
_KEY_CHARACTERS: Final = 255
_DECIMAL_DIGITS: Final = 31


@dataclass(frozen=True)
class Db2Column:
    """A column on both engines.

    Attributes:
        source: Its name in PostgreSQL.
        name: Its name on Db2.
        type: Its type there, as DDL.
        kind: What its values are.
        digits: Of a decimal, all of them.
        scale: Of a decimal, those behind the point.
        octets: Upper bound of its values' size as text, in bytes.
        is_required: Whether it is never null.
        description: What it holds.
    """

    source: str
    name: str
    type: str
    kind: Kind
    digits: int = 0
    scale: int = 0
    octets: int = 40
    is_required: bool = False
    description: str = ""


def db2_columns(relation: Relation) -> tuple[Db2Column, ...]:
    """Return a relation's columns as they are on Db2.

    Raises:
        SoftcartError: A column's type has no counterpart that holds every value exactly.
    """
    return tuple(_db2_column(relation, column) for column in relation.columns)


def _db2_column(relation: Relation, column: Column) -> Db2Column:
    is_key = column.name in relation.key
    for pattern, make in _TYPES.items():
        if (match := re.fullmatch(pattern, column.type)) and (
            made := make([int(digits) for digits in match.groups()], is_key)
        ):
            return replace(
                made,
                source=column.name,
                name=column.name.upper(),
                is_required=is_key,
                description=column.description,
            )
    raise SoftcartError(
        f"Column {column.name} of {relation} has the type {column.type}, which Db2 cannot hold "
        "exactly",
        remedy="Cast it in the model, a number to numeric(p,s) of at most 31 digits; drop a "
        "snapshot that has the old type, dbt makes it again as it was",
    )


_Make = Callable[[list[int], bool], Db2Column | None]


def _exactly(type_: str, kind: Kind) -> _Make:
    def make(numbers: list[int], is_key: bool) -> Db2Column:
        return Db2Column("", "", type_, kind)

    return make


def _text(numbers: list[int], is_key: bool) -> Db2Column | None:
    # VARCHAR(n) of PostgreSQL is n characters; on Db2 it is n bytes unless the unit is said.
    characters = numbers[0] if numbers else _KEY_CHARACTERS if is_key else _VARCHAR_OCTETS
    octets = characters * _UTF8_OCTETS
    if octets <= _VARCHAR_OCTETS:
        return Db2Column("", "", f"VARCHAR({characters} CODEUNITS32)", "text", octets=octets)
    return None if is_key else Db2Column("", "", "CLOB(64M)", "clob", octets=_VARCHAR_OCTETS)


def _char(numbers: list[int], is_key: bool) -> Db2Column | None:
    (length,) = numbers
    fits = length <= _CHAR_OCTETS
    return Db2Column("", "", f"CHAR({length})", "char", octets=length) if fits else None


def _decimal(numbers: list[int], is_key: bool) -> Db2Column | None:
    digits, scale = numbers
    fits = digits <= _DECIMAL_DIGITS and scale <= LONG_DIGITS and 0 <= digits - scale <= LONG_DIGITS
    type_ = f"DECIMAL({digits},{scale})"
    return Db2Column("", "", type_, "decimal", digits=digits, scale=scale) if fits else None


_TYPES: Final[dict[str, _Make]] = {
    "bigint": _exactly("BIGINT", "integer"),
    "integer": _exactly("INTEGER", "integer"),
    "smallint": _exactly("SMALLINT", "integer"),
    "boolean": _exactly("BOOLEAN", "boolean"),
    "date": _exactly("DATE", "date"),
    r"timestamp(?:\(\d\))? without time zone": _exactly("TIMESTAMP(6)", "timestamp"),
    r"character varying\((\d+)\)": _text,
    "character varying|text": _text,
    r"character\((\d+)\)": _char,
    r"numeric\((\d+),(\d+)\)": _decimal,
}
