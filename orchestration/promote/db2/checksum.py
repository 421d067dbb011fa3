"""A checksum of rows that PostgreSQL and Db2 compute alike, from what the values are.

Each value has one text, whatever the engine would print; its length in front keeps neighbours
apart, and null is another text than the empty one. A row's digest is the MD5 of its values' texts,
and a range of rows has their number and the sum of the first 48 bits of their digests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, Protocol

import psycopg

from orchestration.promote.db2.connection import Db2Connection, query
from orchestration.promote.db2.ddl import Table, qualified, quoted
from orchestration.promote.db2.types import CLOB_PIECE, LONG_DIGITS, Db2Column
from orchestration.promote.ranges import DIGITS, SPAN, Range, joined

Sums = dict[Range, tuple[int, int]]
"""By range: number of rows, sum of their digests."""

# Of a long text, its length and so many pieces count.
_PIECES: Final = 4
# What one VARCHAR of Db2 may hold in all; a row of more is digested in groups.
_GROUP_OCTETS: Final = 30_000
_MOST_RANGES: Final = 100
_DIGEST_DIGITS: Final = 12


class Dialect(Protocol):
    """What the engines say differently."""

    def relation(self, table: Table) -> str:
        """Return the relation's name."""

    def name(self, column: Db2Column) -> str:
        """Return the column's name."""

    def integer(self, value: str) -> str:
        """Return the text of a whole number."""

    def shifted(self, value: str, digits: int) -> str:
        """Return the text of a decimal of at most 18 digits without its point."""

    def whole(self, value: str) -> str:
        """Return a decimal without what is behind its point."""

    def date(self, value: str) -> str:
        """Return the text of a date."""

    def timestamp(self, value: str) -> str:
        """Return the text of a timestamp."""

    def piece(self, value: str, start: int) -> str:
        """Return a piece of a long text."""

    def md5(self, text: str) -> str:
        """Return the digest of a text in lower case."""

    def number(self, digest: str) -> str:
        """Return the first digits of a digest as a number that can be summed."""


class OnPostgres:
    """PostgreSQL's words."""

    def relation(self, table: Table) -> str:
        """Return the relation's name."""
        return qualified(table.relation.schema, table.relation.name)

    def name(self, column: Db2Column) -> str:
        """Return the column's name."""
        return quoted(column.source)

    def integer(self, value: str) -> str:
        """Return the text of a whole number."""
        return f"cast({value} as text)"

    def shifted(self, value: str, digits: int) -> str:
        """Return the text of a decimal of at most 18 digits without its point."""
        return f"cast(cast({value} * {10**digits} as bigint) as text)"

    def whole(self, value: str) -> str:
        """Return a decimal without what is behind its point."""
        return f"cast(trunc({value}) as bigint)"

    def date(self, value: str) -> str:
        """Return the text of a date."""
        return f"to_char({value}, 'YYYY-MM-DD')"

    def timestamp(self, value: str) -> str:
        """Return the text of a timestamp."""
        return f"to_char({value}, 'YYYY-MM-DD HH24:MI:SS.US')"

    def piece(self, value: str, start: int) -> str:
        """Return a piece of a long text."""
        return f"substr({value}, {start}, {CLOB_PIECE})"

    def md5(self, text: str) -> str:
        """Return the digest of a text in lower case."""
        return f"md5({text})"

    def number(self, digest: str) -> str:
        """Return the first digits of a digest as a number that can be summed."""
        bits = _DIGEST_DIGITS * 4
        return f"cast(cast('x' || left({digest}, {_DIGEST_DIGITS}) as bit({bits})) as bigint)"


class OnDb2:
    """Db2's words."""

    def relation(self, table: Table) -> str:
        """Return the relation's name."""
        return table.name

    def name(self, column: Db2Column) -> str:
        """Return the column's name."""
        return quoted(column.name)

    def integer(self, value: str) -> str:
        """Return the text of a whole number."""
        return f"CAST({value} AS VARCHAR(20))"

    def shifted(self, value: str, digits: int) -> str:
        """Return the text of a decimal of at most 18 digits without its point."""
        return f"CAST(CAST({value} * {10**digits} AS BIGINT) AS VARCHAR(20))"

    def whole(self, value: str) -> str:
        """Return a decimal without what is behind its point."""
        return f"CAST({value} AS BIGINT)"

    def date(self, value: str) -> str:
        """Return the text of a date."""
        return f"VARCHAR_FORMAT({value}, 'YYYY-MM-DD')"

    def timestamp(self, value: str) -> str:
        """Return the text of a timestamp."""
        return f"VARCHAR_FORMAT({value}, 'YYYY-MM-DD HH24:MI:SS.NNNNNN')"

    def piece(self, value: str, start: int) -> str:
        """Return a piece of a long text."""
        piece = f"SUBSTRING({value}, {start}, {CLOB_PIECE}, CODEUNITS32)"
        return f"CAST({piece} AS VARCHAR({CLOB_PIECE} CODEUNITS32))"

    def md5(self, text: str) -> str:
        """Return the digest of a text in lower case."""
        return f"LOWER(HEX(HASH({text}, 0)))"

    def number(self, digest: str) -> str:
        """Return the first digits of a digest as a number that can be summed."""
        terms = (
            f"(LOCATE(SUBSTR({digest}, {place}, 1), '0123456789abcdef') - 1)"
            f" * CAST({16 ** (_DIGEST_DIGITS - place)} AS BIGINT)"
            for place in range(1, _DIGEST_DIGITS + 1)
        )
        return f"CAST({' + '.join(terms)} AS DECIMAL(31,0))"


