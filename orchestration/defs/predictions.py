"""What customers will still buy, as an asset between the marts that it reads and those it feeds."""

# No postponed annotations here: Dagster reads those of config and resources as types.

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.defs.dbt_project import Manifest
from orchestration.defs.policies import POOL, RETRY
from orchestration.defs.translator import DEFAULT_OWNERS, SoftcartTranslator
from orchestration.predict import DAYS
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.predict.lifetime import LifetimeReport

# The dbt source of what is published.
PREDICTIONS = "predictions"
_READS = "model.softcart.int_person_purchases"
_WRITES = "source.softcart.predictions.customer_lifetimes"

# It is made once a week, and one week may fail before anybody is warned.
_FRESHNESS = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(days=15), fail_window=timedelta(days=29)
)


class LifetimeConfig(dg.Config):
    """What a run may ask of the prediction.

    Args:
        days: How far ahead.
    """

    days: int = DAYS


def lifetimes_for(manifest: Manifest) -> dg.AssetsDefinition:
    """Return the asset that `softcart predict lifetime` makes."""
    translator = SoftcartTranslator()
    told = translator.get_asset_spec(manifest, _WRITES, None)

    @dg.asset(
        key=told.key,
        deps=[translator.get_asset_spec(manifest, _READS, None).key],
        description=(
            f"{told.description} BG/NBD and gamma-gamma are fitted to all customers; their "
            "parameters are in the metadata."
        ),
        group_name=PREDICTIONS,
        owners=DEFAULT_OWNERS,
        kinds={"postgres", "table", "scipy"},
        metadata=told.metadata,
        freshness_policy=_FRESHNESS,
        retry_policy=RETRY,
        pool=POOL,
    )
    def customer_lifetimes(
        config: LifetimeConfig, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult[None]:
        # Every process of Dagster's loads this module, and hardly any predicts.
        from orchestration.predict.lifetime import TooFewCustomersError, predict_lifetimes

        try:
            report = predict_lifetimes(settings, days=config.days)
        except TooFewCustomersError as error:
            # There will be no more of them in a minute.
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(metadata=metadata_of(report))

    return customer_lifetimes


def metadata_of(report: "LifetimeReport") -> dict[str, Any]:
    """Return what the asset's page shows and plots of a prediction."""
    parameters = asdict(report.purchase_model) | asdict(report.amount_model)
    return {
        "dagster/row_count": report.persons,
        "customers_returning": report.returning,
        "prediction_days": report.days,
        "expected_purchases": round(report.expected_purchases, 2),
        "expected_amount": round(report.expected_amount, 2),
        "seconds": round(report.seconds, 3),
        **{f"parameter_{name}": value for name, value in parameters.items()},
    }
