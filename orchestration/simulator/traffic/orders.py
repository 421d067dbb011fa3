"""Events of orders up to their payment: placed, edited, paid, cancelled, deleted."""

from __future__ import annotations

from decimal import Decimal

from orchestration.simulator.catalogue import PRODUCT_TYPES
from orchestration.simulator.geography import Market
from orchestration.simulator.traffic.live_shop import LiveShop, SqlRow, cents, list_price
from orchestration.simulator.web.live import LiveVisits

_FREE_SHIPPING_FROM = 50
_SHIPPING_FEE = Decimal("4.95")
_REDUCED_TAX = {kind.name for kind in PRODUCT_TYPES if kind.is_reduced_tax}


def place_order(shop: LiveShop) -> bool:
    """A customer or a guest orders; a store sells from its own stock at once."""
    customer = None
    if shop.rng.random() < 0.75:
        customer = shop.row(
            "select customer_id, country_code from customers"
            " where customer_id >= %s and customer_status = 'active' order by customer_id limit 1",
            shop.random_id("customers", "customer_id"),
        )
    country = customer["country_code"] if customer else shop.rng.choice(["DE", "GB", "FR", "SE"])
    market = shop.market(country)
    in_store = market.store in shop.warehouses and shop.rng.random() < 0.2
    channel = "store" if in_store else shop.rng.choice(["web", "web", "app"])
    is_paid = in_store or shop.rng.random() < 0.6
    currency = shop.currency(market)
    promotion = _promotion(shop)
    percent_off = Decimal(promotion["percent_off"] or 0) if promotion else Decimal(0)
    guest_email = None
    if not customer and not in_store:
        guest_email = f"guest.{shop.rng.randrange(10**9):09d}@example.org"

    order_id = shop.insert_numbered(
        "orders",
        order_number=shop.number("SC"),
        customer_id=customer["customer_id"] if customer else None,
        guest_email=guest_email,
        channel=channel,
        order_status="placed",
        promotion_id=promotion["promotion_id"] if promotion else None,
        shipping_country_code=country,
        currency_code=currency,
        shipping_amount=0,
        total_amount=0,
        ordered_at=shop.now,
    )
    skus = shop.rng.sample(shop.skus, min(len(shop.skus), shop.rng.choice([1, 1, 2, 2, 3, 4])))
    for line_number, sku in enumerate(sorted(skus), start=1):
        _add_line(shop, order_id, line_number, sku, market, currency, percent_off)
    goods = shop.row(
        "select sum(quantity * unit_price - discount_amount) as net from order_items"
        " where order_id = %s",
        order_id,
    )
    ships_free = in_store or bool(promotion and promotion["promotion_type"] == "free_shipping")
    if goods and goods["net"] < _FREE_SHIPPING_FROM and not ships_free:
        shop.change(
            "update orders set shipping_amount = %s where order_id = %s", _SHIPPING_FEE, order_id
        )
    total = _refresh_total(shop, order_id)
    shop.insert(
        "payments",
        order_id=order_id,
        payment_type="charge",
        provider="terminal" if in_store else shop.rng.choice(["card", "paypal", "klarna"]),
        payment_status="captured" if is_paid else "pending",
        currency_code=currency,
        amount=total,
        paid_at=shop.now,
    )
    if in_store:
        _hand_over(shop, order_id, market)
    elif is_paid:
        _prepare(shop, order_id, market)
    if shop.visits and not in_store:
        customer_id = customer["customer_id"] if customer else None
        _tell_visit(shop, shop.visits, order_id, customer_id)
    return True


