"""The central bank publishes its rates on the first occasion of each working day."""

from __future__ import annotations

import math
from decimal import Decimal

from orchestration.simulator.traffic.live_shop import LiveShop

_SATURDAY = 5
_DAILY_VOLATILITY = 0.004


def publish_rates(shop: LiveShop) -> bool:
    """Write the day's exchange rates, if the day has some and has none yet."""
    today = shop.now.date()
    if today == shop.rates_known_until or today.weekday() >= _SATURDAY:
        return False
    latest = shop.row("select max(rate_date) as rate_date from exchange_rates")
    shop.rates_known_until = today
    if not latest or latest["rate_date"] is None or latest["rate_date"] >= today:
        return False
    for rate in shop.rows(
        "select currency_code, units_per_euro from exchange_rates where rate_date = %s"
        " order by currency_code",
        latest["rate_date"],
    ):
        factor = Decimal(math.exp(shop.rng.gauss(0, _DAILY_VOLATILITY)))
        shop.insert(
            "exchange_rates",
            rate_date=today,
            currency_code=rate["currency_code"],
            units_per_euro=(rate["units_per_euro"] * factor).quantize(Decimal("1e-8")),
        )
    return True
