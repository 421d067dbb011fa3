"""Live traffic keeps every rule of the shop, whatever happens in whatever order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from shop_rules import broken_rules

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.schema import TABLES
from orchestration.simulator.shop import PRODUCTS
from orchestration.simulator.traffic import simulate_traffic
from orchestration.simulator.traffic.run import _EVENTS

pytestmark = pytest.mark.servers


def state(settings: Settings) -> dict[str, list[Any]]:
    """Return the shop's rows and documents, but for the server's own times."""
    found: dict[str, list[Any]] = {}
    with connect_mysql(settings) as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select * from {table} order by 1, 2")
            names = [column[0] for column in cursor.description or ()]
            found[table] = [
                tuple(cell for name, cell in zip(names, row, strict=True) if name != "updated_at")
                for row in cursor.fetchall()
            ]
    found[PRODUCTS] = list(connect_mongo(settings)[PRODUCTS].find().sort("_id"))
    return found


def test_many_events_keep_every_rule(shop: Settings) -> None:
    # A Monday is the last day: the next day has exchange rates of its own.
    simulate_history(shop, scale=0.005, seed=3, end=date(2026, 11, 3))
    before = state(shop)
    happened: set[str] = set()
    for seed in range(3):
        summary = simulate_traffic(shop, events=350, seed=seed)
        assert sum(summary.events.values()) == 350
        assert broken_rules(shop) == {}, seed
        happened |= set(summary.events)
    assert happened == {*_EVENTS, "exchange rates published"}

    after = state(shop)
    for table in ("orders", "customers", PRODUCTS):
        keys = "_id" if table == PRODUCTS else 0
        old, new = ({row[keys] for row in rows[table]} for rows in (before, after))
        assert new - old, f"no {table} came"
        assert old - new, f"no {table} went"


def test_same_shop_and_seed_lead_to_the_same_shop_with_its_visits_told_or_not(
    shop: Settings, tmp_path: Path
) -> None:
    ends = []
    for seed, web_dir in ((7, None), (7, tmp_path / "web"), (8, None)):
        settings = shop.model_copy(update={"web_dir": web_dir})
        simulate_history(settings, scale=0.002, seed=1, replace=True)
        before = {row[0] for row in state(shop)["orders"]}
        simulate_traffic(settings, events=120, seed=seed)
        ends.append(state(shop))
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]

    lines = [
        json.loads(line)
        for file in (tmp_path / "web").glob("traffic-*.ndjson")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    told = [line["order_number"] for line in lines if line["event_type"] == "purchase"]
    assert len(told) == len(set(told))
    placed = {row[1] for row in ends[1]["orders"] if row[0] not in before and "store" not in row}
    # An order may have been deleted since.
    assert placed
    assert placed <= set(told)
    assert any(line.get("user_reference") for line in lines)


def test_clock_goes_on_where_the_shop_stopped(shop: Settings) -> None:
    simulate_history(shop, scale=0.001, seed=1)
    first = simulate_traffic(shop, events=60, seed=1)
    second = simulate_traffic(shop, events=1, seed=1)
    assert first.begins < first.ends
    assert first.begins < second.begins <= first.ends < second.ends


def test_server_keeps_the_time_of_each_change(shop: Settings) -> None:
    simulate_history(shop, scale=0.001, seed=1)
    with connect_mysql(shop) as connection, connection.cursor() as cursor:
        cursor.execute("select current_timestamp(6)")
        (now,) = cursor.fetchone()
        simulate_traffic(shop, events=60, seed=1)
        connection.rollback()
        cursor.execute("select count(*) from orders where updated_at >= %s", (now,))
        (changed,) = cursor.fetchone()
    assert changed > 5


def test_an_empty_shop_has_no_traffic(shop: Settings) -> None:
    with pytest.raises(SoftcartError, match="nothing to sell") as refusal:
        simulate_traffic(shop, events=1, seed=1)
    assert "softcart simulate history" in refusal.value.remedy