def edit_order(shop: LiveShop) -> bool:
    """A customer changes an order that is not paid yet: a quantity, a line more, a line fewer."""
    order = _recent_order(shop, ["placed"])
    if not order:
        return False
    order_id = order["order_id"]
    lines = shop.rows(
        "select * from order_items where order_id = %s order by line_number", order_id
    )
    choice = shop.rng.choice(["quantity", "add", "remove"])
    if choice == "remove" and len(lines) > 1:
        line = shop.rng.choice(lines)
        shop.change("delete from order_items where order_item_id = %s", line["order_item_id"])
    elif choice == "add":
        market = shop.market(order["shipping_country_code"])
        _add_line(
            shop,
            order_id,
            max(line["line_number"] for line in lines) + 1,
            shop.rng.choice(shop.skus),
            market,
            order["currency_code"],
            Decimal(0),
        )
    else:
        line = shop.rng.choice(lines)
        quantity = line["quantity"] % 5 + 1
        discount = cents(line["discount_amount"] * quantity / line["quantity"])
        net = quantity * line["unit_price"] - discount
        shop.change(
            "update order_items set quantity = %s, discount_amount = %s, tax_amount = %s"
            " where order_item_id = %s",
            quantity,
            discount,
            cents(net * line["tax_rate"]),
            line["order_item_id"],
        )
    total = _refresh_total(shop, order_id)
    shop.change(
        "update payments set amount = %s where order_id = %s and payment_status = 'pending'",
        total,
        order_id,
    )
    return True


def pay_order(shop: LiveShop) -> bool:
    """The money for an order arrives, or the attempt fails for good and the order with it."""
    order = _recent_order(shop, ["placed"])
    if not order:
        return False
    order_id = order["order_id"]
    payment = shop.row(
        "select payment_id from payments where order_id = %s and payment_status = 'pending'"
        " for update",
        order_id,
    )
    if not payment:
        return False
    if shop.rng.random() < 0.08:
        _cancel(shop, order_id)
        return True
    shop.change(
        "update payments set payment_status = 'captured', paid_at = %s where payment_id = %s",
        shop.now,
        payment["payment_id"],
    )
    _prepare(shop, order_id, shop.market(order["shipping_country_code"]))
    return True


def cancel_order(shop: LiveShop) -> bool:
    """A customer cancels an order of which nothing has been shipped; what was paid is refunded."""
    order = _recent_order(shop, ["placed", "paid"])
    if not order:
        return False
    _cancel(shop, order["order_id"])
    return True


def delete_order(shop: LiveShop) -> bool:
    """An order that never moved goods is really deleted, with all its children."""
    order = shop.row(
        "select order_id from orders where order_id >= %s and order_status = 'cancelled'"
        " order by order_id limit 1 for update",
        shop.random_id("orders", "order_id"),
    )
    if not order:
        return False
    for table in ("payments", "shipments", "order_items", "orders"):
        shop.change(f"delete from {table} where order_id = %s", order["order_id"])  # noqa: S608
    return True


def _tell_visit(shop: LiveShop, visits: LiveVisits, order_id: int, customer_id: int | None) -> None:
    """Tell of the visit in which an order was placed."""
    (order,) = shop.rows("select * from orders where order_id = %s", order_id)
    identities = {
        row["channel"]: row["external_reference"]
        for row in shop.rows(
            "select channel, external_reference from customer_identities where customer_id = %s"
            " order by identity_id",
            customer_id,
        )
    }
    lines = shop.rows(
        "select sku, quantity from order_items where order_id = %s order by line_number", order_id
    )
    visits.add_order(
        order["order_number"],
        [(line["sku"], line["quantity"]) for line in lines],
        channel=order["channel"],
        country=order["shipping_country_code"],
        customer=customer_id,
        reference=identities.get(order["channel"]) or identities.get("web"),
        ordered_at=shop.now,
    )


def _recent_order(shop: LiveShop, statuses: list[str]) -> SqlRow | None:
    """Return a recent order with one of the statuses, locked."""
    return shop.row(
        "select * from orders where order_id = %s and order_status in %s for update",
        shop.pick_recent("orders", "order_id", "order_status", statuses),
        statuses,
    )


