"""Simulated web events: those of the history's own orders, the same each time, fit to be read."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import SoftcartError
from orchestration.ingest.web.events import EventFormat
from orchestration.simulator.bulk import Columns
from orchestration.simulator.generator import HistoryPlan, generate
from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.history import WebHistory

PLAN = HistoryPlan(0.006, 3, date(2026, 11, 1))


@dataclass(frozen=True)
class Made:
    """A history's rows by table, and its events as the files have them."""

    rows: Mapping[str, list[dict[str, Any]]]
    files: Mapping[str, bytes]
    events: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event_type"] == kind]


def make(folder: Path, plan: HistoryPlan = PLAN) -> Made:
    rows: dict[str, list[dict[str, Any]]] = {}
    ours = EventFolder(folder)
    web = WebHistory(plan, ours)
    for table, columns in generate(plan):
        rows.setdefault(table, []).extend(_rows(columns))
        web.see(table, columns)
    web.finish()
    assert list(folder.glob("*.gz")) == []
    ours.show()
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.gz"))}
    lines = [line for file in files.values() for line in gzip.decompress(file).splitlines()]
    for number, line in enumerate(lines):
        EventFormat({}).read(line, number, "a")
    events = [json.loads(line) for line in lines]
    assert len(events) == web.events
    return Made(rows, files, events)


def _rows(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("web"))


def test_the_same_history_has_the_same_events_to_the_byte(made: Made, tmp_path: Path) -> None:
    assert make(tmp_path / "again").files == made.files
    other = make(tmp_path / "other", HistoryPlan(0.002, 4, date(2026, 11, 1)))
    ids = {event["event_id"] for event in made.events}
    assert ids.isdisjoint(event["event_id"] for event in other.events)


def test_most_online_orders_have_the_visit_that_led_to_them(made: Made) -> None:
    orders = {order["order_number"]: order for order in made.rows["orders"]}
    online = [order for order in orders.values() if order["channel"] != "store"]
    bought: dict[str, dict[str, Any]] = {}
    for event in made.of("purchase"):
        bought.setdefault(event["order_number"], event)
    assert 0.9 < len(bought) / len(online) < 0.99
    references = {
        (row["channel"], row["customer_id"]): row["external_reference"]
        for row in made.rows["customer_identities"]
    }
    carts: dict[str, Counter[str]] = {}
    for event in made.of("add_to_cart"):
        carts.setdefault(event["visitor_id"], Counter())[event["sku"]] += 1
    items: dict[int, list[str]] = {}
    for item in made.rows["order_items"]:
        items.setdefault(item["order_id"], []).append(item["sku"])
    for number, event in bought.items():
        order = orders[number]
        assert (event["channel"], event["country_code"]) == (
            order["channel"],
            order["shipping_country_code"],
        )
        customer = order["customer_id"]
        known = references.get((order["channel"], customer)) or references.get(("web", customer))
        assert event.get("user_reference") == (known if customer else None)
        assert set(items[order["order_id"]]) <= carts[event["visitor_id"]].keys()


def test_there_are_about_five_events_for_each_line_sold_online(made: Made) -> None:
    online = {o["order_id"] for o in made.rows["orders"] if o["channel"] != "store"}
    lines = sum(item["order_id"] in online for item in made.rows["order_items"])
    assert 4.5 < len(made.events) / lines < 7


def test_visits_are_as_odd_as_real_ones(made: Made) -> None:
    received = [event["received_at"] for event in made.events]
    assert all(name[7:17] >= "2024-11-01" for name in made.files)
    assert max(received) < "2026-11-01"
    copies = Counter(event["event_id"] for event in made.events)
    assert set(copies.values()) == {1, 2}
    assert any(event["occurred_at"] > event["received_at"] for event in made.events)
    assert any(event["occurred_at"][:10] < event["received_at"][:10] for event in made.events)
    robots = [event for event in made.events if "bot" in event["user_agent"]]
    assert 0.005 < len(robots) / len(made.events) < 0.1
    assert {event["event_type"] for event in robots} == {"product_view"}
    found = Counter(event["search_result_count"] > 0 for event in made.of("search"))
    assert 0.05 < found[False] / found.total() < 0.4
    buyers = {event["visitor_id"] for event in made.of("purchase")}
    abandoned = {event["visitor_id"] for event in made.of("add_to_cart")} - buyers
    assert len(abandoned) > 50
    assert {event.get("utm_medium") for event in made.of("page_view")} >= {None, "cpc", "email"}


def test_the_folder_of_a_real_shop_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text("{}\n")
    with pytest.raises(SoftcartError, match="was not made by softcart"):
        EventFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["events.ndjson"]


def test_an_interrupted_history_shows_nothing_and_the_next_takes_its_place(tmp_path: Path) -> None:
    EventFolder(tmp_path).write_day("2026-10-01", ["{}\n"])
    folder = EventFolder(tmp_path)
    folder.write_day("2026-10-02", ["{}\n"])
    folder.append("2026-10-03", "{}\n")
    folder.show()
    assert sorted(path.name for path in tmp_path.glob("*.*json*")) == [
        "events-2026-10-02.ndjson.gz"
    ]
