"""The arrays of a simulated month as rows of the shop's tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestration.simulator.bulk import Columns, Ints, money, nullable, ten_thousandths, times
from orchestration.simulator.fulfilment import (
    CARRIERS,
    DELIVERED,
    PREPARING,
    RETURN_REASONS,
    RETURN_STATUSES,
    SHIPMENT_STATUSES,
    Fulfilment,
)
from orchestration.simulator.geography import CURRENCIES, MARKETS, WAREHOUSES
from orchestration.simulator.people import guest_emails
from orchestration.simulator.sales import CHANNELS, NOBODY, STORE, Sales
from orchestration.simulator.seasons import DAY
from orchestration.simulator.settlement import (
    NEVER,
    PAYMENT_STATUSES,
    PAYMENT_TYPES,
    PROVIDERS,
    Payments,
    Settlement,
)
from orchestration.simulator.stock import MOVEMENT_TYPES, Movements, StockKeeper

_CURRENCY_CODES = [currency.currency_code for currency in CURRENCIES]
_COUNTRY_CODES = [market.country_code for market in MARKETS]


def warehouse_columns() -> Columns:
    """Return the rows of `warehouses`."""
    return {
        "warehouse_id": [warehouse.warehouse_id for warehouse in WAREHOUSES],
        "warehouse_code": [warehouse.warehouse_code for warehouse in WAREHOUSES],
        "warehouse_name": [warehouse.warehouse_name for warehouse in WAREHOUSES],
        "city": [warehouse.city for warehouse in WAREHOUSES],
        "country_code": [warehouse.country_code for warehouse in WAREHOUSES],
        "is_active": [int(warehouse.is_active) for warehouse in WAREHOUSES],
        "opened_on": [warehouse.opened_on for warehouse in WAREHOUSES],
        "updated_at": [f"{warehouse.opened_on}T09:00:00" for warehouse in WAREHOUSES],
    }


def order_columns(
    rng: np.random.Generator, sales: Sales, settlement: Settlement, fulfilment: Fulfilment
) -> Columns:
    """Return the rows of `orders`."""
    shipments = fulfilment.shipments
    captured, cancelled = settlement.captured, settlement.cancelled
    count = len(sales.order_id)
    parcels, shipped, arrived = (
        np.bincount(shipments.order[chosen], minlength=count)
        for chosen in (
            slice(None),
            shipments.status != PREPARING,
            shipments.status == DELIVERED,
        )
    )
    is_counter = sales.channel == STORE
    status = np.select(
        [
            cancelled != NEVER,
            captured == NEVER,
            is_counter | ((parcels > 0) & (arrived == parcels)),
            shipped > 0,
        ],
        ["cancelled", "placed", "delivered", "shipped"],
        "paid",
    )
    updated = np.where(captured == NEVER, sales.ordered, captured)
    updated = np.where(cancelled == NEVER, updated, cancelled)
    np.maximum.at(updated, shipments.order, _known(shipments.shipped))
    np.maximum.at(updated, shipments.order, _known(shipments.delivered))

    is_guest = sales.customer == NOBODY
    with_email = np.flatnonzero(is_guest & ~is_counter)
    emails: list[str | None] = [None] * count
    for position, email in zip(
        with_email.tolist(),
        guest_emails(rng, sales.order_id[with_email], sales.market[with_email]),
        strict=True,
    ):
        emails[position] = email
    return {
        "order_id": sales.order_id.tolist(),
        "order_number": [f"SC{order_id:09d}" for order_id in sales.order_id.tolist()],
        "customer_id": nullable((sales.customer + 1).tolist(), ~is_guest),
        "guest_email": emails,
        "channel": _names(CHANNELS, sales.channel),
        "order_status": status.tolist(),
        "promotion_id": nullable(sales.promotion_id.tolist(), sales.promotion_id > 0),
        "shipping_country_code": _names(_COUNTRY_CODES, sales.market),
        "currency_code": _names(_CURRENCY_CODES, sales.currency),
        "shipping_amount": money(sales.shipping),
        "total_amount": money(sales.total),
        "ordered_at": times(sales.ordered),
        "cancelled_at": nullable(times(_known(cancelled)), cancelled != NEVER),
        "updated_at": times(updated),
    }


def order_item_columns(
    sales: Sales, settlement: Settlement, fulfilment: Fulfilment, skus: Sequence[str]
) -> Columns:
    """Return the rows of `order_items`."""
    shipment = fulfilment.line_shipment
    has_shipment = shipment >= 0
    shipment_id = np.zeros(len(shipment), dtype=np.int64)
    shipment_id[has_shipment] = fulfilment.shipments.shipment_id[shipment[has_shipment]]
    captured = settlement.captured[sales.line_order]
    return {
        "order_item_id": sales.line_id.tolist(),
        "order_id": sales.order_id[sales.line_order].tolist(),
        "line_number": sales.line_number.tolist(),
        "sku": _names(skus, sales.line_product),
        "shipment_id": nullable(shipment_id.tolist(), has_shipment),
        "quantity": sales.line_quantity.tolist(),
        "currency_code": _names(_CURRENCY_CODES, sales.currency[sales.line_order]),
        "unit_price": money(sales.line_price),
        "discount_amount": money(sales.line_discount),
        "tax_rate": ten_thousandths(sales.line_tax_rate),
        "tax_amount": money(sales.line_tax),
        # A line changes once after the sale: when it is put into a shipment.
        "updated_at": times(np.where(has_shipment, captured, sales.ordered[sales.line_order])),
    }


def shipment_columns(sales: Sales, fulfilment: Fulfilment) -> Columns:
    """Return the rows of `shipments`."""
    shipments = fulfilment.shipments
    return {
        "shipment_id": shipments.shipment_id.tolist(),
        "order_id": sales.order_id[shipments.order].tolist(),
        "warehouse_id": shipments.warehouse.tolist(),
        "carrier": _names(CARRIERS, shipments.carrier),
        "shipment_status": _names(SHIPMENT_STATUSES, shipments.status),
        "promised_at": times(shipments.promised),
        "shipped_at": nullable(times(_known(shipments.shipped)), shipments.shipped != NEVER),
        "delivered_at": nullable(times(_known(shipments.delivered)), shipments.delivered != NEVER),
        "updated_at": times(shipments.updated),
    }


def return_columns(sales: Sales, fulfilment: Fulfilment, skus: Sequence[str]) -> Columns:
    """Return the rows of `returns`."""
    returns = fulfilment.returns
    order = sales.line_order[returns.line]
    customer = sales.customer[order]
    return {
        "return_id": returns.return_id.tolist(),
        "return_number": [f"R{return_id:09d}" for return_id in returns.return_id.tolist()],
        "order_item_id": sales.line_id[returns.line].tolist(),
        "customer_id": nullable((customer + 1).tolist(), customer != NOBODY),
        "sku": _names(skus, sales.line_product[returns.line]),
        "quantity": returns.quantity.tolist(),
        "country_code": _names(_COUNTRY_CODES, sales.market[order]),
        "return_reason": _names(RETURN_REASONS, returns.reason),
        "return_status": _names(RETURN_STATUSES, returns.status),
        "currency_code": _names(_CURRENCY_CODES, sales.currency[order]),
        "refund_amount": money(returns.refund),
        "requested_at": times(returns.requested),
        "refunded_at": nullable(times(_known(returns.refunded)), returns.refunded != NEVER),
        "updated_at": times(returns.updated),
    }


def payment_columns(sales: Sales, payments: Payments, first_payment_id: int) -> Columns:
    """Return the rows of `payments` in order of time."""
    in_time = np.argsort(payments.paid, kind="stable")
    order = payments.order[in_time]
    return_id = payments.return_id[in_time]
    paid = times(payments.paid[in_time])
    return {
        "payment_id": list(range(first_payment_id, first_payment_id + len(order))),
        "order_id": sales.order_id[order].tolist(),
        "return_id": nullable(return_id.tolist(), return_id > 0),
        "payment_type": _names(PAYMENT_TYPES, payments.kind[in_time]),
        "provider": _names(PROVIDERS, payments.provider[in_time]),
        "payment_status": _names(PAYMENT_STATUSES, payments.status[in_time]),
        "currency_code": _names(_CURRENCY_CODES, sales.currency[order]),
        "amount": money(payments.amount[in_time]),
        "paid_at": paid,
        "updated_at": paid,
    }


def adjustment_columns(rng: np.random.Generator, day: int, first_payment_id: int) -> Columns:
    """Return the bank's charges and corrections of one day as rows of `payments`, without order.

    Args:
        rng: Source of chance.
        day: Since 1970.
        first_payment_id: Id of the first.
    """
    currency = np.arange(3)
    paid = times(day * DAY + rng.integers(20 * 3600, 21 * 3600, len(currency)))
    return {
        "payment_id": (first_payment_id + currency).tolist(),
        "payment_type": ["adjustment"] * len(currency),
        "provider": ["ledger"] * len(currency),
        "payment_status": ["captured"] * len(currency),
        "currency_code": _names(_CURRENCY_CODES, currency),
        "amount": money(rng.integers(-12_000, 2_000, len(currency))),
        "note": [f"Bank charges and corrections {_CURRENCY_CODES[i]}" for i in currency],
        "paid_at": paid,
        "updated_at": paid,
    }


def movement_columns(movement_ids: Ints, movements: Movements, skus: Sequence[str]) -> Columns:
    """Return the rows of `inventory_movements`."""
    return {
        "movement_id": movement_ids.tolist(),
        "warehouse_id": movements.warehouse.tolist(),
        "sku": _names(skus, movements.product),
        "movement_type": _names(MOVEMENT_TYPES, movements.kind),
        "quantity": movements.quantity.tolist(),
        "order_item_id": nullable(movements.line_id.tolist(), movements.line_id > 0),
        "return_id": nullable(movements.return_id.tolist(), movements.return_id > 0),
        "occurred_at": times(movements.occurred),
    }


def stock_level_columns(stock: StockKeeper, skus: Sequence[str]) -> Columns:
    """Return the rows of `stock_levels`: one for every place that ever held a product."""
    warehouse, product = np.nonzero(stock.last_moved)
    return {
        "warehouse_id": warehouse.tolist(),
        "sku": _names(skus, product),
        "quantity_on_hand": stock.on_hand[warehouse, product].tolist(),
        "reorder_point": stock.reorder_point[warehouse, product].tolist(),
        "updated_at": times(stock.last_moved[warehouse, product]),
    }


def _names(names: Sequence[str], index: Ints) -> list[str]:
    return list(map(names.__getitem__, index.tolist()))


def _known(seconds: Ints) -> Ints:
    """Return seconds with `NEVER` as 0, so that they can be compared and printed."""
    return np.where(seconds == NEVER, 0, seconds)
