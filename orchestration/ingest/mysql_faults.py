"""Faults of MySQL and MariaDB, told in a user's words."""

from __future__ import annotations

import pymysql

from orchestration.errors import SoftcartError
from orchestration.ingest.faults import NOTHING_LOST, SourceLostError
from orchestration.settings import ServerUrl

_GONE = {1053, 1927, 2003, 2006, 2013}
_SELECT_DENIED = {1142, 1143}
_PRIVILEGE_MISSING = {1044, 1227}
_DEFINITION_CHANGED = {1146, 1412}


def mysql_fault(error: pymysql.MySQLError, url: ServerUrl, table: str | None) -> SoftcartError:
    """Return what to tell of a fault of the MySQL server.

    Args:
        error: As PyMySQL raised it.
        url: The shop's server.
        table: What was read when it happened, None if no table.
    """
    code = error.args[0] if error.args else None
    subject = f"table {table}" if table else "the database"
    if code in _GONE or isinstance(error, pymysql.err.InterfaceError):
        return SourceLostError(
            f"The MySQL server at {url} went away while ingest was reading {subject}",
            remedy=f"See why in the server's log and start it. {NOTHING_LOST}",
        )
    if code in _SELECT_DENIED and table:
        return SoftcartError(
            f"The user {url.user} of {url} may not read table {table}",
            remedy=f"As an administrator: GRANT SELECT ON `{url.database}`.* TO '{url.user}'@'%'",
        )
    if code in _PRIVILEGE_MISSING:
        return SoftcartError(
            f"The user {url.user} of {url} lacks a privilege for {subject}",
            remedy=f"As an administrator: GRANT SELECT ON `{url.database}`.* TO '{url.user}'@'%'; "
            f"GRANT RELOAD, REPLICATION CLIENT ON *.* TO '{url.user}'@'%'",
        )
    if code in _DEFINITION_CHANGED and table:
        return SoftcartError(
            f"Table {table} of {url} was altered or dropped while ingest was reading",
            remedy="Run `softcart ingest` again",
        )
    return SoftcartError(
        f"The MySQL server at {url} fails to read {subject} (error {code})",
        remedy=f"See the server's log and the meaning of error {code} in its manual",
    )
