"""The whole run on a simulated shop, first and again with nothing changed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import Measured, Result
from benchmarks.options import Options
from benchmarks.processes import MemoryWatch
from benchmarks.warehouse import SEED, Warehouse
from orchestration.local.stack import down, up
from orchestration.settings import Settings


def measure(options: Options) -> list[Measured]:
    """Time history, ingest and dbt on private servers of their own.

    Args:
        options: A scale of 1.0 is a million order lines.
    """
    scale = options.scale
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        bare = Settings(
            _env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None
        )
        try:
            warehouse = Warehouse(up(bare), scale)
            with MemoryWatch() as memory:
                history = warehouse.softcart(
                    *("simulate", "history", "--scale", str(scale), "--seed", str(SEED))
                )
                first = warehouse.softcart("run")
                again = warehouse.softcart("run")
        finally:
            down(bare, delete_data=True)

    return [
        Result(
            name=f"shop history, {warehouse.size}",
            seconds=history.seconds,
            reference="120 s per 1M lines, its goal",
            reference_seconds=120 * scale,
            goal=1.0,
            peak_mb=history.peak_mb,
        ),
        Result(
            name=f"whole run again, {warehouse.size}",
            seconds=again.seconds,
            reference="first whole run",
            reference_seconds=first.seconds,
            peak_mb=max(first.peak_mb, again.peak_mb),
        ),
        *memory.peaks(f"whole run, {warehouse.size}"),
    ]
