"""Faults of Db2, told in a user's words and without a row's data."""

from __future__ import annotations

import re
from typing import Final

from orchestration.errors import SoftcartError
from orchestration.settings import ServerUrl

NOTHING_LOST: Final = "Nothing of it is visible: run `softcart promote db2` again"

_SQLCODE: Final = re.compile(r"\bSQL(\d{4,5})[NCW]?\b")
# The driver's own messages of a connection that is gone have no number of Db2's.
_GONE: Final = re.compile(r"\bCLI010[68]E\b")

_Told = tuple[str, str]

# By the number of Db2's message: what is wrong, and what to do.
_FAULTS: Final[dict[int, _Told]] = {
    30082: (
        "The Db2 server at {url} refuses the user or the password",
        "Correct user and password in SOFTCART_DB2_URL, or let the user connect to the database",
    ),
    30081: (
        "No answer from Db2 at {url}, or the connection was cut while {work}",
        "See that the server runs and SOFTCART_DB2_URL names its port (and security=ssl where it "
        "asks for TLS). {lost}",
    ),
    1013: (
        "The Db2 server at {url} has no database {database}",
        "Correct the database in SOFTCART_DB2_URL, or create it there",
    ),
    1224: (
        "The Db2 server at {url} was stopped, or cut the connection, while {work}",
        "See why in db2diag.log and start it. {lost}",
    ),
    552: (
        "The user {user} of {url} lacks a privilege on the database for {work}",
        "As an administrator: "
        'GRANT CONNECT, CREATETAB, IMPLICIT_SCHEMA ON DATABASE TO USER "{user}"',
    ),
    551: (
        "The user {user} of {url} lacks a privilege on a table or schema for {work}",
        "The schemas STAGING, SNAPSHOTS, SEEDS and PROMOTE and their tables must belong to that "
        "user; as an administrator, grant it CREATEIN, ALTERIN and DROPIN on them",
    ),
    964: (
        "The transaction log of Db2 at {url} is full while {work}",
        "Raise LOGSECOND or LOGFILSIZ (db2 update db cfg for {database} using LOGSECOND 100), or "
        "end what holds the log's oldest transaction. {lost}",
    ),
    286: (
        "Db2 at {url} has no table space whose pages are large enough for {work}",
        "As an administrator: create a table space of 32 KB pages that the user may use, "
        "CREATE TABLESPACE SOFTCART PAGESIZE 32K BUFFERPOOL ..., with a buffer pool of that size",
    ),
    1585: (
        "Db2 at {url} has no system temporary table space whose pages are large enough for {work}",
        "As an administrator: CREATE SYSTEM TEMPORARY TABLESPACE SOFTCART_TEMP PAGESIZE 32K "
        "BUFFERPOOL ..., with a buffer pool of that size",
    ),
    289: (
        "A table space of Db2 at {url} is full while {work}",
        "Make room on its disk, or let the table space grow. {lost}",
    ),
    911: (
        "Db2 at {url} ended {work}: a deadlock, or a lock that did not come free",
        "See who reads or writes the promoted tables for long. {lost}",
    ),
    433: (
        "Db2 at {url} refuses a value that is too long while {work}",
        "See that the column has the length that the model says, then run it again",
    ),
    803: (
        "Two rows of one key were to be written to Db2 at {url} while {work}",
        "See the key's test in dbt: `dbt test --selector refined`",
    ),
}
# Messages that mean the same.
_SAME: Final = {
    1031: 1013, 1336: 30081, 1032: 30081, 1042: 1224, 1229: 1224, 1223: 1224, 30080: 30081,
    30020: 1224, 1651: 30081, 30108: 30081, 30061: 1013, 968: 289, 913: 911, 302: 433, 707: 552,
    567: 551, 553: 551,
}  # fmt: skip


def sqlcode(error: BaseException) -> int | None:
    """Return the number of Db2's message, such as 30082 of SQL30082N; None without one."""
    if found := _SQLCODE.search(str(error)):
        return int(found[1])
    return 30081 if _GONE.search(str(error)) else None


def db2_fault(error: BaseException, url: ServerUrl, work: str) -> SoftcartError:
    """Return what to tell of a fault of Db2.

    Args:
        error: As the driver raised it. Only its number is used: messages quote values.
        url: The server.
        work: What was being done, as `loading staging.stg_oltp__orders`.
    """
    code = sqlcode(error)
    words = {
        "url": str(url),
        "user": url.user.upper(),
        "database": url.database,
        "work": work,
        "lost": NOTHING_LOST,
    }
    if code is not None and (told := _FAULTS.get(_SAME.get(code, code))):
        what, remedy = told
        return SoftcartError(what.format(**words), remedy=remedy.format(**words))
    name = f"SQL{code:04}" if code is not None else type(error).__name__
    return SoftcartError(
        f"Db2 at {url} failed with {name} while {work}",
        remedy=f"Look {name} up in Db2's messages, and see db2diag.log. {NOTHING_LOST}",
    )
