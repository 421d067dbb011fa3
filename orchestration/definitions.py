"""Dagster's entry point. Importing it does nothing; `defs` reads files and connects nowhere."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.changes import sensors_for
from orchestration.defs.dbt_project import dbt_project, fingerprint, load_manifest
from orchestration.defs.ingest import ingests_for, sources_for
from orchestration.defs.jobs import jobs_for
from orchestration.defs.predictions import lifetimes_for
from orchestration.defs.promote import promotes_for
from orchestration.defs.resources import settings_resource
from orchestration.defs.schedules import schedules_for
from orchestration.defs.sensors import failure_webhook
from orchestration.defs.transform import dbt_sets
from orchestration.settings import PROJECT_DIR, Settings


@dg.definitions
def defs() -> dg.Definitions:
    """Return all that Dagster runs and shows, for the settings' environment."""
    return definitions_for(Settings.load())


def definitions_for(settings: Settings) -> dg.Definitions:
    """Return all that Dagster runs and shows.

    Args:
        settings: Say which schedules apply, where marts are built and where the manifest is kept.
            What runs read the settings anew.
    """
    folder = settings.home.resolve() / "dagster" / "manifest"
    manifest = load_manifest(folder)
    project = dbt_project(folder)
    ingests = ingests_for(manifest)
    transforms = dbt_sets(manifest, project, settings.targets)
    promotes = [promotes_for(manifest)] if "prod" in settings.targets else []
    # Of marts on PostgreSQL: where there are none, nothing can be predicted.
    predictions = [lifetimes_for(manifest)] if "local" in settings.targets else []
    below_raw = [*transforms, *promotes]
    jobs = jobs_for(ingests, transforms, promotes, predictions)
    names = [job.name for job in jobs.jobs or ()]
    return dg.Definitions.merge(
        jobs,
        dg.Definitions(
            assets=[*sources_for(manifest), *ingests, *below_raw, *predictions],
            schedules=schedules_for(settings.environment, names),
            sensors=[
                failure_webhook(is_configured=settings.failure_webhook_url is not None),
                *sensors_for(settings.environment, manifest, fingerprint(PROJECT_DIR), below_raw),
            ],
            resources={"settings": settings_resource},
            # The steps are a chain, and the work is the database's: processes would only cost time.
            executor=dg.in_process_executor,
        ),
    )
