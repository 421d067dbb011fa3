"""The running shop as events see it: one transaction, a clock, and questions about its state."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pymysql.cursors
from pymongo.collection import Collection

from orchestration.connections import Document
from orchestration.errors import SoftcartError
from orchestration.simulator.geography import (
    CURRENCIES,
    CURRENCY_INDEX,
    MARKET_BY_COUNTRY,
    Market,
)
from orchestration.simulator.schema import MysqlConnection
from orchestration.simulator.web.live import LiveVisits

CENT = Decimal("0.01")

SqlRow = dict[str, Any]

_RECENT = 3000

# Everything that happens has a time; the shop's clock goes on from the latest of them.
_TIMES = (
    ("orders", "ordered_at"),
    ("orders", "cancelled_at"),
    ("shipments", "shipped_at"),
    ("shipments", "delivered_at"),
    ("payments", "paid_at"),
    ("returns", "requested_at"),
    ("returns", "refunded_at"),
    ("inventory_movements", "occurred_at"),
    ("customers", "registered_at"),
)


@dataclass
class LiveShop:
    """The shop during a piece of traffic.

    Attributes:
        connection: Rows come as dictionaries; takes several statements at once, not in autocommit.
        products: The catalogue.
        listed: What the catalogue says of each product's status, type, price and cost.
        rng: The only source of chance.
        now: The shop's clock, UTC without zone, as its columns hold it.
        skus: Products on sale, ascending.
        gone_skus: Products that have stock but no document any more, ascending.
        warehouses: Ids of the active warehouses, ascending.
        currencies: Currencies that have an exchange rate, and the euro.
        rates_known_until: Last day whose exchange rates were looked after.
        visits: Where visits to the site and the app go, None for nowhere.
    """

    connection: MysqlConnection
    products: Collection[Document]
    listed: dict[str, Document]
    rng: random.Random
    now: datetime
    skus: list[str]
    gone_skus: list[str]
    warehouses: list[int]
    currencies: frozenset[str]
    rates_known_until: date | None = None
    visits: LiveVisits | None = None
    _unsent: list[str] = field(default_factory=list)

    @classmethod
    def open(
        cls, connection: MysqlConnection, products: Collection[Document], seed: int
    ) -> LiveShop:
        """Look at the shop and set the clock.

        Raises:
            SoftcartError: The shop has no warehouse, no product, or nothing ever happened in it.
        """
        with connection.cursor() as cursor:
            cursor.execute("select warehouse_id from warehouses where is_active order by 1")
            warehouses = [row["warehouse_id"] for row in cursor.fetchall()]
            cursor.execute("select distinct currency_code from exchange_rates")
            currencies = frozenset(["EUR", *(row["currency_code"] for row in cursor.fetchall())])
            cursor.execute("select distinct sku from stock_levels")
            stocked = {row["sku"] for row in cursor.fetchall()}
            latest = []
            for table, column in _TIMES:
                cursor.execute(f"select max({column}) as latest from {table}")  # noqa: S608
                latest.append(cursor.fetchone()["latest"])
        connection.rollback()
        listed: dict[str, Document] = {}
        on_sale: list[str] = []
        for document in products.find({}, {"status": 1, "type": 1, "price": 1, "cost": 1}):
            listed[document["_id"]] = document
            sells = document.get("status") == "active" and document.get("type") != "service"
            if sells and list_price(document) > 0:
                on_sale.append(document["_id"])
        happened = [moment for moment in latest if moment]
        if not (warehouses and on_sale and happened):
            raise SoftcartError(
                "The shop has nothing to sell", remedy="Fill it with `softcart simulate history`"
            )
        now = max(happened).replace(microsecond=0)
        return cls(
            connection=connection,
            products=products,
            listed=listed,
            rng=random.Random(f"{seed} {now.isoformat()}"),
            now=now,
            skus=sorted(on_sale),
            gone_skus=sorted(stocked - listed.keys()),
            warehouses=warehouses,
            currencies=currencies,
        )

    @property
    def utc_now(self) -> datetime:
        """The shop's clock as the catalogue holds times."""
        return self.now.replace(tzinfo=UTC)

    def after(self, *, days: int) -> datetime:
        """Return the shop's clock some days on."""
        return self.now + timedelta(days=days)

    def rows(self, statement: str, *values: object) -> list[SqlRow]:
        """Return the rows of a query, which sees what was changed before."""
        with self.connection.cursor() as cursor:
            self._send(cursor, cursor.mogrify(statement, values))
            return list(cursor.fetchall())

    def row(self, statement: str, *values: object) -> SqlRow | None:
        """Return the first row of a query, None if there is none."""
        found = self.rows(statement, *values)
        return found[0] if found else None

    def change(self, statement: str, *values: object) -> None:
        """Write. What nobody waits for is sent with the next query, or with the commit."""
        with self.connection.cursor() as cursor:
            self._unsent.append(cursor.mogrify(statement, values))

    def insert(self, table: str, **values: object) -> None:
        """Insert a row; see `change`."""
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.change(f"insert into {table} ({names}) values ({marks})", *values.values())  # noqa: S608

    def insert_numbered(self, table: str, **values: object) -> int:
        """Insert a row and return the number the server gave it."""
        self.insert(table, **values)
        with self.connection.cursor() as cursor:
            self._send(cursor)
            return int(cursor.lastrowid or 0)

    def commit(self) -> None:
        """Make what was changed hold."""
        with self.connection.cursor() as cursor:
            self._send(cursor, "commit")
        if self.visits:
            self.visits.write()

    def rollback(self) -> None:
        """Forget what was changed since the last commit."""
        self._unsent.clear()
        self.connection.rollback()
        if self.visits:
            self.visits.forget()

    def _send(self, cursor: pymysql.cursors.Cursor, *last: str) -> None:
        """Send what is unsent, and a last statement, in one go; the cursor has the last result."""
        statements = [*self._unsent, *last]
        self._unsent.clear()
        cursor.execute("; ".join(statements))
        while cursor.nextset():
            pass

    def pick(self, choices: Sequence[SqlRow]) -> SqlRow | None:
        """Return one of the rows, None if there is none."""
        return self.rng.choice(choices) if choices else None

    def pick_recent(self, table: str, key: str, status: str, among: Sequence[str]) -> int:
        """Return the key of a recent row whose status is one of some, 0 if there is none.

        What is still open is recent, so the cost does not grow with the shop. The row is not
        locked: ask for its status again when locking it.
        """
        chosen = self.row(
            f"select number from (select {key} as number from {table}"  # noqa: S608 - own names
            f" where {key} > (select max({key}) from {table}) - {_RECENT} and {status} in %s"
            f" order by {key} desc limit 50) as recent order by crc32(number + %s), number limit 1",
            among,
            self.rng.randrange(10**6),
        )
        return int(chosen["number"]) if chosen else 0

    def random_id(self, table: str, key: str) -> int:
        """Return a number from the range of a key; the row itself may be gone."""
        span = self.row(f"select min({key}) as low, max({key}) as high from {table}")  # noqa: S608
        if not span or span["low"] is None:
            return 0
        return self.rng.randint(span["low"], span["high"])

    def market(self, country_code: str) -> Market:
        """Return the market whose tax and currency hold in a country."""
        return MARKET_BY_COUNTRY.get(country_code, MARKET_BY_COUNTRY["GB"])

    def currency(self, market: Market) -> str:
        """Return the currency of a market, the euro if the shop has no rate for it."""
        return market.currency_code if market.currency_code in self.currencies else "EUR"

    def centre(self, market: Market) -> int:
        """Return the warehouse that serves a market."""
        served = [number for number in market.warehouses if number in self.warehouses]
        return served[0] if served else self.warehouses[0]

    def number(self, prefix: str) -> str:
        """Return a new order or return number."""
        return f"{prefix}{self.now:%y%m%d%H%M%S}{self.rng.randrange(16**5):05x}"

    def move_stock(
        self,
        warehouse_id: int,
        sku: str,
        quantity: int,
        movement_type: str,
        *,
        order_item_id: int | None = None,
        return_id: int | None = None,
    ) -> None:
        """Book a movement and the stock level it leads to; missing goods are received before it."""
        level = self.row(
            "select quantity_on_hand from stock_levels where warehouse_id = %s and sku = %s"
            " for update",
            warehouse_id,
            sku,
        )
        on_hand = level["quantity_on_hand"] if level else 0
        if on_hand + quantity < 0:
            self._book(warehouse_id, sku, 24 - on_hand - quantity, "receipt")
        self._book(
            warehouse_id,
            sku,
            quantity,
            movement_type,
            order_item_id=order_item_id,
            return_id=return_id,
        )

    def _book(
        self, warehouse_id: int, sku: str, quantity: int, movement_type: str, **cause: int | None
    ) -> None:
        self.insert(
            "inventory_movements",
            warehouse_id=warehouse_id,
            sku=sku,
            movement_type=movement_type,
            quantity=quantity,
            occurred_at=self.now,
            **cause,
        )
        self.change(
            "insert into stock_levels (warehouse_id, sku, quantity_on_hand, reorder_point)"
            " values (%s, %s, %s, 12)"
            " on duplicate key update quantity_on_hand = quantity_on_hand + %s",
            warehouse_id,
            sku,
            quantity,
            quantity,
        )


def list_price(document: Document, currency: str = "EUR") -> Decimal:
    """Return a product's list price in a currency, to the cent; 0 if it has none."""
    price = document.get("price") or {}
    if "amount" not in price or price.get("currency") not in CURRENCY_INDEX:
        return Decimal(0)
    amount: Decimal = price["amount"].to_decimal()
    if price["currency"] != currency:
        target = CURRENCIES[CURRENCY_INDEX[currency]].list_factor
        amount = amount * target / CURRENCIES[CURRENCY_INDEX[price["currency"]]].list_factor
    return cents(amount)


def cents(amount: Decimal) -> Decimal:
    """Round an amount to cents, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)
