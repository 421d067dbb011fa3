"""What the refined layer is: staging models, snapshots and seeds.

dbt's manifest says which relations there are, their keys (proven by its tests), their descriptions
and what is personal; PostgreSQL's catalogue says which columns they have and of what types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from orchestration.errors import SoftcartError

LOADED_AT: Final = "loaded_at"
PROGRESS: Final = ("staging", "stg_ingest__tables")
"""Its latest `loaded_at` says up to where staging has everything."""

_COLUMNS = """
select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
from pg_attribute as attribute
where attribute.attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
    and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum
"""

_VIEW = """
select pg_get_viewdef(oid)
from pg_class
where oid = to_regclass(format('%%I.%%I', %s::text, %s::text)) and relkind = 'v'
"""


@dataclass(frozen=True)
class Column:
    """A column with PostgreSQL's name of its type, `numeric(16,4)`."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class Deletions:
    """Where deleted rows of a source's table are told of.

    Attributes:
        schema: Of the relation that tells.
        name: Of the relation that tells.
        table: The source's table, its `table_name` there.
        row_key: The columns whose values, joined by '|', are its `row_key`.
    """

    schema: str
    name: str
    table: str
    row_key: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """A relation of the refined layer.

    How its changes are found follows from what it has: `deletions`, `is_deletions` or
    `is_append_only`, by load time; `state_key`, by load time and then every state of the key; none
    of them, by comparing it whole.

    Attributes:
        schema: The same on every engine.
        name: The same on every engine.
        columns: Without the personal ones.
        key: Columns that no two rows share and that are never null.
        description: What a row is.
        made_by: The SQL of a view, so that a change of it is seen; empty for a table.
        state_key: Of a snapshot, the column whose rows are states of one thing.
        deletions: Where rows that the relation has lost are told of.
        is_deletions: Whether it tells of other relations' lost rows.
        is_append_only: Whether rows are only ever added, as its `meta.append_only` says.
        undocumented: Columns that stay behind, because nobody has said whether they are personal.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    description: str = ""
    made_by: str = ""
    state_key: str | None = None
    deletions: Deletions | None = None
    is_deletions: bool = False
    is_append_only: bool = False
    undocumented: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def follows_loads(self) -> bool:
        """Whether changed rows have a later `loaded_at`, and lost rows are told of."""
        return self.deletions is not None or self.is_deletions or self.is_append_only


def refined_layer(
    manifest: Mapping[str, Any], connection: psycopg.Connection[Any]
) -> list[Relation]:
    """Return the relations to promote, in an order that is always the same.

    Args:
        manifest: Of the dbt project.
        connection: To the warehouse.

    Raises:
        SoftcartError: A relation has no key that dbt tests, or is not in the warehouse.
    """
    keys = _keys(manifest)
    told = _deletions(manifest, keys)
    return [
        _relation(connection, node, keys.get(node["unique_id"], ()), told.get(node["unique_id"]))
        for node in sorted(
            refined_nodes(manifest), key=lambda node: (node["schema"], node["alias"])
        )
    ]


def seeds(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return schema and name of the relations that dbt empties before it fills them."""
    return sorted(
        (node["schema"], node["alias"])
        for node in refined_nodes(manifest)
        if node["resource_type"] == "seed"
    )


def refined_nodes(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the dbt nodes of the refined layer, but for what PostgreSQL tells of its own work."""
    for node in manifest["nodes"].values():
        kind, folders = node["resource_type"], node["fqn"][1:-1]
        is_staging = folders[:1] == ["staging"] and "base" not in folders
        if "operations" in node.get("tags", ()):
            continue
        if kind in ("seed", "snapshot") or (kind == "model" and is_staging):
            yield node


def _relation(
    connection: psycopg.Connection[Any],
    node: Mapping[str, Any],
    key: tuple[str, ...],
    deletions: Deletions | None,
) -> Relation:
    schema, name = node["schema"], node["alias"]
    documented = node["columns"]
    personal = {
        column for column, known in documented.items() if known["config"]["meta"].get("personal")
    }
    if not key or not personal.isdisjoint(key):
        raise SoftcartError(
            f"{schema}.{name} has no key that can be promoted",
            remedy="Give it a `primary_key` test, or a column the tests `unique` and `not_null`, "
            "in its YAML; a personal column cannot be in a key",
        )
    types = dict(connection.execute(_COLUMNS, (schema, name)).fetchall())
    if not types:
        raise SoftcartError(
            f"{schema}.{name} is not in the warehouse",
            remedy="Build the refined layer first: `dbt build --selector refined`",
        )
    view = connection.execute(_VIEW, (schema, name)).fetchone()
    return Relation(
        schema,
        name,
        tuple(
            Column(column, type_, _text(documented[column]["description"]))
            for column, type_ in types.items()
            if column in documented and column not in personal
        ),
        key,
        _text(node["description"]),
        made_by=view[0] if view else "",
        state_key=node["config"]["unique_key"] if node["resource_type"] == "snapshot" else None,
        deletions=deletions,
        is_deletions="row_keys" in node["config"]["meta"],
        is_append_only=node["config"]["meta"].get("append_only", False),
        undocumented=tuple(column for column in types if column not in documented),
    )


def _keys(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the key of each node: of its `primary_key` test, or of a column's two tests."""
    keys: dict[str, tuple[str, ...]] = {}
    tested: dict[tuple[str, str], set[str]] = {}
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata")
        # A test of some rows proves nothing of the others.
        if not metadata or not test.get("attached_node") or test["config"].get("where"):
            continue
        if metadata["name"] == "primary_key":
            keys[test["attached_node"]] = tuple(metadata["kwargs"]["columns"])
        elif metadata["name"] in ("unique", "not_null"):
            column = metadata["kwargs"]["column_name"]
            tested.setdefault((test["attached_node"], column), set()).add(metadata["name"])
    for (node, column), tests in sorted(tested.items()):
        if len(tests) == 2:  # noqa: PLR2004 - both of the two
            keys.setdefault(node, (column,))
    return keys


def _deletions(
    manifest: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]]
) -> dict[str, Deletions]:
    """Return by node where its lost rows are told of, as the models' `meta.row_keys` say.

    A node of the same source with another key, such as one row for each value in a document, loses
    rows that nothing tells of.
    """
    by_source = {
        (node["depends_on"]["nodes"][0], frozenset(keys.get(node["unique_id"], ()))): node[
            "unique_id"
        ]
        for node in refined_nodes(manifest)
        if len(node["depends_on"].get("nodes", ())) == 1
        and "row_keys" not in node["config"]["meta"]
    }
    told: dict[str, Deletions] = {}
    for node in refined_nodes(manifest):
        row_keys: Mapping[str, list[str]] = node["config"]["meta"].get("row_keys", {})
        for source in node["depends_on"].get("nodes", ()):
            table = manifest["sources"][source]["name"] if source in manifest["sources"] else ""
            row_key = tuple(row_keys.get(table, ()))
            # In whatever order a test names the columns of the key.
            if (source, frozenset(row_key)) in by_source:
                told[by_source[source, frozenset(row_key)]] = Deletions(
                    node["schema"], node["alias"], table, row_key
                )
    return told


def _text(description: str | None) -> str:
    return " ".join((description or "").split())
