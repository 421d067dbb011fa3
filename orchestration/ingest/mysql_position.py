"""One moment of a MySQL or MariaDB server: a consistent view, and its place in the binary log."""

from __future__ import annotations

from typing import Any

import pymysql

from orchestration.ingest.batch import Position
from orchestration.versions import ServerVersion

_BEGIN = "start transaction with consistent snapshot, read only"
# FLUSH TABLES WITH READ LOCK waits for running statements, and new ones wait behind it.
_LOCK_WAIT_SECONDS = 10
_ER_ACCESS_DENIED = {1045, 1227}
_ER_LOCK_WAIT_TIMEOUT = {1205}
# SHOW MASTER STATUS was renamed in 8.2 and removed in 8.4.
_BINARY_LOG_STATUS_SINCE = (8, 2)


def begin_mariadb(connection: pymysql.Connection[Any]) -> tuple[Position | None, list[str]]:
    """Begin the snapshot and return its position, which the server notes by itself.

    Returns:
        The position, None without a binary log; and warnings.
    """
    _execute(connection, _BEGIN)
    status = dict(_fetch(connection, "show session status like 'binlog\\_snapshot\\_%'"))
    file = status.get("Binlog_snapshot_file")
    if not file:
        return None, [_no_log()]
    offset = int(status["Binlog_snapshot_position"])
    ((gtid,),) = _fetch(connection, "select binlog_gtid_pos(%s, %s)", file, offset)
    return {"server": "MariaDB", "file": file, "offset": offset, "gtid": gtid or None}, []


def begin_mysql(
    connection: pymysql.Connection[Any],
    second: pymysql.Connection[Any],
    version: ServerVersion,
    user: str,
) -> tuple[Position | None, list[str]]:
    """Begin the snapshot and return its position, while a read lock keeps the log still.

    MySQL does not note the position of a snapshot, so nothing may commit between the two: the lock
    is held for those two statements only.

    Args:
        connection: Gets the snapshot.
        second: Another connection to the same server, for the lock.
        version: The server's.
        user: Whom a missing grant is for.

    Returns:
        The position, None without a binary log or without the privileges; and warnings.
    """
    ((has_log,),) = _fetch(connection, "select @@log_bin")
    if not has_log:
        _execute(connection, _BEGIN)
        return None, [_no_log()]
    is_renamed = version.number[:2] >= _BINARY_LOG_STATUS_SINCE
    show_status = "show binary log status" if is_renamed else "show master status"
    try:
        _execute(second, f"set session lock_wait_timeout = {_LOCK_WAIT_SECONDS}")
        _execute(second, "flush tables with read lock")
        _execute(connection, _BEGIN)
        ((file, offset, *_),) = _fetch(second, show_status)
        ((gtid,),) = _fetch(second, "select @@global.gtid_executed")
        _execute(second, "unlock tables")
    except pymysql.MySQLError as error:
        reason = _why_no_lock(error, user)
        if reason is None:
            raise
        _execute(connection, _BEGIN)
        return None, [reason]
    gtid = gtid.replace("\n", "") or None
    return {"server": "MySQL", "file": file, "offset": int(offset), "gtid": gtid}, []


def _why_no_lock(error: pymysql.MySQLError, user: str) -> str | None:
    code = error.args[0]
    if code in _ER_ACCESS_DENIED:
        return (
            "No binary log position is noted, so change capture cannot start from this copy: "
            f"GRANT RELOAD, REPLICATION CLIENT ON *.* TO '{user}'@'%'"
        )
    if code in _ER_LOCK_WAIT_TIMEOUT:
        return (
            "No binary log position is noted: other statements kept the read lock away for "
            f"{_LOCK_WAIT_SECONDS} seconds; run ingest again when the shop is less busy"
        )
    return None


def _no_log() -> str:
    return (
        "The server keeps no binary log, so no position is noted and change capture cannot start "
        "from this copy: start the server with log_bin and binlog_format=ROW"
    )


def _execute(connection: pymysql.Connection[Any], statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _fetch(
    connection: pymysql.Connection[Any], query: str, *values: object
) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return tuple(cursor.fetchall())
