"""The law: for any history of changes cut into any runs, the warehouse equals a rebuild."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from differences import empty_tables
from histories import random_histories, random_runs
from law import Case, breaches, cut_down
from operations import Row, Transaction
from warehouses import Shop

from orchestration.settings import Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

# So many touch every table.
ENOUGH: Final = 200
HISTORIES: Final = int(os.environ.get("SOFTCART_TEST_LAW_HISTORIES", ENOUGH))
# One seed for CI, so that a red build is the doing of its change; new ones for `make soak`.
SEEDS: Final = os.environ.get("SOFTCART_TEST_LAW_SEED", "1").split() + [
    secrets.token_hex(4) for _ in range(int(os.environ.get("SOFTCART_TEST_LAW_MORE", "0")))
]
REGRESSIONS: Final = Path(__file__).with_name("regressions")

OpenShop = Callable[[Path], AbstractContextManager[Settings]]


@pytest.fixture(scope="module")
def shop(
    open_shop: OpenShop, servers: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("law")) as settings:
        shop = Shop(settings, admin=servers, day=datetime.now(UTC).date())
        yield shop
        shop.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_random_histories_in_random_runs(shop: Shop, seed: str) -> None:
    runs = random_runs(seed)
    histories = random_histories(seed, HISTORIES, len(runs))
    found = breaches(shop, histories, runs)
    if found:
        # First of all, for the search that follows is long.
        print(f"\nSOFTCART_TEST_LAW_SEED={seed} breaks the law:", *found[:20], sep="\n")  # noqa: T201
        pytest.fail(f"The shortest case:\n{cut_down(shop, histories, runs, found)}")
    # Of what no history touches, nothing was proven. Nothing is dated to the day of the test.
    untouched = [name for name in empty_tables(shop.settings) if "live_" not in name]
    assert untouched == [] or len(histories) < ENOUGH


def test_histories_that_broke_the_law_or_nearly_did(shop: Shop) -> None:
    cases = [(file.stem, Case.read(file)) for file in sorted(REGRESSIONS.glob("*.yml"))]
    cases.sort(key=lambda case: len(case[1].runs))
    broken = []
    while cases:
        # All that are content with the runs of the longest share a warehouse.
        runs = cases[-1][1].runs
        fitting = {name: case.amid(runs) for name, case in cases}
        shared = [(name, history) for name, history in fitting.items() if history is not None]
        cases = [(name, case) for name, case in cases if fitting[name] is None]
        for found in breaches(shop, {n: history for n, (_, history) in enumerate(shared)}, runs):
            name = "all" if found.history is None else shared[found.history][0]
            broken.append(f"{name}: {found}")
    assert broken == []


def test_a_wrong_row_is_found_and_cut_down_to_what_made_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harness can fail: what a wrong model would do to an order's row is done by hand."""
    monkeypatch.setattr(shop, "everything", ["+fct_orders"])
    runs = random_runs("planted")[-1:]
    planted: Transaction = [
        {"insert": "orders", "row": {"order_id": 8, "order_status": "paid", **_ORDER}},
        {"insert": "warehouses", "row": {"warehouse_id": 2, **_WAREHOUSE}},
        {"update": "orders", "key": {"order_id": 8}, "set": {"order_status": "cancelled"}},
    ]
    histories = random_histories("planted", 3, 1) | {3: [[planted]]}

    def tamper(shop: Shop) -> None:
        shop.in_warehouse(
            "update marts.fct_orders set line_count = 7 "
            "where order_number like '%planted' and is_cancelled"
        )

    found = breaches(shop, histories, runs, tamper)
    assert [(each.table, each.history) for each in found] == [("marts.fct_orders", 3)]
    assert "line_count: 7 -> 0" in str(found[0])
    case = cut_down(shop, histories, runs, found, tamper)
    assert case == Case(runs, [[[planted[0], planted[2]]]])


_ORDER: Row = {
    "order_number": "~planted",
    "channel": "web",
    "shipping_country_code": "NL",
    "currency_code": "EUR",
    "total_amount": "10.0000",
    "ordered_at": "@-3 12:00:00",
}
_WAREHOUSE: Row = {
    "warehouse_code": "~2",
    "warehouse_name": "North",
    "city": "Ghent",
    "country_code": "BE",
    "opened_on": "@-40",
}
