"""Models of repeat purchases against a published figure, integrals and customers made by them."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from orchestration.errors import SoftcartError
from orchestration.predict.beta_geometric import BetaGeometric, Purchases
from orchestration.predict.gamma_gamma import GammaGamma
from orchestration.predict.lifetime import FEWEST_RETURNING, Persons, predict
from orchestration.predict.likelihood import Numbers

# Fader, Hardie and Lee (2005), fitted to the CDNOW data; times in weeks.
CDNOW = BetaGeometric(r=0.243, alpha=4.414, a=0.793, b=2.426)


def purchases(*customers: tuple[float, float, float]) -> Purchases:
    return Purchases(*np.array(customers, dtype=np.float64).T)


def test_a_customer_of_the_paper_is_expected_to_buy_what_it_says() -> None:
    (expected,) = CDNOW.expected_purchases(purchases((2, 30.43, 38.86)), 39)
    assert expected == pytest.approx(1.226, abs=0.0005)


# Also where the formula is 0 / 0: `a` is 1, or `r`.
@pytest.mark.parametrize("a", [0.243, 0.793, 1.0, 2.5])
@pytest.mark.parametrize(
    "customer", [(0, 0, 38.86), (2, 30.43, 38.86), (26, 30.86, 31), (9, 3, 20)]
)
def test_expectations_are_the_integrals_that_they_stand_for(
    a: float, customer: tuple[float, float, float]
) -> None:
    """Over all rates and probabilities of leaving that a customer may have, each by its weight."""
    model = BetaGeometric(CDNOW.r, CDNOW.alpha, a, CDNOW.b)
    x, end, now = customer
    # On scales without bounds, where equal steps find any smooth integral.
    rate = np.exp(np.linspace(-94, 6, 2_000))[:, np.newaxis]
    odds = np.exp(np.linspace(-100, 20, 2_000))
    p = odds / (1 + odds)
    weight = (
        stats.gamma(model.r, scale=1 / model.alpha).pdf(rate)
        * rate
        * (100 / 1_999)
        * stats.beta(model.a, model.b).pdf(p)
        * p
        * (1 - p)
        * (120 / 1_999)
    )
    if_alive = weight * (1 - p) ** x * rate**x * np.exp(-rate * now)
    alive = if_alive.sum()
    gone = (weight * p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * end)).sum() if x else 0
    to_come = (if_alive * -np.expm1(-rate * p * 39) / p).sum()

    seen = purchases(customer)
    assert model.log_likelihood(seen)[0] == pytest.approx(np.log(alive + gone), rel=1e-6)
    assert model.probability_alive(seen)[0] == pytest.approx(alive / (alive + gone), rel=1e-5)
    assert model.expected_purchases(seen, 39)[0] == pytest.approx(
        to_come / (alive + gone), rel=1e-4
    )


def made_customers(model: BetaGeometric, count: int) -> Purchases:
    """Return customers who buy and leave at random, as the model says."""
    chance = np.random.default_rng(5)
    age = chance.uniform(27, 39, count)
    rate = chance.gamma(model.r, 1 / model.alpha, count)
    leaving = chance.beta(model.a, model.b, count)
    repeats, recency = np.zeros(count), np.zeros(count)
    clock = chance.exponential(1 / rate)
    buying = clock <= age
    while buying.any():
        repeats[buying] += 1
        recency[buying] = clock[buying]
        buying &= chance.random(count) > leaving
        clock[buying] += chance.exponential(1 / rate[buying])
        buying &= clock <= age
    return Purchases(repeats, recency, age)


def test_the_model_that_made_customers_is_found_again_in_any_unit_of_time() -> None:
    made = made_customers(CDNOW, 20_000)
    found = BetaGeometric.fit(made)
    assert found.log_likelihood(made).sum() >= CDNOW.log_likelihood(made).sum()
    assert astuple(found) == pytest.approx(astuple(CDNOW), rel=0.15)
    in_days = BetaGeometric.fit(Purchases(made.repeats, made.recency * 7, made.age * 7))
    assert astuple(in_days) == pytest.approx(
        (found.r, found.alpha * 7, found.a, found.b), rel=0.001
    )


@given(
    days=some.tuples(*[some.integers(0, 5_000)] * 3).map(sorted),
    parameters=some.tuples(*[some.floats(-4, 3).map(lambda power: 10**power)] * 4),
    ahead=some.integers(1, 3_650),
)
@settings(deadline=None)
def test_nobody_is_expected_to_do_what_cannot_be(
    days: list[int], parameters: tuple[float, float, float, float], ahead: int
) -> None:
    """Whatever customers do who buy once a day at most, and whatever the others did."""
    repeats, recency, age = days
    model = BetaGeometric(*parameters)
    seen = purchases((repeats, recency if repeats else 0, age))
    (alive,) = model.probability_alive(seen)
    (expected,) = model.expected_purchases(seen, ahead)
    assert 0 <= alive <= 1
    # Never more than buying on for ever at the mean rate that is believed of those alive.
    at_most = ahead * (model.r + repeats) / (model.alpha + age)
    assert 0 <= expected <= at_most * (1 + 1e-4) + 1e-6


def test_the_model_that_made_amounts_is_found_again() -> None:
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    chance = np.random.default_rng(6)
    purchases = chance.integers(1, 9, 20_000).astype(np.float64)
    scales = chance.gamma(model.q, 1 / model.v, purchases.size)
    amounts = chance.gamma(model.p * purchases, 1 / (scales * purchases))
    found = GammaGamma.fit(purchases, amounts)
    likelihood = found.log_likelihood(purchases, amounts).sum()
    assert likelihood >= model.log_likelihood(purchases, amounts).sum()
    assert astuple(found) == pytest.approx(astuple(model), rel=0.15)


def test_an_amount_is_expected_between_the_customers_own_and_everybodys() -> None:
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    none, few, many = model.expected_amount(np.array([0.0, 2, 200]), np.array([0.0, 90, 90]))
    assert none == pytest.approx(6.25 * 15.44 / 2.74)
    assert none < few < many < 90
    assert many == pytest.approx(90, rel=0.01)


def persons(repeats: Numbers, amounts: Numbers) -> Persons:
    recency = np.where(repeats > 0, 20.0 + np.arange(repeats.size) % 7, 0.0)
    age = recency + 5.0 + np.arange(repeats.size) % 11
    return Persons(
        [str(number) for number in range(repeats.size)], Purchases(repeats, recency, age), amounts
    )


def test_too_few_who_came_back_tell_nothing_of_customers() -> None:
    repeats = np.zeros(500)
    repeats[: FEWEST_RETURNING - 1] = 2
    with pytest.raises(SoftcartError, match="Only 39 customers have bought again") as error:
        predict(persons(repeats, repeats * 10), days=365)
    assert "stays" in error.value.remedy


def test_of_customers_who_are_all_alike_more_of_the_same_is_expected() -> None:
    """No parameters are the most likely: the larger, the likelier, ever less so."""
    everybody = persons(np.full(500, 3.0), np.full(500, 10.0))
    found = predict(everybody, days=365)
    rate = everybody.purchases.repeats.sum() / everybody.purchases.age.sum()
    assert found.counts == pytest.approx(365 * rate, rel=0.05)
    assert found.amounts == pytest.approx(10, rel=0.01)


def test_a_purchase_that_was_all_sent_back_is_no_amount_to_learn_from() -> None:
    made = made_customers(CDNOW, 2_000)
    amounts = np.where(made.repeats > 0, 10 + np.arange(2_000) % 90, 0.0)
    returned = Persons([str(number) for number in range(2_000)], made, amounts)
    first = int(np.flatnonzero(made.repeats)[0])
    returned.amounts[first] = 0
    found = predict(returned, days=365)
    model = found.amount_model
    assert found.amounts[first] == pytest.approx(model.p * model.v / (model.q - 1))
