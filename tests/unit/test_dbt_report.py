"""What is read out of dbt's artifacts, and what is kept out of messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.dbt_report import read_report, without_rows
from orchestration.errors import SoftcartError


def result(unique_id: str, status: str, **more: Any) -> dict[str, Any]:
    return {"unique_id": unique_id, "status": status, "execution_time": 0.5, **more}


RESULTS = [
    result("model.softcart.dim_dates", "success", message="SELECT 3"),
    result("test.softcart.dim_dates__key.1a2b3c", "pass", failures=0),
    result("test.softcart.stg__known.4d5e6f", "warn", failures=2, message="Got 2 results"),
    result("test.softcart.fct__key.7a8b9c", "fail", failures=3, message="Got 3 results"),
    result("unit_test.softcart.dim_dates.test_dim_dates_describes_a_day", "error", message="boom"),
    result("model.softcart.fct_orders", "error", message="Broke\nDETAIL:  Key (email)=(a@b.c)"),
    result("model.softcart.fct_sales", "skipped"),
    result("exposure.softcart.dashboard", "no-op"),
]


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    file = tmp_path / "run_results.json"
    file.write_text(json.dumps({"results": RESULTS}))
    return file


def test_nodes_are_counted_by_what_became_of_them(artifact: Path) -> None:
    report = read_report("dbt build", 12.5, artifact)
    assert report.tests == {"ok": 1, "warn": 1, "error": 2, "skipped": 0}
    assert [node.name for node in report.of("ok", "model")] == ["dim_dates"]
    assert [node.name for node in report.of("warn")] == ["stg__known"]
    assert [node.name for node in report.of("skipped")] == ["fct_sales"]
    assert len(report.nodes) == len(RESULTS) - 1
    assert not report.succeeded


def test_failures_are_told_by_name_without_the_rows(artifact: Path) -> None:
    with pytest.raises(SoftcartError) as caught:
        read_report("dbt build", 12.5, artifact).raise_for_failures()
    assert caught.value.what.splitlines() == [
        "dbt build: 3 of 7 steps failed, 1 that need them were skipped",
        "  fct__key: 3 rows break the rule",
        "  unit_test test_dim_dates_describes_a_day: boom",
        "  model fct_orders: Broke",
    ]


def test_a_report_without_failures_raises_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_text(json.dumps({"results": [result("source.softcart.oltp.orders", "pass")]}))
    report = read_report("dbt source freshness", 1, file)
    report.raise_for_failures()
    assert [node.name for node in report.nodes] == ["oltp.orders"]


def test_quoted_rows_are_dropped() -> None:
    message = (
        "duplicate key\n  DETAIL:  Key (email)=(a@b.c) exists.\n  CONTEXT:  COPY t, line 3\nend"
    )
    assert without_rows(message) == "duplicate key end"
