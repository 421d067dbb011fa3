"""What a build cost is read out of dbt's artifacts."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.warehouse.model_runs import ModelRun, read_runs


def result(unique_id: str, status: str, start: int, seconds: int, **more: Any) -> dict[str, Any]:
    times = {"started_at": moment(start), "completed_at": moment(start + seconds)}
    return {
        "unique_id": unique_id,
        "status": status,
        "execution_time": float(seconds),
        "timing": [times],
        "adapter_response": {},
        **more,
    }


def moment(second: int) -> str:
    return f"2026-01-05T03:10:{second:02}.000000Z"


def node(name: str, kind: str = "model") -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": kind,
        "schema": "marts",
        "config": {"materialized": "table"},
    }


MANIFEST = {
    "nodes": {
        "model.softcart.fct_orders": node("fct_orders"),
        "model.softcart.fct_returns": node("fct_returns"),
        "seed.softcart.channels": node("channels", "seed"),
        "test.softcart.key.1": {"attached_node": "model.softcart.fct_orders"},
        "test.softcart.other.2": {"attached_node": "model.softcart.not_built"},
        "test.softcart.assert_totals_tie": {"attached_node": None},
    },
    "unit_tests": {
        "unit_test.softcart.fct_orders.rule": {"tested_node_unique_id": "model.softcart.fct_orders"}
    },
}
DONE = [
    result("operation.softcart.softcart-on-run-start-0", "success", 3, 2),
    result("seed.softcart.channels", "success", 6, 1, adapter_response={"rows_affected": 3}),
    result("model.softcart.fct_orders", "success", 7, 4, adapter_response={"rows_affected": -1}),
    result("test.softcart.key.1", "pass", 11, 1),
    result("unit_test.softcart.fct_orders.rule", "pass", 11, 2),
    result("test.softcart.other.2", "warn", 12, 3),
    result("test.softcart.assert_totals_tie", "pass", 15, 5),
    result("model.softcart.fct_returns", "skipped", 15, 0, timing=[]),
    result("exposure.softcart.report", "no-op", 15, 0, timing=[]),
]
COMMAND = {
    "metadata": {
        "invocation_id": "one",
        "invocation_started_at": moment(0),
        "generated_at": moment(21),
    },
    "args": {"which": "build", "full_refresh": True},
}


def runs_of(*results: dict[str, Any]) -> dict[str, ModelRun]:
    runs = read_runs({**COMMAND, "results": list(results)}, MANIFEST, "local")
    return {run.node_name: run for run in runs}


def test_tests_count_to_the_model_they_are_of_and_the_rest_to_dbt() -> None:
    runs = runs_of(*DONE)
    # From 0 to 6 nothing was built, nor after 20.
    assert {name: (run.seconds, run.test_seconds) for name, run in runs.items()} == {
        "channels": (1, 0),
        "fct_orders": (4, 3),
        "dbt": (7, 8),
    }
    assert {name: run.rows_affected for name, run in runs.items()} == {
        "channels": 3,
        "fct_orders": None,
        "dbt": None,
    }
    assert runs["fct_orders"].started_at == moment(7)
    assert {(run.command_name, run.is_full_refresh) for run in runs.values()} == {("build", True)}
    assert {run.run_status for run in runs.values()} == {"success"}


@pytest.mark.parametrize(
    "failed",
    [
        result("model.softcart.fct_returns", "error", 15, 1),
        result("test.softcart.key.1", "fail", 15, 1),
    ],
    ids=["model", "test"],
)
def test_a_command_has_failed_with_anything_in_it(failed: dict[str, Any]) -> None:
    runs = runs_of(*DONE, failed)
    assert runs["dbt"].run_status == "error"
    assert runs["fct_orders"].run_status == "success"


def test_a_node_that_never_got_to_work_began_with_the_command() -> None:
    broken = result("model.softcart.fct_orders", "error", 0, 0, timing=[])
    runs = runs_of(broken)
    assert runs["fct_orders"].started_at == runs["dbt"].started_at == moment(0)
    assert runs["dbt"].seconds == 21
