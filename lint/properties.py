"""The shape of dbt's property files.

dbt warns of a misplaced key on some adapters only and ignores it on the others, so that a test
that never runs looks like one that passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_NODE = frozenset({"name", "description", "config", "columns", "data_tests"})
_TEST = frozenset({"name", "description", "arguments", "config"})
_COLUMN = frozenset(
    {"name", "description", "config", "data_type", "constraints", "data_tests", "quote"}
)

_KEYS: Mapping[str, frozenset[str]] = {
    "models": _NODE | {"constraints", "versions", "latest_version"},
    "seeds": _NODE,
    "snapshots": _NODE | {"relation"},
    "sources": frozenset({"name", "description", "config", "schema", "tables"}),
    "tables": _NODE | {"identifier"},
}


def shape_faults(file: Path) -> Iterator[str]:
    """Yield a sentence for each key of a property file that dbt would not heed."""
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    for kind in ("models", "seeds", "snapshots", "sources"):
        for node in content.get(kind, []):
            yield from _node_faults(kind, node)
        if kind == "seeds":
            for seed in content.get(kind, []):
                yield from _untyped(seed)


def _untyped(seed: Mapping[str, Any]) -> Iterator[str]:
    typed = seed.get("config", {}).get("column_types", {})
    for column in seed.get("columns", []):
        if column["name"] not in typed:
            yield f"{seed['name']}.{column['name']}: type it under `config: column_types`"


def _node_faults(kind: str, node: Mapping[str, Any]) -> Iterator[str]:
    name = node["name"]
    yield from _strangers(name, node, _KEYS[kind])
    yield from _test_faults(name, node)
    for column in node.get("columns", []):
        yield from _strangers(f"{name}.{column['name']}", column, _COLUMN)
        yield from _test_faults(f"{name}.{column['name']}", column)
    for table in node.get("tables", []):
        yield from _node_faults("tables", table)


def _test_faults(name: str, holder: Mapping[str, Any]) -> Iterator[str]:
    for test in holder.get("data_tests", []):
        if isinstance(test, str):
            continue
        ((rule, body),) = test.items()
        yield from _strangers(f"{name}, test {rule}", body, _TEST)
        if "arguments" in body and "name" not in body:
            yield f"{name}, test {rule}: name it <model>__<column>__<rule>"


def _strangers(name: str, node: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    for key in node.keys() - known:
        instead = {
            "tests": "write `data_tests`",
            "meta": "put it under `config`",
            "tags": "put it under `config`",
        }.get(key, "a test's inputs go under `arguments`, settings under `config`")
        yield f"{name}: dbt does not heed `{key}`: {instead}"
