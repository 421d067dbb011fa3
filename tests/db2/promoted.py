"""A shop whose refined layer is promoted, and both sides' rows side by side, without a checksum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql
from statements import on_postgres

from orchestration.connections import connect_postgres
from orchestration.defs.dbt_project import load_manifest
from orchestration.ingest.run import run_ingest
from orchestration.promote.db2.connection import Db2Connection, db2_session, execute, query
from orchestration.promote.db2.ddl import Table, name_list
from orchestration.promote.refined import refined_layer
from orchestration.settings import Settings

OpenShop = Callable[[Path], AbstractContextManager[Settings]]
OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]

Rows = list[tuple[Any, ...]]


def manifest(settings: Settings) -> Mapping[str, Any]:
    """Return the manifest that promote reads."""
    return load_manifest(settings.home.resolve() / "dagster" / "manifest")


def tables(settings: Settings) -> list[Table]:
    """Return all that is promoted."""
    with connect_postgres(settings) as warehouse:
        return [Table(relation) for relation in refined_layer(manifest(settings), warehouse)]


def differing_tables(settings: Settings) -> list[str]:
    """Return the tables whose rows are not the same on both sides, value by value."""
    with connect_postgres(settings) as warehouse, db2_session(settings) as db2:
        return [
            str(table)
            for table in [
                Table(relation) for relation in refined_layer(manifest(settings), warehouse)
            ]
            if _ordered(_source_rows(warehouse, table)) != _ordered(_target_rows(db2, table))
        ]


def on_db2(settings: Settings, *statements: str) -> None:
    """Run statements on Db2, in one transaction."""
    with db2_session(settings) as db2:
        for statement in statements:
            execute(db2, statement)
        db2.commit()


def from_db2(settings: Settings, statement: str) -> Rows:
    """Return a query's rows."""
    with db2_session(settings) as db2:
        return query(db2, statement)


def ingest(settings: Settings, *names: str) -> None:
    """Copy tables of the shop, which must succeed."""
    report = run_ingest(settings, tables=names)
    assert report.succeeded, report.faults


@contextmanager
def view_as(settings: Settings, name: str, definition: str) -> Iterator[None]:
    """Let a staging view be another one for the block."""
    with connect_postgres(settings) as warehouse:
        row = warehouse.execute("select pg_get_viewdef(to_regclass(%s))", (name,)).fetchone()
    assert row is not None

    def replace(query: str) -> None:
        # Others rest on it, so it cannot be dropped: it moves away and comes back.
        on_postgres(
            settings, f"drop view if exists {name} cascade", f"create view {name} as {query}"
        )

    replace(definition.format(was=row[0].rstrip(";")))
    try:
        yield
    finally:
        replace(row[0])


def _source_rows(warehouse: Any, table: Table) -> Rows:
    names = sql.SQL(", ").join(sql.Identifier(column.source) for column in table.columns)
    relation = sql.Identifier(table.relation.schema, table.relation.name)
    return list(warehouse.execute(sql.SQL("select {} from {}").format(names, relation)).fetchall())


def _target_rows(db2: Db2Connection, table: Table) -> Rows:
    return query(
        db2, f"SELECT {name_list(column.name for column in table.columns)} FROM {table.name}"
    )


def _ordered(rows: Rows) -> list[str]:
    return sorted(map(repr, rows))
