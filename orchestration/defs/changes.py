"""Build what raw's changes concern, soon after they arrive."""

# No postponed annotations here: Dagster reads those of config and resources as types.

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from orchestration.connections import connect_postgres
from orchestration.defs.affected import stored_below, whole_build_tests
from orchestration.defs.dbt_project import Manifest
from orchestration.defs.jobs import CHANGES, blocking_checks
from orchestration.defs.pending import Cursor, Moments, PastRun, next_step
from orchestration.defs.schedules import UNFINISHED
from orchestration.defs.streams import streams_sensor
from orchestration.defs.transform import DbtConfig
from orchestration.defs.translator import Db2Translator, SoftcartTranslator
from orchestration.errors import SoftcartError
from orchestration.settings import Settings

# Dagster's daemon looks no more often.
INTERVAL_SECONDS = 5

REQUEST_TAG = "softcart/request"
# So many failures in a row wait as long as any more would.
_PAST_RUNS = 10

# Whether the sensors work without anybody switching it on in the UI; None leaves them out.
STATUSES: Mapping[str, dg.DefaultSensorStatus | None] = {
    "local": dg.DefaultSensorStatus.STOPPED,
    "ci": None,
    "production": dg.DefaultSensorStatus.RUNNING,
}


def sensors_for(
    environment: str,
    manifest: Manifest,
    project: str,
    transforms: Sequence[dg.AssetsDefinition],
) -> list[dg.SensorDefinition]:
    """Return the sensors `changes` and `streams`, or nothing where the environment has none.

    Args:
        environment: Of the settings.
        manifest: dbt's.
        project: Fingerprint of the dbt project.
        transforms: The sets of assets below raw: dbt's, and promote's.

    Raises:
        SoftcartError: The environment does not say whether it has the sensor.
    """
    if environment not in STATUSES:
        raise SoftcartError(
            f"Nothing says whether the environment {environment!r} builds what changes",
            remedy="Add it to STATUSES in orchestration/defs/changes.py",
        )
    status = STATUSES[environment]
    if status is None:
        return []
    return [_sensor(status, manifest, project, transforms), streams_sensor(status, manifest)]


def _sensor(
    status: dg.DefaultSensorStatus,
    manifest: Manifest,
    project: str,
    transforms: Sequence[dg.AssetsDefinition],
) -> dg.SensorDefinition:
    left_out = whole_build_tests(manifest)
    checks = [check for check in blocking_checks(transforms) if check.name not in left_out]

    @dg.sensor(
        name=CHANGES,
        job_name=CHANGES,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=status,
        description=(
            "Starts `changes` for the models below the raw tables that have changed, unless a run "
            "is still waiting or running. Reset its cursor to have every model built."
        ),
    )
    def changes(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SensorResult | dg.SkipReason:
        # Whatever runs may build what has changed, and is to finish first in any case.
        unfinished = context.instance.get_runs(dg.RunsFilter(statuses=UNFINISHED), limit=1)
        if unfinished:
            run = unfinished[0]
            return dg.SkipReason(f"Run {run.run_id} of {run.job_name} is not finished")
        step = next_step(
            Cursor.of(context.cursor),
            _raw(settings),
            project,
            _past_runs(context.instance),
            datetime.now(UTC),
        )
        if step.wait:
            return dg.SensorResult(skip_reason=step.wait, cursor=step.cursor.text())
        tags = {REQUEST_TAG: step.cursor.request}
        if step.tables is None:
            return dg.SensorResult([dg.RunRequest(tags=tags)], cursor=step.cursor.text())
        assets = concerned(manifest, transforms, stored_below(manifest, step.tables))
        context.log.info(f"Changed: {', '.join(sorted(step.tables))}")
        request = dg.RunRequest(
            asset_selection=assets,
            asset_check_keys=[check for check in checks if check.asset_key in assets],
            run_config=_without_counts(transforms, assets),
            tags=tags,
        )
        return dg.SensorResult([request] if assets else [], cursor=step.cursor.text())

    return changes


def concerned(
    manifest: Manifest, transforms: Sequence[dg.AssetsDefinition], nodes: Collection[str]
) -> list[dg.AssetKey]:
    """Return the keys of dbt nodes on each engine that has them, and of what promote takes there.

    Promote moves all that changed in one transaction, so it is never asked for a part.
    """
    keys = [
        translator.get_asset_spec(manifest, unique_id, None).key
        for translator in (SoftcartTranslator(), Db2Translator())
        for unique_id in sorted(nodes)
    ]
    return [
        key
        for each in transforms
        for key in (sorted(each.keys) if nodes and not each.can_subset else keys)
        if key in each.keys
    ]


def _without_counts(
    transforms: Sequence[dg.AssetsDefinition], assets: Sequence[dg.AssetKey]
) -> dg.RunConfig:
    """Return the config by which a run's cost follows what changed, not what there is."""
    config = DbtConfig(count_rows=False)
    return dg.RunConfig(
        {each.op.name: config for each in transforms if each.can_subset and each.keys & {*assets}}
    )


def _raw(settings: Settings) -> Moments:
    """Return when each raw table last changed; nothing before the first ingest."""
    with connect_postgres(settings) as warehouse:
        known = warehouse.execute("select to_regclass('ingest.tables') is not null").fetchall()
        if not known[0][0]:
            return {}
        rows = warehouse.execute(
            "select source || '.' || table_name, "
            "to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') "
            "from ingest.tables where changed_at is not null"
        )
        return dict(rows.fetchall())


def _past_runs(instance: dg.DagsterInstance) -> list[PastRun]:
    records = instance.get_run_records(
        dg.RunsFilter(tags={"dagster/sensor_name": CHANGES}), limit=_PAST_RUNS
    )
    return [
        PastRun(
            record.dagster_run.tags.get(REQUEST_TAG, ""),
            record.dagster_run.is_success,
            datetime.fromtimestamp(record.end_time or record.create_timestamp.timestamp(), UTC),
        )
        for record in records
    ]
