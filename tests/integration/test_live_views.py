"""The live views against the shop itself, between builds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dbt_process import DbtProcess
from psycopg import sql
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenShop = Callable[[Path], AbstractContextManager[Settings]]

# The views, what they tie to, and all staging views.
BUILD = ["build", "--exclude-resource-type", "unit_test", "test", "--select"]
BUILD += ["+path:models/marts/live", "+fct_orders", "+fct_payments", "path:models/staging"]
TIES = ["test", "--select", "assert_live_sales_tie_to_orders"]
TIES += ["assert_live_payments_tie_to_payments"]

# What one unit was worth in euro on the day, by the shop's own quotes.
RATE = """
    case {row}.currency_code when 'EUR' then 1 else (
        select round(1 / units_per_euro, 8) from exchange_rates
        where currency_code = {row}.currency_code and rate_date <= '{{day}}'
        order by rate_date desc limit 1
    ) end
"""
SALES = f"""
    select o.channel, o.shipping_country_code, count(distinct o.order_id), count(i.order_id),
        coalesce(sum(i.quantity), 0),
        coalesce(sum(round(i.quantity * i.unit_price * ({RATE.format(row="i")}), 4)), 0),
        coalesce(sum(round(i.discount_amount * ({RATE.format(row="i")}), 4)), 0),
        coalesce(sum(round(
            (i.quantity * i.unit_price - i.discount_amount) * ({RATE.format(row="i")}), 4)), 0),
        coalesce(sum(round(i.tax_amount * ({RATE.format(row="i")}), 4)), 0)
    from orders o left join order_items i on i.order_id = o.order_id
    where date(o.ordered_at) = '{{day}}' and o.order_status <> 'cancelled'
    group by 1, 2
"""
LIVE_SALES = """
    select channel, country_code, order_count, line_count, quantity, gross_amount,
        discount_amount, net_amount, tax_amount
    from marts.live_sales_by_channel_country
"""
STATUSES = """
    select order_status, count(*) from orders where date(ordered_at) = '{day}' group by 1
"""
LIVE_STATUSES = "select order_status, order_count from marts.live_orders_by_status"
STOCK = """
    select warehouse_id, sku, quantity_on_hand,
        if(quantity_on_hand <= 0, 'out_of_stock',
            if(quantity_on_hand <= reorder_point, 'low', 'in_stock'))
    from stock_levels
"""
LIVE_STOCK = """
    select warehouse_id, sku, quantity_on_hand, stock_state from marts.live_stock_by_warehouse_sku
"""
PAYMENTS = f"""
    select p.provider, p.payment_type, count(*), sum(p.payment_status = 'captured'),
        sum(p.payment_status = 'failed'), sum(p.payment_status = 'pending'),
        round(sum(p.payment_status = 'failed') * 1.00000000
            / nullif(sum(p.payment_status in ('captured', 'failed')), 0), 8),
        sum(if(p.payment_status = 'captured',
            round(p.amount * ({RATE.format(row="p")}), 4), 0)),
        max(p.paid_at), max(if(p.payment_status = 'captured', p.paid_at, null))
    from payments p
    where date(p.paid_at) = '{{day}}' and p.payment_type in ('charge', 'refund')
    group by 1, 2
"""
LIVE_PAYMENTS = """
    select provider, payment_type, payment_count, captured_count, failed_count, pending_count,
        failure_rate, captured_amount, last_paid_at, last_captured_at
    from marts.live_payments_by_provider
"""
PARCELS = """
    select warehouse_id, carrier, state, count(*),
        sum(state <> 'withdrawn' and date(promised_at) = '{day}'),
        sum(state <> 'withdrawn' and promised_at < '{moment}'),
        min(if(state <> 'withdrawn', promised_at, null))
    from (
        select s.*, case
            when s.shipment_status = 'lost' then 'lost'
            when s.shipped_at is not null then 'under_way'
            when o.order_status = 'cancelled' then 'withdrawn'
            else 'waiting' end as state
        from shipments s left join orders o on o.order_id = s.order_id
        where s.delivered_at is null
    ) as parcels
    group by 1, 2, 3
"""
LIVE_PARCELS = """
    select warehouse_id, carrier, parcel_state, parcel_count, due_today_count, late_count,
        oldest_promised_at
    from marts.live_shipments_by_carrier
"""


@pytest.fixture(scope="module")
def selling(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A shop that has sold until tomorrow."""
    with open_shop(tmp_path_factory.mktemp("live")) as settings:
        end = datetime.now(UTC).date() + timedelta(days=2)
        simulate_history(settings, scale=0.01, seed=5, end=end)
        # However few the simulator has sold today.
        on_mysql(
            settings,
            "update orders set ordered_at = utc_date() where ordered_at < utc_date() "
            "order by ordered_at desc limit 20",
            "update payments set paid_at = utc_date() where paid_at < utc_date() "
            "order by paid_at desc limit 20",
            # Late, and due at the end of the day; the last of them withdrawn.
            "update shipments set promised_at = utc_timestamp() - interval 1 minute "
            "where shipment_status = 'preparing' order by shipment_id limit 2",
            "update shipments set promised_at = utc_date() + interval 86399 second "
            "where shipment_status = 'preparing' order by shipment_id desc limit 2",
            "update orders set order_status = 'cancelled' where order_id = (select max(order_id) "
            "from shipments where shipment_status = 'preparing' and shipped_at is null)",
        )
        run_ingest(settings)
        yield settings


