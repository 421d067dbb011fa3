"""How orders are paid: attempts, captures, cancellations with their refund."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.bulk import Ints
from orchestration.simulator.sales import STORE, Sales
from orchestration.simulator.seasons import DAY

NEVER = np.iinfo(np.int64).max

PROVIDERS = ["card", "paypal", "klarna", "bank_transfer", "terminal", "cash"]
_BANK_TRANSFER = 3
CHARGE, REFUND = range(2)
PENDING, CAPTURED, FAILED = range(3)
PAYMENT_TYPES = ["charge", "refund"]
PAYMENT_STATUSES = ["pending", "captured", "failed"]


@dataclass(frozen=True)
class Payments:
    """Payments, one array cell each; `return_id` is 0 for none, `amount` cents with its sign."""

    order: Ints
    return_id: Ints
    kind: Ints
    provider: Ints
    status: Ints
    amount: Ints
    paid: Ints


@dataclass(frozen=True)
class Settlement:
    """What became of each order's payment, one cell per order.

    Attributes:
        provider: Index into `PROVIDERS`.
        captured: Second of the capture, `NEVER` if there is none by the end of the history.
        cancelled: Second of the cancellation, `NEVER` if there is none.
        payments: All attempts, and the refunds of cancelled orders.
    """

    provider: Ints
    captured: Ints
    cancelled: Ints
    payments: Payments


def settle(rng: np.random.Generator, sales: Sales, end: int) -> Settlement:
    """Decide how each order is paid, as known at `end` (seconds since 1970).

    An order that is not cancelled, and is paid, has captured charges of exactly its total.
    """
    count = len(sales.order_id)
    in_store = sales.channel == STORE
    provider = np.where(
        in_store,
        rng.choice([4, 5], size=count, p=[0.85, 0.15]),
        rng.choice([0, 1, 2, 3], size=count, p=[0.52, 0.26, 0.14, 0.08]),
    )
    fails = ~in_store & (rng.random(count) < 0.04)
    gives_up = fails & (rng.random(count) < 0.25)
    tried = sales.ordered + np.where(in_store, 0, rng.integers(5, 180, count))
    fails &= tried < end
    gives_up &= fails
    captured = np.where(
        provider == _BANK_TRANSFER,
        sales.ordered + rng.integers(DAY, 4 * DAY, count),
        tried + np.where(fails, rng.integers(60, 3600, count), 0),
    )
    captured[gives_up | (captured >= end)] = NEVER

    abandons = sales.ordered + rng.integers(2 * 3600, 48 * 3600, count)
    regrets = np.where(captured < end, captured, 0) + rng.integers(600, 10 * 3600, count)
    changes_mind = ~in_store & (captured < end) & (rng.random(count) < 0.03)
    refund_delay = rng.integers(30, 600, count)
    cancelled = np.where(gives_up, abandons, np.where(changes_mind, regrets, NEVER))
    cancelled[cancelled >= end - 600] = NEVER

    everyone = np.arange(count)
    failed = everyone[fails]
    waits = everyone[~gives_up & (captured == NEVER)]
    paid = everyone[captured < end]
    refunded = everyone[(captured < end) & (cancelled < end)]
    parts = [
        _payments(failed, CHARGE, FAILED, provider, sales.total, tried),
        _payments(waits, CHARGE, PENDING, provider, sales.total, sales.ordered),
        _payments(paid, CHARGE, CAPTURED, provider, sales.total, captured),
        _payments(refunded, REFUND, CAPTURED, provider, -sales.total, cancelled + refund_delay),
    ]
    return Settlement(provider, captured, cancelled, concatenate(parts))


def concatenate(parts: list[Payments]) -> Payments:
    """Return several lots of payments as one."""
    return Payments(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Payments.__dataclass_fields__
        )
    )


def _payments(
    orders: Ints, kind: int, status: int, provider: Ints, amount: Ints, paid: Ints
) -> Payments:
    return Payments(
        order=orders,
        return_id=np.zeros(len(orders), dtype=np.int64),
        kind=np.full(len(orders), kind),
        provider=provider[orders],
        status=np.full(len(orders), status),
        amount=amount[orders],
        paid=paid[orders],
    )


def is_fulfilled(settlement: Settlement, end: int) -> NDArray[np.bool_]:
    """Return whether each order is paid and not cancelled, so that it goes out."""
    return (settlement.captured < end) & (settlement.cancelled >= end)
