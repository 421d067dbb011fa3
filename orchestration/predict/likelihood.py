"""The most likely parameters of a model: positive numbers, searched for on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Numbers = NDArray[np.float64]

# Times and amounts are brought to about 1 before. Where the likelihood has no highest point, as if
# nobody leaves or all are alike, it is so flat beyond that no expectation would differ.
_SMALLEST: Final = 1e-4
_LARGEST: Final = 1e3


def most_likely(start: Sequence[float], log_likelihood: Callable[[Numbers], float]) -> list[float]:
    """Return the positive parameters at which the likelihood is highest.

    Args:
        start: Where the search begins, a parameter each.
        log_likelihood: Of parameters, per row, so that its scale is that of any number of rows.
    """

    def surprise(logarithms: Numbers) -> float:
        return -log_likelihood(np.exp(logarithms))

    found = minimize(
        surprise,
        [math.log(parameter) for parameter in start],
        method="L-BFGS-B",
        bounds=[(math.log(_SMALLEST), math.log(_LARGEST))] * len(start),
        options={"ftol": 1e-12, "gtol": 1e-7, "maxiter": 1_000},
    )
    return [float(parameter) for parameter in np.exp(found.x)]
