"""Events of goods: shipped, delivered, sent back, received, counted."""

from __future__ import annotations

from decimal import ROUND_DOWN

from orchestration.simulator.traffic.live_shop import CENT, LiveShop, SqlRow


def ship(shop: LiveShop) -> bool:
    """A parcel leaves its warehouse, and the stock with it."""
    shipment = _recent_shipment(shop, "preparing")
    if not shipment:
        return False
    shop.change(
        "update shipments set shipment_status = 'shipped', shipped_at = %s where shipment_id = %s",
        shop.now,
        shipment["shipment_id"],
    )
    shop.change(
        "update orders set order_status = 'shipped' where order_id = %s", shipment["order_id"]
    )
    for line in shop.rows(
        "select order_item_id, sku, quantity from order_items"
        " where order_id = %s and shipment_id = %s order by line_number",
        shipment["order_id"],
        shipment["shipment_id"],
    ):
        shop.move_stock(
            shipment["warehouse_id"],
            line["sku"],
            -line["quantity"],
            "sale",
            order_item_id=line["order_item_id"],
        )
    return True


def deliver(shop: LiveShop) -> bool:
    """A parcel arrives, or is given up for lost; with its last parcel the order is delivered."""
    shipment = _recent_shipment(shop, "shipped")
    if not shipment:
        return False
    is_lost = shop.rng.random() < 0.02
    shop.change(
        "update shipments set shipment_status = %s, delivered_at = %s where shipment_id = %s",
        "lost" if is_lost else "delivered",
        None if is_lost else shop.now,
        shipment["shipment_id"],
    )
    shop.change(
        "update orders set order_status = 'delivered' where order_id = %s and not exists"
        " (select 1 from shipments where shipments.order_id = orders.order_id"
        " and shipment_status <> 'delivered')",
        shipment["order_id"],
    )
    return True


def request_return(shop: LiveShop) -> bool:
    """A customer wants to send back some of an order line that arrived."""
    line = shop.row(
        "select item.order_item_id, item.sku, item.quantity, item.currency_code,"
        " orders.customer_id, orders.shipping_country_code"
        " from order_items as item inner join orders on orders.order_id = item.order_id"
        " where item.order_item_id >= %s and orders.order_status = 'delivered'"
        " order by item.order_item_id limit 1 for update",
        shop.random_id("order_items", "order_item_id"),
    )
    if not line:
        return False
    asked = shop.row(
        "select coalesce(sum(quantity), 0) as quantity from returns where order_item_id = %s",
        line["order_item_id"],
    )
    left = line["quantity"] - int(asked["quantity"] if asked else 0)
    if left < 1:
        return False
    shop.insert(
        "returns",
        return_number=shop.number("R"),
        order_item_id=line["order_item_id"],
        customer_id=line["customer_id"],
        sku=line["sku"],
        quantity=shop.rng.randint(1, left),
        country_code=line["shipping_country_code"],
        return_reason=shop.rng.choice(["defective", "wrong_item", "changed_mind", "late"]),
        return_status="requested",
        currency_code=line["currency_code"],
        requested_at=shop.now,
    )
    return True


def receive_return(shop: LiveShop) -> bool:
    """Goods that were sent back come in; what is defective is written off."""
    taken_back = _recent_return(shop, "requested")
    if not taken_back:
        return False
    warehouse_id = taken_back["warehouse_id"]
    if warehouse_id is None:
        market = shop.market(taken_back["country_code"])
        store = market.store if market.store in shop.warehouses else None
        warehouse_id = store or shop.centre(market)
    _set_return_status(shop, taken_back, "received")
    cause = {"order_item_id": taken_back["order_item_id"], "return_id": taken_back["return_id"]}
    sku, quantity = taken_back["sku"], taken_back["quantity"]
    shop.move_stock(warehouse_id, sku, quantity, "return", **cause)
    if taken_back["return_reason"] == "defective":
        shop.move_stock(warehouse_id, sku, -quantity, "write_off", **cause)
    return True


def refund_return(shop: LiveShop) -> bool:
    """What came back is refunded: its share of what the customer paid for the line."""
    taken_back = _recent_return(shop, "received")
    if not taken_back or taken_back["order_id"] is None:
        return False
    due = (
        taken_back["line_quantity"] * taken_back["unit_price"]
        - taken_back["discount_amount"]
        + taken_back["tax_amount"]
    )
    share = due * taken_back["quantity"] / taken_back["line_quantity"]
    refund = share.quantize(CENT, ROUND_DOWN)
    shop.change(
        "update returns set return_status = 'refunded', refund_amount = %s, refunded_at = %s"
        " where return_id = %s",
        refund,
        shop.now,
        taken_back["return_id"],
    )
    if refund:
        shop.insert(
            "payments",
            order_id=taken_back["order_id"],
            return_id=taken_back["return_id"],
            payment_type="refund",
            provider="card",
            payment_status="captured",
            currency_code=taken_back["currency_code"],
            amount=-refund,
            paid_at=shop.now,
        )
    return True


def reject_return(shop: LiveShop) -> bool:
    """A return is refused before anything came in."""
    taken_back = _recent_return(shop, "requested")
    if not taken_back:
        return False
    _set_return_status(shop, taken_back, "rejected")
    return True


def receive_goods(shop: LiveShop) -> bool:
    """A supplier delivers."""
    shop.move_stock(
        shop.rng.choice(shop.warehouses),
        shop.rng.choice(shop.skus),
        24 * shop.rng.randint(1, 10),
        "receipt",
    )
    return True


def correct_stock(shop: LiveShop) -> bool:
    """Somebody counts, and finds a few fewer, or one more."""
    warehouse_id = shop.rng.choice(shop.warehouses)
    level = shop.row(
        "select sku, quantity_on_hand from stock_levels where warehouse_id = %s and sku >= %s"
        " and quantity_on_hand > 0 order by sku limit 1 for update",
        warehouse_id,
        shop.rng.choice(shop.skus),
    )
    if not level:
        return False
    missing = min(level["quantity_on_hand"], shop.rng.randint(1, 3))
    quantity = shop.rng.choice([-missing, -missing, 1])
    shop.move_stock(warehouse_id, level["sku"], quantity, "adjustment")
    return True


def _recent_shipment(shop: LiveShop, status: str) -> SqlRow | None:
    """Return a recent shipment with a status, locked."""
    return shop.row(
        "select * from shipments where shipment_id = %s and shipment_status = %s for update",
        shop.pick_recent("shipments", "shipment_id", "shipment_status", [status]),
        status,
    )


def _recent_return(shop: LiveShop, status: str) -> SqlRow | None:
    """Return a recent return with a status, locked, with the order line it is of."""
    return shop.row(
        "select returns.*, item.order_id, item.quantity as line_quantity, item.unit_price,"
        " item.discount_amount, item.tax_amount, shipments.warehouse_id"
        " from returns"
        " left join order_items as item on item.order_item_id = returns.order_item_id"
        " left join shipments on shipments.shipment_id = item.shipment_id"
        " where returns.return_id = %s and returns.return_status = %s for update",
        shop.pick_recent("returns", "return_id", "return_status", [status]),
        status,
    )


def _set_return_status(shop: LiveShop, taken_back: SqlRow, status: str) -> None:
    shop.change(
        "update returns set return_status = %s where return_id = %s",
        status,
        taken_back["return_id"],
    )
