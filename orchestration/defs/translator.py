"""How a dbt node looks in Dagster."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.defs.policies import FRESHNESS

# Who keeps what no dbt group claims.
DEFAULT_OWNERS = ["team:data-platform"]

# Pinned in requirements: what is new in a preview shows when it is raised, not while it runs.
warnings.filterwarnings("ignore", "Virtual assets", category=dg.PreviewWarning)


class SoftcartTranslator(DagsterDbtTranslator):
    """Groups from folders, owners from dbt groups, descriptions without the SQL."""

    def __init__(self) -> None:
        # What reads a view is as new as what the view reads, built again or not.
        super().__init__(DagsterDbtTranslatorSettings(enable_dbt_views_as_virtual_assets=True))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Return the spec of one model, snapshot, seed or source."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        materialized = node.get("config", {}).get("materialized")
        return spec.replace_attributes(
            group_name=group_of(node),
            owners=spec.owners or DEFAULT_OWNERS,
            description=node["description"].strip() or spec.description,
            kinds={*spec.kinds, *([materialized] if materialized else [])},
            tags={**spec.tags, **personal_tags(node)},
            # A view holds nothing that could grow old.
            freshness_policy=(
                FRESHNESS if layer_of(node) == "marts" and materialized != "view" else None
            ),
        ).merge_attributes(
            # Without the database: its name belongs to the environment, not to the definition.
            metadata={"dagster/table_name": relation_of(node)},
        )


class Db2Translator(SoftcartTranslator):
    """The same nodes as they are on Db2: keys and groups begin with `db2`."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Return the spec of one node on Db2; what it reads is there too."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(
            key=spec.key.with_prefix("db2"),
            group_name=f"db2_{spec.group_name}",
            kinds={"db2", *spec.kinds - {"postgres"}},
        )


def layer_of(node: Mapping[str, Any]) -> str:
    """Return a node's layer: the first folder of a model, the kind of anything else."""
    if node["resource_type"] == "model":
        return str(node["fqn"][1])
    return {"snapshot": "snapshots", "seed": "seeds", "source": "raw"}[node["resource_type"]]


def group_of(node: Mapping[str, Any]) -> str:
    """Return a node's Dagster group: the business area of a mart, the layer of anything else."""
    layer = layer_of(node)
    if layer == "raw":
        return str(node["schema"])
    return str(node["fqn"][2]) if layer == "marts" else layer


def relation_of(node: Mapping[str, Any]) -> str:
    """Return `schema.table`."""
    return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def personal_tags(node: Mapping[str, Any]) -> dict[str, str]:
    """Return a tag where a column is marked `config.meta.personal`."""
    is_personal = any(
        (column.get("config", {}).get("meta") or column.get("meta") or {}).get("personal")
        for column in node.get("columns", {}).values()
    )
    return {"personal_data": "true"} if is_personal else {}
