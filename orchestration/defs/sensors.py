"""Tell a webhook when a run fails."""

# No postponed annotations here: Dagster reads those of config and resources as types.

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.defs.webhook import post_json
from orchestration.errors import SoftcartError
from orchestration.settings import Settings


def failure_payload(
    *,
    environment: str,
    run: dg.DagsterRun,
    failed_at: float | None,
    step_failures: Sequence[dg.DagsterEvent],
) -> dict[str, object]:
    """Describe a failed run without any text that could carry a secret or personal data.

    Messages of drivers and of dbt may quote rows or URLs, so only the error's class goes out. What
    the project raises itself, SoftcartError and Failure, is safe to show, so its text goes too.

    Args:
        environment: Of the settings.
        run: The failed run.
        failed_at: Seconds since 1970, None when unknown.
        step_failures: The failure event of each failed step.

    Returns:
        What receivers get; docs/orchestration.md is its manual.
    """
    ended = datetime.fromtimestamp(failed_at, UTC) if failed_at is not None else None
    return {
        "event": "run_failed",
        "environment": environment,
        "job": run.job_name,
        "run_id": run.run_id,
        "failed_at": ended.isoformat(timespec="seconds") if ended else None,
        "failed_steps": [_step(event) for event in step_failures],
    }


def _step(event: dg.DagsterEvent) -> Mapping[str, object]:
    data = event.step_failure_data
    error = data.error
    # Dagster wraps what an op raises; the innermost cause is what a reader wants to know.
    while error is not None and error.cause is not None:
        error = error.cause
    message = data.user_failure_data.description if data.user_failure_data else None
    if error is not None and error.cls_name == SoftcartError.__name__:
        message = error.message.split(": ", 1)[-1].strip()
    return {
        "step": event.step_key,
        "error": error.cls_name if error else None,
        "message": message,
    }


def failure_webhook(*, is_configured: bool) -> dg.SensorDefinition:
    """Return the sensor; it runs from the start where a webhook is configured."""

    @dg.run_failure_sensor(
        name="failure_webhook",
        description="POSTs JSON to SOFTCART_FAILURE_WEBHOOK_URL when a run of any job fails.",
        minimum_interval_seconds=15,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if is_configured else dg.DefaultSensorStatus.STOPPED
        ),
    )
    def sensor(
        context: dg.RunFailureSensorContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SkipReason | None:
        if settings.failure_webhook_url is None:
            return dg.SkipReason("SOFTCART_FAILURE_WEBHOOK_URL is not set")
        run = context.dagster_run
        record = context.instance.get_run_record_by_id(run.run_id)
        payload = failure_payload(
            environment=settings.environment,
            run=run,
            failed_at=record.end_time if record else None,
            step_failures=context.get_step_failure_events(),
        )
        tries = post_json(settings.failure_webhook_url.get_secret_value(), payload)
        context.log.info(f"Told the failure webhook of run {run.run_id} (tries: {tries})")
        return None

    return sensor
