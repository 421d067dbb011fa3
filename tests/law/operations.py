"""What happens in a shop, as data: it can be printed, cut down, and told of any range of keys.

Values are written for a shop that is alone. `Place` moves them to a range of keys of their own, so
that many histories share one shop and one warehouse without meeting:

- whole numbers in columns `*_id` are counted from the start of the range;
- `~` in a text is the history's own name, and alone in `currency_code` a currency of its own;
- `@-3 12:00:00` is noon three days before the day of the test. Nothing is dated to that day itself,
  so what the servers date by their own clocks always lies after `@-1` and before `@+1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import pymysql.cursors
from bson.decimal128 import Decimal128
from pymongo import DeleteOne, UpdateOne
from pymongo.collection import Collection

Row = dict[str, Any]
Operation = dict[str, Any]
"""One of three, each valid in any state of the shop, so that any part of a history is a history.

- `{insert: orders, row: {...}}`: nothing if the key is taken;
- `{update: orders, key: {...}, set: {...}}`: nothing if no such row is there, or if the new key is;
- `{delete: orders, key: {...}}`.

`events` come by files and are only ever inserted; the same one again is a line that came twice.
"""

Transaction = list[Operation]
History = list[list[Transaction]]
"""The transactions of one history, by the run that they come before."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "warehouses": ("warehouse_id",),
    "promotions": ("promotion_id",),
    "exchange_rates": ("rate_date", "currency_code"),
    "customers": ("customer_id",),
    "customer_identities": ("identity_id",),
    "orders": ("order_id",),
    "shipments": ("shipment_id",),
    "order_items": ("order_item_id",),
    "returns": ("return_id",),
    "payments": ("payment_id",),
    "inventory_movements": ("movement_id",),
    "stock_levels": ("warehouse_id", "sku"),
    "products": ("_id",),
    "events": ("event_id",),
}

_RANGE: Final = 1000
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OWN_NAME: Final = re.compile(r"\bH(\d+)-")
_MOMENT: Final = re.compile(r"@([+-]\d+)(?: (\S+))?")
_AMOUNT: Final = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Place:
    """Where a history happens.

    Attributes:
        number: Of the history: 0 to 18,000, so that no currency of its own is the euro.
        day: The day of the test.
    """

    number: int
    day: date

    def moved(self, values: Mapping[str, Any]) -> Row:
        """Return values as the shop gets them."""
        return {name: self._moved(name, value) for name, value in values.items()}

    def _moved(self, name: str, value: object) -> object:
        if isinstance(value, int) and name.endswith("_id"):
            return value + self.number * _RANGE
        if not isinstance(value, str):
            return value
        if name == "currency_code" and value == "~":
            return currency_of(self.number)
        if match := _MOMENT.fullmatch(value):
            return moment(value, self.day) if match[2] else moment(value, self.day).date()
        return value.replace("~", f"H{self.number}-")

    def document(self, values: Mapping[str, Any]) -> Row:
        """Return fields of a product as the catalogue gets them."""
        return {name: self._field(name, value) for name, value in values.items()}

    def _field(self, name: str, value: object) -> object:
        if isinstance(value, Mapping):
            return {
                {"currency_code": "currency"}.get(field, field): self._field(field, inner)
                for field, inner in value.items()
            }
        if isinstance(value, list):
            return [self._field(name, inner) for inner in value]
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return Decimal128(Decimal(value))
        return self._moved(name, value)


def currency_of(number: int) -> str:
    """Return the currency that is a history's own."""
    return "".join(_DIGITS[number // 36**place % 36] for place in (2, 1, 0))


def moment(text: str, day: date) -> datetime:
    """Return the time that `@-3 12:00:00` means."""
    match = _MOMENT.fullmatch(text)
    assert match, text
    at = time.fromisoformat(match[2]) if match[2] else time.min
    return datetime.combine(day + timedelta(days=int(match[1])), at, UTC)


def number_of(row: Mapping[str, Any]) -> int | None:
    """Return which history a row of any table belongs to; None if it is of several or of none."""
    for name, value in row.items():
        if type(value) is int and name.endswith("_id") and name != "history_id":
            return value // _RANGE
        if isinstance(value, str):
            if match := _OWN_NAME.search(value):
                return int(match[1])
            if name == "currency_code" and value != "EUR" and value[0] == "0":
                return int(value, 36)
    return None


def happen(
    transactions: Iterable[tuple[Place, Sequence[Operation]]],
    shop: pymysql.cursors.Cursor,
    products: Collection[Row],
) -> list[Row]:
    """Let transactions of several histories happen as one; the caller commits the shop's part.

    Returns:
        The events that came with them, for the site's next file.
    """
    documents: list[DeleteOne | UpdateOne] = []
    events: list[Row] = []
    for place, operations in transactions:
        for operation in operations:
            if "products" in operation.values():
                documents.append(_document_write(place, operation))
            elif operation.get("insert") == "events":
                events.append(place.moved(operation["row"]))
            else:
                _write_row(shop, place, operation)
    if documents:
        products.bulk_write(documents)
    return events


def _write_row(shop: pymysql.cursors.Cursor, place: Place, operation: Operation) -> None:
    # IGNORE: a key that is taken is no error.
    if table := operation.get("insert"):
        row = place.moved(operation["row"])
        marks = ", ".join(["%s"] * len(row))
        shop.execute(
            f"insert ignore into {table} ({', '.join(row)}) values ({marks})", list(row.values())
        )
        return
    key = place.moved(operation["key"])
    where = " and ".join(f"{name} = %s" for name in key)
    if table := operation.get("update"):
        values = place.moved(operation["set"])
        assignments = ", ".join(f"{name} = %s" for name in values)
        shop.execute(
            f"update ignore {table} set {assignments} where {where}",
            [*values.values(), *key.values()],
        )
    else:
        shop.execute(f"delete from {operation['delete']} where {where}", list(key.values()))


def _document_write(place: Place, operation: Operation) -> DeleteOne | UpdateOne:
    if "insert" in operation:
        fields = place.document(operation["row"])
        return UpdateOne({"_id": fields.pop("_id")}, {"$setOnInsert": fields}, upsert=True)
    key = place.document(operation["key"])
    if "update" in operation:
        return UpdateOne(key, {"$set": place.document(operation["set"])})
    return DeleteOne(key)
