"""Bring raw to the present by what the sources' logs say."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.console import ReportProgress, no_progress
from orchestration.ingest.report import IngestReport
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings


def run_changes(
    settings: Settings,
    *,
    sources: Sequence[str] | None = None,
    report: ReportProgress = no_progress,
) -> IngestReport:
    """Apply what the sources have committed since raw's positions, up to the present.

    A source without a position, or whose log does not go back to it, is copied anew first. A table
    that cannot be followed is stopped while the others go on; the report's faults tell of it.

    Args:
        settings: Where the servers are.
        sources: Names, `oltp` or `catalog`; None for all.
        report: For progress, in row changes of each source.

    Returns:
        A line for each table that is followed, changed or not; `rows_read` counts row changes.

    Raises:
        SoftcartError: PostgreSQL cannot be used or went away, or another ingest runs. One that is
            `softcart stream` makes way instead.
    """
    # Until the logs are followed: a copy gives the same rows, at a higher cost.
    done = run_ingest(settings, report=report)
    done.sources = [source for source in done.sources if not sources or source.name in sources]
    return done
