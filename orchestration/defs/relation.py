"""What the warehouse says of one of its relations: columns, rows, bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import psycopg
from psycopg import sql

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


def _relation(node: Mapping[str, Any]) -> sql.Identifier:
    return sql.Identifier(node["schema"], node.get("alias") or node["identifier"])
