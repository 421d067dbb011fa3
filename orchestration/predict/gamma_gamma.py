"""The gamma-gamma model of what a purchase is worth.

Purchases of a customer vary around a mean of their own as a gamma distribution (shape p), and the
customers' scales vary as a gamma distribution (q, v). What a customer's few purchases were worth is
so drawn towards what everybody's are worth.

Source: P. Fader and B. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from orchestration.predict.likelihood import Numbers, most_likely


@dataclass(frozen=True)
class GammaGamma:
    """A model fitted to customers.

    Attributes:
        p: Shape of a customer's purchases.
        q: Shape of the customers' scales, above 1, so that there is a mean of all customers.
        v: Scale of the customers' scales, in units of the amounts.
    """

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, purchases: Numbers, amounts: Numbers) -> GammaGamma:
        """Return the most likely model of customers.

        Args:
            purchases: How many each made, 1 or more.
            amounts: What they were worth on average, above 0.
        """
        unit = float(np.mean(amounts))

        def per_customer(parameters: Numbers) -> float:
            p, above_one, v = parameters
            model = cls(p, 1 + above_one, v)
            return float(np.mean(model.log_likelihood(purchases, amounts / unit)))

        p, above_one, v = most_likely([1.0] * 3, per_customer)
        return cls(p, 1 + above_one, v * unit)

    def log_likelihood(self, purchases: Numbers, amounts: Numbers) -> Numbers:
        """Return the logarithm of the likelihood of each customer's mean amount."""
        x, m = purchases, amounts
        p, q, v = self.p, self.q, self.v
        return np.asarray(
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(m)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + m * x)
        )

    def expected_amount(self, purchases: Numbers, amounts: Numbers) -> Numbers:
        """Return what a purchase of each customer is expected to be worth.

        Args:
            purchases: How many each made; of who made none, all customers' mean is expected.
            amounts: What they were worth on average; of none, any number.
        """
        seen = np.where(purchases > 0, purchases * amounts, 0.0)
        return np.asarray(self.p * (self.v + seen) / (self.p * purchases + self.q - 1))
