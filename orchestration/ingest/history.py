"""Tables whose every state is kept: `raw_<source>.<table>__history`, one row per change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestration.ingest.batch import TableSchema

HISTORY_SUFFIX: Final = "__history"

# Columns besides the key whose states are kept. Personal ones stay out: a person is forgotten in
# one place.
TRACKED: Final[Mapping[str, tuple[str, ...]]] = {
    "oltp.customers": (
        "country_code",
        "customer_status",
        "has_marketing_consent",
        "registered_at",
        "updated_at",
    ),
    "oltp.promotions": (
        "promotion_code",
        "promotion_name",
        "promotion_type",
        "percent_off",
        "amount_off",
        "currency_code",
        "is_active",
        "starts_at",
        "ends_at",
        "updated_at",
    ),
    "oltp.warehouses": (
        "warehouse_code",
        "warehouse_name",
        "city",
        "country_code",
        "is_active",
        "opened_on",
        "updated_at",
    ),
    "catalog.products": ("document",),
}


def is_tracked(table: TableSchema) -> bool:
    """Return whether a table's every state is kept."""
    return str(table) in TRACKED
