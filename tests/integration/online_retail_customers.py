"""What the file of Online Retail says of its customers, counted without the warehouse."""

from __future__ import annotations

import csv
import lzma
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

# Invoices are of trading hours, 06:00 to 20:59: elsewhere the day is the same there.
_FAR_EAST = {
    "Australia": ZoneInfo("Australia/Sydney"),
    "Japan": ZoneInfo("Asia/Tokyo"),
    "Singapore": ZoneInfo("Asia/Singapore"),
    "Hong Kong": ZoneInfo("Asia/Hong_Kong"),
}


@dataclass(frozen=True)
class Order:
    """An invoice that sells something to a known customer."""

    ordered_at: datetime
    day: date
    amount: Decimal


def orders_by_customer(path: Path) -> dict[int, list[Order]]:
    """Return each customer's invoices, the oldest first; those that cancel others are none."""
    heads: dict[str, tuple[int, datetime, str]] = {}
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number, quantity = row["InvoiceNo"], int(row["Quantity"])
            if row["CustomerID"] and quantity > 0 and number.isdigit():
                at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
                earliest = min(at, heads[number][1]) if number in heads else at
                heads[number] = int(float(row["CustomerID"])), earliest, row["Country"]
                amounts[number] += quantity * Decimal(row["UnitPrice"])
    found: dict[int, list[Order]] = defaultdict(list)
    for number, (customer, at, country) in sorted(heads.items(), key=lambda head: head[1][1]):
        day = at.astimezone(_FAR_EAST.get(country, UTC)).date()
        found[customer].append(Order(at, day, amounts[number]))
    return dict(found)


def fifths(ordered: Iterable[str]) -> dict[str, int]:
    """Return for each, in their order, in which fifth they are: the first ones are one larger."""
    names = list(ordered)
    size, larger = divmod(len(names), 5)
    ends = [size * fifth + min(larger, fifth) for fifth in range(1, 6)]
    return {
        name: next(fifth for fifth, end in enumerate(ends, 1) if number < end)
        for number, name in enumerate(names)
    }


def cohorts(
    orders: Mapping[int, list[Order]], last_month: date
) -> dict[tuple[date, date], tuple[int, int, int, Decimal]]:
    """Return by month of the first order and month since: customers, active ones, orders, sales."""
    members: dict[date, list[list[Order]]] = defaultdict(list)
    for of_one in orders.values():
        members[min(each.day for each in of_one).replace(day=1)].append(of_one)
    found = {}
    for first, customers in members.items():
        month = first
        while month <= last_month:
            in_month = [
                [each for each in of_one if each.day.replace(day=1) == month]
                for of_one in customers
            ]
            found[first, month] = (
                len(customers),
                sum(bool(each) for each in in_month),
                sum(len(each) for each in in_month),
                sum((order.amount for each in in_month for order in each), Decimal(0)),
            )
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found
