"""A made-up history of the shop, month by month: the same seed gives the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np

from orchestration.connections import Document
from orchestration.simulator import rows
from orchestration.simulator.bulk import Columns, Ints
from orchestration.simulator.catalogue import Products, documents, make_products, product_count
from orchestration.simulator.customers import Customers, customer_columns, make_customers
from orchestration.simulator.fulfilment import Fulfilment, fulfil
from orchestration.simulator.promotions import Promotion, make_promotions, promotion_columns
from orchestration.simulator.rates import exchange_rate_columns
from orchestration.simulator.sales import Sales, line_counts, make_sales
from orchestration.simulator.seasons import DAY, daily_demand
from orchestration.simulator.settlement import Settlement, concatenate, settle
from orchestration.simulator.stock import StockKeeper, no_movements

LINES_AT_SCALE_ONE = 1_000_000
YEARS = 2
# Rates are published from a while before the first sale, so that the first days have one.
_RATES_BEFORE_DAYS = 14
_ORDERS_PER_CUSTOMER = 4.5


@dataclass(frozen=True)
class HistoryPlan:
    """What decides a history, down to the last byte.

    Attributes:
        scale: Size: 1.0 is 1,000,000 order lines.
        seed: Whole number; another one gives another history of the same size.
        end: Day after the last day.
    """

    scale: float
    seed: int
    end: date

    @property
    def lines(self) -> int:
        """Number of order lines."""
        return max(1, round(self.scale * LINES_AT_SCALE_ONE))

    @property
    def start(self) -> date:
        """First day: the first of the month, some years before the end."""
        return self.end.replace(year=self.end.year - YEARS, day=1)

    @property
    def end_second(self) -> int:
        """Second after the last, since 1970."""
        return _second_of(self.end)

    @property
    def start_second(self) -> int:
        """First second, since 1970."""
        return _second_of(self.start)

    @cached_property
    def products(self) -> Products:
        """The products of the shop."""
        return make_products(
            self.rng("products"), product_count(self.scale), self.start_second, self.end_second
        )

    def catalogue(self) -> Iterator[Document]:
        """Yield the catalogue document of each product."""
        return documents(self.products, self.seed, self.end_second)

    def rng(self, purpose: str, number: int = 0) -> np.random.Generator:
        """Return a source of chance that no other purpose can disturb."""
        return np.random.default_rng([self.seed, number, *purpose.encode()])


def generate(plan: HistoryPlan) -> Iterator[tuple[str, Columns]]:
    """Yield the rows of the shop's tables: table name and columns.

    Tables come with parents first; those that grow with the orders come once per month, so that
    memory follows the busiest month and not the history.
    """
    start, end = plan.start_second, plan.end_second
    first_day, last_day = start // DAY, end // DAY
    yield "warehouses", rows.warehouse_columns()
    promotions = make_promotions(plan.rng("promotions"), start, end)
    yield "promotions", promotion_columns(promotions, end)
    yield (
        "exchange_rates",
        exchange_rate_columns(plan.rng("rates"), first_day - _RATES_BEFORE_DAYS, last_day),
    )
    sizes = line_counts(plan.rng("line counts"), plan.lines)
    customers = make_customers(
        plan.rng("customers"), max(2, round(len(sizes) / _ORDERS_PER_CUSTOMER)), start, end
    )
    for customer_rows, identity_rows in customer_columns(plan.rng("people"), customers, end):
        yield "customers", customer_rows
        yield "customer_identities", identity_rows

    demand = daily_demand(plan.rng("demand"), first_day, last_day)
    orders_per_day = plan.rng("days").multinomial(len(sizes), demand / demand.sum())
    days = np.repeat(np.arange(first_day, last_day), orders_per_day)
    stock = StockKeeper(len(plan.products.skus), start)
    skus = plan.products.skus
    ids = _NextIds()
    first_month = np.datetime64(first_day, "D").astype("datetime64[M]")
    number = 0
    while (begins := _first_day(first_month + number)) < last_day:
        ends = min(_first_day(first_month + number + 1), last_day)
        low, high = np.searchsorted(days, [begins, ends])
        movements = no_movements()
        if low < high:
            month = _simulate_month(
                plan, number, customers, promotions, days[low:high], sizes[low:high], ids
            )
            yield from _month_rows(plan.rng("guests", number), month, skus, ids)
            movements = month.fulfilment.movements
        booked = stock.advance(plan.rng("stock", number), movements, ends * DAY)
        yield "inventory_movements", rows.movement_columns(*booked, skus)
        number += 1
    booked = stock.finish(plan.rng("last week"))
    yield "inventory_movements", rows.movement_columns(*booked, skus)
    yield "stock_levels", rows.stock_level_columns(stock, skus)


@dataclass
class _NextIds:
    """The next free id of each table that grows with the orders."""

    order: int = 1
    line: int = 1
    shipment: int = 1
    returned: int = 1
    payment: int = 1


@dataclass(frozen=True)
class _Month:
    sales: Sales
    settlement: Settlement
    fulfilment: Fulfilment


def _simulate_month(
    plan: HistoryPlan,
    number: int,
    customers: Customers,
    promotions: list[Promotion],
    days: Ints,
    sizes: Ints,
    ids: _NextIds,
) -> _Month:
    rng = plan.rng("month", number)
    sales = make_sales(
        rng,
        customers,
        plan.products,
        promotions,
        days=days,
        sizes=sizes,
        first_order_id=ids.order,
        first_line_id=ids.line,
    )
    settlement = settle(rng, sales, plan.end_second)
    fulfilment = fulfil(
        rng,
        sales,
        settlement,
        plan.products,
        end=plan.end_second,
        first_shipment_id=ids.shipment,
        first_return_id=ids.returned,
    )
    ids.order += len(sales.order_id)
    ids.line += len(sales.line_id)
    ids.shipment += len(fulfilment.shipments.shipment_id)
    ids.returned += len(fulfilment.returns.return_id)
    return _Month(sales, settlement, fulfilment)


def _month_rows(
    rng: np.random.Generator, month: _Month, skus: list[str], ids: _NextIds
) -> Iterator[tuple[str, Columns]]:
    sales, fulfilment = month.sales, month.fulfilment
    payments = concatenate([month.settlement.payments, fulfilment.refunds])
    yield "orders", rows.order_columns(rng, sales, month.settlement, fulfilment)
    yield "shipments", rows.shipment_columns(sales, fulfilment)
    yield "order_items", rows.order_item_columns(sales, month.settlement, fulfilment, skus)
    yield "returns", rows.return_columns(sales, fulfilment, skus)
    yield "payments", rows.payment_columns(sales, payments, ids.payment)
    ids.payment += len(payments.paid)
    adjustments = rows.adjustment_columns(rng, int(sales.ordered[0]) // DAY, ids.payment)
    yield "payments", adjustments
    ids.payment += len(adjustments["payment_id"])


def _first_day(month: np.datetime64) -> int:
    """Return the first day of a month, since 1970."""
    return int(month.astype("datetime64[D]").astype(np.int64))


def _second_of(day: date) -> int:
    """Return the first second of a day, since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
