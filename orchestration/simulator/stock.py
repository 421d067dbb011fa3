"""Stock: movements in order of time, with supplies planned so that it never runs below zero."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from orchestration.simulator.bulk import Ints
from orchestration.simulator.geography import WAREHOUSES
from orchestration.simulator.seasons import DAY, weekday

WEEK = 7 * DAY
MOVEMENT_TYPES = ["receipt", "sale", "return", "transfer", "adjustment", "write_off"]
_RECEIPT = MOVEMENT_TYPES.index("receipt")
_TRANSFER = MOVEMENT_TYPES.index("transfer")
_ADJUSTMENT = MOVEMENT_TYPES.index("adjustment")

_STORE_PACK = 6
_CENTRE_PACK = 24
_WAREHOUSE_COUNT = len(WAREHOUSES)
_SERVED_BY = np.array([0] + [warehouse.served_by or 0 for warehouse in WAREHOUSES])


@dataclass(frozen=True)
class Movements:
    """Stock movements, one array cell each; `line_id` and `return_id` are 0 for none.

    Attributes:
        occurred: Second, since 1970.
        warehouse: Its id.
        product: Position of the product.
        quantity: Change of stock, with its sign.
        kind: Index into `MOVEMENT_TYPES`.
    """

    occurred: Ints
    warehouse: Ints
    product: Ints
    quantity: Ints
    kind: Ints
    line_id: Ints
    return_id: Ints

    def __len__(self) -> int:
        return len(self.occurred)

    def where(self, chosen: Ints | np.typing.NDArray[np.bool_]) -> Movements:
        """Return some of the movements, by mask or by position."""
        return Movements(*(getattr(self, field.name)[chosen] for field in fields(self)))


def no_movements() -> Movements:
    """Return a lot of zero movements."""
    return Movements(*(np.empty(0, dtype=np.int64) for _ in fields(Movements)))


def concatenate(parts: list[Movements]) -> Movements:
    """Return several lots of movements as one, in the order given."""
    return Movements(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Movements))
    )


def week_start(second: int) -> int:
    """Return the first second of the week (Monday) that holds a second since 1970."""
    day = second // DAY
    return (day - int(weekday(np.array([day]))[0])) * DAY


class StockKeeper:
    """Keeps the running stock, and orders supplies week by week.

    Every Monday, before the warehouses open, distribution centres get what the week will take from
    them, and pass on what their stores will need. That the week's sales are known by then is the
    one liberty taken here: it makes supplies follow demand, and stock never negative.

    Args:
        products: Number of products.
        start: First second of the history, since 1970.
    """

    def __init__(self, products: int, start: int) -> None:
        shape = (_WAREHOUSE_COUNT + 1, products)
        self.on_hand: Ints = np.zeros(shape, dtype=np.int64)
        self.reorder_point: Ints = np.zeros(shape, dtype=np.int64)
        self.last_moved: Ints = np.zeros(shape, dtype=np.int64)
        self._waiting = no_movements()
        self._monday = week_start(start)
        self._next_id = 1

    def advance(
        self, rng: np.random.Generator, movements: Movements, until: int
    ) -> tuple[Ints, Movements]:
        """Book the movements of whole weeks.

        Args:
            rng: Source of chance, for the times of supplies and for stocktakes.
            movements: New ones, none of them before the `until` of the call before.
            until: Second up to which movements are complete; weeks that reach beyond it wait.

        Returns:
            Ids and movements, supplies included, in order of time.
        """
        pending = concatenate([self._waiting, movements])
        booked = [no_movements()]
        while self._monday + WEEK <= until:
            in_week = pending.occurred < self._monday + WEEK
            booked.append(self._book_week(rng, pending.where(in_week), self._monday))
            pending = pending.where(~in_week)
            self._monday += WEEK
        self._waiting = pending
        return self._numbered(concatenate(booked))

    def finish(self, rng: np.random.Generator) -> tuple[Ints, Movements]:
        """Book what is left: the last week, which the history ends before its Sunday."""
        pending, self._waiting = self._waiting, no_movements()
        return self._numbered(self._book_week(rng, pending, self._monday, stocktake=False))

    def _numbered(self, movements: Movements) -> tuple[Ints, Movements]:
        ids = np.arange(self._next_id, self._next_id + len(movements))
        self._next_id += len(movements)
        return ids, movements

    def _book_week(
        self, rng: np.random.Generator, movements: Movements, monday: int, *, stocktake: bool = True
    ) -> Movements:
        if stocktake:
            movements = concatenate([movements, self._count_stock(rng, monday)])
        is_store = _SERVED_BY[movements.warehouse] > 0
        transfers = self._supply_stores(rng, movements.where(is_store), monday)
        leaving = transfers.where(transfers.quantity < 0)
        receipts = self._supply_centres(
            rng, concatenate([leaving, movements.where(~is_store)]), monday
        )
        week = concatenate([receipts, transfers, movements])
        week = week.where(np.argsort(week.occurred, kind="stable"))
        place = (week.warehouse, week.product)
        np.add.at(self.on_hand, place, week.quantity)
        np.maximum.at(self.last_moved, place, week.occurred)
        return week

    def _count_stock(self, rng: np.random.Generator, monday: int) -> Movements:
        """Make the corrections of a Sunday stocktake: a few items more or fewer than booked."""
        warehouse, product = np.nonzero(self.on_hand)
        count = len(warehouse) // 100
        picked = rng.permutation(len(warehouse))[:count]
        quantity = rng.choice([-3, -2, -1, -1, 1, 2], count)
        return _plain_movements(
            monday + 6 * DAY + rng.integers(20 * 3600, 22 * 3600, count),
            warehouse[picked],
            product[picked],
            quantity,
            _ADJUSTMENT,
        )

    def _supply_stores(
        self, rng: np.random.Generator, movements: Movements, monday: int
    ) -> Movements:
        warehouse, product, quantity = self._shortage(movements, _STORE_PACK)
        moment = monday + 6 * 3600 + rng.integers(0, 3600, len(quantity))
        return concatenate(
            [
                _plain_movements(moment, _SERVED_BY[warehouse], product, -quantity, _TRANSFER),
                _plain_movements(moment, warehouse, product, quantity, _TRANSFER),
            ]
        )

    def _supply_centres(
        self, rng: np.random.Generator, movements: Movements, monday: int
    ) -> Movements:
        warehouse, product, quantity = self._shortage(movements, _CENTRE_PACK)
        moment = monday + 5 * 3600 + rng.integers(0, 3600, len(quantity))
        return _plain_movements(moment, warehouse, product, quantity, _RECEIPT)

    def _shortage(self, movements: Movements, pack: int) -> tuple[Ints, Ints, Ints]:
        """Return where stock would run out, and how much to supply, in whole packs."""
        if not len(movements):
            empty = np.empty(0, dtype=np.int64)
            return empty, empty, empty
        products = self.on_hand.shape[1]
        key = movements.warehouse * products + movements.product
        in_order = np.lexsort((movements.occurred, key))
        key, quantity = key[in_order], movements.quantity[in_order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        running = np.cumsum(quantity)
        before = running[first] - quantity[first]
        lowest = np.minimum.reduceat(running, first) - before
        place = key[first] // products, key[first] % products
        missing = -(self.on_hand[place] + lowest)
        usual = np.maximum(self.reorder_point[place], np.maximum(missing, pack // 2))
        short = missing > 0
        self.reorder_point[place] = np.where(short, usual, self.reorder_point[place])
        supply = -(-(missing + 2 * usual) // pack) * pack
        return place[0][short], place[1][short], supply[short]


def _plain_movements(
    occurred: Ints, warehouse: Ints, product: Ints, quantity: Ints, kind: int
) -> Movements:
    zeros = np.zeros(len(occurred), dtype=np.int64)
    return Movements(
        occurred, warehouse, product, quantity, np.full(len(occurred), kind), zeros, zeros
    )
