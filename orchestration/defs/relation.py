"""What a warehouse says of one of its relations: columns, rows, bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Protocol

import dagster as dg
import psycopg
from psycopg import sql

from orchestration.connections import connect_postgres
from orchestration.promote.db2.connection import connect_db2
from orchestration.settings import Settings

Node = Mapping[str, Any]


class Describe(Protocol):
    """Opens a warehouse and yields what returns the metadata of a dbt node in it."""

    def __call__(
        self, settings: Settings, *, count_rows: bool
    ) -> AbstractContextManager[Callable[[Node], dict[str, Any]]]:
        """Open the warehouse; without `count_rows`, no table is read whole."""


_COLUMNS = """
select
    attribute.attname,
    format_type(attribute.atttypid, attribute.atttypmod),
    not attribute.attnotnull
from pg_attribute as attribute
where attribute.attrelid = to_regclass(%s) and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum
"""


def columns_of(warehouse: psycopg.Connection[Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a relation's columns with the types they really have and dbt's descriptions.

    Args:
        warehouse: Sees the relation.
        node: A dbt model, snapshot, seed or source table.
    """
    described = node["columns"]
    columns = [
        dg.TableColumn(
            name,
            type_name,
            description=described.get(name, {}).get("description") or None,
            constraints=dg.TableColumnConstraints(nullable=nullable),
        )
        for name, type_name, nullable in warehouse.execute(
            _COLUMNS, (_relation(node).as_string(warehouse),)
        ).fetchall()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)} if columns else {}


def size_of(
    warehouse: psycopg.Connection[Any], node: Mapping[str, Any], *, count_rows: bool
) -> dict[str, Any]:
    """Return rows and bytes (indexes and TOAST among them) of a dbt node; nothing for a view."""
    relation = _relation(node)
    row = warehouse.execute(
        "select relkind, pg_total_relation_size(oid) from pg_class where oid = to_regclass(%s)",
        (relation.as_string(warehouse),),
    ).fetchone()
    if row is None or row[0] not in ("r", "m", "p"):
        return {}
    if not count_rows:
        return {"bytes": row[1]}
    count = sql.SQL("select count(*) from {}").format(relation)
    counted = warehouse.execute(count).fetchone()
    return {"dagster/row_count": counted[0] if counted else 0, "bytes": row[1]}


@contextmanager
def describe_postgres(
    settings: Settings, *, count_rows: bool
) -> Iterator[Callable[[Node], dict[str, Any]]]:
    """Describe nodes of the staging warehouse."""
    with connect_postgres(settings, autocommit=True) as warehouse:

        def describe(node: Node) -> dict[str, Any]:
            return columns_of(warehouse, node) | size_of(warehouse, node, count_rows=count_rows)

        yield describe


_DB2_COLUMNS = """
select colname, typename, length, scale, nulls
from syscat.columns
where tabschema = ? and tabname = ?
order by colno
"""


@contextmanager
def describe_db2(
    settings: Settings, *, count_rows: bool
) -> Iterator[Callable[[Node], dict[str, Any]]]:
    """Describe nodes on Db2, without bytes, which only an administrator may see there."""
    with closing(connect_db2(settings)) as db2, closing(db2.cursor()) as cursor:

        def describe(node: Node) -> dict[str, Any]:
            schema, table = node["schema"].upper(), (node.get("alias") or node["name"]).upper()
            cursor.execute(_DB2_COLUMNS, (schema, table))
            columns = [
                dg.TableColumn(
                    name.lower(),
                    _db2_type(kind.strip().lower(), length, scale),
                    description=node["columns"].get(name.lower(), {}).get("description") or None,
                    constraints=dg.TableColumnConstraints(nullable=nulls == "Y"),
                )
                for name, kind, length, scale, nulls in cursor.fetchall()
            ]
            shown: dict[str, Any] = {}
            if columns:
                shown["dagster/column_schema"] = dg.TableSchema(columns)
            if columns and count_rows and node["config"]["materialized"] != "view":
                # From dbt's own names, in upper case as Db2 keeps them.
                cursor.execute(f'select count(*) from "{schema}"."{table}"')  # noqa: S608
                shown["dagster/row_count"] = cursor.fetchall()[0][0]
            # Locks end with the transaction.
            db2.commit()
            return shown

        yield describe


def _db2_type(name: str, length: int, scale: int) -> str:
    if name == "decimal":
        return f"{name}({length},{scale})"
    return f"{name}({length})" if name in ("varchar", "character", "clob") else name


def _relation(node: Mapping[str, Any]) -> sql.Identifier:
    return sql.Identifier(node["schema"], node.get("alias") or node["identifier"])
