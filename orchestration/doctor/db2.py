"""Checks of Db2: reachable, new enough, and set up for what promote and dbt ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from orchestration.doctor.finding import Finding, fail, ok, warn
from orchestration.errors import SoftcartError
from orchestration.promote.db2.connection import (
    Db2Connection,
    db2_session,
    execute,
    query,
    telling,
)
from orchestration.settings import ServerUrl, Settings

SUBJECT: Final = "Db2"

_OLDEST: Final = (11, 5)
_KIBIBYTE: Final = 1024
# A key of 255 characters needs an index on pages of 8 KB; rows and sorts of the widest tables, 32.
_NEEDED_PAGE: Final = 8 * _KIBIBYTE
_WANTED_PAGE: Final = 32 * _KIBIBYTE

# Settings of the database that must be so when it is created, and what goes wrong else.
_CREATED_WITH: Final = {
    "codeset": ("UTF-8", "it cannot hold every text", "using codeset UTF-8 territory US"),
    "varchar2_compat": ("OFF", "the empty text is null in it", "without DB2_COMPATIBILITY_VECTOR"),
    "date_compat": ("OFF", "a DATE has a time in it", "without DB2_COMPATIBILITY_VECTOR"),
    "number_compat": ("OFF", "decimals are rounded in it", "without DB2_COMPATIBILITY_VECTOR"),
}


def check_db2(settings: Settings) -> Iterator[Finding]:
    """Check Db2; leaves nothing there.

    Raises:
        SoftcartError: It cannot be used at all.
    """
    url = settings.url("db2")
    with db2_session(settings) as connection, telling(url, "looking at its settings"):
        yield _check_version(connection, url)
        yield from _check_configuration(connection, url)
        yield from _check_pages(connection)
        yield _check_privileges(connection, url)


def _check_version(connection: Db2Connection, url: ServerUrl) -> Finding:
    ((level,),) = query(connection, "SELECT SERVICE_LEVEL FROM SYSIBMADM.ENV_INST_INFO")
    found = re.search(r"v(\d+)\.(\d+)", str(level))
    if found and (int(found[1]), int(found[2])) >= _OLDEST:
        return ok(SUBJECT, f"{level} at {url}")
    return fail(SUBJECT, f"{level} at {url} is too old", "Use Db2 11.5 or later")


def _check_configuration(connection: Db2Connection, url: ServerUrl) -> Iterator[Finding]:
    rows = query(connection, "SELECT DISTINCT NAME, VALUE FROM SYSIBMADM.DBCFG")
    values: Mapping[str, str] = {str(name): str(value or "").strip() for name, value in rows}
    wrong = False
    for name, (wanted, why, how) in _CREATED_WITH.items():
        if values.get(name, wanted) != wanted:
            wrong = True
            yield fail(
                SUBJECT,
                f"database {url.database} has {name} {values[name]}: {why}",
                f"Create the database anew, {how}",
            )
    if not wrong:
        yield ok(SUBJECT, "a Unicode database, in which '' is not null")
    for name, wanted, why in (
        ("auto_reval", "DEFERRED", "views stay broken when a table they read is put in place"),
        ("cur_commit", "ON", "readers wait while promote or dbt writes"),
    ):
        if not values.get(name, wanted).startswith(wanted):
            yield warn(
                SUBJECT,
                f"{name} is {values[name]}: {why}",
                f"db2 update db cfg for {url.database} using {name.upper()} {wanted}",
            )


def _check_pages(connection: Db2Connection) -> Iterator[Finding]:
    rows = query(
        connection, "SELECT DATATYPE, MAX(PAGESIZE) FROM SYSCAT.TABLESPACES GROUP BY DATATYPE"
    )
    largest = {str(kind): int(size) for kind, size in rows}
    for kinds, what, create in (
        (("A", "L"), "table space", "CREATE TABLESPACE SOFTCART"),
        (
            ("T",),
            "system temporary table space",
            "CREATE SYSTEM TEMPORARY TABLESPACE SOFTCART_TEMP",
        ),
    ):
        size = max(largest.get(kind, 0) for kind in kinds)
        remedy = f"As an administrator: {create} PAGESIZE 32K BUFFERPOOL <one of 32 KB pages>"
        text = f"the largest pages of a {what} have {size // _KIBIBYTE} KB"
        if size < _NEEDED_PAGE:
            yield fail(SUBJECT, text, remedy)
        elif size < _WANTED_PAGE:
            yield warn(SUBJECT, f"{text}: wide rows may not fit", remedy)
        else:
            yield ok(SUBJECT, f"{text}")


def _check_privileges(connection: Db2Connection, url: ServerUrl) -> Finding:
    """Make a schema with a table, which is the only sure way to know, and undo it."""
    try:
        with telling(url, "making a schema"):
            execute(connection, 'CREATE SCHEMA "SOFTCART_DOCTOR"')
            execute(connection, 'CREATE TABLE "SOFTCART_DOCTOR"."TRIED" ("ID" INTEGER)')
    except SoftcartError as error:
        return fail(SUBJECT, error.what, error.remedy)
    finally:
        connection.rollback()
    return ok(SUBJECT, f"user {url.user} may create schemas and tables")
