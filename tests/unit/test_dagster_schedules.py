"""Which schedules an environment gets."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import dagster as dg
import pytest

from orchestration.defs.schedules import TIMETABLES, schedules_for
from orchestration.errors import SoftcartError
from orchestration.settings import Settings

JOBS = ("daily_full", "hourly", "predict")


def test_every_environment_of_the_settings_has_a_timetable() -> None:
    environments = get_args(Settings.model_fields["environment"].annotation)
    assert set(TIMETABLES) == set(environments)


def test_an_environment_without_a_timetable_is_an_error() -> None:
    with pytest.raises(SoftcartError, match="'staging'") as error:
        schedules_for("staging", JOBS)
    assert "schedules.py" in error.value.remedy


def test_production_runs_by_itself() -> None:
    assert {
        schedule.name: (schedule.cron_schedule, schedule.default_status)
        for schedule in schedules_for("production", JOBS)
    } == {
        "daily_full_schedule": ("10 3 * * *", dg.DefaultScheduleStatus.RUNNING),
        "hourly_schedule": ("10 0-2,4-23 * * *", dg.DefaultScheduleStatus.RUNNING),
        "predict_schedule": ("40 5 * * 0", dg.DefaultScheduleStatus.RUNNING),
    }


def test_a_job_that_is_not_there_has_no_schedule() -> None:
    assert [s.job_name for s in schedules_for("production", ["hourly"])] == ["hourly"]


def test_a_laptop_starts_nothing_by_itself() -> None:
    assert {schedule.default_status for schedule in schedules_for("local", JOBS)} == {
        dg.DefaultScheduleStatus.STOPPED
    }


def test_ci_has_no_schedules() -> None:
    assert schedules_for("ci", JOBS) == []


@pytest.mark.parametrize(
    ("status", "starts"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, False),
        (dg.DagsterRunStatus.STARTED, False),
        (dg.DagsterRunStatus.SUCCESS, True),
        (dg.DagsterRunStatus.FAILURE, True),
    ],
)
def test_a_run_starts_only_when_the_last_one_is_over(
    status: dg.DagsterRunStatus, starts: bool, tmp_path: Path
) -> None:
    (hourly,) = [s for s in schedules_for("production", JOBS) if s.name == "hourly_schedule"]
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_run(dg.DagsterRun(job_name="hourly", status=status))
        with dg.build_schedule_context(instance=instance) as context:
            requested = hourly.evaluate_tick(context)
    assert bool(requested.run_requests) is starts
    assert bool(requested.skip_message) is not starts
