"""dbt as assets: the refined layer (seeds, staging, snapshots), then the marts, on each engine."""

# No postponed annotations here: Dagster reads those of config and resources as types.

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import dagster as dg
import orjson
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from dbt.adapters.base.impl import BaseAdapter
from packaging.version import Version

from orchestration.defs.dbt_command import build_args, failed_nodes, is_worth_a_retry
from orchestration.defs.dbt_project import DBT_EXECUTABLE, Manifest
from orchestration.defs.policies import POOL, RETRY
from orchestration.defs.relation import Describe, describe_db2, describe_postgres
from orchestration.defs.translator import Db2Translator, SoftcartTranslator
from orchestration.settings import Settings, Target
from orchestration.transform import dbt_environment, only_run
from orchestration.warehouse.model_runs import record


@dataclass(frozen=True)
class DbtSet:
    """Nodes that one dbt command builds.

    Args:
        name: Of the set; its op is `dbt_<name>`.
        selector: In selectors.yml.
        target: In profiles.yml.
        translator: Says how the nodes look there.
        describe: Returns the columns and the size of a node as it is there now.
    """

    name: str
    selector: str
    target: Target
    translator: SoftcartTranslator
    describe: Describe


REFINED = DbtSet("refined", "refined", "local", SoftcartTranslator(), describe_postgres)
# Of each target that a deployment may have.
MARTS: Mapping[Target, DbtSet] = {
    "local": DbtSet("marts", "marts", "local", SoftcartTranslator(), describe_postgres),
    "prod": DbtSet("db2_marts", "marts", "prod", Db2Translator(), describe_db2),
}


_DBT_FLAGS = {
    # The step's stdout has dbt's words; a log of each statement costs a tenth of a small build.
    "DBT_LOG_LEVEL_FILE": "none",
    # A test that reads what lies downstream of a run waits for the run that builds that too.
    "DBT_INDIRECT_SELECTION": "buildable",
}


class DbtConfig(dg.Config):
    """What a run may ask of dbt.

    Args:
        full_refresh: Build incremental models anew.
        count_rows: Show how many rows each table has, at the price of reading it whole.
    """

    full_refresh: bool = False
    count_rows: bool = True


def dbt_sets(
    manifest: Manifest, project: DbtProject, targets: Collection[Target]
) -> list[dg.AssetsDefinition]:
    """Return the sets of dbt assets: the refined layer, and the marts of each target."""
    wanted = [REFINED, *(each for target, each in MARTS.items() if target in targets)]
    return [_dbt_set(each, manifest, project) for each in wanted]


def _dbt_set(nodes: DbtSet, manifest: Manifest, project: DbtProject) -> dg.AssetsDefinition:
    @dbt_assets(
        name=f"dbt_{nodes.name}",
        manifest=manifest,
        project=project,
        select="",
        selector=nodes.selector,
        dagster_dbt_translator=nodes.translator,
        retry_policy=RETRY,
        pool=POOL,
    )
    def dbt_set(
        context: dg.AssetExecutionContext,
        config: DbtConfig,
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        # dagster-dbt would make a folder for each run and never delete one. As one run works at a
        # time, one folder will do; dbt finds in it what it parsed last time for the target.
        folder = settings.home.resolve() / "dagster" / f"dbt_{nodes.target}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run_results.json").unlink(missing_ok=True)
        variables = dbt_environment(settings) | _DBT_FLAGS
        dbt = _dbt_cli(project, variables["DBT_PROFILES_DIR"], nodes.target)
        with (
            only_run(settings, nodes.target),
            _environment(variables),
            nodes.describe(settings, count_rows=config.count_rows) as described,
        ):
            build = dbt.cli(
                build_args(full_refresh=config.full_refresh),
                context=context,
                target_path=folder,
                raise_on_error=False,
            )
            for event in build.stream():
                if isinstance(event, dg.Output):
                    node = manifest["nodes"][event.metadata["unique_id"].value]
                    yield event.with_metadata({**event.metadata, **described(node)})
                else:
                    yield event
            if unrecorded := record(settings, nodes.target, folder):
                context.log.warning(unrecorded)
            if not build.is_successful():
                raise _failure(folder, nodes.name)

    return dbt_set


class _Dbt(DbtCliResource):
    """dbt of this environment, without what dagster-dbt asks of it first.

    dagster-dbt 0.29 starts dbt once more for its version, and opens its adapter for queries of its
    own, which we do not use: together three of the seconds that a small build takes.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> BaseAdapter:
        return cast("BaseAdapter", None)


@cache
def _dbt_cli(project: DbtProject, profiles_dir: str, target: str) -> DbtCliResource:
    return _Dbt(
        project_dir=str(project.project_dir),
        profiles_dir=profiles_dir,
        target=target,
        dbt_executable=str(DBT_EXECUTABLE),
    )


def _failure(folder: Path, name: str) -> dg.Failure:
    file = folder / "run_results.json"
    results = orjson.loads(file.read_bytes())["results"] if file.exists() else []
    names = failed_nodes(results)
    return dg.Failure(
        description=(
            f"dbt could not build {name}: {', '.join(names) or 'it ended before any node'}. "
            "The step's stdout has dbt's own words."
        ),
        allow_retries=is_worth_a_retry(results),
    )


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process and dbt's; dagster-dbt passes on no others."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
