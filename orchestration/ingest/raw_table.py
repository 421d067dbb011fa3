"""Raw tables: made when a source table appears, and changed when it changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg import sql

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import (
    DELETED_AT,
    HISTORY_SUFFIX,
    LOADED_AT,
    RESERVED_COLUMNS,
    Column,
    TableSchema,
)
from orchestration.warehouse.views import views_aside

_COLUMNS = """
select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
from pg_attribute as attribute
where attribute.attrelid = to_regclass(%s) and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum
"""

_KEY = """
select attribute.attname
from pg_index as index
cross join lateral unnest(index.indkey) with ordinality as part (attnum, place)
inner join pg_attribute as attribute
    on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum
where index.indrelid = to_regclass(%s) and index.indisprimary
order by part.place
"""

# Digits that the whole part of each integer type may have.
_INTEGER_DIGITS: Final = {"smallint": 5, "integer": 10, "bigint": 19}
_INTEGERS: Final = list(_INTEGER_DIGITS)
_FLOATS: Final = ["real", "double precision"]
_NUMERIC: Final = re.compile(r"numeric\((\d+),(\d+)\)")
_VARCHAR: Final = re.compile(r"character varying\((\d+)\)")


class NoRawTableError(SoftcartError):
    """Raw does not have a table that only a copy can make."""


@dataclass(frozen=True)
class RawTable:
    """A raw table as it stands in PostgreSQL.

    Attributes:
        schema: The source's columns that raw has too, in the reader's order, with raw's types.
        is_new: Made in this transaction, without rows and without its primary key yet.
        dropped: Columns that the source no longer has; they become NULL.
        changes: What was changed to fit the source, in words.
    """

    schema: TableSchema
    is_new: bool
    dropped: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def name(self) -> sql.Identifier:
        """The table's qualified name."""
        return sql.Identifier(self.schema.schema, self.schema.name)

    @property
    def types(self) -> dict[str, str]:
        """Types of the source's columns by name, in the reader's order."""
        return {column.name: column.type for column in self.schema.columns}

    @property
    def column_names(self) -> list[str]:
        """Names of the source's columns, in the reader's order."""
        return list(self.types)

    @property
    def columns(self) -> list[sql.Identifier]:
        """The source's columns, in the reader's order."""
        return [sql.Identifier(name) for name in self.types]

    def casts(self, names: Iterable[str]) -> Iterator[sql.Composed]:
        """Yield columns, staged as text, with their types."""
        for name in names:
            yield sql.SQL("cast({} as {})").format(sql.Identifier(name), sql.SQL(self.types[name]))


def comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Return SQL joined by commas."""
    return sql.SQL(", ").join(parts)


def fit(connection: psycopg.Connection[Any], table: TableSchema) -> RawTable:
    """Make the raw table fit the source: create it, add columns, widen types.

    Args:
        connection: In a transaction.
        table: The source's shape.

    Raises:
        SoftcartError: The source has changed in a way that raw's data cannot follow.
    """
    if table.name.endswith(HISTORY_SUFFIX):
        raise SoftcartError(
            f"Table {table} has a name that raw keeps for the history of a table",
            remedy=f"Give it one in the shop that does not end in {HISTORY_SUFFIX}",
        )
    name = sql.Identifier(table.schema, table.name)
    existing = column_types(connection, name)
    if not existing:
        _create(connection, name, table)
        return RawTable(table, is_new=True, dropped=(), changes=("table is new",))
    key = _key(connection, name)
    if key != table.key:
        raise _incompatible(
            table, f"its primary key is now ({', '.join(table.key)}), was ({', '.join(key)})"
        )
    changes: list[str] = []
    widened: list[tuple[Column, str]] = []
    columns: list[Column] = []
    for column in table.columns:
        had = existing.get(column.name)
        if had is None:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    name, sql.Identifier(column.name), sql.SQL(column.type)
                )
            )
            changes.append(f"column {column.name} is new")
        elif had == "text" or holds(had, column.type):
            # A raw column may be wider than the source's, and text holds every type's COPY text.
            column = replace(column, type=had)  # noqa: PLW2901
        elif holds(column.type, had):
            widened.append((column, had))
        else:
            raise _incompatible(table, f"column {column.name} is now {column.type}, was {had}")
        columns.append(column)
    if widened:
        widen(connection, name, [column for column, _ in widened])
        changes += [
            f"column {column.name} widens from {had} to {column.type}" for column, had in widened
        ]
    dropped = tuple(existing.keys() - {column.name for column in columns} - RESERVED_COLUMNS)
    table = replace(table, columns=tuple(columns))
    return RawTable(table, is_new=False, dropped=dropped, changes=tuple(changes))


def as_stored(connection: psycopg.Connection[Any], source: str, name: str) -> RawTable:
    """Return a raw table as PostgreSQL has it, whatever its source looks like now.

    Raises:
        NoRawTableError: There is no such table.
    """
    table = TableSchema(source, name, (), ())
    identifier = sql.Identifier(table.schema, name)
    existing = column_types(connection, identifier)
    if not existing:
        raise no_raw_table(table)
    columns = tuple(
        Column(column, type_)
        for column, type_ in existing.items()
        if column not in RESERVED_COLUMNS
    )
    key = _key(connection, identifier)
    return RawTable(TableSchema(source, name, columns, key), is_new=False, dropped=(), changes=())


def no_raw_table(table: TableSchema) -> NoRawTableError:
    """Return what to tell of a table that raw does not have."""
    return NoRawTableError(
        f"There is no raw table {table.schema}.{table.name}",
        remedy=f"Make it by copying it: `softcart ingest --table {table.name}`",
    )


def add_primary_key(connection: psycopg.Connection[Any], table: RawTable) -> None:
    """Give a new table its primary key: after the first rows, for that is faster."""
    connection.execute(
        sql.SQL("alter table {} add primary key ({})").format(
            table.name, comma(map(sql.Identifier, table.schema.key))
        )
    )


def column_types(connection: psycopg.Connection[Any], name: sql.Identifier) -> dict[str, str]:
    """Return a table's columns and their types, in its own order; none if it is not there."""
    return dict(connection.execute(_COLUMNS, (name.as_string(connection),)).fetchall())


