"""The marts: a build from scratch against bare SQL, and what a build costs after a few changes."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from benchmarks.compiled import CompiledMarts, compile_marts
from benchmarks.measure import Measured, Result, Usage, middle, progress
from benchmarks.options import Options
from benchmarks.warehouse import MODELS_ONLY, Warehouse, open_warehouse
from orchestration.defs.affected import stored_below

FULL_GOAL = 1.15
GROWTH_GOAL = 1.3
# Of the time of a full build, after one order in a thousand has changed.
INCREMENT_GOALS = {"S": 0.05, "M": 0.01}
TURNS = 3
ONE_IN = 1000
# Things that happen in the shop, such as an order with the visit that led to it.
TRAFFIC = 1000

_FULL = ("run", "--full-refresh", "--selector", "marts")
_INCREMENT = ("build", "--selector", "increment")

# What _CHANGE writes to.
_CHANGED = ("oltp.orders", "oltp.order_items", "oltp.payments")
# Of the chosen orders: one piece more of the first article, and the totals that follow from it.
_CHANGE = (
    """
    update order_items set quantity = quantity + 1
    where order_id % {one_in} = {rest} and line_number = 1
    """,
    """
    update orders set total_amount = total_amount + 10
    where order_id % {one_in} = {rest}
    """,
    """
    update payments set amount = amount + 10
    where order_id % {one_in} = {rest} and payment_type = 'charge'
    """,
)


@dataclass(frozen=True)
class _Build:
    """One dbt command.

    Attributes:
        seconds: From the start of its first model to the end of its last.
        start_seconds: All the rest: Python, parsing, connecting, ending.
        peak_mb: Its process's largest resident set, MiB.
    """

    seconds: float
    start_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class _Increment:
    """A build of changes.

    Attributes:
        rows: How many orders were edited, or how many web events came.
        build: What it took.
    """

    rows: int
    build: _Build


@dataclass(frozen=True)
class _Measured:
    results: list[Measured]
    same_orders: _Increment


def measure(options: Options) -> list[Measured]:
    """Time builds of the marts at each size.

    Args:
        options: Its sizes are measured; S and M together show the growth.
    """
    by_size: dict[str, _Measured] = {}
    for size in options.sizes:
        with open_warehouse(options.work, options.lines(size)) as warehouse:
            by_size[size] = _measure(warehouse, size)
    results = [result for measured in by_size.values() for result in measured.results]
    if {"S", "M"} <= by_size.keys():
        small, large = by_size["S"].same_orders, by_size["M"].same_orders
        results.append(
            Result(
                "increment, the same number of orders, at M",
                large.build.seconds,
                "at S",
                small.build.seconds,
                goal=round(1 / GROWTH_GOAL, 3),
                peak_mb=large.build.peak_mb,
                note=(
                    f"growth {large.build.seconds / small.build.seconds:.2f} for ten times the "
                    f"data; {large.rows:,} and {small.rows:,} orders"
                ),
            )
        )
    return results


def _measure(warehouse: Warehouse, size: str) -> _Measured:
    progress(f"marts {size}: what they read")
    warehouse.dbt("build", *MODELS_ONLY, "--selector", "refined")
    progress(f"marts {size}: compiling")
    compiled = compile_marts(warehouse)
    full: list[_Build] = []
    bare: list[float] = []
    for turn in range(TURNS if size == "S" else 1):
        progress(f"marts {size}: full build by dbt, turn {turn + 1}")
        with warehouse.postgres() as postgres:
            postgres.execute("checkpoint")
        full.append(_dbt(warehouse, *_FULL))
        progress(f"marts {size}: the same by psql, turn {turn + 1}")
        bare.append(_bare(compiled, warehouse))
    dbt, by_hand = _paired(full, bare)

    # What no order has changed costs at least: models that are always built, and looking.
    progress(f"marts {size}: nothing changed")
    warehouse.follow()
    build = _build_of_changes(warehouse)
    _dbt(warehouse, *build)
    nothing = _dbt(warehouse, *build)
    increment = _increment(warehouse, size, build, ONE_IN)
    whole = _increment(warehouse, size, _INCREMENT, ONE_IN)
    lived = _traffic(warehouse, size)
    ten_times = {"S": 1, "M": 10, "L": 100}[size]
    same = increment if ten_times == 1 else _increment(warehouse, size, build, ONE_IN * ten_times)

    share = INCREMENT_GOALS.get(size)
    name = f"increment, 0.1 % of the orders, {warehouse.size}"
    return _Measured(
        results=[
            Result(
                f"full build of the marts, {warehouse.size}",
                dbt.seconds,
                "the same SQL by psql",
                by_hand,
                goal=round(1 / FULL_GOAL, 3),
                peak_mb=dbt.peak_mb,
                detail={"dbt": [build.seconds for build in full], "psql": bare},
                note=(
                    f"{dbt.seconds / by_hand:.2f} times as long, "
                    f"without dbt's start of {dbt.start_seconds:.1f} s"
                ),
            ),
            _share_of_full(
                name,
                increment,
                dbt,
                f"{increment.rows:,} orders; nothing changed {nothing.seconds:.2f} s",
                {"orders": increment.rows, "nothing_changed": nothing.seconds},
                goal=1 / share if share else None,
            ),
            _share_of_full(
                f"{name}, every model that may change",
                whole,
                dbt,
                "selector increment",
                {"orders": whole.rows},
            ),
            _share_of_full(
                f"increment, {TRAFFIC:,} things happened in the shop, {warehouse.size}",
                lived,
                dbt,
                f"selector increment; {lived.rows:,} web events among them",
                {"web_events": lived.rows},
            ),
            Result(
                f"{name}, with dbt's start",
                increment.build.seconds + increment.build.start_seconds,
                "without",
                increment.build.seconds,
                peak_mb=increment.build.peak_mb,
                note=f"Python, parsing, connecting, ending: {increment.build.start_seconds:.1f} s",
            ),
        ],
        same_orders=same,
    )


def _share_of_full(
    name: str,
    increment: _Increment,
    full: _Build,
    note: str,
    detail: dict[str, float],
    *,
    goal: float | None = None,
) -> Result:
    return Result(
        name,
        increment.build.seconds,
        "full build",
        full.seconds,
        goal=goal,
        peak_mb=increment.build.peak_mb,
        detail=detail,
        note=f"{100 * increment.build.seconds / full.seconds:.2f} % of it; {note}",
    )


def _build_of_changes(warehouse: Warehouse) -> list[str]:
    """Return the dbt command with which Dagster's sensor would have the changes built."""
    manifest = json.loads((warehouse.dbt_target / "manifest.json").read_text())
    stored = stored_below(manifest, _CHANGED)
    names = sorted(manifest["nodes"][unique_id]["name"] for unique_id in stored)
    return ["build", *MODELS_ONLY, "--select", *names]


