"""Dagster's jobs with marts on PostgreSQL and on Db2, run for real; Db2 is the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.connections import connect_mysql
from orchestration.definitions import definitions_for
from orchestration.promote.db2.connection import connect_db2
from orchestration.settings import SERVERS, Server, Settings, Target
from orchestration.simulator.history import simulate_history

OpenShop = Callable[[Path], AbstractContextManager[Settings]]
OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]

TARGETS: tuple[Target, ...] = ("local", "prod")

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.fixture(scope="module")
def settings(
    open_shop: OpenShop, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    with (
        open_shop(tmp_path_factory.mktemp("home")) as shop,
        open_standin(shop) as both,
        pytest.MonkeyPatch.context() as environment,
    ):
        simulate_history(both, scale=0.001, seed=7)
        # Runs read the settings anew, as they do in production.
        environment.setenv("SOFTCART_HOME", str(both.home))
        environment.setenv("SOFTCART_TARGETS", "local,prod")
        every: tuple[Server, ...] = (*SERVERS, "db2")
        for server in every:
            url = both.url(server).full.get_secret_value()
            environment.setenv(f"SOFTCART_{server.upper()}_URL", url)
        yield both.model_copy(update={"targets": TARGETS})


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return definitions_for(settings)


@pytest.fixture(scope="module")
def daily(definitions: dg.Definitions) -> dg.ExecuteInProcessResult:
    return _run(definitions, "daily_full")


def _run(definitions: dg.Definitions, job: str) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def(job).execute_in_process(
            instance=instance, raise_on_error=False
        )


def _metadata(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    return {
        event.asset_key.to_user_string(): {
            name: value.value for name, value in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def _failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {
        f"{check.asset_key.to_user_string()}: {check.check_name}"
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def test_the_daily_job_makes_every_asset_on_both_engines_and_passes_every_check(
    definitions: dg.Definitions, daily: dg.ExecuteInProcessResult
) -> None:
    assert daily.success
    graph = definitions.resolve_asset_graph()
    assert set(_metadata(daily)) == {
        key.to_user_string()
        for key in graph.materializable_asset_keys
        # Made each week.
        if key.path[0] != "predictions"
    }
    assert _failed_checks(daily) == set()
    evaluated = {check.asset_check_key for check in daily.get_asset_check_evaluations()}
    assert evaluated == graph.asset_check_keys


def test_both_engines_show_the_same_rows(daily: dg.ExecuteInProcessResult) -> None:
    metadata = _metadata(daily)
    counts = {
        key: shown["dagster/row_count"]
        for key, shown in metadata.items()
        if key.startswith("marts/") and "dagster/row_count" in shown
    }
    assert counts["marts/fct_order_items"] > 0
    assert counts == {key: metadata[f"db2/{key}"]["dagster/row_count"] for key in counts}


def test_an_asset_on_db2_shows_its_columns_and_how_it_came_there(
    daily: dg.ExecuteInProcessResult,
) -> None:
    metadata = _metadata(daily)
    orders = metadata["db2/staging/stg_oltp__orders"]
    assert orders["rows_upserted"] == orders["dagster/row_count"] > 0
    columns = {
        column.name: column
        for column in metadata["db2/marts/fct_orders"]["dagster/column_schema"].columns
    }
    assert columns["net_amount"].type == "decimal(18,4)"
    assert columns["order_id"].description
    assert not columns["order_id"].constraints.nullable


def test_an_hour_later_only_what_changed_goes_to_db2(
    settings: Settings, definitions: dg.Definitions, daily: dg.ExecuteInProcessResult
) -> None:
    assert daily.success
    with closing(connect_mysql(settings, autocommit=True)) as shop, shop.cursor() as cursor:
        cursor.execute(
            "update orders set order_number = concat(order_number, '+') order by order_id limit 3"
        )
    result = _run(definitions, "hourly")
    assert _failed_checks(result) == set()
    assert result.success
    metadata = _metadata(result)
    assert metadata["db2/staging/stg_oltp__orders"]["rows_upserted"] == 3
    assert metadata["db2/staging/stg_oltp__order_items"]["rows_upserted"] == 0
    with closing(connect_db2(settings)) as db2, closing(db2.cursor()) as cursor:
        cursor.execute("select count(*) from marts.fct_orders where order_number like '%+'")
        assert cursor.fetchall() == [(3,)]
