"""What Dagster shows: loaded without any server, pinned, complete."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import NoReturn

import dagster as dg
import pytest

from orchestration.definitions import definitions_for
from orchestration.defs.affected import stored_below, whole_build_tests
from orchestration.defs.changes import STATUSES, concerned, sensors_for
from orchestration.defs.dbt_project import load_manifest
from orchestration.defs.ingest import ingests_for
from orchestration.defs.policies import POOL
from orchestration.defs.schedules import TIMETABLES, schedules_for
from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR, Settings

SNAPSHOT = Path(__file__).with_name("dagster_definitions.txt")
JOBS = ("daily_full", "hourly", "changes", "rebuild", "predict")
UPDATE = "SOFTCART_TEST_UPDATE=1 pytest tests/unit/test_dagster_definitions.py"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", autouse=True)
def no_connections() -> Iterator[None]:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("Loading the definitions opened a connection")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


@pytest.fixture(scope="module")
def definitions(home: Path) -> dg.Definitions:
    return definitions_for(Settings(_env_file=None, home=home))


@pytest.fixture(scope="module")
def on_both(home: Path) -> dg.Definitions:
    """Those of a deployment that has marts on PostgreSQL and on Db2."""
    return definitions_for(Settings(_env_file=None, home=home, targets=("local", "prod")))


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return _specs(definitions)


@pytest.fixture(scope="module")
def checks(definitions: dg.Definitions) -> dict[str, list[dg.AssetCheckSpec]]:
    return _checks(definitions)


def _specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def _checks(definitions: dg.Definitions) -> dict[str, list[dg.AssetCheckSpec]]:
    found: dict[str, list[dg.AssetCheckSpec]] = {}
    for assets in definitions.assets or ():
        if isinstance(assets, dg.AssetsDefinition):
            for spec in assets.check_specs:
                found.setdefault(spec.asset_key.to_user_string(), []).append(spec)
    return found


def test_definitions_are_as_pinned(
    definitions: dg.Definitions,
    specs: dict[str, dg.AssetSpec],
    checks: dict[str, list[dg.AssetCheckSpec]],
) -> None:
    _compare_with_pinned(list(_shown(definitions, specs, checks)), SNAPSHOT)


def _compare_with_pinned(shown: list[str], file: Path) -> None:
    if os.environ.get("SOFTCART_TEST_UPDATE"):
        file.write_text("\n".join(shown) + "\n")
    pinned = file.read_text().splitlines()
    difference = "\n".join(unified_diff(pinned, shown, "pinned", "shown", n=0, lineterm=""))
    assert not difference, f"{difference}\nIf that is meant: {UPDATE}"


def _shown(
    definitions: dg.Definitions,
    specs: dict[str, dg.AssetSpec],
    checks: dict[str, list[dg.AssetCheckSpec]],
) -> Iterator[str]:
    yield f"# What Dagster shows. After a change that is meant: {UPDATE}"
    yield ""
    yield "[assets]"
    for key, spec in sorted(specs.items()):
        parents = sorted(dep.asset_key.to_user_string() for dep in spec.deps)
        yield f"{key} ({spec.group_name})" + (f" <- {', '.join(parents)}" if parents else "")
    yield ""
    yield "[checks]"
    for key in sorted(checks):
        for check in sorted(checks[key], key=lambda check: check.name):
            yield f"{key}: {check.name}" + (" (blocking)" if check.blocking else "")
    yield ""
    yield "[jobs]"
    for name in JOBS:
        job = definitions.resolve_job_def(name)
        graph = job.asset_layer.asset_graph
        keys = {key.to_user_string().split("/")[0] for key in graph.materializable_asset_keys}
        assets, evaluated = len(graph.materializable_asset_keys), len(graph.asset_check_keys)
        yield f"{name}: {evaluated} checks and {assets} assets of {_listed(keys)}"
    yield ""
    yield "[schedules]"
    for environment in TIMETABLES:
        for schedule in schedules_for(environment, JOBS):
            yield (
                f"{environment}: {schedule.job_name} {schedule.cron_schedule} "
                f"{schedule.default_status.value}"
            )
    yield ""
    yield "[sensors]"
    for sensor in definitions.sensors or ():
        yield sensor.name
    for environment, status in STATUSES.items():
        yield f"{environment}: changes {status.value if status else 'absent'}"


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words))


def test_what_db2_adds_is_as_pinned(definitions: dg.Definitions, on_both: dg.Definitions) -> None:
    without = set(_shown(definitions, _specs(definitions), _checks(definitions)))
    shown = _shown(on_both, _specs(on_both), _checks(on_both))
    _compare_with_pinned(
        [line for line in shown if line not in without or line.startswith("[")],
        SNAPSHOT.with_stem("dagster_definitions_db2"),
    )


def test_lineage_leads_from_the_shop_over_postgres_to_every_mart_on_db2(
    on_both: dg.Definitions,
) -> None:
    specs = _specs(on_both)
    parents = {
        key: [dep.asset_key.to_user_string() for dep in spec.deps] for key, spec in specs.items()
    }
    on_db2 = {key for key in specs if key.startswith("db2/")}
    assert {key.removeprefix("db2/") for key in on_db2} <= specs.keys()
    assert parents["db2/staging/stg_oltp__orders"] == ["staging/stg_oltp__orders"]
    assert "db2/staging/stg_oltp__shipments" in parents["db2/marts/fct_shipments"]
    for key in on_db2:
        is_promoted = specs[key].group_name in ("db2_staging", "db2_snapshots", "db2_seeds")
        assert all(parent.startswith("db2/") is not is_promoted for parent in parents[key]), key
        assert parents[key], key
        # A view holds nothing that could grow old.
        is_layer = is_promoted or (key.startswith("db2/marts/") and "view" not in specs[key].kinds)
        assert (specs[key].freshness_policy is not None) is is_layer, key


def test_a_deployment_has_the_targets_it_names(home: Path) -> None:
    keys = _specs(definitions_for(Settings(_env_file=None, home=home, targets=("prod",)))).keys()
    assert {"staging/stg_oltp__orders", "db2/marts/fct_orders"} <= keys
    assert "marts/fct_orders" not in keys


def test_a_change_is_built_on_every_engine_and_promoted_whole(
    home: Path, on_both: dg.Definitions
) -> None:
    sets = [each for each in on_both.assets or () if isinstance(each, dg.AssetsDefinition)]
    (promote,) = (each for each in sets if each.op.name == "promote_db2")
    manifest = load_manifest(home / "dagster" / "manifest")
    below_raw = [each for each in sets if not each.op.name.startswith(("ingest", "predictions"))]
    keys = concerned(manifest, below_raw, stored_below(manifest, ["oltp.promotions"]))
    assert len(keys) == len(set(keys))
    assert {key.to_user_string() for key in set(keys) - promote.keys} == {
        "snapshots/snap_oltp__promotions",
        "marts/dim_promotions",
        "db2/marts/dim_promotions",
    }
    assert promote.keys <= set(keys)
    assert concerned(manifest, below_raw, set()) == []


def test_every_asset_has_owner_group_and_description(specs: dict[str, dg.AssetSpec]) -> None:
    bare = {
        key: missing
        for key, spec in specs.items()
        if (
            missing := [
                name
                for name in ("owners", "group_name", "description", "kinds")
                if not getattr(spec, name)
            ]
        )
    }
    assert bare == {}
    assert {key for key, spec in specs.items() if spec.group_name == "default"} == set()


def test_every_mart_has_a_blocking_check_and_a_freshness_policy(
    specs: dict[str, dg.AssetSpec], checks: dict[str, list[dg.AssetCheckSpec]]
) -> None:
    marts = {key for key in specs if key.startswith("marts/")}
    assert "marts/fct_order_items" in marts
    assert {key for key in marts if not any(check.blocking for check in checks[key])} == set()
    without_policy = {key for key in marts if specs[key].freshness_policy is None}
    assert without_policy == {key for key in marts if "view" in specs[key].kinds}


def test_a_view_is_as_new_as_what_it_reads(specs: dict[str, dg.AssetSpec]) -> None:
    views = {key for key, spec in specs.items() if "view" in spec.kinds}
    assert "staging/stg_oltp__orders" in views
    assert {key for key, spec in specs.items() if spec.is_virtual} == views


def test_every_copy_of_a_source_table_is_reconciled_and_has_a_freshness_policy(
    specs: dict[str, dg.AssetSpec], checks: dict[str, list[dg.AssetCheckSpec]]
) -> None:
    raw = [key for key in specs if key.startswith(("oltp/", "catalog/"))]
    copies = [key for key in raw if not key.endswith("__history")]
    assert (len(copies), len(raw)) == (13, 21)
    for key in copies:
        assert specs[key].freshness_policy is not None
        assert {(check.name, check.blocking) for check in checks[key]} == {
            ("row_count_equals_source", True),
            ("checksums_equal_source", True),
            ("no_rows_in_quarantine", False),
        }


def test_a_history_comes_from_the_table_that_it_is_the_history_of(
    specs: dict[str, dg.AssetSpec],
) -> None:
    (dep,) = specs["catalog/products__history"].deps
    assert dep.asset_key.to_user_string() == "mongodb/products"
    assert "mongodb/products__history" not in specs
    assert specs["catalog/products__history"].freshness_policy is not None


def test_lineage_leads_from_the_shop_to_every_mart(specs: dict[str, dg.AssetSpec]) -> None:
    parents = {
        key: [dep.asset_key.to_user_string() for dep in spec.deps] for key, spec in specs.items()
    }
    assert {parent for found in parents.values() for parent in found} <= set(specs)

    def roots(key: str) -> set[str]:
        return set().union(*map(roots, parents[key])) if parents[key] else {key}

    origins = {root for key in specs for root in roots(key)}
    assert {root.split("/")[0] for root in origins} == {
        "mysql",
        "mongodb",
        "files",
        "seeds",
        "ingest",
        "transform",
    }
    assert roots("marts/dim_products") == {"mongodb/products"}
    assert "mysql/orders" in roots("marts/sales_by_country_category_month")


def test_every_data_test_is_an_asset_check(
    home: Path, checks: dict[str, list[dg.AssetCheckSpec]]
) -> None:
    manifest = load_manifest(home / "dagster" / "manifest")
    tests = {
        node["name"]: node["config"]["severity"].lower() == "error"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    shown = {
        check.name: check.blocking
        for key, found in checks.items()
        if not key.startswith(("oltp/", "catalog/", "web/"))
        for check in found
    }
    # One that reads several models is missing until _singular__tests.yml says which it vouches for.
    assert shown == tests


def test_a_test_never_runs_before_what_it_reads(definitions: dg.Definitions) -> None:
    sets = [a for a in definitions.assets or () if isinstance(a, dg.AssetsDefinition)]
    refined, marts = (a for a in sets if a.op.name in ("dbt_refined", "dbt_marts"))
    for check in refined.check_specs:
        read = {check.asset_key, *(dep.asset_key for dep in check.additional_deps)}
        assert not read & marts.keys, check.name


def test_all_work_on_the_warehouse_is_retried_and_in_one_pool(definitions: dg.Definitions) -> None:
    sets = [a for a in definitions.assets or () if isinstance(a, dg.AssetsDefinition)]
    assert {a.op.name for a in sets} == {
        "ingest_oltp",
        "ingest_catalog",
        "ingest_web",
        "dbt_refined",
        "dbt_marts",
        "predictions__customer_lifetimes",
    }
    for assets in sets:
        policy = assets.op.retry_policy
        assert policy is not None
        assert policy.backoff is dg.Backoff.EXPONENTIAL
        assert assets.op.pools == {POOL}


def test_the_hourly_job_leaves_out_what_compares_with_the_source_and_nothing_else(
    definitions: dg.Definitions,
) -> None:
    daily = definitions.resolve_job_def("daily_full").asset_layer.asset_graph
    hourly = definitions.resolve_job_def("hourly").asset_layer.asset_graph
    assert daily.materializable_asset_keys == hourly.materializable_asset_keys
    left_out = daily.asset_check_keys - hourly.asset_check_keys
    assert hourly.asset_check_keys < daily.asset_check_keys
    assert {check.name for check in left_out} == {
        "checksums_equal_source",
        "row_count_equals_source",
    }
    assert len(left_out) == 2 * 13


def test_the_rebuild_asks_dbt_for_a_full_refresh_and_leaves_the_shop_alone(
    definitions: dg.Definitions,
) -> None:
    rebuild = definitions.resolve_job_def("rebuild")
    assert rebuild.run_config is not None
    asked = {name: op["config"]["full_refresh"] for name, op in rebuild.run_config["ops"].items()}
    assert asked == {"dbt_marts": True, "dbt_refined": True}
    assert {step.name for step in rebuild.nodes} == {"dbt_marts", "dbt_refined"}


def test_changes_builds_every_model_with_the_checks_that_block(definitions: dg.Definitions) -> None:
    rebuild = definitions.resolve_job_def("rebuild").asset_layer.asset_graph
    changes = definitions.resolve_job_def("changes").asset_layer.asset_graph
    assert changes.materializable_asset_keys == rebuild.materializable_asset_keys
    assert changes.asset_check_keys == {
        key for key in rebuild.asset_check_keys if rebuild.get_check_spec(key).blocking
    }


def test_a_changed_table_concerns_what_is_stored_of_it(home: Path) -> None:
    manifest = load_manifest(home / "dagster" / "manifest")

    def below(*tables: str) -> set[str]:
        return {manifest["nodes"][found]["name"] for found in stored_below(manifest, tables)}

    assert below("oltp.promotions") == {"snap_oltp__promotions", "dim_promotions"}
    assert below("oltp.orders") >= {"fct_orders", "fct_order_items"}
    assert below("oltp.no_such_table") == set()
    # Views show it by themselves, seeds come from nowhere, and what is daily waits for its day.
    stored = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "snapshot")
        and node["config"]["materialized"] != "view"
        and "daily" not in node["config"]["tags"]
    }
    every = [f"{node['source_name']}.{node['identifier']}" for node in manifest["sources"].values()]
    of_seeds_alone = {"dim_channels", "dim_countries", "dim_currencies", "int_time_zone_years"}
    assert stored - below(*every) <= of_seeds_alone
    assert below(*every) <= stored


def test_a_run_on_changes_leaves_out_whole_build_tests(home: Path) -> None:
    left_out = whole_build_tests(load_manifest(home / "dagster" / "manifest"))
    assert left_out >= {
        "assert_net_sales_tie_on_both_sides",
        "assert_sessions_tie_to_web_events",
        "customer_rfm__rfm_segment__known",
    }
    assert left_out.isdisjoint({"assert_orders_tie_to_source", "fct_orders__order_id__key"})


def test_what_a_run_on_changes_replaces_lies_under_no_view(home: Path) -> None:
    """PostgreSQL drops the view with the table, and only a whole build makes it again."""
    manifest = load_manifest(home / "dagster" / "manifest")
    every = [f"{node['source_name']}.{node['identifier']}" for node in manifest["sources"].values()]
    lost = {
        f"{child} over {replaced}"
        for replaced in stored_below(manifest, every)
        if manifest["nodes"][replaced]["config"]["materialized"] == "table"
        for child in manifest["child_map"][replaced]
        if manifest["nodes"].get(child, {}).get("config", {}).get("materialized") == "view"
    }
    assert lost == set()


def test_what_follows_changes_reads_no_seed(home: Path) -> None:
    """The selector `increment` leaves out what is made of seeds: it would stand still unseen."""
    manifest = load_manifest(home / "dagster" / "manifest")
    of_seeds = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] == "incremental"
        and any(parent.startswith("seed.") for parent in node["depends_on"]["nodes"])
    }
    assert of_seeds == set()


def test_the_sensors_on_changes_are_declared_for_each_environment(home: Path) -> None:
    manifest = load_manifest(home / "dagster" / "manifest")
    assert set(STATUSES) == set(TIMETABLES)
    sensor, streams = sensors_for("production", manifest, "v1", [])
    assert sensor.default_status is streams.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensors_for("ci", manifest, "v1", []) == []
    with pytest.raises(SoftcartError, match="staging"):
        sensors_for("staging", manifest, "v1", [])


def test_a_source_that_nothing_copies_is_an_error(home: Path) -> None:
    manifest = load_manifest(home / "dagster" / "manifest")
    unknown = next(iter(manifest["sources"].values())) | {"source_name": "crm"}
    with pytest.raises(SoftcartError, match="crm"):
        ingests_for(
            {**manifest, "sources": {**manifest["sources"], "source.softcart.crm": unknown}}
        )


def test_the_entry_point_is_short() -> None:
    entry = PROJECT_DIR / "orchestration" / "definitions.py"
    assert len(entry.read_text().splitlines()) < 60
