"""The shop that Online Retail maps to, as columns of its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from orchestration.simulator.bulk import Columns, ten_thousandths
from orchestration.simulator.online_retail.mapping import Line, Shop, country_code
from orchestration.simulator.online_retail.reading import Row

CURRENCY = "GBP"
_WAREHOUSE_ID = 1
_LINES_AT_ONCE = 100_000
# Pounds for one euro, the European Central Bank's averages of the years the data is from. All
# amounts are in pounds: the rates matter only to reports in another currency.
_POUNDS_PER_EURO = {2010: "0.85784", 2011: "0.86788"}


def shop_columns(shop: Shop) -> Iterator[tuple[str, Columns]]:
    """Yield table name and columns, parents first.

    Args:
        shop: With at least one row.
    """
    rows = [
        *(line.row for line in shop.lines),
        *(taken_back.row for taken_back in shop.returns),
        *shop.adjustments,
        *shop.write_offs,
    ]
    first_moment = min((row.moment for row in rows), default="2010-12-01 00:00:00")
    last_moment = max((row.moment for row in rows), default=first_moment)
    yield "warehouses", _warehouse(first_moment)
    yield "exchange_rates", _exchange_rates(first_moment[:10], last_moment[:10])
    yield "customers", _customers(rows)
    yield "orders", _orders(shop)
    for start in range(0, len(shop.lines), _LINES_AT_ONCE):
        yield "order_items", _order_items(shop.lines[start : start + _LINES_AT_ONCE])
    yield "returns", _returns(shop)
    yield "payments", _payments(shop)
    taken: Counter[str] = Counter()
    for row in shop.write_offs:
        taken[row.stock_code] -= row.quantity
    yield "inventory_movements", _movements(shop.write_offs, taken, first_moment)
    yield "stock_levels", _stock_levels(shop.write_offs, taken)


def _warehouse(opened: str) -> Columns:
    return {
        "warehouse_id": [_WAREHOUSE_ID],
        "warehouse_code": ["UK-1"],
        "warehouse_name": ["Online Retail warehouse"],
        "city": ["London"],
        "country_code": ["GB"],
        "opened_on": [opened[:10]],
        "updated_at": [opened],
    }


def _exchange_rates(first_day: str, last_day: str) -> Columns:
    first, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    years = [min(max(day.year, min(_POUNDS_PER_EURO)), max(_POUNDS_PER_EURO)) for day in days]
    return {
        "rate_date": [day.isoformat() for day in days],
        "currency_code": [CURRENCY] * len(days),
        "units_per_euro": [_POUNDS_PER_EURO[year] for year in years],
        "updated_at": [f"{day} 15:00:00" for day in days],
    }


def _customers(rows: list[Row]) -> Columns:
    """Return a row per customer: registered with the first invoice, living where the last went."""
    first: dict[int, str] = {}
    last: dict[int, tuple[str, int, str]] = {}
    for row in rows:
        if row.customer_id is None:
            continue
        known = first.get(row.customer_id, row.moment)
        first[row.customer_id] = min(known, row.moment)
        seen = (row.moment, row.line, row.country)
        last[row.customer_id] = max(last.get(row.customer_id, seen), seen)
    ids = sorted(first)
    return {
        "customer_id": ids,
        "country_code": [country_code(last[number][2]) for number in ids],
        "registered_at": [first[number] for number in ids],
        "updated_at": [last[number][0] for number in ids],
    }


def _orders(shop: Shop) -> Columns:
    orders = list(shop.orders.values())
    moments = [order.ordered_at for order in orders]
    return {
        "order_id": [order.order_id for order in orders],
        "order_number": [order.first.invoice for order in orders],
        "customer_id": [order.first.customer_id for order in orders],
        "channel": ["web"] * len(orders),
        "order_status": ["delivered"] * len(orders),
        "shipping_country_code": [country_code(order.first.country) for order in orders],
        "currency_code": [CURRENCY] * len(orders),
        "total_amount": _pounds([order.total for order in orders]),
        "ordered_at": moments,
        "updated_at": moments,
    }


def _order_items(lines: list[Line]) -> Columns:
    return {
        "order_item_id": [line.order_item_id for line in lines],
        "order_id": [line.order.order_id for line in lines],
        "line_number": [line.line_number for line in lines],
        "sku": [line.row.stock_code for line in lines],
        "quantity": [line.row.quantity for line in lines],
        "currency_code": [CURRENCY] * len(lines),
        "unit_price": _pounds([line.row.price for line in lines]),
        "updated_at": [line.row.moment for line in lines],
    }


def _returns(shop: Shop) -> Columns:
    returns = shop.returns
    moments = [taken_back.row.moment for taken_back in returns]
    return {
        "return_id": [taken_back.return_id for taken_back in returns],
        "return_number": [taken_back.return_number for taken_back in returns],
        "order_item_id": [
            taken_back.line.order_item_id if taken_back.line else None for taken_back in returns
        ],
        "customer_id": [taken_back.row.customer_id for taken_back in returns],
        "sku": [taken_back.row.stock_code for taken_back in returns],
        "quantity": [-taken_back.row.quantity for taken_back in returns],
        "country_code": [country_code(taken_back.row.country) for taken_back in returns],
        "return_reason": ["unknown"] * len(returns),
        "return_status": ["refunded"] * len(returns),
        "currency_code": [CURRENCY] * len(returns),
        "refund_amount": _pounds([-taken_back.row.amount for taken_back in returns]),
        "requested_at": moments,
        "refunded_at": moments,
        "updated_at": moments,
    }


class _Payment(NamedTuple):
    paid_at: str
    order_id: int | None
    return_id: int | None
    payment_type: str
    provider: str
    amount: int
    note: str | None


def _payments(shop: Shop) -> Columns:
    """Return charges, refunds and adjustments, in order of time; nothing is paid for nothing."""
    payments = [
        _Payment(order.ordered_at, order.order_id, None, "charge", "invoice", order.total, None)
        for order in shop.orders.values()
        if order.total
    ]
    for taken_back in shop.returns:
        row = taken_back.row
        order_id = taken_back.line.order.order_id if taken_back.line else None
        if row.amount:
            number = taken_back.return_id
            payments.append(
                _Payment(row.moment, order_id, number, "refund", "invoice", row.amount, None)
            )
    for row in shop.adjustments:
        note = f"{row.invoice} {row.stock_code} {row.description}".strip()[:200]
        payments.append(_Payment(row.moment, None, None, "adjustment", "ledger", row.amount, note))
    payments.sort(key=lambda payment: payment.paid_at)
    moments = [payment.paid_at for payment in payments]
    return {
        "payment_id": list(range(1, len(payments) + 1)),
        "order_id": [payment.order_id for payment in payments],
        "return_id": [payment.return_id for payment in payments],
        "payment_type": [payment.payment_type for payment in payments],
        "provider": [payment.provider for payment in payments],
        "payment_status": ["captured"] * len(payments),
        "currency_code": [CURRENCY] * len(payments),
        "amount": _pounds([payment.amount for payment in payments]),
        "note": [payment.note for payment in payments],
        "paid_at": moments,
        "updated_at": moments,
    }


def _movements(write_offs: list[Row], taken: Counter[str], opened: str) -> Columns:
    """Return the write-offs, after an opening receipt of just what each of them takes away.

    The data says what was written off, not what was in stock; without the receipts stock would run
    below zero.
    """
    codes = sorted(taken)
    in_time = sorted(write_offs, key=lambda row: (row.moment, row.line))
    count = len(codes) + len(in_time)
    return {
        "movement_id": list(range(1, count + 1)),
        "warehouse_id": [_WAREHOUSE_ID] * count,
        "sku": [*codes, *(row.stock_code for row in in_time)],
        "movement_type": ["receipt"] * len(codes) + ["write_off"] * len(in_time),
        "quantity": [*(taken[code] for code in codes), *(row.quantity for row in in_time)],
        "occurred_at": [opened] * len(codes) + [row.moment for row in in_time],
    }


def _stock_levels(write_offs: list[Row], taken: Counter[str]) -> Columns:
    last: dict[str, str] = {}
    for row in write_offs:
        last[row.stock_code] = max(last.get(row.stock_code, ""), row.moment)
    codes = sorted(taken)
    return {
        "warehouse_id": [_WAREHOUSE_ID] * len(codes),
        "sku": codes,
        "quantity_on_hand": [0] * len(codes),
        "updated_at": [last[code] for code in codes],
    }


def _pounds(amounts: list[int]) -> list[str]:
    return ten_thousandths(np.array(amounts, dtype=np.int64))
