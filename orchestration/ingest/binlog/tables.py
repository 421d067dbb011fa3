"""The tables of the log: each in the shape that it had where its rows were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymysql

from orchestration.errors import SoftcartError
from orchestration.ingest.batch import TableSchema
from orchestration.ingest.binlog.charsets import Charsets
from orchestration.ingest.binlog.columns import ColumnReaders
from orchestration.ingest.binlog.events import HEADER_BYTES
from orchestration.ingest.binlog.rows import RowReader
from orchestration.ingest.binlog.table_map import TableMap, map_names, read_table_map
from orchestration.ingest.faults import LogLostError
from orchestration.ingest.mysql_schema import check_name, describe_table, no_key
from orchestration.ingest.mysql_types import MysqlColumn

_TABLE_ID_BYTES = 6
# Of a MariaDB table that keeps old rows, unless it was declared under another name.
_ROW_END = "row_end"
_VERSIONED = """
select 1
from information_schema.tables
where table_schema = database() and table_name = %s and table_type = 'SYSTEM VERSIONED'
"""


@dataclass(frozen=True, slots=True)
class LoggedTable:
    """A table whose rows are read.

    Attributes:
        schema: Its shape, in raw's types.
        rows: Reads its row events.
    """

    schema: TableSchema
    rows: RowReader


class Tables:
    """Tables of one database, by what the log has on them.

    Args:
        connection: Asked for what MariaDB does not log; stays open.
        source: Name of the source.
        database: Tables of others are of no interest.
        is_mariadb: Which product it is.
        warnings: Gets a line for each table that cannot be followed.
    """

    def __init__(
        self,
        connection: pymysql.Connection[Any],
        source: str,
        database: str,
        *,
        is_mariadb: bool,
        warnings: list[str],
    ) -> None:
        self._connection = connection
        self._source = source
        self._database = database
        self._is_mariadb = is_mariadb
        self._warnings = warnings
        charsets = Charsets(connection, is_mariadb=is_mariadb)
        self._readers = ColumnReaders(charsets, is_mariadb)
        self._known: dict[bytes, LoggedTable | None] = {}

    def of(self, event: bytes) -> tuple[bytes, LoggedTable | None]:
        """Return the number by which row events refer to a TABLE_MAP event's table, and the table.

        The table is None when its rows are of no interest.
        """
        begin = HEADER_BYTES + _TABLE_ID_BYTES
        # The numbers begin anew when the server does; all the rest says what the table is.
        shape = event[begin:]
        try:
            table = self._known[shape]
        except KeyError:
            table = self._known[shape] = self._read(event)
        return event[HEADER_BYTES:begin], table

    def forget(self, name: str) -> None:
        """Look at a table anew: it was altered."""
        self._known = {
            shape: table
            for shape, table in self._known.items()
            if table is None or table.schema.name != name
        }

    def _read(self, event: bytes) -> LoggedTable | None:
        if map_names(event)[0] != self._database:
            return None
        table = read_table_map(event, is_mariadb=self._is_mariadb)
        if not table.has_names:
            raise LogLostError(
                f"The log has rows of table {table.name} without the names of their columns",
                remedy="SET GLOBAL binlog_row_metadata = 'FULL'; then a new copy is taken",
            )
        try:
            return self._logged(table)
        except SoftcartError as error:
            text = f"Changes of table {table.name} are not followed: {error}"
            if text not in self._warnings:
                self._warnings.append(text)
            return None

    def _logged(self, table: TableMap) -> LoggedTable:
        if not table.key:
            raise no_key(table.name)
        if self._is_mariadb and self._is_versioned(table):
            raise SoftcartError(
                "it keeps old rows itself (SYSTEM VERSIONING), and the log mixes them with present "
                "ones",
                remedy="`softcart ingest` copies the present rows",
            )
        declared = self._declared(table.name) if self._is_mariadb else {}
        columns = [self._readers.of(column, declared.get(column.name)) for column in table.columns]
        for column in table.columns:
            check_name(table.name, column.name)
        schema = TableSchema(
            self._source,
            table.name,
            tuple(column.column.raw for column in columns),
            tuple(table.columns[index].name for index in table.key),
        )
        return LoggedTable(schema, RowReader([column.field for column in columns], table.key))

    def _is_versioned(self, table: TableMap) -> bool:
        if any(column.name == _ROW_END for column in table.columns):
            return True
        with self._connection.cursor() as cursor:
            cursor.execute(_VERSIONED, (table.name,))
            return bool(cursor.fetchall())

    def _declared(self, name: str) -> dict[str, MysqlColumn]:
        try:
            table = describe_table(self._connection, self._source, name, is_mariadb=True)
        except SoftcartError:
            return {}  # gone, or without a key, since the log was written
        return {column.name: column for column in table.columns}
