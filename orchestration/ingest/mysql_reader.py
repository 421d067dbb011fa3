"""The shop's MySQL or MariaDB database, read whole at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg
import pymysql
from pymysql.cursors import SSCursor

from orchestration.connections import connect_mysql
from orchestration.errors import SoftcartError
from orchestration.ingest import copy_text
from orchestration.ingest.batch import LineBlocks, Lines, Position, TableSchema
from orchestration.ingest.comparison import Comparison
from orchestration.ingest.mysql_faults import mysql_fault
from orchestration.ingest.mysql_position import begin_mariadb, begin_mysql
from orchestration.ingest.mysql_schema import Listing, MysqlTable, describe_table, list_tables
from orchestration.ingest.mysql_types import LEAST_PACKET_BYTES
from orchestration.ingest.mysql_wire import LineStream
from orchestration.ingest.reconciliation import compare_mysql
from orchestration.settings import Settings
from orchestration.versions import mysql_version

# The expressions of mysql_types rely on the first two. The others outlast a merge that keeps the
# server waiting, and a long table.
_SESSION = (
    "set session time_zone = '+00:00'",
    "set session sql_mode = ''",
    "set session net_write_timeout = 3600",
    "set session wait_timeout = 28800",
    "set session transaction isolation level repeatable read",
)
_NO_TIME_LIMIT = {
    "MariaDB": "set session max_statement_time = 0",
    "MySQL": "set session max_execution_time = 0",
}
_TRANSACTIONAL_ENGINES = {"innodb", "rocksdb", "tokudb", "ndbcluster"}
# Rows too long for the server to format are gathered into such blocks.
_BLOCK_BYTES = 256 * 1024


class MysqlSource:
    """The shop's database, connected.

    Raises:
        SoftcartError: The server cannot be reached, refuses the user, or is too old.
    """

    name = "oltp"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection = self._connect()

    def table_names(self) -> list[str]:
        """Return the names of the database's tables that the user may see."""
        with self._told():
            return [listing.name for listing in list_tables(self._connection)]

    @contextmanager
    def snapshot(self) -> Iterator[MysqlSnapshot]:
        """Hold all tables at one moment, without a lock that outlasts its beginning."""
        version = mysql_version(self._connection)
        is_mariadb = version.product == "MariaDB"
        with self._told():
            for statement in (*_SESSION, _NO_TIME_LIMIT[version.product]):
                self._execute(statement)
            self._require_room()
            if is_mariadb:
                position, warnings = begin_mariadb(self._connection)
            else:
                user = self._settings.url("mysql").user
                with closing(self._connect()) as second:
                    position, warnings = begin_mysql(self._connection, second, version, user)
            listings = list_tables(self._connection)
        try:
            yield MysqlSnapshot(
                self._settings,
                self._connection,
                is_mariadb=is_mariadb,
                position=position,
                warnings=warnings,
                listings=listings,
            )
        finally:
            with suppress(pymysql.MySQLError):
                self._connection.rollback()

    def _require_room(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("select @@max_allowed_packet")
            ((found,),) = cursor.fetchall()
        if found < LEAST_PACKET_BYTES:
            raise SoftcartError(
                f"The MySQL server at {self._settings.url('mysql')} has a max_allowed_packet of "
                f"{found} bytes, too few to format rows in",
                remedy="Raise it: SET GLOBAL max_allowed_packet = 16777216",
            )

    def close(self) -> None:
        """Close the connection."""
        with suppress(pymysql.MySQLError):
            self._connection.close()

    def _connect(self) -> pymysql.Connection[Any]:
        return connect_mysql(self._settings)

    def _execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            raise mysql_fault(error, self._settings.url("mysql"), None) from error


class MysqlSnapshot:
    """All tables of the shop's database at one moment."""

    def __init__(
        self,
        settings: Settings,
        connection: pymysql.Connection[Any],
        *,
        is_mariadb: bool,
        position: Position | None,
        warnings: list[str],
        listings: list[Listing],
    ) -> None:
        self.position = position
        self.warnings = warnings
        self._settings = settings
        self._connection = connection
        self._is_mariadb = is_mariadb
        self._listings = {listing.name: listing for listing in listings}
        self._tables: dict[str, MysqlTable] = {}
        unsafe = [
            listing.name
            for listing in listings
            if (listing.engine or "").lower() not in _TRANSACTIONAL_ENGINES
        ]
        if unsafe:
            warnings.append(
                "These tables are not at the same moment as the others, because their engine has "
                f"no transactions: {', '.join(unsafe)}; ALTER TABLE ... ENGINE = InnoDB"
            )

    def describe(self, name: str) -> TableSchema:
        """Return a table's shape; see `Snapshot`."""
        with self._told(name):
            table = describe_table(
                self._connection, MysqlSource.name, name, is_mariadb=self._is_mariadb
            )
        self._tables[name] = table
        return table.schema

    def expected_rows(self, name: str) -> int | None:
        """Return the server's estimate of a table's rows."""
        return self._listings[name].expected_rows

    def read(self, table: TableSchema) -> LineBlocks:
        """Yield all rows of a table; see `Snapshot`."""
        described = self._tables[table.name]
        with self._told(table.name):
            stream = LineStream(self._connection, described.lines_query)
            try:
                yield from stream
            finally:
                if stream.is_open:
                    self._stop_query()
                    stream.drain()
            if stream.null_rows:
                yield from self._long_rows(described)

    def compare(
        self, table: TableSchema, warehouse: psycopg.Connection[Any], *, checksums: bool
    ) -> Comparison:
        """Measure a table and its copy; see `Snapshot`."""
        with self._told(table.name):
            return compare_mysql(self._connection, warehouse, table, checksums=checksums)

    def _long_rows(self, table: MysqlTable) -> Iterator[Lines]:
        """Write lines here: slower, but a value may be as long as the server can store."""
        lines: list[bytes] = []
        size = 0
        with _undecoded(self._connection), SSCursor(self._connection) as cursor:
            cursor.execute(table.long_rows_query)
            for row in cursor:
                fields = [
                    column.escape(value) for column, value in zip(table.columns, row, strict=True)
                ]
                lines.append(copy_text.line(fields))
                size += len(lines[-1])
                if size >= _BLOCK_BYTES:
                    yield Lines(len(lines), b"".join(lines))
                    lines, size = [], 0
        if lines:
            yield Lines(len(lines), b"".join(lines))

    def _stop_query(self) -> None:
        """Spare the server the rest of a query whose rows nobody wants any more."""
        thread: int = self._connection.thread_id()  # type: ignore[no-untyped-call]
        with suppress(pymysql.MySQLError, SoftcartError):
            second = connect_mysql(self._settings)
            with closing(second), second.cursor() as cursor:
                cursor.execute(f"kill query {thread}")

    @contextmanager
    def _told(self, table: str) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            raise mysql_fault(error, self._settings.url("mysql"), table) from error


@contextmanager
def _undecoded(connection: pymysql.Connection[Any]) -> Iterator[None]:
    """Let queries of the block return the server's own bytes of every value."""
    link: Any = connection
    usual = link.use_unicode, link.decoders
    link.use_unicode, link.decoders = False, {}
    try:
        yield
    finally:
        link.use_unicode, link.decoders = usual
