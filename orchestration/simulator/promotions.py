"""Promotions: seasonal percentages, amounts off, free shipping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from orchestration.simulator.bulk import Columns, money, times
from orchestration.simulator.seasons import DAY


@dataclass(frozen=True)
class Promotion:
    """A promotion.

    Attributes:
        percent_off: Whole percent, 0 unless `promotion_type` is `percent`.
        amount_off: Cents of `currency_code`, 0 unless `promotion_type` is `amount`.
        starts_at: First second, since 1970.
        ends_at: Second after the last.
        uptake: Share of the orders it could be used for that use it.
    """

    promotion_id: int
    code: str
    name: str
    promotion_type: str
    percent_off: int
    amount_off: int
    currency_code: str | None
    starts_at: int
    ends_at: int
    uptake: float


def make_promotions(rng: np.random.Generator, start: int, end: int) -> list[Promotion]:
    """Make the promotions of a history: one or two a month, and two that always hold.

    Args:
        rng: Source of chance.
        start: First second of the history, since 1970.
        end: Second after the history.
    """
    offers: list[tuple[str, str, str, int, int, str | None, int, int, float]] = [
        ("WELCOME10", "Welcome: 10 % off", "percent", 10, 0, None, start, end + 365 * DAY, 0.05),
        ("SHIPFREE", "Free shipping", "free_shipping", 0, 0, None, start, end + 365 * DAY, 0.04),
    ]
    month = np.datetime64(start, "s").astype("datetime64[M]")
    while (begins := int(month.astype("datetime64[s]").astype(np.int64))) < end:
        opened = datetime.fromtimestamp(begins, UTC)
        label = f"{opened:%b%y}".upper()
        if opened.month == 11:
            offers.append(
                (f"BLACK{opened:%y}", f"Black week {opened:%Y}", "percent", 25, 0, None,
                 begins + 22 * DAY, begins + 31 * DAY, 0.55)
            )  # fmt: skip
        percent = int(rng.choice([10, 15, 20]))
        offset = int(rng.integers(0, 15)) * DAY
        offers.append(
            (f"{label}{percent}", f"{opened:%B %Y}: {percent} % off", "percent", percent, 0, None,
             begins + offset, begins + offset + 10 * DAY, 0.22)
        )  # fmt: skip
        if rng.random() < 0.5:
            currency = str(rng.choice(["EUR", "GBP", "USD"]))
            offset = int(rng.integers(0, 20)) * DAY
            offers.append(
                (f"{label}{currency}5", f"{opened:%B %Y}: 5 {currency} off", "amount", 0, 500,
                 currency, begins + offset, begins + offset + 7 * DAY, 0.3)
            )  # fmt: skip
        month += 1
    return [Promotion(i, *offer) for i, offer in enumerate(offers, start=1)]


def promotion_columns(promotions: list[Promotion], end: int) -> Columns:
    """Return the rows of `promotions` as they stand at `end` (seconds since 1970)."""
    starts = np.array([promotion.starts_at for promotion in promotions])
    ends = np.array([promotion.ends_at for promotion in promotions])
    percents = [promotion.percent_off for promotion in promotions]
    amounts = np.array([promotion.amount_off for promotion in promotions])
    return {
        "promotion_id": [promotion.promotion_id for promotion in promotions],
        "promotion_code": [promotion.code for promotion in promotions],
        "promotion_name": [promotion.name for promotion in promotions],
        "promotion_type": [promotion.promotion_type for promotion in promotions],
        "percent_off": [f"{percent}.00" if percent else None for percent in percents],
        "amount_off": [
            text if cents else None for text, cents in zip(money(amounts), amounts, strict=True)
        ],
        "currency_code": [promotion.currency_code for promotion in promotions],
        "is_active": (ends > end).astype(int).tolist(),
        "starts_at": times(starts),
        "ends_at": times(ends),
        "updated_at": times(np.where(ends > end, np.minimum(starts, end - 1), ends)),
    }
