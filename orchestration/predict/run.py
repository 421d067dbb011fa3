"""The prediction and the marts that tell of it, in one command."""

from __future__ import annotations

from orchestration.console import ReportProgress, no_progress
from orchestration.pipeline import BUILD
from orchestration.predict.lifetime import LifetimeReport, predict_lifetimes
from orchestration.settings import Settings
from orchestration.transform import run_dbt


def predict_and_build(
    settings: Settings, report: ReportProgress = no_progress, *, days: int
) -> LifetimeReport:
    """Predict what each customer will buy and build the marts on PostgreSQL that tell of it.

    Raises:
        SoftcartError: Nothing can be predicted, or a model or a test failed.
    """
    done = predict_lifetimes(settings, report, days=days)
    run_dbt(settings, (*BUILD, "--select", "source:predictions+"), report).raise_for_failures()
    return done
