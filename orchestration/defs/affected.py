"""Which models a change of raw tables concerns, by dbt's own graph."""

from __future__ import annotations

from collections.abc import Collection

from orchestration.defs.dbt_project import Manifest
from orchestration.ingest.batch import HISTORY_SUFFIX


def stored_below(manifest: Manifest, tables: Collection[str]) -> set[str]:
    """Return the unique ids of the models and snapshots that hold rows made of raw tables.

    Views are left out, as they show a change by themselves; so is what is made daily, by whole
    builds alone, and what no source leads to, such as seeds and calendars.

    Args:
        manifest: dbt's.
        tables: `<source>.<table>`; the history that ingest keeps of a table changes with it.
    """
    ahead = [
        unique_id
        for unique_id, source in manifest["sources"].items()
        if f"{source['source_name']}.{source['identifier'].removesuffix(HISTORY_SUFFIX)}" in tables
    ]
    seen: set[str] = set()
    while ahead:
        unique_id = ahead.pop()
        if unique_id not in seen:
            seen.add(unique_id)
            ahead += manifest["child_map"].get(unique_id, [])
    return {unique_id for unique_id in seen if _is_stored(manifest, unique_id)}


def whole_build_tests(manifest: Manifest) -> set[str]:
    """Return the names of the data tests that are for whole builds alone.

    They compare what runs on changes leave alone with what these bring up to date, or are daily
    themselves.
    """
    return {
        node["name"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
        and any(_is_daily(manifest, each) for each in (unique_id, *node["depends_on"]["nodes"]))
    }


def _is_stored(manifest: Manifest, unique_id: str) -> bool:
    node = manifest["nodes"].get(unique_id)
    return (
        node is not None
        and node["resource_type"] in ("model", "snapshot")
        and node["config"]["materialized"] not in ("view", "ephemeral")
        and not _is_daily(manifest, unique_id)
    )


def _is_daily(manifest: Manifest, unique_id: str) -> bool:
    node = manifest["nodes"].get(unique_id)
    return node is not None and "daily" in node["config"]["tags"]
