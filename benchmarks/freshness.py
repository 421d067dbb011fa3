"""From a commit in the shop to a row of a mart: by stream, sensor and dbt, and by live views."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from typing import Any
from urllib.request import urlopen

from benchmarks.measure import Measured, Result, progress, run_measured, spread
from benchmarks.options import Options
from benchmarks.processes import MemoryWatch, running
from benchmarks.sightings import Sightings
from benchmarks.trade import trading
from benchmarks.warehouse import PROGRAMS, open_warehouse
from orchestration.local.port import any_free_port
from orchestration.settings import PROJECT_DIR
from orchestration.ui import dagster_home

# Orders a second: a shop of a million order lines in two years has one in two minutes.
RATE = 2.0
MART_GOAL_SECONDS = 60.0
LIVE_GOAL_SECONDS = 3.0
_SENSOR = "changes"
_LOOK_SECONDS = 0.2
_FIRST_RUN_SECONDS = 1800
_PATIENCE_SECONDS = 600


def measure(options: Options) -> list[Measured]:
    """Place orders steadily, and see when each shows in fct_orders and in the live views.

    Args:
        options: The first of its sizes is measured; its seconds are the load's length.
    """
    size = options.sizes[0]
    # A shop of its own: other benchmarks edit orders in a way that the data tests of a run refuse.
    with open_warehouse(options.work, options.lines(size), "freshness") as warehouse:
        progress(f"freshness {size}: the marts")
        warehouse.build()
        # What Dagster has built before, and a run that ended with it, are not this one's.
        shutil.rmtree(dagster_home(warehouse.settings))
        environment = warehouse.environment | {
            "DAGSTER_HOME": str(dagster_home(warehouse.settings)),
            # Its schedules stay off: the sensor is what is measured.
            "SOFTCART_ENVIRONMENT": "local",
        }
        softcart = str(PROGRAMS / "softcart")
        log = options.work / "freshness"
        log.mkdir(exist_ok=True)
        port = any_free_port()
        with (
            MemoryWatch() as memory,
            running(
                [softcart, "stream"], environment=environment, log=log / "stream.log"
            ) as stream,
            running(
                [softcart, "ui", "--port", str(port)],
                environment=environment,
                log=log / "dagster.log",
            ) as dagster,
            Sightings(
                warehouse, "select max(order_id) from marts.fct_orders", _LOOK_SECONDS
            ) as mart,
            Sightings(
                warehouse,
                "select max(last_ordered_at) from marts.live_sales_by_channel_country",
                _LOOK_SECONDS,
            ) as live,
            trading(warehouse) as trade,
        ):
            programs = (stream, dagster)
            # Two programs at once would both make Dagster's storage, and one of them fail.
            _wait_for_ui(port, dagster)
            run_measured(
                [
                    *(str(PROGRAMS / "dagster"), "sensor", "start", _SENSOR),
                    *("--module-name", "orchestration.definitions"),
                    *("--working-directory", str(PROJECT_DIR)),
                ],
                environment=environment,
            )
            # The sensor's first run builds all there is, and goes on after it has built fct_orders;
            # what comes then is built by the second.
            for run in ("first", "second"):
                progress(f"freshness {size}: the sensor's {run} run")
                mart.wait_for(trade.sell(1).order_id, programs, _FIRST_RUN_SECONDS)
            refused_before = live.refused
            progress(f"freshness {size}: {RATE:g} orders/s for {options.seconds:g} s")
            began = time.monotonic()
            in_mart: list[tuple[Any, float]] = []
            in_view: list[tuple[Any, float]] = []
            while (now := time.monotonic()) < began + options.seconds:
                sale = trade.sell(1)
                in_mart.append((sale.order_id, now))
                in_view.append((sale.ordered_at, now))
                time.sleep(max(0.0, began + len(in_mart) / RATE - time.monotonic()))
            live.wait_for(in_view[-1][0], programs, _PATIENCE_SECONDS)
            mart.wait_for(in_mart[-1][0], programs, _PATIENCE_SECONDS)
        peaks = memory.peaks(f"{RATE:g} orders/s through the sensor, {warehouse.size}")
        processes_mb = sum(peak.peak_mb for peak in peaks)
        refused = live.refused - refused_before
        return [
            _result(
                f"fct_orders by the sensor, {warehouse.size}",
                mart.lags(in_mart),
                MART_GOAL_SECONDS,
                processes_mb,
                "memory of all processes together",
            ),
            _result(
                f"the live views, {warehouse.size}",
                live.lags(in_view),
                LIVE_GOAL_SECONDS,
                processes_mb,
                f"{refused} looks refused while a build replaced what the view reads",
            ),
            *peaks,
        ]


def _result(
    what: str, lags: list[float], goal_seconds: float, processes_mb: float, note: str
) -> Result:
    measured = spread(lags)
    return Result(
        f"source commit to {what}, p95",
        measured["p95"],
        f"{goal_seconds:g} s, its goal",
        goal_seconds,
        goal=1.0,
        peak_mb=processes_mb,
        detail=measured,
        note=(
            f"p50 {measured['p50']:.1f}, p99 {measured['p99']:.1f}, max {measured['max']:.1f} s; "
            + note
        ),
    )


def _wait_for_ui(port: int, dagster: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _FIRST_RUN_SECONDS
    while time.monotonic() < deadline and dagster.poll() is None:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/server_info"):
            return
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError("softcart ui did not come up; see dagster.log")
