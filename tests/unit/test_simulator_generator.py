"""The made-up history: repeatable, sound at every moment, and shaped like a real shop's."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import bson
import pytest

from orchestration.simulator.catalogue import PRODUCT_TYPES, product_count
from orchestration.simulator.generator import HistoryPlan, generate
from orchestration.simulator.schema import TABLES

END = date(2026, 11, 1)
SEEDS = [0, 1, 20_261_101]

Rows = dict[str, list[dict[str, Any]]]


@cache
def history(seed: int, scale: float = 0.004) -> Rows:
    rows: Rows = defaultdict(list)
    for table, columns in generate(HistoryPlan(scale, seed, END)):
        rows[table] += [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    return rows


def digest(plan: HistoryPlan) -> str:
    written = hashlib.sha256()
    for table, columns in generate(plan):
        written.update(json.dumps([table, columns]).encode())
    for document in plan.catalogue():
        written.update(bson.encode(document))
    return written.hexdigest()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    plan = HistoryPlan(0.001, 5, END)
    assert digest(plan) == digest(HistoryPlan(0.001, 5, END))
    assert digest(plan) != digest(HistoryPlan(0.001, 6, END))
    assert digest(plan) != digest(HistoryPlan(0.001, 5, date(2026, 10, 31)))


@pytest.mark.parametrize("scale", [0.000001, 0.00001, 0.0005, 0.0123])
def test_scale_is_the_exact_number_of_order_lines(scale: float) -> None:
    plan = HistoryPlan(scale, 3, END)
    lines = sum(
        len(columns["order_item_id"]) for table, columns in generate(plan) if table == "order_items"
    )
    assert lines == round(scale * 1_000_000)


def test_every_table_gets_rows_and_no_key_twice() -> None:
    rows = history(1)
    assert set(rows) == set(TABLES)
    for table, key in [
        ("orders", ("order_id",)),
        ("orders", ("order_number",)),
        ("order_items", ("order_item_id",)),
        ("order_items", ("order_id", "line_number")),
        ("shipments", ("shipment_id",)),
        ("returns", ("return_number",)),
        ("payments", ("payment_id",)),
        ("inventory_movements", ("movement_id",)),
        ("customer_identities", ("channel", "external_reference")),
        ("promotions", ("promotion_code",)),
        ("stock_levels", ("warehouse_id", "sku")),
        ("exchange_rates", ("rate_date", "currency_code")),
    ]:
        keys = [tuple(row[name] for name in key) for row in rows[table]]
        assert len(set(keys)) == len(keys), (table, key)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_totals_tie_to_lines_and_charges(seed: int) -> None:
    rows = history(seed)
    due: dict[int, Decimal] = defaultdict(Decimal)
    for item in rows["order_items"]:
        net = item["quantity"] * Decimal(item["unit_price"]) - Decimal(item["discount_amount"])
        tax = Decimal(item["tax_amount"])
        assert net > 0
        assert abs(tax - net * Decimal(item["tax_rate"])) <= Decimal("0.005")
        due[item["order_id"]] += net + tax
    captured: dict[int, Decimal] = defaultdict(Decimal)
    balance: dict[int, Decimal] = defaultdict(Decimal)
    for payment in rows["payments"]:
        amount = Decimal(payment["amount"])
        sign = {"charge": amount > 0, "refund": amount < 0, "adjustment": amount != 0}
        assert sign[payment["payment_type"]]
        if payment["payment_type"] == "adjustment":
            assert payment.get("order_id") is None
            continue
        if payment["payment_status"] == "captured":
            balance[payment["order_id"]] += amount
            if payment["payment_type"] == "charge":
                captured[payment["order_id"]] += amount
    for order in rows["orders"]:
        order_id, total = order["order_id"], Decimal(order["total_amount"])
        assert total == due[order_id] + Decimal(order["shipping_amount"])
        if order["order_status"] in ("paid", "shipped", "delivered"):
            assert captured[order_id] == total
        elif order["order_status"] == "cancelled":
            assert balance[order_id] == 0
        else:
            assert captured[order_id] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_stock_is_the_sum_of_its_movements_and_never_negative(seed: int) -> None:
    rows = history(seed)
    stock: Counter[tuple[int, str]] = Counter()
    last_moved = ""
    for movement in rows["inventory_movements"]:
        assert movement["occurred_at"] >= last_moved
        last_moved = movement["occurred_at"]
        place = movement["warehouse_id"], movement["sku"]
        stock[place] += movement["quantity"]
        assert stock[place] >= 0, movement
    levels = {
        (level["warehouse_id"], level["sku"]): level["quantity_on_hand"]
        for level in rows["stock_levels"]
    }
    assert levels == dict(stock)
    transfers = [
        move["quantity"]
        for move in rows["inventory_movements"]
        if move["movement_type"] == "transfer"
    ]
    assert transfers
    assert sum(transfers) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_goods_leave_stock_exactly_when_they_are_shipped_or_carried_home(seed: int) -> None:
    rows = history(seed)
    orders = {order["order_id"]: order for order in rows["orders"]}
    shipments = {shipment["shipment_id"]: shipment for shipment in rows["shipments"]}
    left = {}
    for item in rows["order_items"]:
        if item["shipment_id"] is not None:
            shipment = shipments[item["shipment_id"]]
            assert shipment["order_id"] == item["order_id"]
            if shipment["shipped_at"]:
                left[item["order_item_id"]] = (-item["quantity"], shipment["shipped_at"])
        elif orders[item["order_id"]]["channel"] == "store":
            ordered_at = orders[item["order_id"]]["ordered_at"]
            left[item["order_item_id"]] = (-item["quantity"], ordered_at)
    sold = {
        move["order_item_id"]: (move["quantity"], move["occurred_at"])
        for move in rows["inventory_movements"]
        if move["movement_type"] == "sale"
    }
    assert sold == left


@pytest.mark.parametrize("seed", SEEDS)
def test_times_are_in_order_and_nothing_happens_after_the_end(seed: int) -> None:
    rows = history(seed)
    orders = {order["order_id"]: order for order in rows["orders"]}
    delivered: dict[int, str] = {}
    for shipment in rows["shipments"]:
        order = orders[shipment["order_id"]]
        times = [order["ordered_at"], shipment["shipped_at"], shipment["delivered_at"]]
        known = [time for time in times if time]
        assert known == sorted(known)
        assert (shipment["shipment_status"] == "preparing") == (shipment["shipped_at"] is None)
        assert (shipment["shipment_status"] == "delivered") == bool(shipment["delivered_at"])
        delivered[shipment["shipment_id"]] = shipment["delivered_at"]
    items = {item["order_item_id"]: item for item in rows["order_items"]}
    for returned in rows["returns"]:
        item = items[returned["order_item_id"]]
        order = orders[item["order_id"]]
        arrived = delivered[item["shipment_id"]] if item["shipment_id"] else order["ordered_at"]
        assert arrived <= returned["requested_at"]
        assert (
            returned["refunded_at"] is None or returned["requested_at"] <= returned["refunded_at"]
        )
    customers = {row["customer_id"]: row["registered_at"] for row in rows["customers"]}
    for order in rows["orders"]:
        if order["customer_id"] is not None:
            assert customers[order["customer_id"]] < order["ordered_at"]
        if order["cancelled_at"]:
            assert order["ordered_at"] < order["cancelled_at"]
    for table in TABLES:
        for row in rows[table]:
            for column, value in row.items():
                if column.endswith("_at") and value and column not in ("promised_at", "ends_at"):
                    assert value < "2026-11-01", (table, column)


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_take_back_no_more_than_was_sold_and_refund_its_share(seed: int) -> None:
    rows = history(seed)
    items = {item["order_item_id"]: item for item in rows["order_items"]}
    refunds: dict[int, Decimal] = defaultdict(Decimal)
    for payment in rows["payments"]:
        if payment.get("return_id"):
            refunds[payment["return_id"]] -= Decimal(payment["amount"])
    parts = Counter[bool]()
    for returned in rows["returns"]:
        item = items[returned["order_item_id"]]
        assert 1 <= returned["quantity"] <= item["quantity"]
        assert returned["sku"] == item["sku"]
        refund = Decimal(returned["refund_amount"])
        assert refund == refunds[returned["return_id"]]
        if returned["return_status"] != "refunded":
            assert refund == 0
            continue
        due = (
            item["quantity"] * Decimal(item["unit_price"])
            - Decimal(item["discount_amount"])
            + Decimal(item["tax_amount"])
        )
        share = due * returned["quantity"] / item["quantity"]
        assert share - Decimal("0.01") < refund <= share
        parts[returned["quantity"] < item["quantity"]] += 1
    assert parts[True]
    assert parts[False]


def test_shape_is_that_of_a_real_shop() -> None:
    rows = history(1, 0.03)
    orders, items = rows["orders"], rows["order_items"]
    months = Counter(order["ordered_at"][:7] for order in orders)
    assert months["2025-12"] > 1.4 * months["2025-02"]
    weekdays = Counter(moment(order["ordered_at"]).isoweekday() for order in orders)
    assert weekdays[6] > weekdays[7]
    hours = Counter(moment(o["ordered_at"]).hour for o in orders if o["channel"] == "web")
    assert hours[20] > 5 * hours[3]
    assert set(Counter(order["channel"] for order in orders)) == {"web", "app", "store"}
    assert len({order["currency_code"] for order in orders}) >= 5

    sales = sorted(Counter(item["sku"] for item in items).values(), reverse=True)
    assert sum(sales[: len(sales) // 5]) > 0.45 * len(items)
    assert sales[-1] <= sales[0] / 20

    of_customers = Counter(o["customer_id"] for o in orders if o["customer_id"] is not None)
    assert sum(count > 1 for count in of_customers.values()) > 0.4 * len(of_customers)
    guests = [order for order in orders if order["customer_id"] is None]
    assert 0.1 < len(guests) / len(orders) < 0.4
    assert all((o["guest_email"] is None) == (o["channel"] == "store") for o in guests)

    parcels = Counter(shipment["order_id"] for shipment in rows["shipments"])
    assert 0.02 < sum(count == 2 for count in parcels.values()) / len(parcels) < 0.2
    arrived = [row for row in rows["shipments"] if row["delivered_at"]]
    late = sum(row["delivered_at"] > row["promised_at"] for row in arrived)
    assert 0.03 < late / len(arrived) < 0.2
    assert {row["payment_status"] for row in rows["payments"]} == {"captured", "failed", "pending"}
    cancelled = sum(order["order_status"] == "cancelled" for order in orders)
    assert 0.01 < cancelled / len(orders) < 0.1
    assert any(Decimal(item["discount_amount"]) > 0 for item in items)


def test_prices_change_over_time_and_the_catalogue_holds_the_last() -> None:
    plan = HistoryPlan(0.02, 2, END)
    prices: dict[str, list[str]] = defaultdict(list)
    rows = history(2, 0.02)
    currency = {order["order_id"]: order["currency_code"] for order in rows["orders"]}
    for item in rows["order_items"]:
        if currency[item["order_id"]] == "EUR":
            prices[item["sku"]].append(item["unit_price"])
    changed = [sku for sku, paid in prices.items() if len(set(paid)) > 1]
    assert len(changed) > len(prices) / 2
    assert max(len(set(paid)) for paid in prices.values()) <= 5
    products = plan.products
    for i, document in enumerate(plan.catalogue()):
        assert (
            document["price"]["amount"].to_decimal() == Decimal(int(products.prices[i, -1])) / 100
        )


def test_exchange_rates_walk_and_rest_at_weekends() -> None:
    rates: dict[str, list[Decimal]] = defaultdict(list)
    for row in history(1)["exchange_rates"]:
        assert date.fromisoformat(row["rate_date"]).weekday() < 5
        rates[row["currency_code"]].append(Decimal(row["units_per_euro"]))
    assert "EUR" not in rates
    for walk in rates.values():
        steps = [abs(b / a - 1) for a, b in pairwise(walk)]
        assert max(steps) < Decimal("0.03")
        assert len(set(walk)) > 400
    first_order = history(1)["orders"][0]["ordered_at"][:10]
    assert history(1)["exchange_rates"][0]["rate_date"] < first_order


def test_documents_differ_by_type_and_nest() -> None:
    documents = list(HistoryPlan(0.02, 1, END).catalogue())
    keys = defaultdict(set)
    for document in documents:
        keys[document["type"]].add(frozenset(document["attributes"]))
        assert 1 <= len(document["category"]) <= 4
        assert document["created_at"] <= document["updated_at"]
        assert bson.decode(bson.encode(document))["_id"] == document["_id"]
    assert set(keys) == {kind.name for kind in PRODUCT_TYPES}
    assert len({frozenset(attributes) for attributes in keys.values()}) == len(PRODUCT_TYPES)
    assert {document["status"] for document in documents} == {"active", "discontinued", "draft"}
    assert any(document["variants"] for document in documents)
    assert {document["cost"]["currency"] for document in documents} == {"EUR", "USD", "CNY"}


def test_nothing_is_sold_before_its_launch_or_after_its_end() -> None:
    plan = HistoryPlan(0.02, 2, END)
    products = plan.products
    position = {sku: i for i, sku in enumerate(products.skus)}
    rows = history(2, 0.02)
    ordered = {
        order["order_id"]: int((moment(order["ordered_at"]) - datetime(1970, 1, 1)).total_seconds())
        for order in rows["orders"]
    }
    for item in rows["order_items"]:
        i = position[item["sku"]]
        assert products.launched[i] <= ordered[item["order_id"]] < products.retired[i]
        assert not products.is_draft[i]


def test_people_are_made_up_and_reachable_nowhere() -> None:
    rows = history(1)
    emails = [row["email"] for row in rows["customers"]]
    emails += [order["guest_email"] for order in rows["orders"] if order["guest_email"]]
    assert all(
        email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
        for email in emails
    )
    assert all(email.isascii() for email in emails)
    assert len(set(emails)) == len(emails)


@pytest.mark.parametrize(
    ("scale", "expected"), [(0.000001, 40), (0.1, 600), (1.0, 4000), (100.0, 60_000)]
)
def test_catalogue_grows_more_slowly_than_sales(scale: float, expected: int) -> None:
    assert product_count(scale) == pytest.approx(expected, rel=0.01)


def test_memory_follows_the_month_not_the_history() -> None:
    sizes = [
        len(columns["order_item_id"])
        for table, columns in generate(HistoryPlan(0.02, 1, END))
        if table == "order_items"
    ]
    assert len(sizes) == 24
    assert max(sizes) < 0.1 * sum(sizes)
