"""The marts against the shop itself, by queries that share nothing with the models."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from make_time_zones import reporting_zones
from psycopg import sql
from statements import on_postgres

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.ingest.run import run_ingest
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.traffic import simulate_traffic
from orchestration.transform import run_dbt

pytestmark = [pytest.mark.servers, pytest.mark.slow]

BUILD = ["build", "--exclude-resource-type", "unit_test"]
EXAMPLES = re.findall(
    r"```sql\n(.*?)```", (PROJECT_DIR / "docs" / "marts.md").read_text(), flags=re.DOTALL
)

# A name that has to be quoted.
READERS = "BI readers"

Rows = list[tuple[Any, ...]]
OpenShop = Callable[[Path], AbstractContextManager[Settings]]


@pytest.fixture(scope="module")
def built(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A shop with a history and some traffic, deletes included, and the marts built from it."""
    with open_shop(tmp_path_factory.mktemp("marts")) as bare:
        settings = bare.model_copy(update={"reader_role": READERS, "web_dir": bare.home / "web"})
        on_postgres(settings, f'create role "{READERS}"')
        simulate_history(settings, scale=0.003, seed=11)
        simulate_traffic(settings, events=200, seed=11)
        run_ingest(settings)
        assert run_dbt(settings, BUILD).of("error") == []
        yield settings


def shop_rows(settings: Settings, query: str) -> Rows:
    with connect_mysql(settings) as shop, shop.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def mart_rows(settings: Settings, query: str) -> Rows:
    with connect_postgres(settings) as warehouse:
        return warehouse.execute(sql.SQL(query)).fetchall()


