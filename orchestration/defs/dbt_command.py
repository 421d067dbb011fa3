"""The dbt commands that Dagster runs, built and judged by pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# A unit test checks the code, not the data: it belongs to `make test`, not to a production run.
_NOT_IN_PRODUCTION = ("--exclude-resource-type", "unit_test")

# dbt's words for "the database or the SQL broke", as against "the data is not as promised".
_BROKEN = frozenset({"error", "runtime error", "partial success"})
_BAD = _BROKEN | {"fail"}


def build_args(*, full_refresh: bool = False) -> list[str]:
    """Return the arguments of `dbt build`; dagster-dbt adds target and selection.

    Args:
        full_refresh: Drop and build incremental models anew. Snapshots keep their history: dbt
            never rebuilds them.
    """
    return ["build", *_NOT_IN_PRODUCTION, *(["--full-refresh"] if full_refresh else [])]


def failed_nodes(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of what failed, sorted, from the `results` of dbt's run_results.json."""
    return sorted(_name(result) for result in results if result["status"] in _BAD)


def is_worth_a_retry(results: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a second try may succeed, from the `results` of dbt's run_results.json.

    A data test that fails will fail again on the same data. A statement that broke may have lost
    its connection, and so may a command that ended before it had any result.
    """
    statuses = {result["status"] for result in results}
    return not statuses & _BAD or bool(statuses & _BROKEN)


def _name(result: Mapping[str, Any]) -> str:
    # test.softcart.<name>.<hash>, model.softcart.<name>
    return str(result["unique_id"].split(".")[2])
