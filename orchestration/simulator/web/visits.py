"""Visits of a month: those that end in its orders, those that end in nothing, and robots'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.bulk import Ints
from orchestration.simulator.web.visitors import (
    ADD,
    CHECKOUT,
    LANDING,
    LOGIN,
    PURCHASE,
    REMOVE,
    SEARCH,
    VIEW,
)

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# Of orders; the others' customers let nothing be told of them.
_TRACKED: Final = 0.95
# For each order: visits of customers before theirs, of people who never buy, and of robots.
_BEFORE, _IDLE, _ROBOTS = 0.9, 0.9, 0.012
_LONGEST_BEFORE: Final = 25 * DAY
_ENDS: Final = 1000  # the rank, within a visit, from which only its end comes

# Numbers of visitors, apart from each other: customers' devices, guests, strangers, robots.
_GUEST, _STRANGER, _ROBOT = 1 << 40, 1 << 44, 1 << 48


@dataclass(frozen=True)
class OnlineOrders:
    """The orders of a month that were placed on the site or in the app, and their lines.

    Attributes:
        order_id: Of each order.
        customer: Its id, 0 of a guest.
        is_app: Whether it came from the app.
        ordered: In milliseconds since 1970.
        line_order: Position of each line's order.
        line_number: From 1.
    """

    order_id: Ints
    customer: Ints
    is_app: NDArray[np.bool_]
    ordered: Ints
    line_order: Ints
    line_number: Ints


@dataclass(frozen=True)
class Visits:
    """Visits, and their events in the order of visit and time.

    Attributes:
        visitor: Number of each visit's cookie or device.
        customer: Id of whoever is known to visit, 0 of others.
        is_app: Whether it is a visit of the app.
        is_robot: Whether it is nobody's.
        like_order: Position of an order from the same country.
        remembers: Whether the visitor is logged in from the start.
        visit: Position of each event's visit.
        kind: Index into `KINDS`.
        is_ending: Whether a visitor who logs in has done so.
        line: Position of the order line whose product it is about, -1 for none.
        order: Position of the order that a purchase makes, -1 for none.
        occurred: In milliseconds since 1970.
    """

    visitor: Ints
    customer: Ints
    is_app: NDArray[np.bool_]
    is_robot: NDArray[np.bool_]
    like_order: Ints
    remembers: NDArray[np.bool_]
    visit: Ints
    kind: Ints
    is_ending: NDArray[np.bool_]
    line: Ints
    order: Ints
    occurred: Ints


class _Steps:
    """Events as they are thought of: visit, rank within it, kind, line, order."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, ...]] = []

    def add(
        self,
        kind: int,
        visit: Ints,
        rank: Ints | int,
        line: Ints | int = -1,
        order: Ints | int = -1,
    ) -> None:
        """Add an event of a kind to each of some visits."""
        rest = (
            np.broadcast_to(np.asarray(each), visit.shape) for each in (rank, kind, line, order)
        )
        self._parts.append((visit, *rest))

    def sorted(self) -> Sequence[Ints]:
        """Return the columns in the order of visit and rank."""
        visit, rank, kind, line, order = map(np.concatenate, zip(*self._parts, strict=True))
        in_order = np.lexsort((rank, visit))
        return [column[in_order] for column in (visit, rank, kind, line, order)]


def make_visits(rng: np.random.Generator, orders: OnlineOrders, begins: int) -> Visits:
    """Make the visits of a month.

    Args:
        rng: Source of chance.
        orders: At least one.
        begins: The month's first millisecond since 1970.
    """
    count = len(orders.order_id)
    tracked = np.flatnonzero(rng.random(count) < _TRACKED)
    buying = len(tracked)
    before = rng.integers(0, count, round(count * _BEFORE))
    idle = rng.integers(0, count, round(count * _IDLE))
    robots = rng.integers(0, count, max(1, round(count * _ROBOTS)))
    like = np.concatenate([tracked, before, idle, robots])
    browsing = np.arange(buying, buying + len(before) + len(idle))
    crawling = np.arange(browsing[-1] + 1 if len(browsing) else buying, len(like))
    is_robot = np.arange(len(like)) >= crawling[0]
    is_stranger = np.arange(len(like)) >= buying + len(before)
    customer = np.where(is_stranger, 0, orders.customer[like])
    is_app = np.where(is_stranger, rng.random(len(like)) < 0.3, orders.is_app[like]) & ~is_robot

    steps = _Steps()
    first_line = np.searchsorted(orders.line_order, np.arange(count))
    _buy(rng, steps, orders, tracked, first_line)
    _browse(rng, steps, browsing, len(orders.line_order), first_line[like[browsing]], len(before))
    pages = rng.integers(8, 25, len(crawling))
    crawled = np.repeat(crawling, pages)
    any_line = rng.integers(0, len(orders.line_order), len(crawled))
    steps.add(VIEW, crawled, np.arange(len(crawled)), any_line)

    visit, rank, kind, line, order = steps.sorted()
    gap = rng.integers(3_000, 90_000, len(visit))
    gap[is_robot[visit]] = rng.integers(500, 2_000, int(is_robot[visit].sum()))
    running = np.cumsum(gap)
    first = np.searchsorted(visit, np.arange(len(like)))
    last = np.searchsorted(visit, np.arange(len(like)), side="right") - 1
    ordered = orders.ordered[like]
    # A customer looks around before the order that follows, in the same month.
    ahead = np.minimum(_LONGEST_BEFORE, np.maximum(ordered - begins, HOUR))
    started = ordered - (rng.random(len(like)) * ahead).astype(np.int64)
    started[:buying] = (ordered - running[last] + running[first])[:buying]
    return Visits(
        visitor=_visitors(rng, orders, like, customer, is_app, is_stranger, is_robot, begins),
        customer=customer,
        is_app=is_app,
        is_robot=is_robot,
        like_order=like,
        remembers=rng.random(len(like)) < 0.5,
        visit=visit,
        kind=kind,
        is_ending=rank > _ENDS,
        line=line,
        order=order,
        occurred=started[visit] + running - running[first][visit],
    )