def widen(connection: psycopg.Connection[Any], name: sql.Identifier, columns: list[Column]) -> None:
    """Give columns of a table other types; views over it are made again."""
    alterations = [
        sql.SQL("alter column {} type {}").format(sql.Identifier(column.name), sql.SQL(column.type))
        for column in columns
    ]
    with views_aside(connection, name):
        connection.execute(sql.SQL("alter table {} {}").format(name, comma(alterations)))


def holds(wide: str, narrow: str) -> bool:
    """Return whether every value of PostgreSQL type `narrow` is a value of `wide`, unchanged."""
    # Microseconds are what a timestamp has anyway.
    wide, narrow = (
        wide.replace("timestamp(6)", "timestamp"),
        narrow.replace("timestamp(6)", "timestamp"),
    )
    return (
        wide == narrow
        or _is_later(_INTEGERS, wide, narrow)
        or _is_later(_FLOATS, wide, narrow)
        or _holds_number(wide, narrow)
        or _holds_string(wide, narrow)
        or (wide, narrow) == ("timestamp without time zone", "date")
    )


def _is_later(types: list[str], wide: str, narrow: str) -> bool:
    return wide in types and narrow in types and types.index(wide) > types.index(narrow)


def _holds_number(wide: str, narrow: str) -> bool:
    new, old = _NUMERIC.fullmatch(wide), _NUMERIC.fullmatch(narrow)
    if not new or not (old or narrow in _INTEGER_DIGITS):
        return False
    whole, scale = (int(old[1]) - int(old[2]), int(old[2])) if old else (_INTEGER_DIGITS[narrow], 0)
    return int(new[1]) - int(new[2]) >= whole and int(new[2]) >= scale


def _holds_string(wide: str, narrow: str) -> bool:
    new, old = _VARCHAR.fullmatch(wide), _VARCHAR.fullmatch(narrow)
    return old is not None and (wide == "text" or (new is not None and int(new[1]) >= int(old[1])))


def _key(connection: psycopg.Connection[Any], name: sql.Identifier) -> tuple[str, ...]:
    rows = connection.execute(_KEY, (name.as_string(connection),)).fetchall()
    return tuple(row[0] for row in rows)


def _create(connection: psycopg.Connection[Any], name: sql.Identifier, table: TableSchema) -> None:
    # A key column is declared so here, or adding the key would read the whole table for it.
    columns = [
        sql.SQL("{} {} {}").format(
            sql.Identifier(column.name),
            sql.SQL(column.type),
            sql.SQL("not null" if column.name in table.key else "null"),
        )
        for column in table.columns
    ]
    columns += [
        sql.SQL("{} timestamptz not null default now()").format(sql.Identifier(LOADED_AT)),
        sql.SQL("{} timestamptz").format(sql.Identifier(DELETED_AT)),
    ]
    connection.execute(sql.SQL("create table {} ({})").format(name, comma(columns)))
    connection.execute(
        sql.SQL("comment on table {} is {}").format(
            name, sql.Literal(f"Copy of {table}; written by `softcart ingest` alone")
        )
    )


def _incompatible(table: TableSchema, change: str) -> SoftcartError:
    return SoftcartError(
        f"Table {table} has changed so that {table.schema}.{table.name} cannot follow: {change}",
        remedy=f"Keep or drop what raw has (ALTER TABLE {table.schema}.{table.name} RENAME TO ..., "
        "or DROP TABLE ... CASCADE), then run `softcart ingest` again: the table is copied anew",
    )
