"""Predictions: statistical models fitted to the marts, published as tables that marts read.

Importing scipy takes seconds, so what only may predict imports these modules when it does.
"""

from __future__ import annotations

from typing import Final

DAYS: Final = 365
"""How far ahead unless told otherwise: a year, as budgets are made."""
