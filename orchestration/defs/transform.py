"""dbt as assets: the refined layer (seeds, staging, snapshots), then the marts."""

# No postponed annotations here: Dagster reads those of config and resources as types.

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import dagster as dg
import orjson
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from dbt.adapters.base.impl import BaseAdapter
from packaging.version import Version

from orchestration.connections import connect_postgres
from orchestration.defs.dbt_command import build_args, failed_nodes, is_worth_a_retry
from orchestration.defs.dbt_project import DBT_EXECUTABLE, Manifest
from orchestration.defs.policies import POOL, RETRY
from orchestration.defs.relation import columns_of, size_of
from orchestration.defs.translator import SoftcartTranslator
from orchestration.settings import Settings
from orchestration.transform import dbt_environment, only_run

# Names in selectors.yml, in the order they are built; a set is named after its selector.
SELECTORS = ("refined", "marts")


# The step's stdout has dbt's words; a log of each statement costs a tenth of a small build.
_QUIET = {"DBT_LOG_LEVEL_FILE": "none"}


class DbtConfig(dg.Config):
    """What a run may ask of dbt.

    Args:
        full_refresh: Build incremental models anew.
        count_rows: Show how many rows each table has, at the price of reading it whole.
    """

    full_refresh: bool = False
    count_rows: bool = True


def dbt_sets(manifest: Manifest, project: DbtProject) -> list[dg.AssetsDefinition]:
    """Return the sets of dbt assets, one for each of `SELECTORS`."""
    return [_dbt_set(selector, manifest, project) for selector in SELECTORS]


def _dbt_set(selector: str, manifest: Manifest, project: DbtProject) -> dg.AssetsDefinition:
    @dbt_assets(
        name=f"dbt_{selector}",
        manifest=manifest,
        project=project,
        select="",
        selector=selector,
        dagster_dbt_translator=SoftcartTranslator(),
        retry_policy=RETRY,
        pool=POOL,
    )
    def dbt_set(
        context: dg.AssetExecutionContext,
        config: DbtConfig,
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        # dagster-dbt would make a folder for each run and never delete one. As one run works at a
        # time, one folder will do; dbt finds in it what it parsed last time.
        folder = settings.home.resolve() / "dagster" / "dbt"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run_results.json").unlink(missing_ok=True)
        variables = dbt_environment(settings) | _QUIET
        dbt = _dbt_cli(project, variables["DBT_PROFILES_DIR"], variables["DBT_TARGET"])
        with (
            only_run(settings),
            _environment(variables),
            connect_postgres(settings, autocommit=True) as warehouse,
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
                    shown: dict[str, Any] = dict(event.metadata)
                    shown |= columns_of(warehouse, node)
                    shown |= size_of(warehouse, node, count_rows=config.count_rows)
                    yield event.with_metadata(shown)
                else:
                    yield event
            if not build.is_successful():
                raise _failure(folder, selector)

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


def _failure(folder: Path, selector: str) -> dg.Failure:
    file = folder / "run_results.json"
    results = orjson.loads(file.read_bytes())["results"] if file.exists() else []
    names = failed_nodes(results)
    return dg.Failure(
        description=(
            f"dbt could not build {selector}: {', '.join(names) or 'it ended before any node'}. "
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
