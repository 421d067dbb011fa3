"""The main job: ingest, dbt build, promote where marts are on Db2, key figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.console import ReportProgress, no_progress
from orchestration.dbt_report import DbtReport
from orchestration.errors import SoftcartError
from orchestration.ingest.report import IngestReport
from orchestration.ingest.stream.run import run_changes
from orchestration.promote.db2.run import promote
from orchestration.promote.report import PromoteReport
from orchestration.settings import Settings, Target
from orchestration.summary import Summary, read_summary
from orchestration.transform import run_dbt

# Unit tests prove the code, not the data: `make test` runs them, a run on data need not.
BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class PipelineReport:
    """What one run did and what the warehouse holds after it.

    Attributes:
        ingest: Into raw.
        dbt: Of each target, in the order they were built.
        promote: To Db2, None where no marts are built there.
        summary: Of the marts on PostgreSQL, None where there are none.
    """

    ingest: IngestReport
    dbt: Mapping[Target, DbtReport]
    promote: PromoteReport | None
    summary: Summary | None


def run_pipeline(settings: Settings, report: ReportProgress = no_progress) -> PipelineReport:
    """Bring the warehouse up to date with the shop.

    A source is copied the first time and followed by its log from then on. A table that cannot be
    copied or followed stays as it was and the others go on; it is in the report.

    Raises:
        SoftcartError: A server is lost, or a model or a test failed. What was committed before
            stays, and a repeat goes on from there.
    """
    ingest = run_changes(settings, copies_without_log=True, report=report)
    for source in ingest.sources:
        if source.fault:
            raise SoftcartError(source.fault.what, remedy=source.fault.remedy)
    has_marts = "local" in settings.targets
    build = BUILD if has_marts else (*BUILD, "--selector", "refined")
    dbt: dict[Target, DbtReport] = {"local": run_dbt(settings, build, report)}
    dbt["local"].raise_for_failures()
    promoted = None
    if "prod" in settings.targets:
        promoted = promote(settings, report)
        if not promoted.succeeded:
            raise SoftcartError(
                f"Db2 differs from PostgreSQL: {'; '.join(promoted.differences)}",
                remedy="Write what differs anew with `softcart promote db2 --repair`",
            )
        marts = (*BUILD, "--selector", "marts")
        dbt["prod"] = run_dbt(settings, marts, report, target="prod")
        dbt["prod"].raise_for_failures()
    return PipelineReport(ingest, dbt, promoted, read_summary(settings) if has_marts else None)
