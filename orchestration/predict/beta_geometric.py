"""BG/NBD, the beta-geometric/negative binomial model of repeat purchases.

While alive, a customer buys at random times with a rate of their own, and after each purchase is
gone for ever with a probability of their own. Rates vary among customers as a gamma distribution
(r, alpha), probabilities as a beta distribution (a, b).

Source: P. Fader, B. Hardie and K. Lee, "Counting Your Customers the Easy Way: An Alternative to the
Pareto/NBD Model", Marketing Science 24 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln, expit, gammaln, hyp2f1

from orchestration.predict.likelihood import Numbers, most_likely

# Where one of these is whole the formula may be 0 / 0, though its limit is not.
_TOO_NEAR: Final = 1e-5


@dataclass(frozen=True)
class Purchases:
    """What customers did, an element each. Times are in one unit, any.

    Attributes:
        repeats: Purchases after the first.
        recency: Time from the first purchase to the last, 0 without repeats.
        age: Time from the first purchase to now.
    """

    repeats: Numbers
    recency: Numbers
    age: Numbers


@dataclass(frozen=True)
class BetaGeometric:
    """A model fitted to customers.

    Attributes:
        r: Shape of the purchase rates.
        alpha: Their scale, in units of time.
        a: First parameter of the probabilities of leaving.
        b: Second parameter of the probabilities of leaving.
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, purchases: Purchases) -> BetaGeometric:
        """Return the most likely model of customers."""
        unit = float(np.mean(purchases.age))
        alike, counts = np.unique(
            [purchases.repeats, purchases.recency / unit, purchases.age / unit],
            axis=1,
            return_counts=True,
        )
        scaled = Purchases(*alike)

        def per_customer(parameters: Numbers) -> float:
            return float(np.average(cls(*parameters).log_likelihood(scaled), weights=counts))

        r, alpha, a, b = most_likely([1.0] * 4, per_customer)
        return cls(r, alpha * unit, a, b)

    def log_likelihood(self, purchases: Purchases) -> Numbers:
        """Return the logarithm of the likelihood of each customer's purchases."""
        x, end, now = purchases.repeats, purchases.recency, purchases.age
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        is_alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + now)
        with np.errstate(divide="ignore"):
            left = np.where(
                x > 0,
                betaln(a + 1, b + np.maximum(x, 1) - 1)
                - betaln(a, b)
                - (r + x) * np.log(alpha + end),
                -np.inf,
            )
        return np.asarray(common + np.logaddexp(is_alive, left))

    def probability_alive(self, purchases: Purchases) -> Numbers:
        """Return how likely each customer still buys; 1 for those who bought once.

        Leaving follows a repeat purchase here, so nothing is known of who made none.
        """
        x, end, now = purchases.repeats, purchases.recency, purchases.age
        left_at_once = np.log(self.a / (self.b + np.maximum(x, 1) - 1))
        quiet = (self.r + x) * np.log((self.alpha + now) / (self.alpha + end))
        return np.where(x > 0, expit(-(left_at_once + quiet)), 1.0)

    def expected_purchases(self, purchases: Purchases, time: float) -> Numbers:
        """Return how many purchases each customer is expected to make from now on, in a time.

        Equation 10 of the paper. Its hypergeometric function overflows for customers who bought
        some hundred times, and Euler's transformation of it where customers hardly differ.
        """
        x, now = purchases.repeats, purchases.age
        a = self.a
        if any(abs(each - round(each)) < _TOO_NEAR for each in (a, self.r - a, a + self.b)):
            a += 2 * _TOO_NEAR
        rest = (self.alpha + now) / (self.alpha + now + time)
        b, third, k = self.b, a + self.b + x - 1, self.r + x
        with np.errstate(over="ignore", invalid="ignore"):
            transformed = rest ** (a - 1) * hyp2f1(third - k, a - 1, third, 1 - rest)
            plain = rest**k * hyp2f1(k, b + x, third, 1 - rest)
        ends = np.where(np.isfinite(transformed), transformed, plain)
        expected = third / (a - 1) * (1 - ends) * self.probability_alive(purchases)
        # Next to nothing may come out as less than that.
        return np.asarray(np.maximum(expected, 0.0))
