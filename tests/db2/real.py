"""A real Db2 for tests: made empty before each run, and refused if it holds a warehouse."""

from __future__ import annotations

from orchestration.promote.db2.connection import Db2Connection, execute, query

SCHEMAS = ("STAGING", "SNAPSHOTS", "SEEDS", "INTERMEDIATE", "MARTS", "INCREMENTAL", "PROMOTE")
_MARK = '"SOFTCART_TESTS"."MARK"'
# Summary tables before the tables that they read, views before theirs.
_DROPS = {"S": "TABLE", "V": "VIEW", "T": "TABLE"}


class HoldsWarehouseError(Exception):
    """The database has tables of a warehouse that no test has made."""


def make_empty(connection: Db2Connection) -> None:
    """Drop what tests have left, and mark the database as the tests' own.

    Raises:
        HoldsWarehouseError: There is something to drop, but no mark of an earlier run.
    """
    found = _relations(connection, SCHEMAS)
    is_marked = bool(_relations(connection, ("SOFTCART_TESTS",)))
    if found and not is_marked:
        raise HoldsWarehouseError(
            f"This Db2 holds {len(found)} tables of a warehouse, such as {'.'.join(found[0][:2])}: "
            "tests would build them anew. Give them a database of its own"
        )
    if not is_marked:
        execute(connection, 'CREATE SCHEMA "SOFTCART_TESTS"')
        execute(connection, f"CREATE TABLE {_MARK} (MADE_AT TIMESTAMP(6))")
        connection.commit()
    markers = ", ".join("?" * len(SCHEMAS))
    for schema, table, name in query(
        connection,
        "SELECT TRIM(TABSCHEMA), TABNAME, CONSTNAME FROM SYSCAT.TABCONST"
        f" WHERE TYPE = 'F' AND TABSCHEMA IN ({markers})",
        SCHEMAS,
    ):
        execute(connection, f'ALTER TABLE "{schema}"."{table}" DROP CONSTRAINT "{name}"')
    for kind, what in _DROPS.items():
        for schema, name, type_ in found:
            if type_ == kind:
                execute(connection, f'DROP {what} "{schema}"."{name}"')
    connection.commit()


def _relations(connection: Db2Connection, schemas: tuple[str, ...]) -> list[tuple[str, str, str]]:
    markers = ", ".join("?" * len(schemas))
    rows = query(
        connection,
        "SELECT TRIM(TABSCHEMA), TABNAME, TYPE FROM SYSCAT.TABLES"
        f" WHERE TABSCHEMA IN ({markers}) ORDER BY TABSCHEMA, TABNAME",
        schemas,
    )
    return [(schema, name, type_) for schema, name, type_ in rows]
