"""The shop's binary log as a `ChangeLog`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import pymysql

from orchestration.connections import connect_mysql
from orchestration.errors import SoftcartError
from orchestration.ingest.batch import Position
from orchestration.ingest.binlog.gtid import MariadbGtids, MysqlGtids, gtids_of
from orchestration.ingest.binlog.requirements import unmet_requirements
from orchestration.ingest.binlog.tables import Tables
from orchestration.ingest.binlog.transactions import Transactions
from orchestration.ingest.binlog.wire import Dump
from orchestration.ingest.changes import Event
from orchestration.ingest.faults import LogLostError
from orchestration.ingest.mysql_faults import mysql_fault
from orchestration.settings import Settings
from orchestration.versions import mysql_version

# ER_MASTER_FATAL_ERROR_READING_BINLOG: what is asked for is not in the log.
_LOG_LACKS: Final = {1236}
_REPLICATION_DENIED: Final = {1045, 1227}

_CASCADES: Final = """
select distinct table_name
from information_schema.referential_constraints
where
    constraint_schema = database()
    and (delete_rule in ('CASCADE', 'SET NULL') or update_rule in ('CASCADE', 'SET NULL'))
order by table_name
"""


class MysqlChangeLog:
    """The log of the shop's MySQL or MariaDB server, connected.

    Raises:
        SoftcartError: The server cannot be reached, or its log cannot be read; the remedy says
            what to set.
    """

    name = "oltp"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = settings.url("mysql")
        self._connection = connect_mysql(settings, autocommit=True)
        self.warnings: list[str] = []
        try:
            with self._told():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        product = mysql_version(self._connection).product
        self._is_mariadb = product == "MariaDB"
        unmet = unmet_requirements(self._connection, product)
        if unmet:
            raise SoftcartError(
                f"Changes of {self._url} cannot be captured: "
                + "; ".join(requirement.why for requirement in unmet),
                remedy="; ".join(requirement.remedy for requirement in unmet),
            )
        # Asked seldom, and then it must still be there.
        self._fetch("set session wait_timeout = 31536000")
        ((case,),) = self._fetch("select @@lower_case_table_names")
        self._folds_case = case != 0
        # Since 9.6 MySQL cascades by statements of its own, which are logged, unless told not to.
        by_server = self._fetch("show global variables like 'innodb_native_foreign_keys'")
        is_logged = any(value == "OFF" for _, value in by_server)
        cascades = [] if is_logged else [name for (name,) in self._fetch(_CASCADES)]
        if cascades:
            self.warnings.append(
                "Rows of these tables are changed by a foreign key's CASCADE or SET NULL, and such "
                f"changes are never in the log: {', '.join(cascades)}. `softcart ingest` finds "
                "them; or use RESTRICT and change the rows by statements"
            )
        self._tables = Tables(
            self._connection,
            self.name,
            self._url.database,
            is_mariadb=self._is_mariadb,
            warnings=self.warnings,
        )

    def present(self) -> Position:
        """Return where the log ends now; see `ChangeLog`."""
        variable = "@@gtid_binlog_pos" if self._is_mariadb else "@@global.gtid_executed"
        with self._told():
            ((gtid,),) = self._fetch(f"select {variable}")
        server = "MariaDB" if self._is_mariadb else "MySQL"
        return {"server": server, "gtid": gtid.replace("\n", "") or None}

    def includes(self, position: Position, other: Position) -> bool:
        """Return whether all before `other` is before `position` too; see `ChangeLog`."""
        return position["server"] == other["server"] and gtids_of(position).includes(other)

    @contextmanager
    def read(self, position: Position) -> Iterator[Iterator[Event]]:
        """Read the log from a position; see `ChangeLog`."""
        server = "MariaDB" if self._is_mariadb else "MySQL"
        if position["server"] != server:
            raise LogLostError(
                f"The position is one of {position['server']}, and {self._url} is {server}",
                remedy="A new copy is taken",
            )
        gtids = gtids_of(position)
        with self._told():
            dump = Dump(connect_mysql(self._settings, autocommit=True))
        try:
            with self._told():
                if isinstance(gtids, MariadbGtids):
                    dump.start_mariadb(str(gtids))
                else:
                    self._require_log(gtids)
                    dump.start_mysql(gtids.encode())
            transactions = Transactions(
                self._tables, self._url.database, position, folds_case=self._folds_case
            )
            yield self._events(dump, transactions)
        finally:
            dump.close()

    def close(self) -> None:
        """Close the connection."""
        with suppress(pymysql.MySQLError):
            self._connection.close()

    def _events(self, dump: Dump, transactions: Transactions) -> Iterator[Event]:
        with self._told():
            yield from transactions.read(dump)

    def _require_log(self, gtids: MysqlGtids) -> None:
        """Refuse a position of another server: MySQL itself only compares its own numbers."""
        ((is_ours, is_kept),) = self._fetch(
            "select gtid_subset(%s, @@global.gtid_executed), gtid_subset(@@global.gtid_purged, %s)",
            str(gtids),
            str(gtids),
        )
        if not is_ours:
            raise self._lost("it never had some of the transactions before that position")
        if not is_kept:
            raise self._lost("what follows that position was purged")

    def _fetch(self, query: str, *values: object) -> tuple[tuple[Any, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return tuple(cursor.fetchall())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            code = error.args[0] if error.args else None
            if code in _LOG_LACKS:
                raise self._lost(str(error.args[1])) from error
            if code in _REPLICATION_DENIED:
                raise SoftcartError(
                    f"The user {self._url.user} of {self._url} may not read the binary log",
                    remedy="As an administrator: GRANT REPLICATION SLAVE ON *.* TO "
                    f"'{self._url.user}'@'%'",
                ) from error
            raise mysql_fault(error, self._url, None) from error

    def _lost(self, reason: str) -> LogLostError:
        return LogLostError(
            f"The binary log of {self._url} does not go on from the position reached: {reason}",
            remedy="A new copy is taken; keep the log longer than change capture ever stands still "
            "(binlog_expire_logs_seconds)",
        )