def _buy(
    rng: np.random.Generator, steps: _Steps, orders: OnlineOrders, tracked: Ints, first_line: Ints
) -> None:
    """Add the events of the visits that end in an order; the visits are the first ones."""
    visits = np.arange(len(tracked))
    steps.add(LANDING, visits, 0)
    searching = rng.random(len(tracked)) < 0.35
    steps.add(SEARCH, visits[searching], 1, first_line[tracked[searching]])
    visit_of = np.full(len(orders.order_id), -1)
    visit_of[tracked] = visits
    lines = np.flatnonzero(visit_of[orders.line_order] >= 0)
    viewed = lines[rng.random(len(lines)) < 0.7]
    for kind, some in ((VIEW, viewed), (ADD, lines)):
        steps.add(
            kind,
            visit_of[orders.line_order[some]],
            2 * orders.line_number[some] + (kind == ADD),
            some,
        )
    steps.add(CHECKOUT, visits, _ENDS)
    members = (orders.customer[tracked] > 0) & (rng.random(len(tracked)) < 0.6)
    steps.add(LOGIN, visits[members], _ENDS + 1)
    steps.add(PURCHASE, visits, _ENDS + 2, order=tracked)


def _browse(
    rng: np.random.Generator,
    steps: _Steps,
    visits: Ints,
    lines: int,
    wanted: Ints,
    customers: int,
) -> None:
    """Add the events of visits without an order, the first of which are customers'."""
    count = len(visits)
    any_line = rng.integers(0, lines, (4, count))
    # Half of the customers look at what they will buy.
    for_later = (np.arange(count) < customers) & (rng.random(count) < 0.5)
    any_line[1] = np.where(for_later, wanted, any_line[1])
    steps.add(LANDING, visits, 0)
    searching = rng.random(count) < 0.3
    steps.add(SEARCH, visits[searching], 1, any_line[1][searching])
    views = rng.integers(0, 4, count)
    for number in (1, 2, 3):
        some = views >= number
        steps.add(VIEW, visits[some], 1 + number, any_line[number][some])
    # What is put into a cart was looked at before; most carts are left behind.
    carts = (views > 0) & (rng.random(count) < 0.3)
    steps.add(ADD, visits[carts], 10, any_line[1][carts])
    removed = carts & (rng.random(count) < 0.15)
    steps.add(REMOVE, visits[removed], 11, any_line[1][removed])
    leaving = carts & ~removed & (rng.random(count) < 0.3)
    steps.add(CHECKOUT, visits[leaving], _ENDS)
    logging_in = (np.arange(count) < customers) & (rng.random(count) < 0.1)
    steps.add(LOGIN, visits[logging_in], _ENDS + 1)


def _visitors(
    rng: np.random.Generator,
    orders: OnlineOrders,
    like: Ints,
    customer: Ints,
    is_app: NDArray[np.bool_],
    is_stranger: NDArray[np.bool_],
    is_robot: NDArray[np.bool_],
    begins: int,
) -> Ints:
    """Return the number of each visit's cookie or device."""
    has_other_device = rng.random(len(like)) < 0.15
    number = np.arange(len(like)) + begins // DAY * 2**22
    visitor: Ints = np.select(
        [is_robot, is_stranger, customer > 0],
        [_ROBOT + number, _STRANGER + number, customer * 4 + is_app * 2 + has_other_device],
        _GUEST + orders.order_id[like],
    )
    return visitor
