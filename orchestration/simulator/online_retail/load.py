"""Load a file of Online Retail into an empty shop, and account for each of its rows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.bulk import BulkWriter
from orchestration.simulator.online_retail.columns import shop_columns
from orchestration.simulator.online_retail.mapping import Shop, map_rows
from orchestration.simulator.online_retail.products import product_documents
from orchestration.simulator.online_retail.reading import Rejected, Row, read_rows
from orchestration.simulator.shop import filling

_REPORT_EVERY = 20_000


@dataclass(frozen=True)
class RowKind:
    """What became of one kind of rows.

    Attributes:
        name: What the rows are.
        table: Where they went.
        rows: How many.
        quantity: Sum of Quantity, with its sign.
        amount: Sum of Quantity times UnitPrice, pounds.
    """

    name: str
    table: str
    rows: int
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class LoadReport:
    """What a load read and where it went.

    Attributes:
        kinds: Every row that was loaded, by kind.
        rejected: Lines that could not be, in order of the file; they are in no kind.
        duplicates: Surplus copies of fully equal rows; they are rows like others, and in `kinds`.
        unknown_countries: Rows by country name that is in no table; they went to country XX.
        orders: Number of orders.
        customers: Number of customers.
        products: Number of catalogue documents.
        seconds: How long it took.
    """

    kinds: tuple[RowKind, ...]
    rejected: tuple[Rejected, ...]
    duplicates: int
    unknown_countries: dict[str, int]
    orders: int
    customers: int
    products: int
    seconds: float

    @property
    def rows(self) -> int:
        """Number of rows that were loaded."""
        return sum(kind.rows for kind in self.kinds)

    @property
    def quantity(self) -> int:
        """Sum of Quantity over the rows that were loaded."""
        return sum(kind.quantity for kind in self.kinds)

    @property
    def amount(self) -> Decimal:
        """Sum of Quantity times UnitPrice over the rows that were loaded, pounds."""
        return sum((kind.amount for kind in self.kinds), Decimal(0))


def load_online_retail(
    settings: Settings,
    file: Path,
    report: ReportProgress = no_progress,
    *,
    strict: bool = False,
    replace: bool = False,
) -> LoadReport:
    """Load UCI Online Retail into the shop, all or nothing.

    Args:
        settings: Where the shop's servers are.
        file: The CSV, plain or compressed (`.xz`, `.gz`).
        report: Told of lines read and rows written.
        strict: Load nothing if a line is malformed.
        replace: Empty a shop that is not empty, at once and for good.

    Raises:
        SoftcartError: The shop is not empty, the file or a server fails, or `strict` and a line is
            malformed.
    """
    started = time.monotonic()
    rows, malformed = _read(file, report)
    shop = map_rows(rows)
    rejected = tuple(sorted([*malformed, *shop.rejected], key=lambda line: line.line))
    if rejected and strict:
        raise SoftcartError(
            f"Line {rejected[0].line} of {file} is malformed: {rejected[0].reason}"
            + (f" (and {len(rejected) - 1:,} more lines)" if len(rejected) > 1 else ""),
            remedy="Correct the file, or load its good rows without --strict",
        )
    rejected_lines = {line.line for line in shop.rejected}
    loaded = [row for row in rows if row.line not in rejected_lines]
    if not loaded:
        raise SoftcartError(
            f"{file} holds no row that can be loaded", remedy="Give the whole Online Retail file"
        )
    with filling(settings, replace=replace) as target:
        writer = BulkWriter(target.connection)
        customers = written = 0
        for table, columns in shop_columns(shop):
            count = writer.write(table, columns)
            written += count
            customers += count if table == "customers" else 0
            report("rows of the shop", written)
        products = target.add_products(product_documents(loaded), report)
    return LoadReport(
        kinds=_kinds(shop),
        rejected=rejected,
        duplicates=len(loaded) - len({row[1:] for row in loaded}),
        unknown_countries=dict(shop.unknown_countries),
        orders=len(shop.orders),
        customers=customers,
        products=products,
        seconds=time.monotonic() - started,
    )


def _read(file: Path, report: ReportProgress) -> tuple[list[Row], list[Rejected]]:
    rows: list[Row] = []
    malformed: list[Rejected] = []
    for line in read_rows(file):
        if isinstance(line, Row):
            rows.append(line)
        else:
            malformed.append(line)
        if (len(rows) + len(malformed)) % _REPORT_EVERY == 0:
            report("lines of the file", len(rows) + len(malformed))
    report("lines of the file", len(rows) + len(malformed))
    return rows, malformed


def _kinds(shop: Shop) -> tuple[RowKind, ...]:
    lines = [line.row for line in shop.lines]
    by_customers = [row for row in lines if row.customer_id is not None]
    by_guests = [row for row in lines if row.customer_id is None]
    matched = [taken_back.row for taken_back in shop.returns if taken_back.line]
    unmatched = [taken_back.row for taken_back in shop.returns if not taken_back.line]
    return (
        _kind("Order lines of customers", "order_items", by_customers),
        _kind("Order lines of guests", "order_items", by_guests),
        _kind("Cancellations of a known order line", "returns", matched),
        _kind("Cancellations without a known order line", "returns", unmatched),
        _kind("Adjustments and negative prices", "payments", shop.adjustments),
        _kind("Stock write-offs", "inventory_movements", shop.write_offs),
    )


def _kind(name: str, table: str, rows: Iterable[Row]) -> RowKind:
    some = list(rows)
    return RowKind(
        name=name,
        table=table,
        rows=len(some),
        quantity=sum(row.quantity for row in some),
        amount=Decimal(sum(row.amount for row in some)).scaleb(-4),
    )
