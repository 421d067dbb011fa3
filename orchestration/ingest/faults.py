"""Faults of PostgreSQL, told in a user's words and without a row's data."""

from __future__ import annotations

import psycopg

from orchestration.errors import SoftcartError
from orchestration.settings import ServerUrl

NOTHING_LOST = "Nothing of it is visible: run `softcart ingest` again"


class SourceLostError(SoftcartError):
    """A source went away while it was read: nothing more can come from it in this run."""


class LogLostError(SoftcartError):
    """A source's log does not have what follows a position: only a new copy helps."""


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
            remedy=f"Make room on that disk. {NOTHING_LOST}",
        )
    if code is None or code.startswith(("08", "57P")):
        return WarehouseFaultError(
            f"The PostgreSQL server at {url} went away while ingest was writing",
            remedy=f"See why in the server's log and start it. {NOTHING_LOST}",
        )
    if code.startswith(("53", "58", "XX")):
        return WarehouseFaultError(
            f"The PostgreSQL server at {url} reports a fault of its own (SQLSTATE {code})",
            remedy=f"See the server's log. {NOTHING_LOST}",
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
        remedy="The other tables went on; see the server's log for this one",
    )
