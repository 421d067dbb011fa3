"""Dagster's jobs, run for real: the shop's servers, the warehouse, dbt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from ingest_shop import hold_one_bad_row

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.definitions import definitions_for
from orchestration.defs.resources import settings_resource
from orchestration.settings import SERVERS, Settings
from orchestration.simulator.history import simulate_history

OpenShop = Callable[[Path], AbstractContextManager[Settings]]

pytestmark = [pytest.mark.servers, pytest.mark.slow]


class Jobs:
    """The definitions over one small shop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.definitions = definitions_for(settings)

    def run(
        self, job: str, assets: Sequence[str] | None = None, steps: Sequence[str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run a job; or those of its assets that are named `oltp/orders`; or some of its steps."""
        with dg.DagsterInstance.ephemeral() as instance:
            return self.definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey.from_user_string(asset) for asset in assets]
                if assets
                else None,
                op_selection=steps,
                raise_on_error=False,
            )

    def count(self, relation: str) -> int:
        with connect_postgres(self.settings) as warehouse:
            row = warehouse.execute(f"select count(*) from {relation}".encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def jobs(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with open_shop(tmp_path_factory.mktemp("home")) as settings:
        simulate_history(settings, scale=0.002, seed=7)
        # Runs read the settings anew, as they do in production.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SOFTCART_HOME", str(settings.home))
            for server in SERVERS:
                url = settings.url(server).full.get_secret_value()
                environment.setenv(f"SOFTCART_{server.upper()}_URL", url)
            yield Jobs(settings)


@pytest.fixture(scope="module")
def daily(jobs: Jobs) -> dg.ExecuteInProcessResult:
    return jobs.run("daily_full")


def metadata_by_asset(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    return {
        event.asset_key.to_user_string(): {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {
        f"{check.asset_key.to_user_string()}: {check.check_name}"
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def steps(result: dg.ExecuteInProcessResult, event: dg.DagsterEventType) -> set[str | None]:
    return {found.step_key for found in result.all_events if found.event_type is event}


def test_the_daily_job_makes_every_asset_and_passes_every_check(
    jobs: Jobs, daily: dg.ExecuteInProcessResult
) -> None:
    assert daily.success
    graph = jobs.definitions.resolve_asset_graph()
    assert set(metadata_by_asset(daily)) == {
        key.to_user_string()
        for key in graph.materializable_asset_keys
        # Made each week.
        if key.path[0] != "predictions"
    }
    assert failed_checks(daily) == set()
    evaluated = {check.asset_check_key for check in daily.get_asset_check_evaluations()}
    assert evaluated == graph.asset_check_keys


def test_an_asset_shows_what_ingest_and_dbt_did(
    jobs: Jobs, daily: dg.ExecuteInProcessResult
) -> None:
    metadata = metadata_by_asset(daily)
    orders = metadata["oltp/orders"]
    rows = jobs.count("raw_oltp.orders")
    assert rows > 0
    assert (orders["rows_read"], orders["rows_inserted"], orders["dagster/row_count"]) == (
        rows,
        rows,
        rows,
    )
    assert (orders["rows_updated"], orders["rows_tombstoned"], orders["rows_quarantined"]) == (
        0,
        0,
        0,
    )
    assert orders["bytes_read"] > rows
    assert orders["lag_seconds"] >= orders["seconds"] > 0
    assert orders["position"]["gtid"]
    mart = metadata["marts/fct_order_items"]
    assert mart["dagster/row_count"] == jobs.count("marts.fct_order_items") > 0
    assert mart["bytes"] > 0
    assert "dagster/row_count" not in metadata["staging/stg_oltp__orders"]
    # And keeps what it cost: once for each of the two builds, and for all that they built.
    assert jobs.count("operations.fct_model_runs where model_name = 'dbt'") == 2
    assert jobs.count("operations.fct_model_runs where model_name = 'fct_order_items'") == 1
    assert jobs.count("operations.fct_model_runs where has_failed") == 0


@pytest.mark.usefixtures("daily")
def test_the_prediction_reaches_the_mart_that_tells_of_it(
    jobs: Jobs, daily: dg.ExecuteInProcessResult
) -> None:
    assert daily.success
    predicted = "marts.customer_lifetime_values where predicted_net_amount > 0"
    assert jobs.count(predicted) == 0
    result = jobs.run("predict")
    assert result.success
    assert failed_checks(result) == set()
    shown = metadata_by_asset(result)["predictions/customer_lifetimes"]
    assert jobs.count(predicted) == shown["dagster/row_count"] > 0
    assert shown["parameter_r"] > 0


@pytest.mark.usefixtures("daily")
def test_too_few_customers_are_not_tried_again(jobs: Jobs) -> None:
    purchases = "intermediate.int_person_purchases"
    with connect_postgres(jobs.settings) as warehouse:
        warehouse.execute(f"create table kept as table {purchases}".encode())
        warehouse.execute(f"delete from {purchases}".encode())
    try:
        result = jobs.run("predict", assets=["predictions/customer_lifetimes"])
    finally:
        with connect_postgres(jobs.settings) as warehouse:
            warehouse.execute(f"insert into {purchases} table kept".encode())
            warehouse.execute("drop table kept")
    assert not result.success
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    assert "Only 0 customers have bought again" in str(failure.step_failure_data.user_failure_data)


def test_an_hour_reads_what_changed_in_the_shop_and_nothing_else(jobs: Jobs) -> None:
    steps = ["ingest_oltp", "ingest_catalog"]
    with changed_shop(
        jobs.settings,
        "update payments set note = 'touched' order by payment_id limit 2",
        undo="update payments set note = null where note = 'touched'",
    ):
        result = jobs.run("hourly", steps=steps)
    assert result.success
    assert {check.check_name for check in result.get_asset_check_evaluations()} == {
        "no_rows_in_quarantine"
    }
    shown = metadata_by_asset(result)
    payments = shown.pop("oltp/payments")
    assert (payments["changes_read"], payments["rows_updated"]) == (2, 2)
    assert payments["position"]["gtid"]
    assert payments["lag_seconds"] > 0
    quiet = [of for key, of in shown.items() if not key.endswith("__history")]
    assert {of["changes_read"] for of in quiet} == {0}
    assert set(metadata_by_asset(result)) >= {"oltp/orders", "catalog/products"}
    assert jobs.run("hourly", steps=steps).success  # reads the undoing


@pytest.mark.usefixtures("daily")
def test_an_hour_copies_a_source_that_has_no_place_in_a_log(jobs: Jobs) -> None:
    with connect_postgres(jobs.settings, autocommit=True) as warehouse:
        execute(warehouse, "update ingest.positions set position = null where source = 'oltp'")
    result = jobs.run("hourly", steps=["ingest_oltp"])
    assert result.success
    orders = metadata_by_asset(result)["oltp/orders"]
    assert orders["rows_read"] == jobs.count("raw_oltp.orders")
    assert orders["rows_updated"] == 0


@pytest.mark.usefixtures("daily")
def test_rows_in_quarantine_fail_the_check_until_they_are_out(jobs: Jobs) -> None:
    hold_one_bad_row(jobs.settings, ["payments"])
    result = jobs.run("hourly", steps=["ingest_oltp"])
    assert failed_checks(result) == {"oltp/payments: no_rows_in_quarantine"}
    with connect_postgres(jobs.settings, autocommit=True) as warehouse:
        execute(warehouse, "delete from ingest.raw_quarantine")
    assert failed_checks(jobs.run("hourly", steps=["ingest_oltp"])) == set()


@pytest.mark.usefixtures("daily")
def test_a_table_that_cannot_be_copied_fails_the_run_and_keeps_the_others(jobs: Jobs) -> None:
    others = ["oltp/warehouses", "oltp/payments"]
    with changed_shop(
        jobs.settings,
        "alter table exchange_rates drop primary key",
        undo="alter table exchange_rates add primary key (rate_date, currency_code)",
    ):
        result = jobs.run(
            "daily_full", [*others, "oltp/exchange_rates", "staging/stg_oltp__payments"]
        )
    assert not result.success
    # A history is written with its table, chosen or not.
    histories = {f"{other}__history" for other in others}
    assert set(metadata_by_asset(result)) == {*others, *histories}
    assert "exchange_rates" in fault_of(result, "ingest_oltp")
    # It will not fit any better in a minute; and nothing is built on half of a copy.
    assert steps(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == set()
    assert steps(result, dg.DagsterEventType.STEP_START) == {"ingest_oltp"}


@pytest.mark.usefixtures("daily")
def test_a_check_alone_can_be_run_and_says_so(jobs: Jobs) -> None:
    key = dg.AssetKey(["catalog", "products"])
    (ingest,) = [
        assets
        for assets in jobs.definitions.assets or ()
        if isinstance(assets, dg.AssetsDefinition) and key in assets.keys
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [ingest],
            selection=dg.AssetSelection.checks(dg.AssetCheckKey(key, "row_count_equals_source")),
            instance=instance,
            resources={"settings": settings_resource},
        )
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["source_rows"].value == jobs.count("raw_catalog.products") > 0
    # The copy that it took is no secret, nor is the history that came with it.
    assert set(metadata_by_asset(result)) == {"catalog/products", "catalog/products__history"}


@pytest.mark.usefixtures("daily")
def test_a_copy_that_is_not_the_source_stops_the_run(jobs: Jobs) -> None:
    with (
        corrupted(jobs.settings, "raw_oltp.payments", "new.amount := new.amount + 0.01"),
        changed_shop(
            jobs.settings,
            "update payments set note = 'touched' order by payment_id limit 1",
            undo="update payments set note = null where note = 'touched'",
        ),
    ):
        result = jobs.run("daily_full", ["oltp/payments", "staging/stg_oltp__payments"])
    assert not result.success
    assert failed_checks(result) == {"oltp/payments: checksums_equal_source"}
    (check,) = [c for c in result.get_asset_check_evaluations() if not c.passed]
    assert check.metadata["different"].value == "amount.sum"
    assert steps(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == set()
    assert steps(result, dg.DagsterEventType.STEP_START) == {"ingest_oltp"}


@pytest.mark.usefixtures("daily")
def test_a_data_test_that_fails_stops_the_run_and_is_not_tried_again(jobs: Jobs) -> None:
    snapshot = "snapshots.snap_oltp__warehouses"
    copy = (
        f"insert into {snapshot} "
        """select (jsonb_populate_record(old, '{"dbt_scd_id": "another"}')).* """
        f"from {snapshot} as old where warehouse_id = 1"
    )
    with connect_postgres(jobs.settings) as warehouse:
        warehouse.execute(copy.encode())
    result = jobs.run("rebuild", ["snapshots/snap_oltp__warehouses", "marts/dim_warehouses"])
    assert not result.success
    assert (
        "snapshots/snap_oltp__warehouses: snap_oltp__warehouses__warehouse_id__one_open_state"
        in failed_checks(result)
    )
    assert "one_open_state" in fault_of(result, "dbt_refined")
    assert steps(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == set()
    assert steps(result, dg.DagsterEventType.STEP_START) == {"dbt_refined"}


def fault_of(result: dg.ExecuteInProcessResult, step: str) -> str:
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert failure.step_key == step
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    return data.description or ""


@contextmanager
def changed_shop(settings: Settings, statement: str, *, undo: str) -> Iterator[None]:
    with closing(connect_mysql(settings, autocommit=True)) as shop, shop.cursor() as cursor:
        cursor.execute(statement)
        try:
            yield
        finally:
            cursor.execute(undo)


@contextmanager
def corrupted(settings: Settings, table: str, assignment: str) -> Iterator[None]:
    """Let a trigger spoil each row on its way into a raw table, as a fault in the copy would."""
    with connect_postgres(settings, autocommit=True) as warehouse:
        execute(
            warehouse,
            f"create function spoil() returns trigger language plpgsql as "
            f"$$ begin {assignment}; return new; end $$",
            f"create trigger spoil before insert or update on {table} "
            "for each row execute function spoil()",
        )
        try:
            yield
        finally:
            execute(warehouse, f"drop trigger spoil on {table}", "drop function spoil()")


def execute(warehouse: psycopg.Connection[Any], *statements: str) -> None:
    for statement in statements:
        warehouse.execute(statement.encode())
