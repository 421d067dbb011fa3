"""The questions that dashboards ask, one file each in `queries/`, on warm marts."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.measure import Measured, Result, progress, spread
from benchmarks.options import Options
from benchmarks.trade import trading
from benchmarks.warehouse import Warehouse, open_warehouse

QUERIES = Path(__file__).parent / "queries"
GOAL_SECONDS = 0.2
# Each with parameters of its own.
WARM_UP = 10
RUNS = 40
_ORDERS_TODAY_PER_MILLION_LINES = 500
_SEED = 1

# Where each parameter's values come from: what people would pick, not what is quickest.
_PARAMETERS = {
    "country": """
        select country_code from marts.sales_by_country_category_month
        where sales_level = 'country' order by net_amount desc fetch first 10 rows only
    """,
    "month": """
        select order_month from marts.sales_by_country_category_month
        where sales_level = 'month' and order_month < date_trunc('month', current_date)
        order by order_month desc fetch first 12 rows only
    """,
    "day": """
        select date_day from marts.dim_dates
        where date_day <= (select max(order_month) + 27
            from marts.sales_by_country_category_month
            where sales_level = 'month' and order_month < date_trunc('month', current_date))
        order by date_day desc fetch first 60 rows only
    """,
    "sku": "select sku from marts.dim_products where is_current and sku is not null order by sku",
    "customer_id": """
        select customer_id from marts.fct_orders tablesample system (1)
        where customer_id is not null order by order_id
    """,
    "order_number": """
        select order_number from marts.fct_orders tablesample system (1) order by order_id
    """,
    "currency": "select distinct currency_code from marts.fct_exchange_rates order by 1",
    "promotion_id": "select promotion_id from marts.dim_promotions order by 1",
}

# As psql writes them, so that a file can be run by hand: psql -v day=2026-10-01 -f FILE
_PLACEHOLDER = re.compile(r"(?<!:):'?([a-z_]+)'?")


def measure(options: Options) -> list[Measured]:
    """Time each query of `queries/` at the largest of the sizes.

    Args:
        options: Plans of all queries are left in its work folder.
    """
    size = max(options.sizes, key=options.lines)
    with open_warehouse(options.work, options.lines(size)) as warehouse:
        progress(f"bi {size}: orders of today, and the marts")
        with trading(warehouse) as trade:
            trade.sell(max(1, round(_ORDERS_TODAY_PER_MILLION_LINES * warehouse.scale)))
        warehouse.follow()
        warehouse.build()
        plans = options.work / f"plans-{warehouse.scale:g}"
        plans.mkdir(exist_ok=True)
        with warehouse.postgres() as postgres:
            # As autovacuum does some minutes after a build.
            postgres.execute("vacuum (analyze)")
            values = values_of(postgres)
            return [
                _time(warehouse, postgres, path, values, plans)
                for path in sorted(QUERIES.glob("*.sql"))
            ]


def values_of(postgres: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Return what parameters may be, by their names."""
    return {
        name: [row[0] for row in postgres.execute(query).fetchall()]
        for name, query in _PARAMETERS.items()
    }


def ask_all(postgres: psycopg.Connection[Any], values: Mapping[str, Sequence[Any]]) -> float:
    """Ask each query three times with the same parameters; return the seconds of the last times."""
    draw = random.Random(_SEED)  # noqa: S311 - the same for every run
    cursor = psycopg.ClientCursor(postgres)
    seconds = 0.0
    for path in sorted(QUERIES.glob("*.sql")):
        query = _query(path.read_text())
        parameters = {name: draw.choice(values[name]) for name in values}
        for _ in range(3):
            began = time.perf_counter()
            cursor.execute(query, parameters).fetchall()
            last = time.perf_counter() - began
        seconds += last
    return seconds


def _query(text: str) -> str:
    # Literals, as a BI tool sends them: a plan of its own for each.
    return _PLACEHOLDER.sub(r"%(\1)s", text.replace("%", "%%"))


def _time(
    warehouse: Warehouse,
    postgres: psycopg.Connection[Any],
    path: Path,
    values: Mapping[str, Sequence[Any]],
    plans: Path,
) -> Measured:
    progress(f"bi: {path.stem}")
    text = path.read_text()
    question = text.splitlines()[0].removeprefix("-- ")
    query = _query(text)
    draw = random.Random(_SEED)  # noqa: S311 - the same for every run
    cursor = psycopg.ClientCursor(postgres)
    seconds = []
    most_rows = 0
    for run in range(WARM_UP + RUNS):
        parameters = {name: draw.choice(values[name]) for name in values}
        began = time.perf_counter()
        rows = cursor.execute(query, parameters).fetchall()
        if run >= WARM_UP:
            seconds.append(time.perf_counter() - began)
        most_rows = max(most_rows, len(rows))
    if most_rows == 0:
        raise RuntimeError(f"{path.name} finds nothing, whatever its parameters")
    plan = cursor.execute("explain (analyze, buffers) " + query, parameters).fetchall()
    (plans / f"{path.stem}.txt").write_text("\n".join(line for (line,) in plan) + "\n")
    measured = spread(seconds)
    return Result(
        f"{path.stem}, {warehouse.size}, p95",
        measured["p95"],
        f"{GOAL_SECONDS:g} s, its goal",
        GOAL_SECONDS,
        goal=1.0,
        detail={**measured, "question": question, "most_rows": most_rows},
        note=f"p50 {1000 * measured['p50']:.0f}, p95 {1000 * measured['p95']:.0f} ms",
    )
