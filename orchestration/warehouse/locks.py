"""One writer at a time, by an advisory lock that ends with its session, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
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

_HOLDER = """
select lock.pid, to_char(holder.backend_start, 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
from pg_locks as lock
inner join pg_stat_activity as holder on holder.pid = lock.pid
where lock.locktype = 'advisory' and lock.granted and lock.classid = %s
    and lock.objid = hashtext(%s)::bigint & 4294967295
    and lock.database = (select oid from pg_database where datname = current_database())
"""


@contextmanager
def sole_writer(connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Hold the lock `name` of this database for the block.

    Args:
        connection: In autocommit; the lock belongs to its session.
        name: What only one may do at a time, such as `ingest`.

    Raises:
        SoftcartError: Another session holds the lock.
    """
    _set(connection, "client_connection_check_interval", _CLIENT_CHECK_MILLISECONDS)
    _set(connection, "lock_timeout", _WAIT_MILLISECONDS)
    try:
        connection.execute("select pg_advisory_lock(%s, hashtext(%s))", (_LOCK_SPACE, name))
    except psycopg.errors.LockNotAvailable:
        holder = connection.execute(_HOLDER, (_LOCK_SPACE, name)).fetchone()
        who = f" (PostgreSQL session {holder[0]}, since {holder[1]})" if holder else ""
        raise SoftcartError(
            f"Another {name} is running in this warehouse{who}",
            remedy="Wait until it ends, then run the command again",
        ) from None
    _set(connection, "lock_timeout", 0)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", (_LOCK_SPACE, name))


def _set(connection: psycopg.Connection[Any], name: str, milliseconds: int) -> None:
    connection.execute(
        sql.SQL("set {} = {}").format(sql.Identifier(name), sql.Literal(f"{milliseconds}ms"))
    )
