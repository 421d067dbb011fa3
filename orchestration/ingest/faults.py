"""Faults of the drivers, told in a user's words and without a row's data."""

from __future__ import annotations

import psycopg
import pymysql
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from orchestration.errors import SoftcartError
from orchestration.settings import ServerUrl

_NOTHING_LOST = "Nothing of it is visible: run `softcart ingest` again"

_MYSQL_GONE = {1053, 1927, 2003, 2006, 2013}
_MYSQL_SELECT_DENIED = {1142, 1143}
_MYSQL_PRIVILEGE_MISSING = {1044, 1227}
_MYSQL_DEFINITION_CHANGED = {1146, 1412}
_MONGO_UNAUTHORIZED = {13}
_MONGO_SNAPSHOT_GONE = {239, 246}


class SourceLostError(SoftcartError):
    """A source went away while it was read: nothing more can come from it in this run."""


class WarehouseFaultError(SoftcartError):
    """PostgreSQL cannot go on at all: it went away, is full, or is being stopped."""


def warehouse_fault(error: psycopg.Error, url: ServerUrl) -> WarehouseFaultError | None:
    """Return what to tell of a fault that stops the whole run, None if it concerns one table.

    Args:
        error: As psycopg raised it. Only its code is used: PostgreSQL's messages quote data.
        url: The staging warehouse.
    """
    code = error.sqlstate
    if code == "53100":
        return WarehouseFaultError(
            f"The disk of the PostgreSQL server at {url} is full",
            remedy=f"Make room on that disk. {_NOTHING_LOST}",
        )
    if code is None or code.startswith(("08", "57P")):
        return WarehouseFaultError(
            f"The PostgreSQL server at {url} went away while ingest was writing",
            remedy=f"See why in the server's log and start it. {_NOTHING_LOST}",
        )
    if code.startswith(("53", "58", "XX")):
        return WarehouseFaultError(
            f"The PostgreSQL server at {url} reports a fault of its own (SQLSTATE {code})",
            remedy=f"See the server's log. {_NOTHING_LOST}",
        )
    return None


def table_fault(error: psycopg.Error, table: str, url: ServerUrl) -> SoftcartError:
    """Return what to tell of a fault of PostgreSQL that concerns one table."""
    code = error.sqlstate or "unknown"
    if code == "42501":
        return SoftcartError(
            f"The user {url.user} of {url} may not write the raw table of {table}",
            remedy=f'As an administrator: GRANT CREATE ON DATABASE "{url.database}" TO '
            f'"{url.user}"; the raw schemas and tables must belong to that user',
        )
    if code == "54000":
        return SoftcartError(
            f"A value or key of {table} is larger than PostgreSQL can hold (SQLSTATE 54000)",
            remedy="Keys may have 2,700 bytes, values 1 GB; shorten it in the source",
        )
    # Class 22 and 23 messages quote the value; the others name tables, columns and types.
    detail = "" if code[:2] in ("22", "23") else f": {error.diag.message_primary}"
    return SoftcartError(
        f"PostgreSQL refuses {table} (SQLSTATE {code}){detail}",
        remedy="The other tables went on; `softcart --debug ingest` shows where it happened",
    )


def mysql_fault(error: pymysql.MySQLError, url: ServerUrl, table: str | None) -> SoftcartError:
    """Return what to tell of a fault of the MySQL server.

    Args:
        error: As PyMySQL raised it.
        url: The shop's server.
        table: What was read when it happened, None if no table.
    """
    code = error.args[0] if error.args else None
    subject = f"table {table}" if table else "the database"
    if code in _MYSQL_GONE or isinstance(error, pymysql.err.InterfaceError):
        return SourceLostError(
            f"The MySQL server at {url} went away while ingest was reading {subject}",
            remedy=f"See why in the server's log and start it. {_NOTHING_LOST}",
        )
    if code in _MYSQL_SELECT_DENIED and table:
        return SoftcartError(
            f"The user {url.user} of {url} may not read table {table}",
            remedy=f"As an administrator: GRANT SELECT ON `{url.database}`.* TO '{url.user}'@'%'",
        )
    if code in _MYSQL_PRIVILEGE_MISSING:
        return SoftcartError(
            f"The user {url.user} of {url} lacks a privilege for {subject}",
            remedy=f"As an administrator: GRANT SELECT ON `{url.database}`.* TO '{url.user}'@'%'; "
            f"GRANT RELOAD, REPLICATION CLIENT ON *.* TO '{url.user}'@'%'",
        )
    if code in _MYSQL_DEFINITION_CHANGED and table:
        return SoftcartError(
            f"Table {table} of {url} was altered or dropped while ingest was reading",
            remedy="Run `softcart ingest` again",
        )
    return SoftcartError(
        f"The MySQL server at {url} fails to read {subject} (error {code})",
        remedy=f"See the server's log and the meaning of error {code} in its manual",
    )


def mongo_fault(error: PyMongoError, url: ServerUrl, collection: str | None) -> SoftcartError:
    """Return what to tell of a fault of the MongoDB server; arguments as for `mysql_fault`."""
    subject = f"collection {collection}" if collection else "the database"
    code = error.code if isinstance(error, OperationFailure) else None
    if isinstance(error, ConnectionFailure):
        return SourceLostError(
            f"The MongoDB server at {url} went away while ingest was reading {subject}",
            remedy=f"See why in the server's log and start it. {_NOTHING_LOST}",
        )
    if code in _MONGO_UNAUTHORIZED:
        return SoftcartError(
            f"The user {url.user} of {url} may not read {subject}",
            remedy=f'As an administrator: db.grantRolesToUser("{url.user}", '
            f'[{{role: "read", db: "{url.database}"}}])',
        )
    if code in _MONGO_SNAPSHOT_GONE:
        return SoftcartError(
            f"The MongoDB server at {url} forgot the moment that {subject} was read at",
            remedy="Raise minSnapshotHistoryWindowInSeconds on the server, then run ingest again",
        )
    return SoftcartError(
        f"The MongoDB server at {url} fails to read {subject} (error {code})",
        remedy="See the server's log",
    )