def test_readers_read_marts_and_nothing_else(built: Settings) -> None:
    with connect_postgres(built, autocommit=True) as warehouse:
        warehouse.execute(sql.SQL("set role {}").format(sql.Identifier(READERS)))
        marts = warehouse.execute(
            "select table_name from information_schema.tables"
            " where table_schema in ('marts', 'operations')"
            " and not has_table_privilege(table_schema || '.' || table_name, 'select')"
        ).fetchall()
        assert marts == []
        warehouse.execute("select count(*) from marts.fct_orders")
        warehouse.execute("select count(*) from operations.fct_model_runs")
        for personal in ("staging.stg_oltp__customers", "raw_oltp.customers"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                warehouse.execute(sql.SQL("select 1 from {}").format(sql.SQL(personal)))


def test_operations_tell_of_the_last_run(built: Settings) -> None:
    orders = mart_rows(built, "select count(*) from raw_oltp.orders")
    assert orders == mart_rows(
        built,
        "select rows_read from operations.fct_table_loads"
        " where table_name = 'orders' and rows_inserted = rows_read and bytes_read > rows_read",
    )
    assert orders == mart_rows(
        built,
        "select last_rows_changed from operations.table_freshness"
        " where table_name = 'orders' and freshness_state = 'fresh'",
    )
    assert mart_rows(
        built,
        "select round(sum(share_of_seconds), 4), min(cost_rank), max(cost_rank) = count(*)"
        " from operations.model_costs_monthly",
    ) == [(1, 1, True)]
    assert mart_rows(
        built,
        "select total_bytes = pg_total_relation_size('marts.fct_order_items'), test_seconds > 0"
        " from operations.fct_model_runs where model_name = 'fct_order_items'",
    ) == [(True, True)]


def test_a_sale_is_of_the_day_it_is_where_it_ships_to(built: Settings) -> None:
    zones = {country: ZoneInfo(zone) for country, zone in reporting_zones().items()}
    orders = mart_rows(built, "select country_code, ordered_at, order_date from marts.fct_orders")
    days = [
        ordered_at.replace(tzinfo=UTC).astimezone(zones[country]).date()
        for country, ordered_at, _ in orders
    ]
    assert [order_date for _, _, order_date in orders] == days
    assert days != [ordered_at.date() for _, ordered_at, _ in orders]


def test_every_dbt_unit_test_passes(built: Settings) -> None:
    done = run_dbt(built, ["test", "--select", "test_type:unit"])
    done.raise_for_failures()
    manifest = json.loads((built.home / "dbt" / "target" / "manifest.json").read_text())
    assert done.tests["ok"] == len(manifest["unit_tests"]) > 0


@pytest.mark.parametrize(
    ("in_the_shop", "in_the_marts"),
    [
        pytest.param(
            """
            select i.currency_code, o.order_status, o.shipping_country_code, count(*),
                sum(i.quantity), sum(i.quantity * i.unit_price),
                sum(i.quantity * i.unit_price - i.discount_amount), sum(i.tax_amount)
            from order_items i join orders o on o.order_id = i.order_id
            group by 1, 2, 3
            """,
            """
            select currency_code, order_status, country_code, count(*), sum(quantity),
                sum(gross_amount_local), sum(net_amount_local), sum(tax_amount_local)
            from marts.fct_order_items group by 1, 2, 3
            """,
            id="order_items",
        ),
        pytest.param(
            """
            select currency_code, channel, count(*), sum(total_amount), sum(shipping_amount),
                sum(order_status = 'cancelled')
            from orders group by 1, 2
            """,
            """
            select currency_code, channel, count(*), sum(total_amount_local),
                sum(shipping_amount_local), sum(case when is_cancelled then 1 else 0 end)
            from marts.fct_orders group by 1, 2
            """,
            id="orders",
        ),
        pytest.param(
            """
            select currency_code, payment_status, count(*), sum(amount)
            from payments group by 1, 2
            """,
            """
            select currency_code, payment_status, count(*), sum(amount_local)
            from marts.fct_payments group by 1, 2
            """,
            id="payments",
        ),
        pytest.param(
            """
            select currency_code, return_status, date(refunded_at), count(*),
                sum(quantity), sum(refund_amount)
            from returns group by 1, 2, 3
            """,
            """
            select currency_code, return_status, refunded_date, count(*), sum(quantity),
                sum(refund_amount_local)
            from marts.fct_returns group by 1, 2, 3
            """,
            id="returns",
        ),
        pytest.param(
            """
            select warehouse_id, sku, quantity_on_hand from stock_levels
            """,
            """
            select warehouse_id, sku, closing_quantity
            from marts.fct_inventory_daily where is_latest_day
            """,
            id="stock",
        ),
    ],
)
def test_marts_agree_with_the_shop(built: Settings, in_the_shop: str, in_the_marts: str) -> None:
    expected = shop_rows(built, in_the_shop)
    assert expected
    assert Counter(mart_rows(built, in_the_marts)) == Counter(expected)


@pytest.mark.parametrize("query", EXAMPLES)
def test_examples_of_the_docs_run(built: Settings, query: str) -> None:
    with connect_postgres(built) as warehouse:
        cursor = warehouse.execute(sql.SQL(query))
        assert cursor.description


def test_stock_of_a_past_day_is_the_sum_of_the_movements_to_it(built: Settings) -> None:
    day = "2026-03-15"
    expected = shop_rows(
        built,
        f"""
        select count(distinct warehouse_id, sku), sum(quantity) from inventory_movements
        where occurred_at < '{day}' + interval 1 day
        """,
    )
    assert (
        mart_rows(
            built,
            f"""
            select count(*), sum(closing_quantity) from marts.fct_inventory_daily
            where stock_date = date '{day}'
            """,
        )
        == expected
    )


def test_another_reporting_currency_converts_at_the_last_rate_known(built: Settings) -> None:
    report = run_dbt(
        built,
        [*BUILD, "--select", "int_exchange_rates_daily+", "--vars", "reporting_currency: GBP"],
    )
    assert report.of("error") == []
    rate = """
        coalesce((
            select units_per_euro from exchange_rates
            where currency_code = '{currency}' and rate_date <= date(o.ordered_at)
            order by rate_date desc limit 1
        ), 1)
    """
    expected = [
        shop_rows(
            built,
            f"""
            select '{currency}', sum(round(
                (i.quantity * i.unit_price - i.discount_amount)
                * round({rate.format(currency="GBP")} / {rate.format(currency=currency)}, 8), 4))
            from order_items i join orders o on o.order_id = i.order_id
            where i.currency_code = '{currency}'
            """,
        )[0]
        for currency in ("EUR", "SEK")
    ]
    actual: dict[str, Decimal] = dict(
        mart_rows(
            built, "select currency_code, sum(net_amount) from marts.fct_order_items group by 1"
        )
    )
    assert [(currency, actual[currency]) for currency, _ in expected] == expected
    assert mart_rows(
        built,
        """
        select max(abs(net_amount - net_amount_local)), min(rate_to_reporting),
            max(rate_to_reporting)
        from marts.fct_order_items where currency_code = 'GBP'
        """,
    ) == [(Decimal(0), Decimal(1), Decimal(1))]
