"""A shop that sells as fast as a benchmark asks: whole transactions, made inside the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.warehouse import Warehouse
from orchestration.connections import connect_mysql

# A new order with its lines, its payment and the stock it takes; every second transaction also
# edits an old order, every fifth deletes a line and the payments of it that never arrived.
_PROCEDURE = """
create or replace procedure bench_trade(in from_number bigint, in how_many int)
begin
    declare number bigint default from_number;
    declare old_order bigint;
    declare goods bigint;
    declare changed bigint default 0;
    while number < from_number + how_many do
        set goods = 1 + number * 7919 % @bench_goods;
        set old_order = 1 + number * 2654435761 % @bench_orders;
        set @bench_ordered_at = utc_timestamp(6);
        start transaction;
        insert into orders (
            order_number, customer_id, channel, order_status, shipping_country_code, currency_code,
            shipping_amount, total_amount, ordered_at
        ) values (
            concat('B', @bench_run, '-', number), 1 + number * 104729 % @bench_customers,
            elt(1 + number % 3, 'web', 'app', 'store'), 'paid',
            elt(1 + number % 4, 'DE', 'GB', 'FR', 'SE'), 'EUR', 4.95, 76.35, @bench_ordered_at
        );
        set @bench_order = last_insert_id();
        set changed = changed + 1;
        insert into order_items (
            order_id, line_number, sku, quantity, currency_code, unit_price, tax_rate, tax_amount
        )
        select @bench_order, place - goods + 1, sku, 1, 'EUR', 20, 0.19, 3.80
        from bench_goods where place between goods and goods + 2;
        set changed = changed + row_count();
        insert into payments (
            order_id, payment_type, provider, payment_status, currency_code, amount, paid_at
        ) values (@bench_order, 'charge', 'card', 'captured', 'EUR', 76.35, utc_timestamp(6));
        set changed = changed + 1;
        update stock_levels
        inner join bench_goods using (warehouse_id, sku)
        set quantity_on_hand = quantity_on_hand - 1
        where bench_goods.place = goods;
        set changed = changed + row_count();
        insert into inventory_movements (warehouse_id, sku, movement_type, quantity, occurred_at)
        select warehouse_id, sku, 'adjustment', -1, utc_timestamp(6)
        from bench_goods where place = goods;
        set changed = changed + row_count();
        if number % 2 = 0 then
            update orders
            set
                shipping_amount = shipping_amount + 1,
                total_amount = total_amount + 1 + (
                    select coalesce(sum(unit_price), 0) from order_items
                    where order_id = old_order
                )
            where order_id = old_order;
            set changed = changed + row_count();
            update order_items set quantity = quantity + 1 where order_id = old_order;
            set changed = changed + row_count();
        end if;
        if number % 5 = 0 then
            update orders
            inner join order_items using (order_id)
            set
                total_amount
                = total_amount - quantity * unit_price + discount_amount - order_items.tax_amount
            where order_id = old_order and line_number = 2;
            set changed = changed + row_count();
            delete from order_items where order_id = old_order and line_number = 2;
            set changed = changed + row_count();
            delete from payments where order_id = old_order and payment_status <> 'captured';
            set changed = changed + row_count();
        end if;
        commit;
        set number = number + 1;
    end while;
    select @bench_order, changed, cast(@bench_ordered_at as datetime(6));
end
"""

# Of the session alone: a table of the shop would be copied into the warehouse.
_GOODS = """
create temporary table bench_goods (
    place int auto_increment primary key, warehouse_id int not null,
    sku varchar(64) collate utf8mb4_bin not null
)
"""


class Sale(NamedTuple):
    """What some transactions did.

    Attributes:
        order_id: Of the last new order; grows.
        changed_rows: In all tables and transactions.
        ordered_at: The last new order's time, UTC, without a time zone; grows.
    """

    order_id: int
    changed_rows: int
    ordered_at: datetime


class Trade:
    """Makes transactions in a shop; open it with `trading`."""

    def __init__(self, cursor: Any, number: int) -> None:  # noqa: ANN401 - a cursor of PyMySQL
        self._cursor = cursor
        self._number = number

    def sell(self, transactions: int) -> Sale:
        """Make transactions."""
        self._cursor.execute("call bench_trade(%s, %s)", (self._number, transactions))
        sale = Sale(*self._cursor.fetchone())
        while self._cursor.nextset():
            pass
        self._number += transactions
        return sale


@contextmanager
def trading(warehouse: Warehouse) -> Iterator[Trade]:
    """Open a connection that sells in a warehouse's shop."""
    with connect_mysql(warehouse.settings, autocommit=True) as mysql, mysql.cursor() as cursor:
        cursor.execute(_PROCEDURE)
        cursor.execute(_GOODS)
        cursor.execute(
            "insert into bench_goods (warehouse_id, sku)"
            " select warehouse_id, sku from stock_levels order by sku, warehouse_id"
        )
        cursor.execute(
            "select (select max(place) - 2 from bench_goods), (select max(order_id) from orders),"
            " (select max(customer_id) from customers), unix_timestamp()"
        )
        goods, orders, customers, run = cursor.fetchone()
        cursor.execute(
            "set @bench_goods = %s, @bench_orders = %s, @bench_customers = %s, @bench_run = %s",
            (goods, orders, customers, run),
        )
        # The run's own numbers: two runs on one shop must not edit the same old orders in step.
        yield Trade(cursor, int(run) % 1_000_000 * 1_000)
