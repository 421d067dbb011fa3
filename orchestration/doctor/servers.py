"""Checks of the servers: reachable, new enough, and set up for what a run asks of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pymysql
from psycopg import sql
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError
from pymysql.cursors import Cursor

from orchestration.connections import (
    Document,
    connect_mongo,
    connect_mysql,
    connect_postgres,
)
from orchestration.doctor import db2
from orchestration.doctor.finding import Finding, fail, ok, warn
from orchestration.errors import SoftcartError
from orchestration.ingest.binlog.requirements import unmet_requirements
from orchestration.ingest.mongo_images import collections_without_images, keep_images_command
from orchestration.settings import Settings
from orchestration.versions import Product, mongo_version, mysql_version, postgres_version

_POSTGRES = "PostgreSQL"
_MYSQL = "MySQL"
_MONGO = "MongoDB"

# Each with the names under which a server may show the same right or a wider one.
_CAPTURE_PRIVILEGES: dict[Product, dict[str, set[str]]] = {
    # RELOAD: the log stands still for the moment in which a snapshot and its position are taken.
    "MySQL": {
        "RELOAD": {"FLUSH_TABLES"},
        "REPLICATION CLIENT": set(),
        "REPLICATION SLAVE": set(),
    },
    "MariaDB": {"BINLOG MONITOR": {"REPLICATION CLIENT"}, "REPLICATION SLAVE": set()},
}


def check_servers(settings: Settings) -> Iterator[Finding]:
    """Check each server; one that is down does not hide what is wrong with another."""
    checks: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        _POSTGRES: _check_postgres,
        _MYSQL: _check_mysql,
        _MONGO: _check_mongo,
        **({db2.SUBJECT: db2.check_db2} if settings.has_url("db2") else {}),
    }
    for subject, check in checks.items():
        try:
            yield from check(settings)
        except SoftcartError as error:
            yield fail(subject, error.what, error.remedy)
        except (psycopg.Error, pymysql.MySQLError, PyMongoError) as error:
            # The kind only: texts of servers' errors quote statements and values.
            yield fail(
                subject, f"a query failed with {type(error).__name__}", "Read the server's log"
            )


def _check_postgres(settings: Settings) -> Iterator[Finding]:
    url = settings.url("postgres")
    with connect_postgres(settings) as connection:
        yield ok(_POSTGRES, f"{postgres_version(connection)} at {url}")
        row = connection.execute(
            "select has_database_privilege(current_database(), 'create'),"
            " has_database_privilege(current_database(), 'temporary')"
        ).fetchone()
        for allowed, privilege, use in zip(
            row or (False, False),
            ("create", "temporary"),
            ("create schemas", "create temporary tables"),
            strict=True,
        ):
            if allowed:
                yield ok(_POSTGRES, f"may {use}")
            else:
                grant = sql.SQL("grant {} on database {} to {}").format(
                    sql.SQL(privilege), sql.Identifier(url.database), sql.Identifier(url.user)
                )
                yield fail(
                    _POSTGRES,
                    f"user {url.user} may not {use} in database {url.database}",
                    f"As the database's owner: {grant.as_string(connection)}",
                )
        encoding = connection.info.parameter_status("server_encoding")
        if encoding == "UTF8":
            yield ok(_POSTGRES, "database is encoded in UTF8")
        else:
            yield fail(
                _POSTGRES,
                f"database {url.database} is encoded in {encoding}, which cannot hold every text",
                "Use a database created with `encoding 'UTF8' template template0`",
            )


def _check_mysql(settings: Settings) -> Iterator[Finding]:
    url = settings.url("mysql")
    with connect_mysql(settings) as connection, connection.cursor() as cursor:
        version = mysql_version(connection)
        yield ok(_MYSQL, f"{version} at {url}")
        cursor.execute("select current_user()")
        account = _quote_account(str(_one_row(cursor)[0]))
        yield from _check_tables(cursor, url.database, account)
        yield from _check_log(connection, version.product)
        yield from _check_grants(cursor, version.product, account)


def _check_tables(cursor: Cursor, database: str, account: str) -> Iterator[Finding]:
    cursor.execute(
        "select table_name from information_schema.tables"
        " where table_schema = %s and table_type = 'BASE TABLE' order by table_name",
        (database,),
    )
    tables = [str(name) for (name,) in cursor.fetchall()]
    grant = f"grant select on {_quote_name(database)}.* to {account}"
    unreadable = [table for table in tables if not _is_readable(cursor, database, table)]
    if unreadable:
        yield fail(_MYSQL, f"tables that cannot be read: {', '.join(unreadable)}", grant)
    elif tables:
        yield ok(_MYSQL, f"{len(tables)} tables of {database} are readable")
    else:
        yield warn(
            _MYSQL,
            f"no table of {database} is visible",
            f"Fill the shop (`softcart simulate history`), or where it has tables: {grant}",
        )


def _is_readable(cursor: Cursor, database: str, table: str) -> bool:
    try:
        cursor.execute(f"select * from {_quote_name(database)}.{_quote_name(table)} limit 0")  # noqa: S608
    except pymysql.err.OperationalError:
        return False
    return True


def _check_log(connection: pymysql.Connection[Any], product: Product) -> Iterator[Finding]:
    """Check what change capture needs; full snapshots need no log."""
    unmet = unmet_requirements(connection, product)
    for requirement in unmet:
        yield warn(
            _MYSQL,
            f"{requirement.why}: full snapshots work, change capture will not",
            requirement.remedy,
        )
    if not unmet:
        yield ok(_MYSQL, "the binary log holds whole rows, their columns' names, and GTIDs")


def _check_grants(cursor: Cursor, product: Product, account: str) -> Iterator[Finding]:
    """Check what change capture needs; full snapshots need to read the tables and no more."""
    have = _global_privileges(cursor)
    missing = [
        privilege
        for privilege, same in _CAPTURE_PRIVILEGES[product].items()
        if not have & {privilege, "ALL PRIVILEGES", *same}
    ]
    if missing:
        yield warn(
            _MYSQL,
            f"{account} lacks {', '.join(missing)}: full snapshots work, change capture will not",
            f"grant {', '.join(missing).lower()} on *.* to {account}",
        )
    else:
        yield ok(_MYSQL, "has the privileges of change capture")


def _global_privileges(cursor: Cursor) -> set[str]:
    """Return the privileges on *.*, those of active roles included where the server shows them."""
    cursor.execute("show grants")
    found: set[str] = set()
    for (text,) in cursor.fetchall():
        if grant := re.match(r"GRANT (.+?) ON \*\.\* TO ", str(text)):
            found.update(name.strip() for name in grant[1].split(","))
    return found


def _check_mongo(settings: Settings) -> Iterator[Finding]:
    url = settings.url("mongo")
    database = connect_mongo(settings)
    with database.client:
        yield ok(_MONGO, f"{mongo_version(database)} at {url}")
        try:
            database["products"].find_one({}, {"_id": 1})
        except OperationFailure:
            yield fail(
                _MONGO,
                f"user {url.user or '(none)'} may not read {url.database}.products",
                f"Grant it the role `read` on {url.database}, or name a user in SOFTCART_MONGO_URL",
            )
            return
        yield ok(_MONGO, f"{url.database}.products is readable")
        hello = database.command("hello")
        if "setName" not in hello and hello.get("msg") != "isdbgrid":
            yield warn(
                _MONGO,
                "not a replica set: full snapshots work, change streams will not",
                "Start mongod with --replSet and run rs.initiate() once",
            )
            return
        yield ok(_MONGO, "a replica set: has change streams")
        yield from _check_change_stream(database, url.user)


def _check_change_stream(database: Database[Document], user: str) -> Iterator[Finding]:
    try:
        with database.watch():
            yield ok(_MONGO, f"the change stream of {database.name} is readable")
    except OperationFailure:
        yield warn(
            _MONGO,
            f"user {user or '(none)'} may not read the change stream of {database.name}: full "
            "snapshots work, change capture will not",
            f"Grant it the role `read` on {database.name}",
        )
    without = collections_without_images(database)
    if without:
        yield warn(
            _MONGO,
            f"collections that keep no images: {', '.join(without)}; the history may miss states "
            "of documents that are updated twice in a moment",
            f"In mongosh: {keep_images_command(without[0])}",
        )
    else:
        yield ok(_MONGO, "every collection keeps the images of its changes")


def _one_row(cursor: Cursor) -> tuple[object, ...]:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("a query without a table answers with one row")
    return row


def _quote_name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _quote_account(account: str) -> str:
    user, _, host = account.rpartition("@")
    return f"'{user}'@'{host}'"
