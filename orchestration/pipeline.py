"""The main job: ingest, dbt build, key figures."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.console import ReportProgress, no_progress
from orchestration.dbt_report import DbtReport
from orchestration.errors import SoftcartError
from orchestration.ingest.report import IngestReport
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings
from orchestration.summary import Summary, read_summary
from orchestration.transform import run_dbt

# Unit tests prove the code, not the data: `make test` runs them, a run on data need not.
BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class PipelineReport:
    """What one run did and what the warehouse holds after it."""

    ingest: IngestReport
    dbt: DbtReport
    summary: Summary


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
    dbt = run_dbt(settings, BUILD, report)
    dbt.raise_for_failures()
    return PipelineReport(ingest, dbt, read_summary(settings))
