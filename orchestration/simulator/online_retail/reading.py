"""Read Online Retail's CSV line by line; what is not a row is set aside with its reason."""

from __future__ import annotations

import csv
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from orchestration.errors import SoftcartError

COLUMNS = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
# What the shop's columns hold.
_LONGEST_INVOICE = 28
_LONGEST_CODE = 64
_LARGEST_PRICE = Decimal(10**9)
_LARGEST_QUANTITY = 2**31 - 1
_CUSTOMER = re.compile(r"([0-9]{1,18})(\.0)?")


class Row(NamedTuple):
    """One row of the file.

    Attributes:
        line: Its line in the file, the header is 1.
        quantity: Not zero.
        moment: Date and time as written, `YYYY-MM-DD HH:MM:SS`.
        price: In 1/10,000 pounds.
        customer_id: None for a guest.
    """

    line: int
    invoice: str
    stock_code: str
    description: str
    quantity: int
    moment: str
    price: int
    customer_id: int | None
    country: str

    @property
    def amount(self) -> int:
        """Quantity times price, in 1/10,000 pounds."""
        return self.quantity * self.price


@dataclass(frozen=True)
class Rejected:
    """A line that is no row: its number in the file and why. Its text is not kept."""

    line: int
    reason: str


class _MalformedError(ValueError):
    pass


def read_rows(file: Path) -> Iterator[Row | Rejected]:
    """Yield what each line of the file holds.

    Args:
        file: CSV with one header, plain or compressed as its name ends (`.xz`, `.gz`).

    Raises:
        SoftcartError: The file cannot be read, or its header is another one.
    """
    try:
        with _open(file) as lines:
            header = next(lines, "").rstrip("\r\n").removeprefix("\ufeff").split(",")
            if header != COLUMNS:
                raise SoftcartError(
                    f"{file} is not Online Retail: its first line is not the known header",
                    remedy=f"Give a CSV file whose header is {','.join(COLUMNS)}",
                )
            parse = _Parser()
            for number, line in enumerate(lines, start=2):
                try:
                    yield parse.row(number, line)
                except _MalformedError as error:
                    yield Rejected(number, str(error))
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SoftcartError(
            f"{file} cannot be read: {reason}", remedy="Give the path of a whole, readable file"
        ) from error


@contextmanager
def _open(file: Path) -> Iterator[TextIOWrapper]:
    openers: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}
    # A byte that is not UTF-8 spoils its own line only, and a lone CR does not end one.
    with (
        openers.get(file.suffix, open)(file, "rb") as stream,
        TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="\n") as lines,
    ):
        yield lines


class _Parser:
    """Parses lines. Prices, moments and customers repeat, so each text is understood once."""

    def __init__(self) -> None:
        self._prices: dict[str, int] = {}
        self._moments: dict[str, str] = {}
        self._customers: dict[str, int | None] = {"": None}
        self._texts: dict[str, str] = {}

    def row(self, number: int, line: str) -> Row:
        invoice, code, description, quantity, moment, price, customer, country = _fields(line)
        if not invoice or len(invoice) > _LONGEST_INVOICE:
            raise _MalformedError(f"InvoiceNo is empty or longer than {_LONGEST_INVOICE}")
        if not code or len(code) > _LONGEST_CODE:
            raise _MalformedError(f"StockCode is empty or longer than {_LONGEST_CODE}")
        if not country:
            raise _MalformedError("Country is empty")
        if price not in self._prices:
            self._prices[price] = _price(price)
        if moment not in self._moments:
            self._moments[moment] = _moment(moment)
        if customer not in self._customers:
            self._customers[customer] = _customer(customer)
        shared = self._texts.setdefault
        return Row(
            number,
            shared(invoice, invoice),
            shared(code, code),
            shared(description, description),
            _quantity(quantity),
            self._moments[moment],
            self._prices[price],
            self._customers[customer],
            shared(country, country),
        )


def _fields(line: str) -> list[str]:
    line = line.rstrip("\r\n")
    if not line.isascii():
        try:
            line.encode("utf-8")
        except UnicodeEncodeError:
            raise _MalformedError("the line is not UTF-8") from None
    if '"' in line:
        # One line is one row here, so that an open quote cannot swallow the good rows after it.
        try:
            fields = next(csv.reader([line], strict=True))
        except csv.Error as error:
            raise _MalformedError(f"the quotes do not match ({error})") from None
    else:
        fields = line.split(",")
    if len(fields) != len(COLUMNS):
        raise _MalformedError(f"{len(fields)} fields instead of {len(COLUMNS)}")
    return fields


def _quantity(text: str) -> int:
    try:
        quantity = int(text)
    except ValueError:
        raise _MalformedError("Quantity is not a whole number") from None
    if quantity == 0 or abs(quantity) > _LARGEST_QUANTITY:
        raise _MalformedError("Quantity is zero or too large")
    return quantity


def _price(text: str) -> int:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise _MalformedError("UnitPrice is not a number") from None
    if not price.is_finite() or abs(price) >= _LARGEST_PRICE:
        raise _MalformedError("UnitPrice is not a number of usual size")
    scaled = price * 10_000
    if scaled != int(scaled):
        raise _MalformedError("UnitPrice has more than 4 decimals")
    return int(scaled)


def _moment(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise _MalformedError("InvoiceDate is not YYYY-MM-DD HH:MM:SS") from None


def _customer(text: str) -> int:
    match = _CUSTOMER.fullmatch(text)
    if not match:
        raise _MalformedError("CustomerID is not a whole number")
    return int(match[1])
