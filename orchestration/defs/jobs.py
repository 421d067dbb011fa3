"""The jobs: a copy and its proof each day, the logs each hour, what changed, what is expected."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from orchestration.defs.promote import PromoteConfig
from orchestration.defs.reconciliation import COMPARISONS
from orchestration.defs.transform import DbtConfig

DAILY = "daily_full"
HOURLY = "hourly"
REBUILD = "rebuild"
CHANGES = "changes"
PREDICT = "predict"


def jobs_for(
    ingests: Sequence[dg.AssetsDefinition],
    transforms: Sequence[dg.AssetsDefinition],
    promotes: Sequence[dg.AssetsDefinition] = (),
    predictions: Sequence[dg.AssetsDefinition] = (),
) -> dg.Definitions:
    """Return the jobs over the assets of ingest, dbt, promote and predictions, checks included."""
    below_raw = [*transforms, *promotes]
    everything = dg.AssetSelection.assets(*ingests, *below_raw)
    jobs = [
        dg.define_asset_job(
            DAILY,
            selection=everything,
            config=dg.RunConfig(ops={each.op.name: PromoteConfig(full=True) for each in promotes}),
            description=(
                "Copy what changed in the shop, prove the copy by count and checksum, build "
                "and test every model."
            ),
        ),
        dg.define_asset_job(
            HOURLY,
            # Only a copy of each table can be compared with its source: once a day is what the
            # shop's server should pay for it. Without, ingest follows the sources' logs.
            selection=everything - _comparisons(ingests),
            description=("Follow the shop's logs to the present, build and test every model."),
        ),
        dg.define_asset_job(
            CHANGES,
            # Warnings wait for the hourly job: nobody is kept from reading by one.
            selection=dg.AssetSelection.assets(*below_raw).without_checks()
            | dg.AssetSelection.checks(*blocking_checks(below_raw)),
            description=(
                "Build models from raw as it is, with the checks that block. The sensor of "
                "the same name starts it for those that a change concerns."
            ),
        ),
        dg.define_asset_job(
            REBUILD,
            selection=dg.AssetSelection.assets(*below_raw),
            config=dg.RunConfig(
                ops={
                    **{each.op.name: DbtConfig(full_refresh=True) for each in transforms},
                    **{each.op.name: PromoteConfig(full=True) for each in promotes},
                }
            ),
            description=(
                "Build every model anew from raw and from the snapshots' kept history; "
                "for changed logic. Does not touch the shop."
            ),
        ),
    ]
    if predictions:
        jobs.append(
            dg.define_asset_job(
                PREDICT,
                # What reads it on Db2 is built by the next job that promotes.
                selection=dg.AssetSelection.assets(*predictions).downstream()
                - dg.AssetSelection.assets(*promotes).downstream(),
                description=(
                    "Fit the models of customers to the marts as they are, publish what they "
                    "expect, and build the marts that tell of it."
                ),
            )
        )
    return dg.Definitions(jobs=jobs)


def blocking_checks(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetCheckKey]:
    """Return the keys of the checks that keep what lies downstream from being built."""
    return [check.key for each in assets for check in each.check_specs if check.blocking]


def _comparisons(ingests: Sequence[dg.AssetsDefinition]) -> dg.AssetSelection:
    return dg.AssetSelection.checks(
        *(
            check.key
            for assets in ingests
            for check in assets.check_specs
            if check.name in COMPARISONS
        )
    )
