"""The whole run on a simulated shop, first and again with nothing changed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, run_measured

SEED = 1
SOFTCART = str(Path(sys.executable).with_name("softcart"))


def measure(scale: float) -> list[Result]:
    """Time history, ingest and dbt on private servers of their own.

    Args:
        scale: 1.0 is a million order lines.
    """
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as home:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("SOFTCART_")
        } | {"SOFTCART_HOME": home}

        def softcart(*arguments: str) -> tuple[float, float]:
            usage = run_measured([SOFTCART, *arguments], environment=environment)
            return usage.seconds, usage.peak_mb

        softcart("up")
        try:
            history, history_mb = softcart(
                "simulate", "history", "--scale", str(scale), "--seed", str(SEED)
            )
            first_ingest, first_ingest_mb = softcart("ingest")
            first_run, first_run_mb = softcart("run")
            repeat_ingest, repeat_ingest_mb = softcart("ingest")
            repeat_run, repeat_run_mb = softcart("run")
        finally:
            softcart("down", "--delete-data")

    lines = f"{scale:g}M lines"
    return [
        Result(
            name=f"shop history, {lines}",
            seconds=history,
            reference="goal: 120 s per 1M lines",
            reference_seconds=120 * scale,
            goal=1.0,
            peak_mb=history_mb,
        ),
        Result(
            name=f"ingest, nothing changed, {lines}",
            seconds=repeat_ingest,
            reference="first ingest",
            reference_seconds=first_ingest,
            peak_mb=max(first_ingest_mb, repeat_ingest_mb),
        ),
        Result(
            name=f"whole run again, {lines}",
            seconds=repeat_run,
            reference="first whole run",
            reference_seconds=first_run,
            peak_mb=max(first_run_mb, repeat_run_mb),
        ),
    ]
