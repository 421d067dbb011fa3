"""The shop's business rules as questions to its database; each counts what breaks the rule."""

from __future__ import annotations

from orchestration.connections import connect_mysql
from orchestration.settings import Settings

_RULES = {
    "an order's total is that of its lines and its shipping": """
        select count(*) from (
            select orders.order_id
            from orders left join order_items as item on item.order_id = orders.order_id
            group by orders.order_id, orders.total_amount, orders.shipping_amount
            having orders.total_amount <> orders.shipping_amount + coalesce(
                sum(item.quantity * item.unit_price - item.discount_amount + item.tax_amount), -1)
        ) as broken""",
    "captured charges are the totals of the orders that are paid": """
        select count(*) from (
            select orders.order_id
            from orders left join payments on payments.order_id = orders.order_id
                and payment_type = 'charge' and payment_status = 'captured'
            where order_status <> 'cancelled'
            group by orders.order_id, orders.order_status, orders.total_amount
            having coalesce(sum(payments.amount), 0)
                <> case order_status when 'placed' then 0 else orders.total_amount end
        ) as broken""",
    "nothing is kept of what was paid for a cancelled order": """
        select count(*) from (
            select orders.order_id
            from orders inner join payments on payments.order_id = orders.order_id
            where order_status = 'cancelled' and payment_status = 'captured'
            group by orders.order_id having sum(payments.amount) <> 0
        ) as broken""",
    "charges are positive, refunds negative": """
        select count(*) from payments
        where (payment_type = 'charge' and amount <= 0) or (payment_type = 'refund' and amount >= 0)
        """,
    "adjustments have no order, charges have one": """
        select count(*) from payments
        where (payment_type = 'adjustment') = (order_id is not null) and payment_type <> 'refund'
        """,
    "a return's refund is what was paid back for it": """
        select count(*) from returns left join (
            select return_id, sum(amount) as amount from payments
            where return_id is not null group by return_id
        ) as paid on paid.return_id = returns.return_id
        where refund_amount + coalesce(paid.amount, 0) <> 0
            or (return_status = 'refunded') <> (refunded_at is not null)""",
    "no more is returned than was sold": """
        select count(*) from (
            select item.order_item_id
            from order_items as item
            inner join returns on returns.order_item_id = item.order_item_id
            group by item.order_item_id, item.quantity
            having sum(returns.quantity) > item.quantity
        ) as broken""",
    "quantities are positive": """
        select (select count(*) from order_items where quantity < 1)
            + (select count(*) from returns where quantity < 1)""",
    "a stock level is the sum of its movements": """
        select count(*) from (
            select coalesce(level.sku, moved.sku)
            from (select warehouse_id, sku, sum(quantity) as quantity
                  from inventory_movements group by warehouse_id, sku) as moved
            left join stock_levels as level
                on level.warehouse_id = moved.warehouse_id and level.sku = moved.sku
            where level.quantity_on_hand is null or level.quantity_on_hand <> moved.quantity
        ) as broken""",
    "no stock level is without movements": """
        select count(*) from stock_levels as level where not exists (
            select 1 from inventory_movements as moved
            where moved.warehouse_id = level.warehouse_id and moved.sku = level.sku)""",
    "stock is never negative, at any moment": """
        select count(*) from (
            select sum(quantity) over (
                partition by warehouse_id, sku order by occurred_at, movement_id) as on_hand
            from inventory_movements
        ) as running where on_hand < 0""",
    "what was shipped or carried home has left the stock": """
        select count(*) from order_items as item
        inner join orders on orders.order_id = item.order_id
        left join shipments on shipments.shipment_id = item.shipment_id
        left join (select order_item_id, sum(quantity) as quantity from inventory_movements
                   where movement_type = 'sale' group by order_item_id) as sold
            on sold.order_item_id = item.order_item_id
        where coalesce(sold.quantity, 0) <> case
            when shipments.shipped_at is not null or orders.channel = 'store'
            then -item.quantity else 0 end""",
    "lines travel in shipments of their own order": """
        select count(*) from order_items as item
        left join shipments on shipments.shipment_id = item.shipment_id
        where item.shipment_id is not null and item.order_id <> coalesce(shipments.order_id, 0)""",
    "nothing is left of deleted orders": """
        select (select count(*) from order_items
                where order_id not in (select order_id from orders))
            + (select count(*) from payments where order_id is not null
               and order_id not in (select order_id from orders))
            + (select count(*) from shipments where order_id not in (select order_id from orders))
        """,
    "an order is delivered when all its parcels are": """
        select count(*) from orders
        inner join shipments on shipments.order_id = orders.order_id
        where order_status = 'delivered' and shipment_status <> 'delivered'""",
    "times are in order": """
        select (select count(*) from shipments inner join orders using (order_id)
                where shipped_at < ordered_at or delivered_at < shipped_at
                or promised_at < ordered_at)
            + (select count(*) from returns where refunded_at < requested_at)
            + (select count(*) from orders where cancelled_at < ordered_at)
            + (select count(*) from payments inner join orders using (order_id)
               where paid_at < ordered_at)
            + (select count(*) from orders inner join customers using (customer_id)
               where registered_at > ordered_at)""",
    "a line has the currency of its order": """
        select count(*) from order_items as item inner join orders using (order_id)
        where item.currency_code <> orders.currency_code""",
}


def broken_rules(settings: Settings) -> dict[str, int]:
    """Return how often each broken rule is broken; empty when the shop is sound."""
    found = {}
    with connect_mysql(settings) as connection, connection.cursor() as cursor:
        for rule, question in _RULES.items():
            cursor.execute(question)
            (count,) = cursor.fetchone()
            if count:
                found[rule] = int(count)
    return found
