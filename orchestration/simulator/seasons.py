"""When people buy: the shape of the year, the week and the day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.bulk import Ints

DAY = 86_400
_THURSDAY = 3  # 1970-01-01 was one

Floats = NDArray[np.float64]

#                   Jan   Feb   Mar   Apr   May   Jun   Jul   Aug   Sep   Oct   Nov   Dec
_MONTHS = np.array([0.88, 0.84, 0.92, 0.95, 0.98, 0.96, 0.90, 0.87, 1.00, 1.05, 1.35, 1.55])
#                   Mon   Tue   Wed   Thu   Fri   Sat   Sun
_WEEKDAYS = np.array([1.05, 0.98, 0.96, 1.00, 1.06, 1.12, 0.90])
_YEARLY_GROWTH = 0.18

# Weights of the 24 hours (UTC), per channel.
HOURS: dict[str, list[int]] = {
    "web": [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 12, 13, 12, 11, 11, 12, 13, 15, 18, 20, 17, 10, 5],
    "app": [3, 2, 1, 1, 1, 3, 8, 11, 9, 8, 8, 9, 12, 10, 8, 8, 10, 13, 15, 19, 23, 22, 14, 7],
    "store": [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 8, 11, 14, 12, 10, 11, 14, 15, 12, 7, 0, 0, 0, 0],
}


def weekday(days: Ints) -> Ints:
    """Return the weekday of days since 1970, Monday 0 to Sunday 6."""
    return (days + _THURSDAY) % 7


def month_of(days: Ints) -> Ints:
    """Return the month of days since 1970, January 0 to December 11."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def daily_demand(rng: np.random.Generator, first_day: int, last_day: int) -> Floats:
    """Return how much is bought on each day, relative to the others.

    Args:
        rng: Source of chance for the weather of each day.
        first_day: First day since 1970, included.
        last_day: Last day since 1970, not included.

    Returns:
        A weight per day, shape (last_day - first_day,).
    """
    days = np.arange(first_day, last_day)
    # Half of two neighbouring months at their border, so that the year has no steps.
    position = days.astype("datetime64[D]") - days.astype("datetime64[D]").astype("datetime64[Y]")
    share = position.astype(np.int64) / 366 * 12 - 0.5
    season = np.interp(
        share, np.arange(-1, 13), np.concatenate([_MONTHS[-1:], _MONTHS, _MONTHS[:1]])
    )
    growth = (1 + _YEARLY_GROWTH) ** ((days - first_day) / 365)
    weather = rng.lognormal(0, 0.08, len(days))
    demand: Floats = season * growth * weather * _WEEKDAYS[weekday(days)] * _occasion(days)
    return demand


def _occasion(days: Ints) -> Floats:
    dates = days.astype("datetime64[D]")
    months = month_of(days)
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    factor = np.ones(len(days))
    black_friday = (months == 10) & (weekday(days) == 4) & (day_of_month >= 23)
    cyber_monday = (months == 10) & (weekday(days) == 0) & (day_of_month >= 26)
    factor[black_friday] = 3.0
    factor[cyber_monday] = 2.2
    factor[(months == 11) & (day_of_month >= 24) & (day_of_month <= 26)] = 0.35
    factor[(months == 0) & (day_of_month == 1)] = 0.4
    return factor


def seconds_of_day(rng: np.random.Generator, channels: list[str], channel: Ints) -> Ints:
    """Draw the second of the day of each sale.

    Args:
        rng: Source of chance.
        channels: Names of the channels.
        channel: Index into `channels` of each sale, shape (n,).
    """
    result = np.empty(len(channel), dtype=np.int64)
    draw = rng.random(len(channel))
    within = rng.integers(0, 3600, len(channel))
    for index, name in enumerate(channels):
        chosen = channel == index
        edges = np.cumsum(HOURS[name]) / sum(HOURS[name])
        result[chosen] = np.searchsorted(edges, draw[chosen], side="right") * 3600 + within[chosen]
    return result
