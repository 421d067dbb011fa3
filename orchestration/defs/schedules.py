"""When each job runs, declared for every environment: what is not declared is an error."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from orchestration.defs.jobs import DAILY, HOURLY, PREDICT
from orchestration.errors import SoftcartError

_ON, _OFF = dg.DefaultScheduleStatus.RUNNING, dg.DefaultScheduleStatus.STOPPED

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Timetable:
    """A job's times.

    Args:
        job: Its name.
        cron: Five cron fields, in UTC.
        is_on: Whether it runs without anybody switching it on in the UI.
    """

    job: str
    cron: str
    is_on: bool


# The daily job takes the place of the hourly one at three, when the shop is quiet.
_DAILY = "10 3 * * *"
_HOURLY = "10 0-2,4-23 * * *"
# On Sundays, well after the daily job: customers change slowly.
_PREDICT = "40 5 * * 0"


def _timetables(*, is_on: bool) -> tuple[Timetable, ...]:
    times = {DAILY: _DAILY, HOURLY: _HOURLY, PREDICT: _PREDICT}
    return tuple(Timetable(job, cron, is_on=is_on) for job, cron in times.items())


TIMETABLES: Mapping[str, Sequence[Timetable]] = {
    # A laptop must not start work on its own; they wait in the UI to be switched on.
    "local": _timetables(is_on=False),
    "ci": (),
    "production": _timetables(is_on=True),
}


def schedules_for(environment: str, jobs: Collection[str]) -> list[dg.ScheduleDefinition]:
    """Return an environment's schedules.

    Args:
        environment: Of the settings.
        jobs: Names of those that there are; the targets decide on some.

    Raises:
        SoftcartError: The environment has no timetable.
    """
    if environment not in TIMETABLES:
        raise SoftcartError(
            f"No timetable is declared for the environment {environment!r}",
            remedy="Add it to TIMETABLES in orchestration/defs/schedules.py, even if it is empty",
        )
    return [_schedule(each) for each in TIMETABLES[environment] if each.job in jobs]


def _schedule(timetable: Timetable) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{timetable.job}_schedule",
        job_name=timetable.job,
        cron_schedule=timetable.cron,
        execution_timezone="UTC",
        default_status=_ON if timetable.is_on else _OFF,
        description=f"Starts `{timetable.job}` unless one is still waiting or running.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # Every run does all the work there is, so a second one in the queue would do none.
        unfinished = context.instance.get_runs(
            dg.RunsFilter(job_name=timetable.job, statuses=UNFINISHED), limit=1
        )
        if unfinished:
            return dg.SkipReason(f"Run {unfinished[0].run_id} of {timetable.job} is not finished")
        return dg.RunRequest()

    return schedule