@pytest.fixture(scope="module")
def warehouse_dbt(selling: Settings) -> Iterator[DbtProcess]:
    """A dbt for it that starts once."""
    with DbtProcess(selling) as process:
        yield process


@pytest.fixture(scope="module")
def built(selling: Settings, warehouse_dbt: DbtProcess) -> Settings:
    """The shop, and the marts built from it."""
    assert warehouse_dbt.run(BUILD) == []
    return selling


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_today_is_the_utc_day_in_every_session(built: Settings, zone: str) -> None:
    moment, sales = _live(built, LIVE_SALES, zone=zone)
    assert sales
    assert sales == _in_the_shop(built, SALES, moment)


@pytest.mark.parametrize(
    ("live", "query"),
    [
        pytest.param(LIVE_SALES, SALES, id="sales"),
        pytest.param(LIVE_STATUSES, STATUSES, id="statuses"),
        pytest.param(LIVE_STOCK, STOCK, id="stock"),
        pytest.param(LIVE_PAYMENTS, PAYMENTS, id="payments"),
        pytest.param(LIVE_PARCELS, PARCELS, id="parcels"),
    ],
)
def test_a_view_shows_a_change_without_a_build(built: Settings, live: str, query: str) -> None:
    _, before = _live(built, live)
    latest = "(select max(order_id) from orders where date(ordered_at) = utc_date())"
    on_mysql(
        built,
        "update order_items set quantity = quantity + 1 where order_id in "
        "(select order_id from orders where date(ordered_at) = utc_date())",
        f"delete from order_items where order_id = {latest}",
        "update orders set order_status = if(order_status = 'paid', 'shipped', 'paid') "
        "where date(ordered_at) = utc_date() order by order_id limit 1",
        "update stock_levels set quantity_on_hand = quantity_on_hand - 5",
        "update payments set payment_status = if(payment_status = 'captured', 'failed', 'captured')"
        " where date(paid_at) = utc_date() order by payment_id limit 1",
        "update shipments set shipment_status = 'shipped', shipped_at = utc_timestamp() "
        "where shipment_status = 'preparing' order by shipment_id limit 1",
    )
    run_ingest(built)
    moment, after = _live(built, live)
    assert after == _in_the_shop(built, query, moment)
    assert after != before


def test_a_sum_that_differs_from_the_marts_is_told(
    built: Settings, warehouse_dbt: DbtProcess
) -> None:
    run_ingest(built)
    assert warehouse_dbt.run(BUILD) == []
    assert warehouse_dbt.run(TIES) == []
    on_postgres(
        built,
        "update marts.fct_orders set net_amount = net_amount + 0.0001 where order_id = "
        "(select max(order_id) from marts.fct_orders "
        "where order_date_utc = cast(now() at time zone 'UTC' as date) and not is_cancelled)",
        "update marts.fct_payments set amount = amount + 0.0001 where payment_id = "
        "(select max(payment_id) from marts.fct_payments "
        "where paid_date = cast(now() at time zone 'UTC' as date) and is_captured "
        "and payment_type <> 'adjustment')",
    )
    assert len(warehouse_dbt.run(TIES)) == 2


@pytest.mark.parametrize(
    ("view", "condition"),
    [
        ("orders", "rows.order_id = keys.key"),
        ("orders", "rows.customer_id = keys.key"),
        ("orders", "cast(rows.ordered_at as date) = current_date - keys.key"),
        ("order_items", "rows.order_item_id = keys.key"),
        ("order_items", "rows.order_id = keys.key"),
        ("order_items", "rows.loaded_at > localtimestamp - keys.key * interval '1 day'"),
        ("customers", "rows.customer_id = keys.key"),
        ("payments", "cast(rows.paid_at as date) = current_date - keys.key"),
        ("shipments", "rows.delivered_at is null and rows.promised_at < localtimestamp"),
        ("inventory_movements", "cast(rows.occurred_at as date) = current_date - keys.key"),
    ],
)
def test_an_index_of_raw_serves_its_staging_view(
    built: Settings, view: str, condition: str
) -> None:
    """PostgreSQL looks for none in a view that has a CTE, nor for a column that a cast hides."""
    with connect_postgres(built) as warehouse:
        for way in ("seqscan", "hashjoin", "mergejoin"):
            warehouse.execute(sql.SQL("set enable_{} = off").format(sql.SQL(way)))
        query = f"""
            explain select * from generate_series(1, 3) as keys (key)
            inner join staging.stg_oltp__{view} as rows on {condition}
        """
        plan = "\n".join(line[0] for line in warehouse.execute(sql.SQL(query)).fetchall())
        assert "Index Cond" in plan, plan


def _live(settings: Settings, query: str, zone: str = "UTC") -> tuple[datetime, Counter[Any]]:
    """Return the moment of the query in UTC, and its rows."""
    with connect_postgres(settings) as warehouse:
        warehouse.execute(sql.SQL("set time zone {}").format(sql.Literal(zone)))
        rows = Counter(warehouse.execute(sql.SQL(query)).fetchall())
        # The transaction's moment is the view's.
        moment = warehouse.execute("select now() at time zone 'UTC'").fetchall()
        return moment[0][0], rows


def _in_the_shop(settings: Settings, query: str, moment: datetime) -> Counter[Any]:
    with connect_mysql(settings) as shop, shop.cursor() as cursor:
        cursor.execute(query.format(day=moment.date(), moment=moment))
        return Counter(cursor.fetchall())
