"""The dbt commands that Dagster runs."""

from __future__ import annotations

import pytest

from orchestration.defs.dbt_command import build_args, failed_nodes, is_worth_a_retry

PASSED = {"status": "pass", "unique_id": "test.softcart.dim_dates__date_day__unique.0a1b"}
BUILT = {"status": "success", "unique_id": "model.softcart.dim_dates"}
WARNED = {"status": "warn", "unique_id": "test.softcart.stg_oltp__orders__channel__known.0a1b"}
FAILED = {"status": "fail", "unique_id": "test.softcart.fct_orders__order_id__unique.0a1b"}
BROKEN = {"status": "error", "unique_id": "model.softcart.fct_orders"}
SKIPPED = {"status": "skipped", "unique_id": "model.softcart.fct_returns"}


def test_a_production_build_leaves_unit_tests_out() -> None:
    assert build_args() == ["build", "--exclude-resource-type", "unit_test"]


def test_a_rebuild_differs_by_full_refresh_alone() -> None:
    assert build_args(full_refresh=True) == [*build_args(), "--full-refresh"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([PASSED, FAILED, SKIPPED], False),
        ([BUILT, BROKEN, FAILED], True),
        ([BROKEN], True),
        # The command ended badly though nothing failed, or before it began.
        ([BUILT, PASSED, WARNED], True),
        ([], True),
    ],
)
def test_only_what_may_pass_next_time_is_retried(
    results: list[dict[str, str]], expected: bool
) -> None:
    assert is_worth_a_retry(results) is expected


def test_failed_nodes_are_named_without_what_was_only_skipped_or_warned() -> None:
    assert failed_nodes([FAILED, BUILT, WARNED, SKIPPED, BROKEN]) == [
        "fct_orders",
        "fct_orders__order_id__unique",
    ]
