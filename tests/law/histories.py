"""Random histories, and random cuts of them into runs.

Why not hypothesis: its examples run one after the other, each costing an ingest and a build of its
own, and its shrinking repeats them hundreds of times. Here some two hundred histories share each
build, so a seeded generator makes them, and `shrinking` cuts down what differs, trying
many candidates in one warehouse at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from operations import KEYS, History, Operation, Row, Transaction
from warehouses import Run

Draw = Callable[[random.Random], Any]

# How often each table is touched.
_WEIGHTS: Final = {
    "order_items": 8,
    "orders": 8,
    "products": 4,
    "customers": 4,
    "payments": 4,
    "shipments": 4,
    "returns": 4,
    "inventory_movements": 4,
    "exchange_rates": 3,
    "stock_levels": 1,
    "promotions": 1,
    "warehouses": 1,
    "customer_identities": 2,
    "events": 8,
}
# Before the first run; then few in most histories, because one change easily hides what a model
# forgets of another.
_FIRST_TRANSACTIONS: Final = 15
_MOST_TRANSACTIONS: Final = (1, 1, 2, 6)
_MOST_OPERATIONS: Final = (1, 2, 5)
RUNS: Final = 6
_CLOCK: Final = ("@-1 12:00:00", "@+1 00:00:00", "@+1 12:00:00", "@+3 12:00:00", "@+50 00:00:00")
_SELECTIONS: Final = (
    "dim_categories",
    "dim_customers+",
    "dim_dates+",
    "dim_products",
    "fct_attributions",
    "fct_inventory_movements+",
    "fct_order_fulfilment",
    "fct_return_cycles+",
    "fct_order_items",
    "fct_order_items+",
    "fct_order_status_changes",
    "fct_orders",
    "fct_payments+",
    "fct_shipments",
    "+fct_returns",
    "fct_sessions",
    "fct_web_events+",
    "int_exchange_rates_daily+",
    "int_first_orders",
    "int_orders_enriched",
    "int_persons",
    "int_sales_daily",
    "sales_by_country_category_month",
    "snap_catalog__products",
    "snap_oltp__customers+",
)
_FIRST_DAYS: Final = (-70, -62, -40)
_DAYS: Final = (-31, -10, -3, -2, -1, 1, 2, 5)
# Around midnight, and the half hour after which a visit is another one.
_VISITS: Final = ("00:10:00", "12:00:00", "12:29:59", "12:30:00", "12:59:59", "23:50:00")
_TIMES: Final = ("00:00:00", "00:00:00.000001", "12:00:00", "23:59:59.999999")


def _one_of(*choices: object) -> Draw:
    return lambda chance: chance.choice(choices)


def _key(most: int) -> Draw:
    return lambda chance: chance.randint(1, most)


def _day(chance: random.Random) -> str:
    # A long way back is rare: every history's calendar begins with the first day of any.
    return f"@{chance.choice(_FIRST_DAYS if chance.random() < 0.02 else _DAYS):+d}"


def _time(chance: random.Random) -> str:
    return f"{_day(chance)} {chance.choice(_TIMES)}"


def _rare(rest: Draw, *values: object) -> Draw:
    return lambda chance: chance.choice(values) if chance.random() < 0.2 else rest(chance)


def _visit(chance: random.Random) -> str:
    return f"{_day(chance)} {chance.choice(_VISITS)}"


def _event_id(chance: random.Random) -> str:
    return f"~{chance.getrandbits(48):x}"


_AMOUNT = _one_of("0.0000", "10.0000", "19.9900", "0.3333", "1234.5678")
_COUNTRY = _one_of("NL", "DE", "FR")
_CURRENCY = _one_of("EUR", "~", "~")
_SKU = _one_of("~A", "~B", "~C")
_STATES = _one_of("placed", "paid", "shipped", "delivered", "cancelled")
_CUSTOMER, _ORDER, _ITEM, _SHIPMENT, _RETURN, _WAREHOUSE = map(_key, (3, 4, 6, 3, 3, 2))


def _price(chance: random.Random) -> Row | None:
    if chance.random() < 0.1:
        return None
    return {"amount": _AMOUNT(chance), "currency_code": _CURRENCY(chance)}


# Small ranges, so that changes meet. What a unique key of the shop covers is not changed, but made
# of the row's first key (`None` here); line numbers too.
_COLUMNS: Final[Mapping[str, Mapping[str, Draw | None]]] = {
    "warehouses": {
        "warehouse_id": _WAREHOUSE,
        "warehouse_code": None,
        "warehouse_name": _one_of("North", "South"),
        "city": _one_of("Ghent", "Delft"),
        "country_code": _COUNTRY,
        "is_active": _one_of(0, 1),
        "opened_on": _day,
    },
    "promotions": {
        "promotion_id": _key(2),
        "promotion_code": None,
        "promotion_name": _one_of("Spring", "Autumn"),
        "promotion_type": _one_of("percent", "amount", "free_shipping"),
        "percent_off": _one_of(None, "5.00", "12.50"),
        "amount_off": _one_of(None, "5.0000"),
        "currency_code": _one_of(None, "EUR"),
        "is_active": _one_of(0, 1),
        "starts_at": _time,
        "ends_at": _time,
    },
    "exchange_rates": {
        "rate_date": _day,
        "currency_code": _rare(_one_of("~"), "EUR"),
        "units_per_euro": _one_of("0.50000000", "1.00000000", "1.12345678", "3.00000000"),
    },
    "customers": {
        "customer_id": _CUSTOMER,
        "email": _one_of(None, "~a@shop.example", "~b@shop.example"),
        "first_name": _one_of("Ann", "Bo"),
        "phone": _one_of(None, "~1", "~2"),
        "country_code": _COUNTRY,
        "customer_status": _one_of("active", "closed"),
        "has_marketing_consent": _one_of(0, 1),
        "registered_at": _time,
    },
    "customer_identities": {
        "identity_id": _key(2),
        "channel": _one_of("web", "app", "store"),
        "external_reference": None,
        "customer_id": _rare(_CUSTOMER, None),
        "created_at": _time,
    },
    "orders": {
        "order_id": _ORDER,
        "order_number": None,
        "customer_id": _rare(_CUSTOMER, None),
        "guest_email": _one_of(None, "~a@shop.example", "~guest@shop.example"),
        "channel": _one_of("web", "app", "store"),
        "order_status": _STATES,
        "promotion_id": _one_of(None, 1, 2),
        "shipping_country_code": _COUNTRY,
        "currency_code": _CURRENCY,
        "shipping_amount": _AMOUNT,
        "total_amount": _AMOUNT,
        "ordered_at": _time,
        "cancelled_at": _rare(_one_of(None), "@-1 12:00:00"),
    },
    "shipments": {
        "shipment_id": _SHIPMENT,
        "order_id": _ORDER,
        "warehouse_id": _WAREHOUSE,
        "carrier": _one_of("DHL", "DPD"),
        "shipment_status": _one_of("preparing", "shipped", "delivered", "lost"),
        "promised_at": _time,
        "shipped_at": _rare(_time, None),
        "delivered_at": _rare(_one_of(None), "@-1 12:00:00", "@+1 00:00:00"),
    },
    "order_items": {
        "order_item_id": _ITEM,
        "order_id": _ORDER,
        "line_number": None,
        "sku": _SKU,
        "shipment_id": _rare(_SHIPMENT, None),
        "quantity": _key(5),
        "currency_code": _CURRENCY,
        "unit_price": _AMOUNT,
        "discount_amount": _one_of("0.0000", "1.2500"),
        "tax_rate": _one_of("0.0000", "0.2100"),
        "tax_amount": _one_of("0.0000", "2.1000"),
    },
    "returns": {
        "return_id": _RETURN,
        "return_number": None,
        "order_item_id": _rare(_ITEM, None),
        "customer_id": _rare(_CUSTOMER, None),
        "sku": _SKU,
        "quantity": _key(2),
        "country_code": _COUNTRY,
        "return_reason": _one_of("defective", "late", "unknown"),
        "return_status": _one_of("requested", "received", "refunded", "rejected"),
        "currency_code": _CURRENCY,
        "refund_amount": _AMOUNT,
        "requested_at": _time,
        "refunded_at": _rare(_time, None),
    },
    "payments": {
        "payment_id": _key(4),
        "order_id": _rare(_ORDER, None),
        "return_id": _rare(_RETURN, None),
        "payment_type": _one_of("charge", "charge", "refund", "adjustment"),
        "provider": _one_of("card", "bank"),
        "payment_status": _one_of("pending", "captured", "captured", "failed"),
        "currency_code": _CURRENCY,
        "amount": _one_of("-19.9900", "10.0000", "19.9900", "1234.5678"),
        "note": _one_of(None, "by hand"),
        "paid_at": _time,
    },
    "inventory_movements": {
        "movement_id": _key(6),
        "warehouse_id": _WAREHOUSE,
        "sku": _SKU,
        "movement_type": _one_of(
            "receipt", "sale", "return", "transfer", "adjustment", "write_off"
        ),
        "quantity": _one_of(-3, -1, 1, 2, 50),
        "order_item_id": _rare(_ITEM, None),
        "return_id": _rare(_one_of(None), 1),
        "occurred_at": _time,
    },
    "stock_levels": {
        "warehouse_id": _WAREHOUSE,
        "sku": _SKU,
        "quantity_on_hand": _one_of(0, 7, 40),
        "reorder_point": _one_of(0, 5),
    },
    "products": {
        "_id": _SKU,
        "name": _one_of("Lamp", "Desk"),
        "brand": _one_of(None, "Praia"),
        "type": _one_of("lamp", "desk"),
        "category": _one_of(["~Home"], ["~Home", "Light"], ["~Work", "Light", "Desk"], None),
        "price": _price,
        "cost": _price,
        "status": _one_of("active", "discontinued", "draft"),
        "tags": _one_of([], ["new"]),
        "created_at": _time,
        "updated_at": _rare(_time, None),
    },
    "events": {
        "event_id": _event_id,
        "event_type": _one_of(
            "page_view",
            "product_view",
            "search",
            "add_to_cart",
            "remove_from_cart",
            "checkout_start",
            "purchase",
            "purchase",
            "login",
        ),
        "occurred_at": _visit,
        "received_at": _rare(_one_of(None), "@-1 12:00:00"),
        "channel": _one_of("web", "app"),
        "visitor_id": _one_of("~phone", "~laptop"),
        "user_reference": _one_of(None, None, "~1", "~2"),
        "user_agent": _rare(_one_of("Mozilla/5.0 (X11; Linux x86_64)"), "Googlebot/2.1", None),
        "country_code": _COUNTRY,
        "page_path": _one_of("/~", "/~sale"),
        "referrer": _one_of(None, "https://www.google.com/", "https://www.softcart.example/a"),
        "utm_source": _one_of(None, None, "google", "poster"),
        "utm_medium": _one_of(None, "cpc", "email"),
        "search_term": _one_of("~mug", " ~MUG", "~Größe 42"),
        "search_result_count": _one_of(0, 3),
        "sku": _SKU,
        "quantity": _one_of(None, 1, 2),
        "order_number": _one_of(None, "~1", "~2", "~3", "~4"),
    },
}
# Tables in which no server keeps the time of the last change.
_UNDATED: Final = ("inventory_movements", "products", "events")


def random_histories(seed: str, count: int, runs: int) -> dict[int, History]:
    """Return histories by their numbers: each the transactions before each of the runs.

    A new rate lets every order of its day be computed again, in whatever history, and so would hide
    what a model forgets. So rates change in the first run, and in one other.
    """
    rates_before = {0, random.Random(seed).randrange(1, runs)} if runs > 1 else {0}
    return {
        number: random_history(f"{seed}/{number}", runs, rates_before) for number in range(count)
    }


def random_history(seed: str, runs: int, rates_before: Container[int] = (0,)) -> History:
    """Return the history that a seed makes, with rates that change before some runs only."""
    chance = random.Random(seed)
    shop = _Shop(chance)
    later = chance.choice(_MOST_TRANSACTIONS)
    history = []
    for run in range(runs):
        shop.has_rates = run in rates_before
        count = chance.randint(0, later) if run else chance.randint(3, _FIRST_TRANSACTIONS)
        history.append([shop.transaction() for _ in range(count)])
    return history


class _Shop:
    """What a random history has done so far, as far as it steers what it does next."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._keys: set[tuple[object, ...]] = set()
        self.has_rates = True

    def transaction(self) -> Transaction:
        done: Transaction = []
        row: Row | None = None
        table = ""
        for _ in range(self._chance.randint(1, self._chance.choice(_MOST_OPERATIONS))):
            # Several changes of one row in one transaction: its key again.
            if row is None or self._chance.random() < 0.7:
                table = self._table()
                row = self._row(table)
            done.append(self._operation(table, row))
        return done

    def _table(self) -> str:
        while True:
            (table,) = self._chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
            if self.has_rates or table != "exchange_rates":
                return table

    def _operation(self, table: str, row: Row) -> Operation:
        key = {name: row[name] for name in KEYS[table]}
        there = (table, *key.values())
        if there not in self._keys or table == "events":
            self._keys.add(there)
            return {"insert": table, "row": row}
        if self._chance.random() < 0.15:
            self._keys.remove(there)
            return {"delete": table, "key": key}
        return {"update": table, "key": key, "set": self._changes(table, key)}

    def _changes(self, table: str, key: Row) -> Row:
        again = self._row(table)
        if table != "products" and self._chance.random() < 0.08:
            self._keys.add((table, *(again[name] for name in key)))
            return {name: again[name] for name in key}
        free = [name for name, draw in _COLUMNS[table].items() if draw and name not in key]
        names = self._chance.sample(free, min(len(free), self._chance.randint(1, 3)))
        return {name: again[name] for name in [*names, "updated_at"] if name in again}

    def _row(self, table: str) -> Row:
        row: Row = {}
        for name, draw in _COLUMNS[table].items():
            first = row.get(KEYS[table][0])
            if draw:
                row[name] = draw(self._chance)
            else:
                row[name] = first if name == "line_number" else f"~{first}"
        if table not in _UNDATED and self._chance.random() < 0.5:
            row["updated_at"] = _time(self._chance)
        return row


def random_runs(seed: str) -> list[Run]:
    """Return the runs that a seed makes. The first and the last are of everything."""
    chance = random.Random(seed)
    as_of = sorted(chance.choices(range(len(_CLOCK)), k=RUNS))
    only_changes = chance.random() < 0.5
    runs = [
        Run(_CLOCK[at], _ingest(chance, only_changes), _build(chance), _kill(chance))
        for at in as_of
    ]
    return [Run(runs[0].as_of), *runs[1:-1], Run(runs[-1].as_of)]


def _ingest(chance: random.Random, only_changes: bool) -> str | list[str]:
    kind = chance.random()
    if kind < 0.1:
        return []
    if only_changes or kind < 0.5:
        return "changes"
    return "snapshot" if kind < 0.75 else chance.sample(list(KEYS), chance.randint(1, 6))


def _build(chance: random.Random) -> list[list[str]]:
    if chance.random() < 0.4:
        return [[]]
    return [
        chance.sample(_SELECTIONS, chance.randint(1, 4))
        + (["--full-refresh"] if chance.random() < 0.1 else [])
        for _ in range(chance.randint(1, 3))
    ]


def _kill(chance: random.Random) -> int | None:
    return chance.randint(0, 20) if chance.random() < 0.3 else None
