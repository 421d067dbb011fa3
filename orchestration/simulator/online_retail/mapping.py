"""Decide what each row of Online Retail is, and gather the shop's rows from them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestration.simulator.online_retail.countries import COUNTRY_CODES, UNKNOWN
from orchestration.simulator.online_retail.reading import Rejected, Row


@dataclass(slots=True)
class Order:
    """An invoice; `first` is its first row, `ordered_at` the earliest, `total` 1/10,000 pounds."""

    order_id: int
    first: Row
    ordered_at: str
    total: int = 0
    line_count: int = 0


@dataclass(slots=True)
class Line:
    """An order line. `returnable` is the part of its quantity that no return has claimed."""

    order_item_id: int
    order: Order
    line_number: int
    row: Row
    returnable: int


@dataclass(frozen=True, slots=True)
class Return:
    """A row of a cancellation, with the order line it takes back, if one was found."""

    return_id: int
    return_number: str
    row: Row
    line: Line | None


@dataclass
class Shop:
    """The rows of the file by what they are; every row is in exactly one of the lists.

    Attributes:
        orders: By invoice number.
        lines: Order lines, those at price zero included.
        returns: Rows of cancellations.
        adjustments: Rows that finance books: invoices A..., negative prices.
        write_offs: Rows that take goods off the stock, at price zero.
        rejected: Lines that contradict the file's own rules.
        unknown_countries: Rows whose country is in no table, by name.
    """

    orders: dict[str, Order] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    adjustments: list[Row] = field(default_factory=list)
    write_offs: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unknown_countries: Counter[str] = field(default_factory=Counter)


def country_code(name: str) -> str:
    """Return the code of a country by its name in the file; `XX` for one that is in no table."""
    return COUNTRY_CODES.get(name, UNKNOWN)


def map_rows(rows: Iterable[Row]) -> Shop:
    """Sort the rows of the file into what the shop knows.

    Args:
        rows: In the order of the file.
    """
    shop = Shop()
    cancellations: list[Row] = []
    for row in rows:
        if row.country not in COUNTRY_CODES:
            shop.unknown_countries[row.country] += 1
        if row.invoice.startswith("C"):
            if row.quantity > 0 or row.price < 0:
                _reject(shop, row, "a cancellation has a negative Quantity and no negative price")
            else:
                cancellations.append(row)
        elif row.invoice.startswith("A") or row.price < 0:
            shop.adjustments.append(row)
        elif row.quantity < 0:
            if row.price != 0:
                _reject(shop, row, "a negative Quantity with a price outside a cancellation")
            else:
                shop.write_offs.append(row)
        else:
            _add_line(shop, row)
    _match_returns(shop, cancellations)
    return shop


def _add_line(shop: Shop, row: Row) -> None:
    order = shop.orders.get(row.invoice)
    if order is None:
        order = shop.orders[row.invoice] = Order(len(shop.orders) + 1, row, row.moment)
    elif (order.first.customer_id, order.first.country) != (row.customer_id, row.country):
        _reject(shop, row, "the invoice belongs to another customer or country")
        return
    order.ordered_at = min(order.ordered_at, row.moment)
    order.line_count += 1
    order.total += row.amount
    shop.lines.append(Line(len(shop.lines) + 1, order, order.line_count, row, row.quantity))


def _match_returns(shop: Shop, cancellations: list[Row]) -> None:
    """Give each cancellation the latest fitting line sold before it, at its own price if any is."""
    sold: dict[tuple[int, str], list[Line]] = defaultdict(list)
    lines = deque(sorted(shop.lines, key=lambda line: (line.row.moment, line.row.line)))
    rows_of_invoice: Counter[str] = Counter()
    for row in sorted(cancellations, key=lambda row: (row.moment, row.line)):
        while lines and lines[0].row.moment <= row.moment:
            line = lines.popleft()
            if line.row.customer_id is not None:
                sold[line.row.customer_id, line.row.stock_code].append(line)
        taken_back = None
        if row.customer_id is not None:
            taken_back = _fitting_line(sold.get((row.customer_id, row.stock_code), []), row)
        if taken_back:
            taken_back.returnable += row.quantity
        rows_of_invoice[row.invoice] += 1
        number = f"{row.invoice}-{rows_of_invoice[row.invoice]}"
        shop.returns.append(Return(len(shop.returns) + 1, number, row, taken_back))


def _fitting_line(lines: list[Line], row: Row) -> Line | None:
    fitting = [line for line in reversed(lines) if line.returnable >= -row.quantity]
    same_price = (line for line in fitting if line.row.price == row.price)
    return next(same_price, fitting[0] if fitting else None)


def _reject(shop: Shop, row: Row, reason: str) -> None:
    shop.rejected.append(Rejected(row.line, reason))
