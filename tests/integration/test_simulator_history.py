"""A history in real servers: sound, whole or absent, the same by either way of writing."""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import Any

import pytest
from shop_rules import broken_rules

from orchestration.cli import main
from orchestration.connections import connect_mongo, connect_mysql
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.bulk import BulkWriter, connect_for_bulk
from orchestration.simulator.history import simulate_history
from orchestration.simulator.schema import TABLES, apply_schema, filled_tables
from orchestration.simulator.shop import PRODUCTS, filling

pytestmark = pytest.mark.servers

NASTY = ["", "\\N", "NULL", "a\tb\nc\r\0d\\e", "'\"`", "Łódź 🛒", " x ", None, "\\", "%s"]


def contents(settings: Settings) -> dict[str, list[Any]]:
    """Return every row and document of the shop."""
    found: dict[str, list[Any]] = {}
    with connect_mysql(settings) as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select * from {table} order by 1, 2")
            found[table] = list(cursor.fetchall())
    found[PRODUCTS] = list(connect_mongo(settings)[PRODUCTS].find().sort("_id"))
    return found


def test_history_is_sound_and_repeats_to_the_byte(shop: Settings) -> None:
    summary = simulate_history(shop, scale=0.004, seed=4)
    first = contents(shop)
    assert {table: len(rows) for table, rows in first.items()} == {
        **summary.rows,
        PRODUCTS: summary.products,
    }
    assert summary.rows["order_items"] == 4_000
    assert broken_rules(shop) == {}
    assert summary.bulk_loaded

    simulate_history(shop, scale=0.004, seed=4, replace=True)
    assert contents(shop) == first


def test_both_ways_of_writing_leave_the_same_rows(shop: Settings) -> None:
    written = []
    for loads_files in (True, False):
        with connect_for_bulk(shop) as connection:
            apply_schema(connection)
            writer = BulkWriter(connection)
            assert writer.loads_files
            writer.loads_files = loads_files
            count = writer.write(
                "customers",
                {
                    "customer_id": list(range(1, len(NASTY) + 1)),
                    "last_name": NASTY,
                    "birth_date": ["1990-01-02", *[None] * (len(NASTY) - 1)],
                    "country_code": ["GB"] * len(NASTY),
                    "registered_at": ["2026-01-02T03:04:05"] * len(NASTY),
                    "updated_at": ["2026-01-02T03:04:05"] * len(NASTY),
                },
            )
            assert count == len(NASTY)
            with connection.cursor() as cursor:
                cursor.execute("select * from customers order by customer_id")
                written.append(cursor.fetchall())
            connection.rollback()
    assert written[0] == written[1]
    assert [row[3] for row in written[0]] == NASTY


@pytest.mark.parametrize(
    "columns",
    [
        {"rate_date": ["2026-01-01"], "currency_code": ["GBP"], "units_per_euro": ["much"]},
        {"rate_date": ["2026-01-01"], "currency_code": ["GBPX"], "units_per_euro": ["1"]},
        {
            "rate_date": ["2026-01-01"] * 2,
            "currency_code": ["GBP"] * 2,
            "units_per_euro": ["1"] * 2,
        },
    ],
    ids=["not a number", "too long", "key twice"],
)
def test_a_row_that_the_server_would_bend_or_skip_is_refused(
    shop: Settings, columns: dict[str, list[str]]
) -> None:
    with connect_for_bulk(shop) as connection:
        apply_schema(connection)
        with pytest.raises(SoftcartError, match="Table exchange_rates took"):
            BulkWriter(connection).write("exchange_rates", columns)


def test_a_shop_that_is_not_empty_is_left_as_it_is(shop: Settings) -> None:
    simulate_history(shop, scale=0.001, seed=1)
    before = contents(shop)
    with pytest.raises(SoftcartError, match="not empty") as refusal:
        simulate_history(shop, scale=0.001, seed=2)
    assert "softcart simulate traffic" in refusal.value.remedy
    assert "--replace" in refusal.value.remedy
    assert contents(shop) == before


def test_a_catalogue_of_somebody_else_is_left_as_it_is(shop: Settings) -> None:
    catalogue = connect_mongo(shop)
    catalogue[PRODUCTS].insert_one({"_id": "MINE"})
    with pytest.raises(SoftcartError, match=r"catalogue .* is not empty"):
        simulate_history(shop, scale=0.001, seed=1)
    assert [document["_id"] for document in catalogue[PRODUCTS].find()] == ["MINE"]
    with connect_mysql(shop) as connection:
        assert filled_tables(connection) == []


def _die_at(settings: Settings, last_task: str, last_done: int) -> None:
    def report(task: str, done: int, total: int | None = None) -> None:
        if task == last_task and done >= last_done:
            os._exit(137)

    simulate_history(settings, scale=0.004, seed=4, report=report)


@pytest.mark.parametrize(("task", "done"), [("order lines", 2_000), ("products", 1)])
def test_a_process_that_dies_leaves_an_empty_shop_that_the_next_one_fills(
    shop: Settings, task: str, done: int
) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_at, args=(shop, task, done))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == 137
    with connect_mysql(shop) as connection:
        assert filled_tables(connection) == []

    simulate_history(shop, scale=0.004, seed=4)
    assert broken_rules(shop) == {}
    names = connect_mongo(shop).list_collection_names()
    assert names == [PRODUCTS]


def test_a_connection_lost_in_mid_run_is_told_and_leaves_an_empty_shop(shop: Settings) -> None:
    def lose_connection(task: str, done: int, total: int | None = None) -> None:
        if done < 2_000:
            return
        with connect_mysql(shop) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select id from information_schema.processlist"
                " where db = database() and id <> connection_id()"
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"kill {number}")

    with pytest.raises(SoftcartError, match=r"MySQL at .* failed while the shop was filled"):
        simulate_history(shop, scale=0.004, seed=4, report=lose_connection)
    with connect_mysql(shop) as connection:
        assert filled_tables(connection) == []


def test_a_shop_is_filled_by_one_process_at_a_time(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.simulator.shop._CLAIM_SECONDS", 0)
    with filling(shop), pytest.raises(SoftcartError, match="being filled by another process"):
        simulate_history(shop, scale=0.001, seed=1)
    simulate_history(shop, scale=0.001, seed=1)


@pytest.mark.parametrize(
    ("scale", "seed", "what"), [(0, 1, "scale 0"), (-1, 1, "scale -1"), (0.1, -1, "Seed -1")]
)
def test_arguments_that_make_no_history_are_refused(scale: float, seed: int, what: str) -> None:
    with pytest.raises(SoftcartError, match=what):
        simulate_history(Settings(_env_file=None), scale=scale, seed=seed)


def test_command_fills_once_and_says_what_it_did(
    shop_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in shop_environment.items():
        monkeypatch.setenv(name, value)

    def softcart(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["softcart", "simulate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capfd.readouterr()

    code, printed, _ = softcart("history", "--scale", "0.001", "--seed", "2")
    assert code == 0
    assert "order_items" in printed
    assert "1,000" in printed
    code, _, complaint = softcart("history")
    assert code == 1
    assert "not empty" in complaint
    code, printed, _ = softcart("history", "--if-empty")
    assert code == 0
    assert "nothing to do" in printed
    code, printed, _ = softcart("traffic", "--events", "20")
    assert code == 0
    assert "20 events" in printed
