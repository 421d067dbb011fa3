"""Daily exchange rates: random walks that pull back to where they came from; none at weekends."""

from __future__ import annotations

import numpy as np

from orchestration.simulator.bulk import Columns, times
from orchestration.simulator.geography import CURRENCIES
from orchestration.simulator.seasons import DAY, weekday

_PULL = 0.004  # share of the distance to the start rate that a day takes back
_PUBLISHED_AT = 15 * 3600  # second of the day (UTC)


def exchange_rate_columns(rng: np.random.Generator, first_day: int, last_day: int) -> Columns:
    """Make the rows of `exchange_rates`; the euro itself has none.

    Args:
        rng: Source of chance.
        first_day: First day since 1970, included.
        last_day: Last day since 1970, not included.
    """
    days = np.arange(first_day, last_day)
    workdays = days[weekday(days) < 5]
    names = np.datetime_as_string(workdays.astype("datetime64[D]")).tolist()
    updated = times(workdays * DAY + _PUBLISHED_AT)
    foreign = [currency for currency in CURRENCIES if currency.currency_code != "EUR"]
    walks = {}
    for currency in foreign:
        steps = rng.normal(0, currency.daily_volatility, len(workdays)).tolist()
        distance = 0.0
        walk = []
        for step in steps:
            distance += step - _PULL * distance
            walk.append(f"{currency.start_rate * np.exp(distance):.8f}")
        walks[currency.currency_code] = walk
    return {
        "rate_date": [day for day in names for _ in foreign],
        "currency_code": [currency.currency_code for _ in names for currency in foreign],
        "units_per_euro": [
            walks[currency.currency_code][i] for i in range(len(names)) for currency in foreign
        ],
        "updated_at": [moment for moment in updated for _ in foreign],
    }
