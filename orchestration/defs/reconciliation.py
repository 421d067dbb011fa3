"""Asset checks of the raw layer: is the copy what the source is, and was anything set aside?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import dagster as dg

from orchestration.ingest.comparison import Comparison

QUARANTINE = "no_rows_in_quarantine"
ROW_COUNT = "row_count_equals_source"
CHECKSUM = "checksums_equal_source"
# Both look at source and copy at one moment.
COMPARISONS = frozenset({ROW_COUNT, CHECKSUM})


def raw_check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Return the checks of one raw table."""
    return [
        dg.AssetCheckSpec(
            ROW_COUNT,
            asset=key,
            blocking=True,
            description=(
                "The source counts as many rows as raw holds, rows in quarantine allowed for. Both "
                "are counted in the transactions that read and wrote them, so live traffic cannot "
                "make them differ."
            ),
        ),
        dg.AssetCheckSpec(
            CHECKSUM,
            asset=key,
            blocking=True,
            description=(
                "Source and raw agree on how many values each column has and on their sum: of "
                "numbers, lengths of texts, days, microseconds. Not evaluated while rows of the "
                "table are in quarantine."
            ),
        ),
        dg.AssetCheckSpec(
            QUARANTINE,
            asset=key,
            description=(
                "Every row could be typed. Others wait whole in ingest.raw_quarantine; "
                "`softcart ingest --replay-quarantine` tries them again."
            ),
        ),
    ]


def raw_check_results(
    key: dg.AssetKey,
    comparison: Comparison | None,
    quarantined: int,
    wanted: Collection[dg.AssetCheckKey],
) -> list[dg.AssetCheckResult]:
    """Judge what ingest measured; returns nothing of what it did not measure.

    Args:
        key: The raw table's.
        comparison: The numbers of both sides, None when they were not taken.
        quarantined: Rows of the table that could not be typed.
        wanted: The checks that this run evaluates.
    """
    return [
        result
        for result in _judged(key, comparison, quarantined)
        if dg.AssetCheckKey(key, result.check_name or "") in wanted
    ]


def _judged(
    key: dg.AssetKey, comparison: Comparison | None, quarantined: int
) -> Iterator[dg.AssetCheckResult]:
    yield dg.AssetCheckResult(
        check_name=QUARANTINE,
        asset_key=key,
        passed=quarantined == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rows_in_quarantine": quarantined},
    )
    if comparison is None:
        return
    yield dg.AssetCheckResult(
        check_name=ROW_COUNT,
        asset_key=key,
        # A row in quarantine may have an older state in raw, which then is left as it is.
        passed=comparison.raw_rows <= comparison.source_rows <= comparison.raw_rows + quarantined,
        metadata={
            "source_rows": comparison.source_rows,
            "raw_rows": comparison.raw_rows,
            "rows_in_quarantine": quarantined,
        },
    )
    if comparison.columns and quarantined == 0:
        yield dg.AssetCheckResult(
            check_name=CHECKSUM,
            asset_key=key,
            passed=not comparison.different,
            metadata={
                "columns_compared": comparison.columns,
                # Names only: of a table of one row, a sum is the row's own value.
                "different": ", ".join(comparison.different) or "none",
            },
        )
