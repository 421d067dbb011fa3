"""The orders of a month and their lines: who buys what, where, at which price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.bulk import Ints
from orchestration.simulator.catalogue import PRODUCT_TYPES, Products
from orchestration.simulator.customers import MARKET_SHARES, Customers
from orchestration.simulator.geography import CURRENCIES, CURRENCY_INDEX, MARKETS
from orchestration.simulator.promotions import Promotion
from orchestration.simulator.seasons import DAY, seconds_of_day

CHANNELS = ["web", "app", "store"]
WEB, APP, STORE = range(3)
NOBODY = -1

_FREE_SHIPPING_FROM = 5_000  # cents of EUR, goods after discounts
_SHIPPING_FEE = 495  # cents of EUR
_DEAR = 8_000  # cents of EUR: bought one at a time
_QUANTITIES = np.array([1, 2, 3, 4, 5, 6, 12])
_QUANTITY_SHARES = np.array([0.72, 0.15, 0.05, 0.03, 0.015, 0.02, 0.015])

_MARKET_CURRENCY = np.array([CURRENCY_INDEX[market.currency_code] for market in MARKETS])
_LIST_FACTOR = np.array([currency.list_factor for currency in CURRENCIES])
_TAX = np.array([[market.tax_rate, market.reduced_tax_rate] for market in MARKETS])
_HAS_STORE = np.array([market.store is not None for market in MARKETS])
_IS_REDUCED = np.array([product_type.is_reduced_tax for product_type in PRODUCT_TYPES])
_SEASON = np.array([product_type.season for product_type in PRODUCT_TYPES])


@dataclass(frozen=True)
class Sales:
    """Orders in order of time, and their lines in order of order and line number.

    Money is in cents of the order's currency. Arrays named `line_*` have one cell per line, the
    others one per order.

    Attributes:
        order_id: Consecutive.
        customer: Position in `Customers`, `NOBODY` for guests.
        market: Index into `MARKETS` of the country it is shipped to or sold in.
        currency: Index into `CURRENCIES`.
        channel: Index into `CHANNELS`.
        promotion_id: 0 for none.
        ordered: Second, since 1970.
        first_line: Position of the order's first line.
        line_count: Number of its lines.
        shipping: Shipping fee.
        total: What the customer owes: net and tax of all lines, and shipping.
        line_order: Position of the line's order.
        line_tax_rate: In 1/10,000.
    """

    order_id: Ints
    customer: Ints
    market: Ints
    currency: Ints
    channel: Ints
    promotion_id: Ints
    ordered: Ints
    first_line: Ints
    line_count: Ints
    shipping: Ints
    total: Ints
    line_id: Ints
    line_order: Ints
    line_number: Ints
    line_product: Ints
    line_quantity: Ints
    line_price: Ints
    line_discount: Ints
    line_tax_rate: Ints
    line_tax: Ints

    @property
    def line_due(self) -> Ints:
        """What the customer owes for each line: net and tax."""
        return self.line_quantity * self.line_price - self.line_discount + self.line_tax


def line_counts(rng: np.random.Generator, lines: int) -> Ints:
    """Draw the number of lines of each order so that they add up to exactly `lines`."""
    drawn = rng.choice(
        [1, 2, 3, 4, 5, 6, 8, 12], size=lines, p=[0.38, 0.25, 0.15, 0.09, 0.05, 0.04, 0.03, 0.01]
    )
    running = np.cumsum(drawn)
    last = int(np.searchsorted(running, lines))
    counts = drawn[: last + 1].copy()
    counts[-1] -= running[last] - lines
    return counts


def make_sales(
    rng: np.random.Generator,
    customers: Customers,
    products: Products,
    promotions: list[Promotion],
    *,
    days: Ints,
    sizes: Ints,
    first_order_id: int,
    first_line_id: int,
) -> Sales:
    """Make the orders of one month.

    Args:
        rng: Source of chance.
        customers: Who may buy.
        products: What may be bought.
        promotions: What may be used.
        days: Day of each order since 1970, ascending, all of one month.
        sizes: Number of lines of each order, shape as `days`.
        first_order_id: Id of the first order.
        first_line_id: Id of the first line.
    """
    count = len(days)
    customer, market, channel = _draw_buyers(rng, customers, days)
    ordered = days * DAY + seconds_of_day(rng, CHANNELS, channel)
    in_time = np.argsort(ordered, kind="stable")
    ordered, customer, market, channel = (
        values[in_time] for values in (ordered, customer, market, channel)
    )
    currency = _MARKET_CURRENCY[market]

    first_line = np.cumsum(sizes) - sizes
    line_order = np.repeat(np.arange(count), sizes)
    lines = len(line_order)
    product = _draw_products(rng, products, int(days[0]), lines)
    list_price = products.price_at(product, ordered[line_order])
    quantity = rng.choice(_QUANTITIES, size=lines, p=_QUANTITY_SHARES)
    quantity[list_price >= _DEAR] = 1
    price = np.maximum(1, _share(list_price, _LIST_FACTOR[currency][line_order], 10_000))
    gross = quantity * price

    promotion_id, discount, ships_free = _apply_promotions(
        rng, promotions, ordered, currency, gross, first_line, line_order
    )
    net = gross - discount
    tax_rate = _TAX[market[line_order], _IS_REDUCED[products.type_index[product]].astype(int)]
    tax = _share(net, tax_rate, 10_000)
    goods = np.add.reduceat(net, first_line)
    factor = _LIST_FACTOR[currency]
    pays_shipping = (
        (channel != STORE) & ~ships_free & (goods < _share(_FREE_SHIPPING_FROM, factor, 10_000))
    )
    shipping = np.where(pays_shipping, _share(_SHIPPING_FEE, factor, 10_000), 0)
    return Sales(
        order_id=np.arange(first_order_id, first_order_id + count),
        customer=customer,
        market=market,
        currency=currency,
        channel=channel,
        promotion_id=promotion_id,
        ordered=ordered,
        first_line=first_line,
        line_count=sizes,
        shipping=shipping,
        total=goods + np.add.reduceat(tax, first_line) + shipping,
        line_id=np.arange(first_line_id, first_line_id + lines),
        line_order=line_order,
        line_number=np.arange(lines) - first_line[line_order] + 1,
        line_product=product,
        line_quantity=quantity,
        line_price=price,
        line_discount=discount,
        line_tax_rate=tax_rate,
        line_tax=tax,
    )


def _share(amount: Ints | int, part: Ints, whole: int) -> Ints:
    """Return amount * part / whole, halves up."""
    return (amount * part + whole // 2) // whole


def _draw_buyers(
    rng: np.random.Generator, customers: Customers, days: Ints
) -> tuple[Ints, Ints, Ints]:
    """Draw customer, market and channel of each order."""
    count = len(days)
    customer = customers.draw(rng, days * DAY)
    market = customers.market[customer]
    abroad = rng.random(count) < 0.03
    is_store = (rng.random(count) < 0.24) & _HAS_STORE[market] & ~abroad
    channel = np.where(is_store, STORE, np.where(rng.random(count) < 0.38, APP, WEB))
    guest_share = np.array([0.20, 0.06, 0.55])[channel]
    customer = np.where(rng.random(count) < guest_share, NOBODY, customer)
    # A gift goes to another country, and is paid in that country's currency.
    market = np.where(abroad, rng.choice(len(MARKETS), size=count, p=MARKET_SHARES), market)
    return customer, market, channel


def _draw_products(
    rng: np.random.Generator, products: Products, first_day: int, lines: int
) -> Ints:
    """Draw products on sale during the whole month that begins on or before `first_day`."""
    month = np.datetime64(first_day, "D").astype("datetime64[M]")
    begins = int(month.astype("datetime64[s]").astype(np.int64))
    ends = int((month + 1).astype("datetime64[s]").astype(np.int64))
    on_sale = (products.launched <= begins) & (products.retired >= ends)
    season = _SEASON[products.type_index, int(month.astype(np.int64)) % 12]
    running = np.cumsum(products.popularity * season * on_sale)
    product: Ints = np.searchsorted(running, rng.random(lines) * running[-1], side="right")
    return product


def _apply_promotions(
    rng: np.random.Generator,
    promotions: list[Promotion],
    ordered: Ints,
    currency: Ints,
    gross: Ints,
    first_line: Ints,
    line_order: Ints,
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return each order's promotion, each line's discount, and whether the order ships free."""
    promotion_id = np.zeros(len(ordered), dtype=np.int64)
    percent = np.zeros(len(ordered), dtype=np.int64)
    amount = np.zeros(len(ordered), dtype=np.int64)
    ships_free = np.zeros(len(ordered), dtype=np.bool_)
    goods = np.add.reduceat(gross, first_line)
    for promotion in promotions:
        usable = (
            (promotion_id == 0) & (ordered >= promotion.starts_at) & (ordered < promotion.ends_at)
        )
        if promotion.currency_code:
            usable &= currency == CURRENCY_INDEX[promotion.currency_code]
            usable &= goods >= 4 * promotion.amount_off
        if not usable.any():
            continue
        used = usable & (rng.random(len(ordered)) < promotion.uptake)
        promotion_id[used] = promotion.promotion_id
        percent[used] = promotion.percent_off
        amount[used] = promotion.amount_off
        ships_free |= used & (promotion.promotion_type == "free_shipping")
    discount = _share(gross, percent[line_order], 100)
    # An amount off is spread over the lines by their worth; the cents left go to the dearest line.
    spread = amount[line_order] * gross // goods[line_order]
    left = amount - np.add.reduceat(spread, first_line)
    dearest = np.lexsort((-gross, line_order))[first_line]
    spread[dearest] += left
    return promotion_id, discount + spread, ships_free