def _increment(warehouse: Warehouse, size: str, build: Sequence[str], one_in: int) -> _Increment:
    """Change one order in so many, bring raw up to it, and build; the middle one of some turns."""
    turns: list[_Increment] = []
    for turn in range(TURNS):
        # Other orders each time, also from run to run.
        rest = int(time.time()) % one_in
        changes = [change.format(one_in=one_in, rest=rest) for change in _CHANGE]
        warehouse.change_shop(*changes)
        orders = warehouse.count_in_shop(
            f"select count(*) from orders where order_id % {one_in} = {rest}"
        )
        progress(f"marts {size}: {orders:,} orders changed, turn {turn + 1} of {TURNS}")
        warehouse.follow()
        turns.append(_Increment(orders, _dbt(warehouse, *build)))
    return _middle(turns)


def _traffic(warehouse: Warehouse, size: str) -> _Increment:
    """Let the shop live on, bring raw up to it, and build; the middle one of some turns."""
    turns: list[_Increment] = []
    known = _web_events(warehouse)
    for turn in range(TURNS):
        progress(f"marts {size}: {TRAFFIC:,} things happen, turn {turn + 1} of {TURNS}")
        warehouse.softcart("simulate", "traffic", "--events", str(TRAFFIC))
        warehouse.follow()
        events = _web_events(warehouse)
        turns.append(_Increment(events - known, _dbt(warehouse, *_INCREMENT)))
        known = events
    return _middle(turns)


def _web_events(warehouse: Warehouse) -> int:
    ((events,),) = warehouse.rows("select count(*) from raw_web.events")
    return int(events)


def _middle(turns: list[_Increment]) -> _Increment:
    return sorted(turns, key=lambda each: each.build.seconds)[len(turns) // 2]


def _paired(full: list[_Build], bare: list[float]) -> tuple[_Build, float]:
    """Return the turn of the middle ratio."""
    ratios = [build.seconds / seconds for build, seconds in zip(full, bare, strict=True)]
    turn = ratios.index(middle(ratios))
    return full[turn], bare[turn]


def _bare(compiled: CompiledMarts, warehouse: Warehouse) -> float:
    try:
        return compiled.build(warehouse)
    finally:
        compiled.drop(warehouse)


def _dbt(warehouse: Warehouse, *arguments: str) -> _Build:
    usage: Usage = warehouse.dbt(*arguments)
    results = json.loads((warehouse.dbt_target / "run_results.json").read_text())["results"]
    steps = [step for result in results for step in result["timing"]]
    began = min(datetime.fromisoformat(step["started_at"]) for step in steps)
    ended = max(datetime.fromisoformat(step["completed_at"]) for step in steps)
    seconds = (ended - began).total_seconds()
    return _Build(seconds, usage.seconds - seconds, usage.peak_mb)
