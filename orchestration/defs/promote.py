"""The refined layer on Db2: copied there, and proven equal."""

# No postponed annotations here: Dagster reads those of config and resources as types.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.defs.dbt_project import Manifest
from orchestration.defs.policies import FRESHNESS, POOL, RETRY
from orchestration.defs.translator import Db2Translator, SoftcartTranslator, relation_of
from orchestration.promote.db2.run import promote
from orchestration.promote.refined import refined_nodes
from orchestration.promote.report import TableReport
from orchestration.settings import Settings

EQUAL = "equals_postgres"


class PromoteConfig(dg.Config):
    """What a run may ask of promote.

    Args:
        full: Compare every row with PostgreSQL's, not only the key ranges that the run touched.
        repair: Compare every row, and write those ranges anew that differ.
    """

    full: bool = False
    repair: bool = False


def promotes_for(manifest: Manifest) -> dg.AssetsDefinition:
    """Return the set of assets that promote makes: all of the refined layer, in one transaction."""
    nodes = {relation_of(node): node for node in refined_nodes(manifest)}
    keys = {
        name: Db2Translator().get_asset_spec(manifest, node["unique_id"], None).key
        for name, node in nodes.items()
    }

    @dg.multi_asset(
        name="promote_db2",
        specs=[_spec(manifest, node["unique_id"]) for node in nodes.values()],
        check_specs=[_check(key) for key in keys.values()],
        retry_policy=RETRY,
        pool=POOL,
    )
    def promote_db2(
        context: dg.AssetExecutionContext,
        config: PromoteConfig,
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[dg.MaterializeResult[None]]:
        report = promote(settings, full=config.full, repair=config.repair)
        for warning in report.warnings:
            context.log.warning(warning)
        for table in report.tables:
            # One that is gone from the refined layer is no asset any more.
            if key := keys.get(f"{table.schema}.{table.name}"):
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata=metadata_of(table, lag_seconds=report.seconds),
                    check_results=[_result(key, table)],
                )

    return promote_db2


def metadata_of(table: TableReport, *, lag_seconds: float) -> dict[str, Any]:
    """Return what the asset's page shows of what promote did to one table.

    Args:
        table: What promote did.
        lag_seconds: How far the table was behind PostgreSQL's, at most, when it became visible.
    """
    compared = table.reconciliation
    return {
        "rows_upserted": table.rows_upserted,
        "rows_deleted": table.rows_deleted,
        "rows_repaired": table.rows_repaired,
        "bytes_read": table.bytes,
        "seconds": round(table.seconds, 3),
        "lag_seconds": round(lag_seconds, 3),
        **({"loaded_through": table.position.isoformat(" ")} if table.position else {}),
        **({"loaded_by": table.way} if table.way else {}),
        **({"dagster/row_count": compared.rows} if compared and compared.is_full else {}),
    }


def _spec(manifest: Manifest, unique_id: str) -> dg.AssetSpec:
    on_postgres = SoftcartTranslator().get_asset_spec(manifest, unique_id, None)
    on_db2 = Db2Translator().get_asset_spec(manifest, unique_id, None)
    return dg.AssetSpec(
        key=on_db2.key,
        deps=[on_postgres.key],
        description=on_db2.description,
        # A table there, whatever it is on PostgreSQL, and without its personal columns.
        kinds={"db2", "table"},
        owners=on_db2.owners,
        group_name=on_db2.group_name,
        freshness_policy=FRESHNESS,
        metadata={"dagster/table_name": on_db2.metadata["dagster/table_name"]},
    )


def _check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        EQUAL,
        asset=key,
        blocking=True,
        description=(
            "Db2 holds the rows that PostgreSQL held when the run read them: by count and checksum "
            "of each key range that the run touched, or of all (run config `full`). "
            "`softcart promote db2 --repair` mends a difference."
        ),
    )


def _result(key: dg.AssetKey, table: TableReport) -> dg.AssetCheckResult:
    compared = table.reconciliation
    return dg.AssetCheckResult(
        check_name=EQUAL,
        asset_key=key,
        passed=not table.differences,
        metadata={
            "key_ranges_compared": compared.ranges if compared else 0,
            "rows_compared": compared.rows if compared else 0,
            "is_full": bool(compared and compared.is_full),
            "different": "; ".join(map(str, table.differences)) or "none",
        },
    )