_POSTGRES: Final = OnPostgres()
_DB2: Final = OnDb2()


def postgres_sums(
    connection: psycopg.Connection[Any], table: Table, ranges: Collection[Range] | None
) -> Sums:
    """Return the checksums of a relation on PostgreSQL, of some ranges or all."""
    statement = sums_query(table, _POSTGRES, ranges)
    return _sums(table, connection.execute(statement.encode()).fetchall())


def db2_sums(connection: Db2Connection, table: Table, ranges: Collection[Range] | None) -> Sums:
    """Return the checksums of a promoted table on Db2, of some ranges or all."""
    return _sums(table, query(connection, sums_query(table, _DB2, ranges)))


def sums_query(table: Table, dialect: Dialect, ranges: Collection[Range] | None) -> str:
    """Return the query of checksums by range."""
    where = f" where {condition}" if (condition := ranges_condition(table, dialect, ranges)) else ""
    return (
        f"select place, count(*) as row_count, sum({dialect.number('digest')}) as digest_sum"
        f" from (select {range_place(table, dialect)} as place,"
        f" {row_digest(table.columns, dialect)} as digest"
        f" from {dialect.relation(table)}{where}) as digested"
        " group by place"
    )


def touched_ranges_query(table: Table, source: str) -> str:
    """Return the query of PostgreSQL for the places of ranges that rows of `source` are in.

    Args:
        table: Whose rows.
        source: What stands behind FROM; has the columns that ranges go by.
    """
    return f"select distinct {range_place(table, _POSTGRES)} from {source}"


def range_column(table: Table) -> Db2Column | None:
    """Return the number that ranges go by, None if they go by a digest."""
    relation = table.relation
    names = (relation.state_key,) if relation.state_key else relation.key
    columns = [table.column(name) for name in names]
    return next((column for column in columns if column.kind == "integer"), None)


def range_place(table: Table, dialect: Dialect) -> str:
    """Return SQL for the range that a row is in."""
    number = range_column(table)
    if number is not None:
        return f"{dialect.name(number)} / {SPAN}"
    relation = table.relation
    names = (relation.state_key,) if relation.state_key else relation.key
    key = row_digest([table.column(name) for name in names], dialect)
    return f"substr({key}, 1, {DIGITS})"


def ranges_condition(
    table: Table, dialect: Dialect, ranges: Collection[Range] | None
) -> str | None:
    """Return SQL that is true of the rows in the ranges; None if all rows are to be read.

    Many ranges are read as all: by then that is as fast, and the statement stays short.
    """
    if ranges is None or len(ranges) > _MOST_RANGES:
        return None
    number = range_column(table)
    if number is not None:
        name = dialect.name(number)
        return " or ".join(f"{name} between {low} and {high}" for low, high in joined(ranges))
    places = ", ".join(f"'{each.place}'" for each in sorted(ranges))
    return f"{range_place(table, dialect)} in ({places})"


def row_digest(columns: Sequence[Db2Column], dialect: Dialect) -> str:
    """Return SQL for the digest of a row's values."""
    digests = [
        dialect.md5(" || ".join(_with_length(text) for text in group))
        for group in _groups(columns, dialect)
    ]
    return digests[0] if len(digests) == 1 else dialect.md5(" || ".join(digests))


def value_texts(column: Db2Column, dialect: Dialect) -> list[str]:
    """Return SQL for a value's texts: one, or several of a value that has parts."""
    value = dialect.name(column)
    match column.kind:
        case "integer":
            texts = [dialect.integer(value)]
        case "decimal" if column.digits <= LONG_DIGITS:
            texts = [dialect.shifted(value, column.scale)]
        case "decimal":
            whole = dialect.whole(value)
            texts = [dialect.integer(whole), dialect.shifted(f"({value} - {whole})", column.scale)]
        case "boolean":
            texts = [f"case when {value} is true then '1' when {value} is false then '0' end"]
        case "date":
            texts = [dialect.date(value)]
        case "timestamp":
            texts = [dialect.timestamp(value)]
        case "char":
            texts = [f"rtrim({value})"]
        case "text":
            texts = [value]
        case "clob":
            pieces = (dialect.piece(value, 1 + CLOB_PIECE * number) for number in range(_PIECES))
            texts = [dialect.integer(f"octet_length({value})"), *pieces]
    return texts


def _groups(columns: Sequence[Db2Column], dialect: Dialect) -> Iterator[list[str]]:
    """Yield the values' texts, so many at once as one VARCHAR holds."""
    group: list[str] = []
    octets = 0
    for column in columns:
        for text in value_texts(column, dialect):
            if group and octets + column.octets > _GROUP_OCTETS:
                yield group
                group, octets = [], 0
            group.append(text)
            octets += column.octets + len("12345:")
    yield group


def _with_length(text: str) -> str:
    length = f"cast(octet_length({text}) as varchar(10))"
    return f"coalesce({length} || ':' || {text}, '-')"


def _sums(table: Table, rows: Sequence[Sequence[Any]]) -> Sums:
    return {
        range_of(table, place): (int(count), int(digest_sum)) for place, count, digest_sum in rows
    }


def range_of(table: Table, place: object) -> Range:
    """Return the range that a place is of."""
    number = range_column(table)
    return Range(number.source if number else "", str(place))
