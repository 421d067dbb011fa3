"""One writer at a time, by an advisory lock that ends with its session, however that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from orchestration.errors import SoftcartError

# First half of every advisory lock of the project, so that it meets no other program's.
_LOCK_SPACE = 0x50F7CA

# How long a session that was killed may take to let go of the lock, and how often the server looks
# whether its client is still there.
_WAIT_MILLISECONDS = 3000
_CLIENT_CHECK_MILLISECONDS = 500

# Sessions that hold a lock of this database, or wait for it.
_SESSIONS = """
select lock.pid
from pg_locks as lock
where lock.locktype = 'advisory' and lock.granted = %s and lock.classid = %s
    and lock.objid = hashtext(%s)::bigint & 4294967295
    and lock.database = (select oid from pg_database where datname = current_database())
"""

_HOLDER = """
select pid, to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
from pg_stat_activity
where pid = any(%s)
"""


class LockedError(SoftcartError):
    """Another session does what only one may do at a time."""


@contextmanager
def sole_writer(
    connection: psycopg.Connection[Any],
    name: str,
    *,
    keeps_waiting: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock `name` of this database for the block.

    Args:
        connection: In autocommit; the lock belongs to its session.
        name: What only one may do at a time, such as `ingest`.
        keeps_waiting: Asked every few seconds while another session holds the lock.

    Raises:
        LockedError: Another session holds the lock.
    """
    _set(connection, "client_connection_check_interval", _CLIENT_CHECK_MILLISECONDS)
    _set(connection, "lock_timeout", _WAIT_MILLISECONDS)
    while True:
        try:
            connection.execute("select pg_advisory_lock(%s, hashtext(%s))", (_LOCK_SPACE, name))
            break
        except psycopg.errors.LockNotAvailable:
            if keeps_waiting():
                continue
            held_by = list(_sessions(connection, name, granted=True))
            holder = connection.execute(_HOLDER, (held_by,)).fetchone()
            who = f" (PostgreSQL session {holder[0]}, since {holder[1]})" if holder else ""
            raise LockedError(
                f"Another {name} is running in this warehouse{who}",
                remedy="Wait until it ends, then run the command again",
            ) from None
    _set(connection, "lock_timeout", 0)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", (_LOCK_SPACE, name))


def is_awaited(connection: psycopg.Connection[Any], name: str) -> bool:
    """Return whether another session waits for the lock `name`."""
    return bool(_sessions(connection, name, granted=False))


def is_held_with(connection: psycopg.Connection[Any], name: str, other: str) -> bool:
    """Return whether the session that holds the lock `name` holds the lock `other` too."""
    holders = _sessions(connection, name, granted=True)
    return bool(holders & _sessions(connection, other, granted=True))


def _sessions(connection: psycopg.Connection[Any], name: str, *, granted: bool) -> set[int]:
    rows = connection.execute(_SESSIONS, (granted, _LOCK_SPACE, name)).fetchall()
    return {row[0] for row in rows}


def _set(connection: psycopg.Connection[Any], name: str, milliseconds: int) -> None:
    connection.execute(
        sql.SQL("set {} = {}").format(sql.Identifier(name), sql.Literal(f"{milliseconds}ms"))
    )
