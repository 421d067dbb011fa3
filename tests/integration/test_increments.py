"""Builds on changes where the build before them cannot be built on, or only in part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import LiteralString, NamedTuple

import pytest
from dbt_process import DbtProcess
from psycopg import sql
from visits import write_visits

from orchestration.connections import connect_postgres
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.traffic import simulate_traffic

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenShop = Callable[[Path], AbstractContextManager[Settings]]

# One clock for all builds: a later one would break promises and add days to the calendar.
CLOCK = ["--vars", "{as_of: '2026-11-01 12:00:00'}"]
INCREMENT = ["run", "--selector", "increment", *CLOCK]
REBUILD = ["run", "--full-refresh", *CLOCK]


class Shop(NamedTuple):
    """A shop with a warehouse that is built of it, and a dbt that has started already."""

    settings: Settings
    process: DbtProcess

    def dbt(self, command: Sequence[str]) -> None:
        assert self.process.run(command) == []


@pytest.fixture(scope="module")
def shop(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("increments")
    with open_shop(home) as bare:
        settings = bare.model_copy(update={"web_dir": home / "web"})
        simulate_history(settings, scale=0.002, seed=12)
        write_visits(settings, seed=0)
        run_ingest(settings)
        with DbtProcess(settings) as process:
            shop = Shop(settings, process)
            shop.dbt(["build", "--exclude-resource-type", "unit_test", "test", *CLOCK])
            yield shop


def in_warehouse(settings: Settings, statement: LiteralString) -> None:
    with connect_postgres(settings) as warehouse:
        warehouse.execute(statement)


def tables(settings: Settings) -> dict[str, tuple[int, str]]:
    """Count and digest of the rows of every table that follows changes."""
    manifest = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text())
    daily = [node["name"] for node in manifest["nodes"].values() if "daily" in node["tags"]]
    with connect_postgres(settings) as warehouse:
        names = warehouse.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname in ('intermediate', 'marts') and tablename <> all(%s) order by 1, 2",
            (daily,),
        ).fetchall()
        found = {}
        for schema, name in names:
            row = warehouse.execute(
                sql.SQL(
                    "select count(*), md5(coalesce(string_agg(each::text, '|' order by each::text),"
                    " '')) from {} as each"
                ).format(sql.Identifier(schema, name))
            ).fetchone()
            assert row is not None
            found[f"{schema}.{name}"] = (row[0], row[1])
        return found


def trade(settings: Settings, seed: int) -> None:
    """Let customers change orders and be told of visits before others, and bring raw up to it."""
    simulate_traffic(settings, events=60, seed=seed)
    write_visits(settings, seed)
    run_ingest(settings)


def refresh_one(shop: Shop) -> None:
    shop.dbt(["run", "--full-refresh", "--select", "int_orders_enriched", *CLOCK])


def lose_a_watermark_and_a_rule(shop: Shop) -> None:
    in_warehouse(
        shop.settings,
        """
        delete from incremental.watermarks where model = 'fct_order_items';
        drop view intermediate.int_orders_changed;
        """,
    )


def lose_all_state(shop: Shop) -> None:
    in_warehouse(shop.settings, "drop schema incremental cascade")


def be_made_by_other_sql(shop: Shop) -> None:
    in_warehouse(
        shop.settings,
        """
        update incremental.watermarks set made_by = 'other' where model = 'int_sales_daily';
        update intermediate.int_sales_daily set quantity = quantity + 1;
        """,
    )


def publish_more(shop: Shop) -> None:
    in_warehouse(
        shop.settings,
        """
        alter table incremental.changes_in_fct_order_items rename column margin_amount to gone;
        """,
    )
    shop.dbt(["run", "--full-refresh", "--select", "fct_order_items", *CLOCK])


# Of models that have little to do with each other, at once: each costs three builds.
@pytest.mark.parametrize(
    ("upheavals", "seed"),
    [
        pytest.param([refresh_one, be_made_by_other_sql, publish_more], 1, id="models change"),
        pytest.param([lose_a_watermark_and_a_rule], 3, id="some state is lost"),
        pytest.param([lose_all_state], 5, id="all state is lost"),
    ],
)
def test_a_build_after(shop: Shop, upheavals: Sequence[Callable[[Shop], None]], seed: int) -> None:
    before = tables(shop.settings)
    trade(shop.settings, seed)
    for happens in upheavals:
        happens(shop)
    shop.dbt(INCREMENT)
    trade(shop.settings, seed + 1)
    shop.dbt(INCREMENT)
    incremental = tables(shop.settings)
    shop.dbt(REBUILD)
    rebuilt = tables(shop.settings)
    assert {name for name in rebuilt if rebuilt[name] != incremental[name]} == set()
    assert incremental != before
