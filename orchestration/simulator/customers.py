"""The customers of a history: when they came, how much they buy, and their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from orchestration.simulator.bulk import Columns, Ints, nullable, times
from orchestration.simulator.geography import MARKETS
from orchestration.simulator.people import make_people
from orchestration.simulator.seasons import DAY, Floats

_CHUNK = 50_000
MARKET_SHARES = np.array([market.weight for market in MARKETS]) / sum(m.weight for m in MARKETS)


@dataclass(frozen=True)
class Customers:
    """All customers in order of registration, one array cell each; the id is the position plus 1.

    Attributes:
        registered: Second of registration, since 1970, ascending.
        market: Index into `MARKETS`.
        activity: Running sum of how much each buys, relative to the others.
    """

    registered: Ints
    market: Ints
    activity: Floats

    def draw(self, rng: np.random.Generator, before: Ints) -> Ints:
        """Draw a customer (its position) registered before each of some seconds, shape (n,)."""
        known = np.maximum(np.searchsorted(self.registered, before), 1)
        target = rng.random(len(before)) * self.activity[known - 1]
        customer: Ints = np.searchsorted(self.activity, target, side="right")
        return customer


def make_customers(rng: np.random.Generator, count: int, start: int, end: int) -> Customers:
    """Make customers, 45 % of them from the three years before the history.

    Args:
        rng: Source of chance.
        count: How many.
        start: First second of the history, since 1970.
        end: Second after the history.
    """
    before = rng.random(count) < 0.45
    before[0] = True
    registered = np.where(
        before,
        rng.integers(start - 3 * 365 * DAY, start - DAY, count),
        rng.integers(start - DAY, end - DAY, count),
    )
    return Customers(
        registered=np.sort(registered),
        market=rng.choice(len(MARKETS), size=count, p=MARKET_SHARES),
        # A few buy every week, most once or twice.
        activity=np.cumsum(rng.pareto(1.6, count) + 0.15),
    )


def customer_columns(
    rng: np.random.Generator, customers: Customers, end: int
) -> Iterator[tuple[Columns, Columns]]:
    """Yield the rows of `customers` and of their `customer_identities`, in chunks.

    Args:
        rng: Source of chance.
        customers: Whose rows to make.
        end: Second after the history; nothing is updated later.
    """
    identity_id = 1
    for first in range(0, len(customers.registered), _CHUNK):
        registered = customers.registered[first : first + _CHUNK]
        count = len(registered)
        numbers = np.arange(first + 1, first + count + 1)
        people = make_people(rng, numbers, customers.market[first : first + _CHUNK])
        consent = rng.random(count) < 0.42
        moved = rng.random(count) < 0.15
        updated = np.where(moved, rng.integers(registered, end), registered)
        codes = [MARKETS[i].country_code for i in customers.market[first : first + _CHUNK].tolist()]
        rows: Columns = {
            "customer_id": numbers.tolist(),
            "email": people.emails,
            "first_name": people.first_names,
            "last_name": people.last_names,
            "phone": people.phones,
            "birth_date": people.birth_dates,
            "street_address": people.street_addresses,
            "city": people.cities,
            "postal_code": people.postal_codes,
            "country_code": codes,
            "customer_status": ["active"] * count,
            "has_marketing_consent": consent.astype(int).tolist(),
            "registered_at": times(registered),
            "updated_at": times(updated),
        }
        identities = _identity_columns(rng, numbers, registered, people.emails, identity_id, end)
        identity_id += len(identities["identity_id"])
        yield rows, identities


def _identity_columns(
    rng: np.random.Generator,
    numbers: Ints,
    registered: Ints,
    emails: list[str],
    first_id: int,
    end: int,
) -> Columns:
    count = len(numbers)
    has_app = rng.random(count) < 0.45
    has_card = rng.random(count) < 0.25
    anonymous = count // 20  # devices and cards that nobody has claimed
    apps = numbers[has_app]
    cards = numbers[has_card]
    app_created = rng.integers(registered[has_app], end)
    card_created = rng.integers(registered[has_card], end)
    stray = rng.choice(registered, anonymous)
    stray_created = rng.integers(stray, end)
    channels = ["web"] * count + ["app"] * len(apps) + ["store"] * len(cards)
    references = [
        *emails,
        *(f"device-{number:010d}" for number in apps.tolist()),
        *(f"card-{number:010d}" for number in cards.tolist()),
        *(f"device-x{first_id + i:09d}" for i in range(anonymous)),
    ]
    owners = np.concatenate([numbers, apps, cards, np.zeros(anonymous, dtype=np.int64)])
    created = times(np.concatenate([registered, app_created, card_created, stray_created]))
    return {
        "identity_id": list(range(first_id, first_id + len(references))),
        "channel": channels + ["app"] * anonymous,
        "external_reference": references,
        "customer_id": nullable(owners.tolist(), owners > 0),
        "created_at": created,
        "updated_at": created,
    }
