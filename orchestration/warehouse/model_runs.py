"""What dbt's builds cost, model by model: PostgreSQL's schema `transform`, whatever the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import psycopg
from psycopg import sql

from orchestration.connections import connect_postgres
from orchestration.dbt_report import without_rows
from orchestration.errors import SoftcartError
from orchestration.settings import Settings, Target

DBT_ITSELF: Final = "dbt"
"""In place of a model: what a command did besides, such as starting, hooks, tests of no model."""

# A year to compare with, and a month more.
_KEPT_DAYS: Final = 400

# In the types of the models that read it: a cast would hide the key and the statistics from them.
_TABLE = """
create schema if not exists transform;
comment on schema transform is 'What dbt builds cost; docs/operations.md';

create table if not exists transform.model_runs (
    invocation_id    varchar(36) not null,
    node_name        varchar(128) not null,
    resource_type    varchar(16) not null,
    schema_name      varchar(64),
    materialization  varchar(32),
    target_name      varchar(16) not null,
    command_name     varchar(16) not null,
    is_full_refresh  boolean not null,
    run_status       varchar(16) not null,
    started_at       timestamptz not null,
    seconds          numeric(12, 3) not null,
    test_seconds     numeric(12, 3) not null,
    rows_affected    bigint,
    total_bytes      bigint,
    primary key (invocation_id, node_name)
);
create index if not exists model_runs_started_at on transform.model_runs (started_at);
"""

_SIZES = """
select relation.relname, pg_total_relation_size(relation.oid)
from unnest(%s::text[], %s::text[]) as built (schema_name, node_name)
inner join pg_namespace as namespace on namespace.nspname = built.schema_name
inner join pg_class as relation
    on relation.relnamespace = namespace.oid and relation.relname = built.node_name
where relation.relkind in ('r', 'm', 'p')
"""

_RELATIONS: Final = ("model", "snapshot", "seed")
_NOT_RUN: Final = ("skipped", "no-op")
_GOOD: Final = ("success", "pass", "warn")


@dataclass
class ModelRun:
    """One row of `transform.model_runs`; fields in the order of its columns.

    Attributes:
        invocation_id: dbt's, of the command.
        node_name: Of the model, snapshot or seed, or `DBT_ITSELF`.
        resource_type: `model`, `snapshot`, `seed`; `command` for dbt itself.
        schema_name: Where the relation is, on every target.
        materialization: dbt's, such as `view`.
        target_name: Where dbt worked.
        command_name: Such as `build`.
        is_full_refresh: Incremental models were built anew.
        run_status: dbt's own word, such as `success`.
        started_at: When dbt began with it.
        seconds: That it took one of dbt's threads; for dbt itself, when no thread had anything.
        test_seconds: That its tests took in this command.
        rows_affected: As the engine said of the last statement; None if it said nothing.
        total_bytes: Of the relation with its indexes, right after; None for views and on Db2.
    """

    invocation_id: str
    node_name: str
    resource_type: str
    schema_name: str | None
    materialization: str | None
    target_name: Target
    command_name: str
    is_full_refresh: bool
    run_status: str
    started_at: str
    seconds: float
    test_seconds: float = 0.0
    rows_affected: int | None = None
    total_bytes: int | None = None


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create the table if it is missing: dbt's models read it, whichever program comes first."""
    row = connection.execute("select to_regclass('transform.model_runs')").fetchone()
    if row == (None,):
        connection.execute(_TABLE)


def record(settings: Settings, target: Target, artifacts: Path) -> str:
    """Note what a dbt command cost that has ended, well or not; once, however often it is told.

    What cannot be noted breaks no build. The table is there: `prepare` was called before dbt began.

    Args:
        settings: Where the staging warehouse is.
        target: Where dbt worked.
        artifacts: The folder of its `run_results.json` and `manifest.json`.

    Returns:
        Why nothing is noted, in a sentence; empty if all is, or dbt ended before any node.
    """
    results = artifacts / "run_results.json"
    if not results.exists():
        return ""
    try:
        runs = read_runs(
            orjson.loads(results.read_bytes()),
            orjson.loads((artifacts / "manifest.json").read_bytes()),
            target,
        )
        with connect_postgres(settings) as warehouse:
            if target == "local":
                _measure(warehouse, runs)
            _write(warehouse, runs)
    except (SoftcartError, psycopg.Error, OSError, LookupError, ValueError) as error:
        return f"What this build cost is not recorded: {without_rows(str(error))}"
    return ""


