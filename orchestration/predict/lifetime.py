"""What customers will still buy: BG/NBD for how often, gamma-gamma for how much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psycopg

from orchestration.connections import connect_postgres
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.predict import DAYS
from orchestration.predict.beta_geometric import BetaGeometric, Purchases
from orchestration.predict.gamma_gamma import GammaGamma
from orchestration.predict.likelihood import Numbers
from orchestration.predict.published import prepare, publish
from orchestration.settings import Settings
from orchestration.warehouse.locks import sole_writer

# Ten for each parameter of the model: from fewer, chance says more than customers do.
FEWEST_RETURNING: Final = 40

_PERSONS: Final = """
select person_key, repeat_count, recency_days, age_days, average_repeat_amount
from intermediate.int_person_purchases
order by person_key
"""


class TooFewCustomersError(SoftcartError):
    """Nothing can be told of customers of whom hardly any has come back yet."""


@dataclass(frozen=True)
class Persons:
    """What persons bought until now, an element each; `int_person_purchases` says the rules.

    Attributes:
        keys: The persons.
        purchases: Days with orders after the first; times in days.
        amounts: Net sales of a repeat purchase, on average; not above 0 where none is known.
    """

    keys: list[str]
    purchases: Purchases
    amounts: Numbers

    @property
    def paying(self) -> Numbers:
        """How many purchases `amounts` is an average of; 0 where it is not above 0."""
        return np.where(self.amounts > 0, self.purchases.repeats, 0.0)


@dataclass(frozen=True)
class Lifetimes:
    """The models of one prediction, and what they say of each person.

    Attributes:
        days: How far ahead.
        purchase_model: How often they buy, and whether they still do.
        amount_model: What a purchase is worth.
        alive: How likely each still buys.
        counts: How many purchases each is expected to make.
        amounts: What one is expected to be worth, in the reporting currency.
    """

    days: int
    purchase_model: BetaGeometric
    amount_model: GammaGamma
    alive: Numbers
    counts: Numbers
    amounts: Numbers


@dataclass(frozen=True)
class LifetimeReport:
    """What a prediction did.

    Attributes:
        days: How far ahead.
        persons: Of whom something was predicted.
        returning: Of them, those who had bought again: the models know customers by these.
        purchase_model: How often they buy, and whether they still do.
        amount_model: What a purchase is worth.
        expected_purchases: Of all persons.
        expected_amount: Of all persons, in the reporting currency.
        seconds: Wall time.
    """

    days: int
    persons: int
    returning: int
    purchase_model: BetaGeometric
    amount_model: GammaGamma
    expected_purchases: float
    expected_amount: float
    seconds: float


def predict_lifetimes(
    settings: Settings, report: ReportProgress = no_progress, *, days: int = DAYS
) -> LifetimeReport:
    """Predict what every person will buy, and publish it in place of the last prediction.

    Args:
        settings: Which warehouse.
        report: Told of each step.
        days: How far ahead.

    Raises:
        TooFewCustomersError: Too few customers have come back. The last prediction stays.
        SoftcartError: The models are not built, or another prediction is at work; it stays too.
    """
    started = time.monotonic()
    with closing(connect_postgres(settings, autocommit=True)) as warehouse:
        prepare(warehouse)
        with sole_writer(warehouse, "predict"):
            report("Reading purchases", 0, 3)
            persons = read_persons(warehouse)
            report("Fitting models", 1, 3)
            found = predict(persons, days)
            report("Publishing", 2, 3)
            publish(warehouse, _rows(persons, found))
            report("Publishing", 3, 3)
    return LifetimeReport(
        days=days,
        persons=len(persons.keys),
        returning=int(np.count_nonzero(persons.purchases.repeats)),
        purchase_model=found.purchase_model,
        amount_model=found.amount_model,
        expected_purchases=float(found.counts.sum()),
        expected_amount=float(found.counts @ found.amounts),
        seconds=time.monotonic() - started,
    )


def predict(persons: Persons, days: int) -> Lifetimes:
    """Fit the models to persons and say what they tell of each.

    Raises:
        TooFewCustomersError: Too few came back.
    """
    paying = persons.paying
    returning = int(np.count_nonzero(paying))
    if returning < FEWEST_RETURNING:
        raise TooFewCustomersError(
            f"Only {returning} customers have bought again, too few to tell how customers do: "
            f"lifetimes are predicted from {FEWEST_RETURNING}",
            remedy="Repeat it when more have; the last prediction stays",
        )
    purchase_model = BetaGeometric.fit(persons.purchases)
    amount_model = GammaGamma.fit(paying[paying > 0], persons.amounts[paying > 0])
    return Lifetimes(
        days,
        purchase_model,
        amount_model,
        alive=purchase_model.probability_alive(persons.purchases),
        counts=purchase_model.expected_purchases(persons.purchases, days),
        amounts=amount_model.expected_amount(paying, persons.amounts),
    )


def read_persons(warehouse: psycopg.Connection[Any]) -> Persons:
    """Return what persons bought, from the warehouse.

    Raises:
        SoftcartError: dbt has not built `int_person_purchases`.
    """
    try:
        rows = warehouse.execute(_PERSONS).fetchall()
    except psycopg.errors.UndefinedTable:
        raise SoftcartError(
            "The warehouse has no intermediate.int_person_purchases to predict from",
            remedy="Build the marts there first: softcart run, with local in SOFTCART_TARGETS",
        ) from None
    keys, *columns = zip(*rows, strict=True) if rows else ([],) * 5
    repeats, recency, age, amounts = (np.array(column, dtype=np.float64) for column in columns)
    return Persons(list(keys), Purchases(repeats, recency, age), np.nan_to_num(amounts))


def _rows(persons: Persons, found: Lifetimes) -> Iterator[tuple[object, ...]]:
    told = zip(
        persons.keys,
        found.alive.tolist(),
        found.counts.tolist(),
        found.amounts.tolist(),
        strict=True,
    )
    for key, alive, count, amount in told:
        yield key, found.days, f"{alive:.8f}", f"{count:.8f}", f"{amount:.4f}"
