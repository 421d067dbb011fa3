"""What promote keeps on Db2: how far each table is, stored with its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestration.promote.db2.connection import Db2Connection, execute, query
from orchestration.promote.db2.ddl import (
    LOADING_SUFFIX,
    WORK_SCHEMA,
    Table,
    qualified,
    quoted,
)

_POSITIONS: Final = qualified(WORK_SCHEMA, "POSITIONS")

_CREATE_POSITIONS: Final = f"""CREATE TABLE {_POSITIONS} (
    "RELATION_SCHEMA" VARCHAR(128) NOT NULL,
    "RELATION_NAME" VARCHAR(128) NOT NULL,
    "LOADED_THROUGH" TIMESTAMP(6),
    "DEFINITION" VARCHAR(32) NOT NULL,
    "COMMENTS" VARCHAR(32) NOT NULL,
    PRIMARY KEY ("RELATION_SCHEMA", "RELATION_NAME")
)"""

_COLUMNS: Final = '"RELATION_SCHEMA", "RELATION_NAME", "LOADED_THROUGH", "DEFINITION", "COMMENTS"'


@dataclass(frozen=True)
class Position:
    """How far a table is.

    Attributes:
        loaded_through: All that was loaded until then is in it; None if that is not how it is told.
        definition: Digest of what it was made by.
        comments: Digest of its comments.
    """

    loaded_through: datetime | None
    definition: str
    comments: str


Name = tuple[str, str]
"""Schema and name as Db2 has them."""


def prepare(connection: Db2Connection, schemas: Iterable[str]) -> dict[Name, Position]:
    """Make what is missing, remove what a run that was killed has left, and return the positions.

    A table that somebody has dropped has no position: it is made again.
    """
    wanted = sorted({*schemas, WORK_SCHEMA})
    there = {name for (name,) in query(connection, "SELECT TRIM(SCHEMANAME) FROM SYSCAT.SCHEMATA")}
    for schema in wanted:
        if schema not in there:
            execute(connection, f"CREATE SCHEMA {quoted(schema)}")
    connection.commit()
    tables = _tables(connection, wanted)
    if (WORK_SCHEMA, "POSITIONS") not in tables:
        execute(connection, _CREATE_POSITIONS)
    drop_leftovers(connection, tables)
    connection.commit()
    rows = query(connection, f"SELECT {_COLUMNS} FROM {_POSITIONS}")
    connection.commit()
    return {
        (schema, name): Position(*rest) for schema, name, *rest in rows if (schema, name) in tables
    }


def existing(connection: Db2Connection, tables: Iterable[Table]) -> set[Name]:
    """Return which of the promoted tables there are."""
    wanted = {(table.schema, table.plain_name) for table in tables}
    return wanted & _tables(connection, sorted({schema for schema, _ in wanted}))


def drop_leftovers(connection: Db2Connection, tables: Iterable[Name]) -> None:
    """Drop work tables, and tables that were being loaded for the first time."""
    for schema, name in sorted(tables):
        is_work = schema == WORK_SCHEMA and name != "POSITIONS"
        if is_work or name.endswith(LOADING_SUFFIX):
            execute(connection, f"DROP TABLE {qualified(schema, name)}")


def drop_work(connection: Db2Connection) -> None:
    """Drop the work tables of this run."""
    drop_leftovers(connection, _tables(connection, [WORK_SCHEMA]))
    connection.commit()


def store(connection: Db2Connection, positions: dict[Name, Position]) -> None:
    """Store the positions of all tables, in the transaction at work."""
    execute(connection, f"DELETE FROM {_POSITIONS}")
    for (schema, name), position in sorted(positions.items()):
        execute(
            connection,
            f"INSERT INTO {_POSITIONS} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
            (schema, name, position.loaded_through, position.definition, position.comments),
        )


def forget_watermarks(connection: Db2Connection) -> bool:
    """Let the marts compute every row in their next build, in the transaction at work.

    Returns:
        Whether there was anything to forget.
    """
    if not _tables(connection, ["INCREMENTAL"]) >= {("INCREMENTAL", "WATERMARKS")}:
        return False
    execute(connection, 'DELETE FROM "INCREMENTAL"."WATERMARKS"')
    return True


def _tables(connection: Db2Connection, schemas: list[str]) -> set[Name]:
    markers = ", ".join("?" * len(schemas))
    rows = query(
        connection,
        "SELECT TRIM(TABSCHEMA), TABNAME FROM SYSCAT.TABLES"
        f" WHERE TYPE = 'T' AND TABSCHEMA IN ({markers})",
        schemas,
    )
    return {(schema, name) for schema, name in rows}
