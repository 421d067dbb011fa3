"""The shop's tables as information_schema tells them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import RESERVED_COLUMNS, TableSchema
from orchestration.ingest.mysql_types import MysqlColumn, line_expression, quote

# Names of PostgreSQL are cut after this many bytes, without an error.
_MOST_NAME_BYTES = 63

_TABLES = """
select table_name as name, engine as engine, table_rows as expected_rows
from information_schema.tables
where table_schema = database() and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')
order by table_name
"""

_COLUMNS = """
select
    column_name as name,
    data_type as data_type,
    column_type as column_type,
    character_maximum_length as length,
    numeric_precision as number_precision,
    numeric_scale as number_scale,
    character_set_name as character_set,
    is_nullable as is_nullable
from information_schema.columns
where table_schema = database() and table_name = %s
order by ordinal_position
"""

_KEY = """
select column_name as name
from information_schema.statistics
where table_schema = database() and table_name = %s and index_name = 'PRIMARY'
order by seq_in_index
"""

_MARIADB_JSON = """
select constraint_name as name
from information_schema.check_constraints
where constraint_schema = database() and table_name = %s and level = 'Column'
    and replace(check_clause, '`', '') = concat('json_valid(', constraint_name, ')')
"""


@dataclass(frozen=True)
class MysqlTable:
    """A table of the shop, with what reading it needs."""

    schema: TableSchema
    columns: tuple[MysqlColumn, ...]

    @property
    def lines_query(self) -> str:
        """Select every row as a COPY line, NULL for a long one."""
        return f"select {line_expression(self.columns)} from {self._name}"  # noqa: S608

    @property
    def long_rows_query(self) -> str:
        """Select the values of the rows for which the other query has NULL."""
        values = ", ".join(column.stored for column in self.columns)
        is_long = f"{line_expression(self.columns)} is null"
        return f"select {values} from {self._name} where {is_long}"  # noqa: S608

    @property
    def _name(self) -> str:
        return quote(self.schema.name)


@dataclass(frozen=True)
class Listing:
    """A table's line in the list of tables."""

    name: str
    engine: str | None
    expected_rows: int | None


def list_tables(connection: pymysql.Connection[Any]) -> list[Listing]:
    """Return all base tables of the database that the user may see, by name."""
    return [Listing(**row) for row in _rows(connection, _TABLES)]


def describe_table(
    connection: pymysql.Connection[Any], source: str, name: str, *, is_mariadb: bool
) -> MysqlTable:
    """Return a table's columns and key.

    Raises:
        SoftcartError: The table has no primary key, or a column that raw cannot have.
    """
    key = tuple(row["name"] for row in _rows(connection, _KEY, name))
    if not key:
        raise no_key(name)
    json_columns = (
        {row["name"] for row in _rows(connection, _MARIADB_JSON, name)} if is_mariadb else set()
    )
    columns = tuple(
        _column(row, is_json=row["data_type"] == "json" or row["name"] in json_columns)
        for row in _rows(connection, _COLUMNS, name)
    )
    for column in columns:
        check_name(name, column.name)
    try:
        raw = tuple(column.raw for column in columns)
    except SoftcartError as error:
        raise SoftcartError(f"Table {name}: {error.what}", remedy=error.remedy) from None
    return MysqlTable(TableSchema(source, name, raw, key), columns)


def _column(row: dict[str, Any], *, is_json: bool) -> MysqlColumn:
    return MysqlColumn(
        name=row["name"],
        data_type=row["data_type"].lower(),
        column_type=row["column_type"].lower(),
        length=row["length"],
        precision=row["number_precision"],
        scale=row["number_scale"],
        character_set=row["character_set"],
        is_nullable=row["is_nullable"] == "YES",
        is_json=is_json,
    )


def no_key(table: str) -> SoftcartError:
    """Return what to tell of a table without a primary key."""
    return SoftcartError(
        f"Table {table} has no primary key, so its rows cannot be told apart",
        remedy=f"Add one in the source: ALTER TABLE {quote(table)} ADD PRIMARY KEY (...)",
    )


def check_name(table: str, column: str) -> None:
    """Refuse a column that raw cannot have.

    Raises:
        SoftcartError: Its name, or the table's, is ours or too long.
    """
    if column in RESERVED_COLUMNS:
        raise SoftcartError(
            f"Column {column} of table {table} has a name that the raw layer keeps for itself",
            remedy="Rename the column in the source",
        )
    if max(len(table.encode()), len(column.encode())) > _MOST_NAME_BYTES:
        raise SoftcartError(
            f"Table {table}, column {column}: PostgreSQL names have at most 63 bytes",
            remedy="Shorten the name in the source",
        )


def _rows(connection: pymysql.Connection[Any], query: str, *values: object) -> list[dict[str, Any]]:
    with connection.cursor(DictCursor) as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())