def _promotion(shop: LiveShop) -> SqlRow | None:
    if shop.rng.random() > 0.25:
        return None
    return shop.pick(
        shop.rows(
            "select promotion_id, promotion_type, percent_off from promotions"
            " where is_active and starts_at <= %s and ends_at > %s and promotion_type <> 'amount'"
            " order by promotion_id",
            shop.now,
            shop.now,
        )
    )


def _add_line(
    shop: LiveShop,
    order_id: int,
    line_number: int,
    sku: str,
    market: Market,
    currency: str,
    percent_off: Decimal,
) -> None:
    document = shop.listed[sku]
    quantity = shop.rng.choice([1, 1, 1, 2, 3])
    price = list_price(document, currency)
    gross = quantity * price
    discount = cents(gross * percent_off / 100)
    rate = market.reduced_tax_rate if document.get("type") in _REDUCED_TAX else market.tax_rate
    tax_rate = Decimal(rate).scaleb(-4)
    shop.insert(
        "order_items",
        order_id=order_id,
        line_number=line_number,
        sku=sku,
        quantity=quantity,
        currency_code=currency,
        unit_price=price,
        discount_amount=discount,
        tax_rate=tax_rate,
        tax_amount=cents((gross - discount) * tax_rate),
    )


def _refresh_total(shop: LiveShop, order_id: int) -> Decimal:
    shop.change(
        "update orders set total_amount = shipping_amount + (select"
        " sum(quantity * unit_price - discount_amount + tax_amount) from order_items"
        " where order_items.order_id = orders.order_id) where order_id = %s",
        order_id,
    )
    order = shop.row("select total_amount from orders where order_id = %s", order_id)
    return Decimal(order["total_amount"]) if order else Decimal(0)


def _prepare(shop: LiveShop, order_id: int, market: Market) -> None:
    """Put the lines of a paid order into one parcel, or two."""
    shop.change("update orders set order_status = 'paid' where order_id = %s", order_id)
    lines = shop.rows(
        "select order_item_id from order_items where order_id = %s order by line_number", order_id
    )
    splits = len(lines) > 1 and shop.rng.random() < 0.25
    half = (len(lines) + 1) // 2
    for part in (lines[:half], lines[half:]) if splits else (lines,):
        shipment_id = shop.insert_numbered(
            "shipments",
            order_id=order_id,
            warehouse_id=shop.centre(market),
            carrier=shop.rng.choice(["DHL", "UPS", "DPD"]),
            shipment_status="preparing",
            promised_at=shop.after(days=5),
        )
        shop.change(
            "update order_items set shipment_id = %s where order_item_id in %s",
            shipment_id,
            [line["order_item_id"] for line in part],
        )


def _hand_over(shop: LiveShop, order_id: int, market: Market) -> None:
    """Give the goods of a sale in a store to the customer."""
    shop.change("update orders set order_status = 'delivered' where order_id = %s", order_id)
    for line in shop.rows("select * from order_items where order_id = %s order by 1", order_id):
        shop.move_stock(
            market.store or shop.warehouses[0],
            line["sku"],
            -line["quantity"],
            "sale",
            order_item_id=line["order_item_id"],
        )


def _cancel(shop: LiveShop, order_id: int) -> None:
    shop.change(
        "update orders set order_status = 'cancelled', cancelled_at = %s where order_id = %s",
        shop.now,
        order_id,
    )
    shop.change(
        "update payments set payment_status = 'failed'"
        " where order_id = %s and payment_status = 'pending'",
        order_id,
    )
    for payment in shop.rows(
        "select provider, currency_code, amount from payments where order_id = %s"
        " and payment_type = 'charge' and payment_status = 'captured' order by payment_id",
        order_id,
    ):
        shop.insert(
            "payments",
            order_id=order_id,
            payment_type="refund",
            provider=payment["provider"],
            payment_status="captured",
            currency_code=payment["currency_code"],
            amount=-payment["amount"],
            paid_at=shop.now,
        )
    shop.change("update order_items set shipment_id = null where order_id = %s", order_id)
    shop.change("delete from shipments where order_id = %s", order_id)