def read_runs(
    results: Mapping[str, Any], manifest: Mapping[str, Any], target: Target
) -> list[ModelRun]:
    """Return what each model, snapshot and seed cost that a command ran, and then dbt itself.

    A test counts to the model it is attached to, if that was run too, else to dbt itself.

    Args:
        results: dbt's run_results.json.
        manifest: dbt's manifest.json.
        target: Where dbt worked.
    """
    metadata, args = results["metadata"], results["args"]
    began = {"started_at": metadata["invocation_started_at"]}
    done = [each for each in results["results"] if each["status"] not in _NOT_RUN]

    def run_of(result: Mapping[str, Any], node: Mapping[str, Any]) -> ModelRun:
        rows = result["adapter_response"].get("rows_affected")
        return ModelRun(
            metadata["invocation_id"],
            node["name"],
            node["resource_type"],
            node["schema"],
            node["config"]["materialized"],
            target,
            args["which"],
            bool(args.get("full_refresh")),
            result["status"],
            (result["timing"] or [began])[0]["started_at"],
            result["execution_time"],
            rows_affected=rows if isinstance(rows, int) and rows >= 0 else None,
        )

    runs = {
        result["unique_id"]: run_of(result, manifest["nodes"][result["unique_id"]])
        for result in done
        if _kind(result) in _RELATIONS
    }
    itself = ModelRun(
        metadata["invocation_id"],
        DBT_ITSELF,
        "command",
        None,
        None,
        target,
        args["which"],
        bool(args.get("full_refresh")),
        "success" if all(each["status"] in _GOOD for each in done) else "error",
        metadata["invocation_started_at"],
        _seconds(metadata["invocation_started_at"], metadata["generated_at"]) - _at_work(done),
    )
    for result in done:
        if _kind(result) in ("test", "unit_test"):
            tested = runs.get(_tested(manifest, result["unique_id"]), itself)
            tested.test_seconds += result["execution_time"]
    return [*runs.values(), itself]


def _kind(result: Mapping[str, Any]) -> str:
    return str(result["unique_id"].partition(".")[0])


def _tested(manifest: Mapping[str, Any], test: str) -> str:
    """Return the unique id of the model that a test is of; empty for one of several models."""
    of_data, of_rule = manifest["nodes"].get(test, {}), manifest["unit_tests"].get(test, {})
    return of_data.get("attached_node") or of_rule.get("tested_node_unique_id") or ""


def _at_work(done: Sequence[Mapping[str, Any]]) -> float:
    """Return the seconds from the first node's start to the last one's end, hooks left out."""
    times = [time for each in done if _kind(each) != "operation" for time in each["timing"]]
    if not times:
        return 0.0
    return _seconds(
        min(time["started_at"] for time in times), max(time["completed_at"] for time in times)
    )


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _measure(warehouse: psycopg.Connection[Any], runs: Sequence[ModelRun]) -> None:
    places = [(run.schema_name, run.node_name) for run in runs]
    sizes = dict(warehouse.execute(_SIZES, tuple(map(list, zip(*places, strict=True)))).fetchall())
    for run in runs:
        run.total_bytes = sizes.get(run.node_name)


def _write(warehouse: psycopg.Connection[Any], runs: Sequence[ModelRun]) -> None:
    columns = [field.name for field in fields(ModelRun)]
    insert = sql.SQL(
        "insert into transform.model_runs ({}) values ({}) on conflict do nothing"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    with warehouse.cursor() as cursor:
        cursor.executemany(insert, list(map(astuple, runs)))
        cursor.execute(
            "delete from transform.model_runs where started_at < now() - make_interval(days => %s)",
            (_KEPT_DAYS,),
        )
