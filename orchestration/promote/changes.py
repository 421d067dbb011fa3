"""What of a relation has changed since a position: queries on PostgreSQL, and their rows.

All of them run in one REPEATABLE READ transaction, so that relations belong together, and come by
COPY, a block at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import sql

from orchestration.connections import connect_postgres
from orchestration.promote.refined import LOADED_AT, PROGRESS, Column, Relation
from orchestration.settings import Settings

Row = tuple[str | None, ...]

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NULL: Final = r"\N"


@dataclass(frozen=True)
class Selection:
    """Rows to read: a query's text, its FROM and WHERE said once for counting and for copying.

    Attributes:
        columns: SQL of the values.
        source: SQL behind FROM, its WHERE included.
    """

    columns: sql.Composable
    source: sql.Composable

    def count(self, connection: psycopg.Connection[Any]) -> int:
        """Return how many rows there are."""
        return int(_value(connection, sql.SQL("select count(*) from {}").format(self.source)))


@contextmanager
def refined_snapshot(
    settings: Settings, emptied: Sequence[tuple[str, str]]
) -> Iterator[psycopg.Connection[Any]]:
    """Open a transaction that sees the warehouse as it is at one moment.

    Args:
        settings: Where the warehouse is.
        emptied: Schema and name of tables that are emptied by TRUNCATE before they are filled,
            which a transaction that began before sees too. Locked, so that it waits for this one.
    """
    with connect_postgres(settings, autocommit=True) as connection:
        present = [
            sql.Identifier(schema, table)
            for schema, table in emptied
            if _value(connection, "select to_regclass(%s)::text", f"{schema}.{table}")
        ]
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # Before the first query, which is what fixes the moment.
        for name in present:
            connection.execute(sql.SQL("lock table {} in access share mode").format(name))
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.rollback()


def loaded_through(connection: psycopg.Connection[Any], relation: Relation) -> datetime | None:
    """Return the position of a relation: everything loaded until then is in it."""
    schema, name = PROGRESS if relation.follows_loads else (relation.schema, relation.name)
    if not relation.follows_loads and relation.state_key is None:
        return None
    latest = sql.SQL("select max({}) from {}").format(
        sql.Identifier(LOADED_AT), sql.Identifier(schema, name)
    )
    found: datetime | None = _value(connection, latest)
    return found


def all_rows(relation: Relation, condition: sql.Composable | None = None) -> Selection:
    """Return every row, or those that fulfil a condition."""
    source = _from(relation)
    if condition is not None:
        source = sql.SQL("{} where {}").format(source, condition)
    return Selection(_columns(relation.columns), source)


def written(condition: str | None) -> sql.Composable | None:
    """Return a condition that is already SQL, of quoted names and numbers."""
    return sql.SQL(condition) if condition else None


def changed_rows(relation: Relation, since: datetime | None) -> Selection:
    """Return the rows loaded after a position; of states, all of a key that has a new one."""
    if since is None:
        return all_rows(relation)
    later = sql.SQL("{} > {}").format(sql.Identifier(LOADED_AT), sql.Literal(since))
    if relation.state_key is not None:
        later = sql.SQL("{key} in (select {key} from {source} where {later})").format(
            key=sql.Identifier(relation.state_key), source=_from(relation), later=later
        )
    return all_rows(relation, later)


def gone_keys(relation: Relation, since: datetime | None) -> Selection | None:
    """Return the keys of rows that were deleted after a position; None if nothing tells of them."""
    told = relation.deletions
    if told is None:
        return None
    parts = {
        name: _part(number, len(told.row_key)) for number, name in enumerate(told.row_key, start=1)
    }
    types = {column.name: column.type for column in relation.columns}
    columns = [
        sql.SQL("cast({} as {})").format(parts[name], sql.SQL(types[name])) for name in relation.key
    ]
    condition = sql.SQL("table_name = {}").format(sql.Literal(told.table))
    if since is not None:
        condition = sql.SQL("{} and {} > {}").format(
            condition, sql.Identifier(LOADED_AT), sql.Literal(since)
        )
    source = sql.SQL("{} where {}").format(sql.Identifier(told.schema, told.name), condition)
    return Selection(sql.SQL(", ").join(columns), source)


def read(
    connection: psycopg.Connection[Any],
    selection: Selection,
    booleans: Collection[int],
    took: Callable[[int], None],
) -> Iterator[tuple[str | bool | None, ...]]:
    """Yield rows as PostgreSQL prints them, but truth values as such.

    Args:
        connection: In the transaction of a snapshot.
        selection: What to read.
        booleans: Places of the columns that are truth values.
        took: Called with the size in bytes of each row.
    """
    statement = sql.SQL("copy (select {} from {}) to stdout").format(
        selection.columns, selection.source
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            took(len(block))
            values = _values(bytes(block).decode())
            for place in booleans:
                values[place] = None if values[place] is None else values[place] == "t"
            yield tuple(values)


def _values(line: str) -> list[str | bool | None]:
    fields = line[:-1].split("\t")
    if "\\" not in line:
        return list(fields)
    return [
        None
        if field == _NULL
        else _ESCAPED.sub(lambda found: _UNESCAPES.get(found[1], found[1]), field)
        if "\\" in field
        else field
        for field in fields
    ]


def _part(number: int, parts: int) -> sql.Composable:
    """Return SQL for a part of row_key; the last may have the separator in it."""
    if number < parts:
        return sql.SQL("split_part(row_key, '|', {})").format(sql.Literal(number))
    return sql.SQL("array_to_string((string_to_array(row_key, '|'))[{}:], '|')").format(
        sql.Literal(number)
    )


def _columns(columns: Sequence[Column]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)


def _from(relation: Relation) -> sql.Composable:
    return sql.Identifier(relation.schema, relation.name)


def _value(connection: psycopg.Connection[Any], query: sql.Composable | str, *values: str) -> Any:  # noqa: ANN401
    row = connection.execute(query, values or None).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None
