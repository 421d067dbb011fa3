"""Make a PostgreSQL database into one that the stand-in's driver works on."""

from __future__ import annotations

from pathlib import Path

import psycopg

_SCHEMAS = ("db2", "syscat", "sysibm", "sysibmadm", "sysproc")


def install(conninfo: str) -> None:
    """Create the stand-in's schemas, types, functions and catalogue in an empty database.

    Args:
        conninfo: A superuser's: casts of PostgreSQL's own are changed, in that database alone.
    """
    with psycopg.connect(conninfo) as connection:
        for schema in _SCHEMAS:
            connection.execute(f"create schema {schema}")
        for script in sorted(Path(__file__).parent.glob("sql/*.sql")):
            connection.execute(script.read_bytes())
