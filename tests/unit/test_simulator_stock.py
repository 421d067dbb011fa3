"""Supplies: whatever is sold, stock never runs below zero and nothing is lost on the way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.simulator.seasons import DAY
from orchestration.simulator.stock import (
    MOVEMENT_TYPES,
    WEEK,
    Movements,
    StockKeeper,
    week_start,
)

MONDAY = 20_759 * DAY  # 2026-11-02
PRODUCTS = 3

# Week, second of the working week, warehouse (1 to 4 centres, 5 to 8 stores), product, quantity.
moves = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(8 * 3600, WEEK - 1),
        st.integers(1, 8),
        st.integers(0, PRODUCTS - 1),
        st.integers(-40, 15).filter(bool),
    ),
    max_size=60,
)


def test_weeks_start_on_monday() -> None:
    assert np.datetime64(MONDAY, "s") == np.datetime64("2026-11-02T00:00:00")
    assert week_start(MONDAY) == week_start(MONDAY + WEEK - 1) == MONDAY
    assert week_start(MONDAY - 1) == MONDAY - WEEK


@given(moves=moves, seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_sales_are_supplied_and_every_movement_is_kept(
    moves: list[tuple[int, int, int, int, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    keeper = StockKeeper(PRODUCTS, MONDAY)
    rows = np.array(
        [
            (MONDAY + week * WEEK + second, warehouse, product, quantity, 1, i, 0)
            for i, (week, second, warehouse, product, quantity) in enumerate(moves, start=1)
        ],
        dtype=np.int64,
    ).reshape(-1, 7)
    booked = []
    # Months do not end with weeks, so movements arrive in lots that cut through them; the last
    # week is a part of one.
    for begins, ends in pairwise([0, 10 * DAY, 25 * DAY, 6 * WEEK]):
        in_lot = (rows[:, 0] >= MONDAY + begins) & (rows[:, 0] < MONDAY + ends)
        until = MONDAY + min(ends, 6 * WEEK - 3 * DAY)
        booked.append(keeper.advance(rng, Movements(*rows[in_lot].T), until))
    booked.append(keeper.finish(rng))

    ids = np.concatenate([lot[0] for lot in booked])
    assert ids.tolist() == list(range(1, len(ids) + 1))
    stock: dict[tuple[int, int], int] = {}
    latest = 0
    kept = []
    for _, lot in booked:
        for i in range(len(lot)):
            assert lot.occurred[i] >= latest
            latest = int(lot.occurred[i])
            place = int(lot.warehouse[i]), int(lot.product[i])
            stock[place] = stock.get(place, 0) + int(lot.quantity[i])
            assert stock[place] >= 0
            if lot.line_id[i]:
                kept.append(int(lot.line_id[i]))
            else:
                assert MOVEMENT_TYPES[lot.kind[i]] in ("receipt", "transfer", "adjustment")
    assert sorted(kept) == list(range(1, len(moves) + 1))
    for place, quantity in stock.items():
        assert keeper.on_hand[place] == quantity
