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
            first, first_mb = softcart("run")
            repeat, repeat_mb = softcart("run")
        finally:
            softcart("down", "--delete-data")

    lines = f"{scale:g}M lines"
    return [
        Result(
            name=f"shop history, {lines}",
            seconds=history,
            reference="120 s per 1M lines, its goal",
            reference_seconds=120 * scale,
            goal=1.0,
            peak_mb=history_mb,
        ),
        Result(
            name=f"whole run again, {lines}",
            seconds=repeat,
            reference="first whole run",
            reference_seconds=first,
            peak_mb=max(first_mb, repeat_mb),
        ),
    ]
