"""The shop's tables, collections and files, and their copies in the raw layer."""

# No postponed annotations here: Dagster reads those of config and resources as types.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psycopg

from orchestration.connections import connect_postgres
from orchestration.defs.dbt_project import Manifest
from orchestration.defs.policies import FRESHNESS, POOL, RETRY
from orchestration.defs.predictions import PREDICTIONS
from orchestration.defs.reconciliation import (
    CHECKSUM,
    COMPARISONS,
    raw_check_results,
    raw_check_specs,
)
from orchestration.defs.relation import columns_of
from orchestration.defs.translator import SoftcartTranslator, personal_tags
from orchestration.errors import SoftcartError
from orchestration.ingest.batch import HISTORY_SUFFIX
from orchestration.ingest.report import IngestReport, TableReport
from orchestration.ingest.run import run_ingest
from orchestration.ingest.state import position_of, prepare
from orchestration.ingest.stream.logs import LOGS
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings


@dataclass(frozen=True)
class SourceSystem:
    """Where a dbt source comes from.

    Args:
        kind: Dagster's word for the system; also the first part of its assets' keys.
        holds: What the system calls a table.
    """

    kind: str
    holds: str


SYSTEMS: Mapping[str, SourceSystem] = {
    "oltp": SourceSystem("mysql", "table"),
    "catalog": SourceSystem("mongodb", "collection"),
    "web": SourceSystem("files", "log files"),
}

# dbt sources of what ingest and builds note of their own work: nothing copies it.
_OWN_NOTES = ("ingest", "transform")


def sources_for(manifest: Manifest) -> list[dg.AssetSpec]:
    """Return where lineage starts: what the shop itself has, and our own notes."""
    notes = [
        SoftcartTranslator()
        .get_asset_spec(manifest, node["unique_id"], None)
        .replace_attributes(group_name=source, kinds={"postgres", "table"})
        for source in _OWN_NOTES
        for node in tables_of(manifest, source)
    ]
    return notes + [
        dg.AssetSpec(
            key=source_key(node),
            description=f"{node['description'].strip()} The shop's own {system.holds}.",
            group_name="shop",
            owners=["team:shop"],
            kinds={system.kind},
            tags=personal_tags(node),
        )
        for source, system in SYSTEMS.items()
        for node in tables_of(manifest, source)
        if not node["identifier"].endswith(HISTORY_SUFFIX)
    ]


def ingests_for(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """Return one set of assets per source: its tables are copied in one transaction.

    Raises:
        SoftcartError: dbt knows a source that is not in `SYSTEMS`.
    """
    named = {node["source_name"] for node in manifest["sources"].values()}
    unknown = named - set(SYSTEMS) - {*_OWN_NOTES, PREDICTIONS}
    if unknown:
        raise SoftcartError(
            f"Nothing copies the dbt source {', '.join(sorted(unknown))}",
            remedy="Say which system it is in SYSTEMS of orchestration/defs/ingest.py",
        )
    return [_ingest(source, manifest) for source in SYSTEMS]


def tables_of(manifest: Manifest, source: str) -> list[Mapping[str, Any]]:
    """Return a dbt source's tables, by name."""
    return sorted(
        (node for node in manifest["sources"].values() if node["source_name"] == source),
        key=lambda node: str(node["name"]),
    )


def source_key(node: Mapping[str, Any]) -> dg.AssetKey:
    """Return the key of the shop's own table, `mysql/orders`, from its dbt source table."""
    return dg.AssetKey([SYSTEMS[node["source_name"]].kind, copied_table(node)])


def copied_table(node: Mapping[str, Any]) -> str:
    """Return the name of the shop's table that a dbt source table is a copy or the history of."""
    return str(node["identifier"]).removesuffix(HISTORY_SUFFIX)


def _ingest(source: str, manifest: Manifest) -> dg.AssetsDefinition:
    translator = SoftcartTranslator()
    tables = {node["identifier"]: node for node in tables_of(manifest, source)}
    specs = {
        table: translator.get_asset_spec(manifest, node["unique_id"], None).replace_attributes(
            deps=[source_key(node)],
            kinds={"postgres", "table"},
            skippable=True,
            freshness_policy=FRESHNESS,
        )
        for table, node in tables.items()
    }

    copies = [specs[table].key for table, node in tables.items() if copied_table(node) == table]

    @dg.multi_asset(
        name=f"ingest_{source}",
        specs=list(specs.values()),
        check_specs=[
            check
            for key in copies
            for check in raw_check_specs(key)
            if source in LOGS or check.name not in COMPARISONS
        ],
        can_subset=True,
        retry_policy=RETRY,
        pool=POOL,
    )
    def ingest(
        context: dg.AssetExecutionContext,
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        checks = context.selected_asset_check_keys
        # A check looks at source and copy at one moment, which only a new copy can give it.
        compares = {check.name for check in checks} & COMPARISONS
        selected = context.selected_asset_keys | {check.asset_key for check in checks}
        wanted = {
            copied_table(tables[name]) for name, spec in specs.items() if spec.key in selected
        }
        # Files are not copied: what was read of them is in raw for good.
        is_copy = bool(compares) or (source in LOGS and not _has_position(settings, source))
        if is_copy:
            report = run_ingest(
                settings,
                tables=[f"{source}.{table}" for table in sorted(wanted)],
                compare=("checksums" if CHECKSUM in compares else "rows") if compares else None,
            )
        else:
            report = run_changes(settings, sources=[source])
        for warning in report.warnings:
            context.log.warning(warning)
        unequal: list[str] = []
        with connect_postgres(settings, autocommit=True) as warehouse:
            waiting = _rows_in_quarantine(warehouse, source)
            for table in report.tables:
                # The log is of all tables, also of some that dbt does not know.
                if table.fault is None and table.name in wanted:
                    key = specs[table.name].key
                    metadata = {
                        **metadata_of(table, lag_seconds=report.seconds, is_copy=is_copy),
                        **columns_of(warehouse, tables[table.name]),
                    }
                    bad_rows = table.quarantined if is_copy else waiting.get(table.name, 0)
                    results = raw_check_results(key, table.comparison, bad_rows, checks)
                    unequal += (
                        f"{key.to_user_string()}: {result.check_name}"
                        for result in results
                        if not result.passed and result.severity is dg.AssetCheckSeverity.ERROR
                    )
                    # Written by the same transaction, chosen or not.
                    if history := specs.get(table.name + HISTORY_SUFFIX):
                        shown = columns_of(warehouse, tables[table.name + HISTORY_SUFFIX])
                        if history.key in context.selected_asset_keys:
                            yield dg.MaterializeResult(asset_key=history.key, metadata=shown)
                        else:
                            context.log_event(dg.AssetMaterialization(history.key, metadata=shown))
                    if key in context.selected_asset_keys:
                        yield dg.MaterializeResult(
                            asset_key=key, metadata=metadata, check_results=results
                        )
                    else:
                        context.log_event(dg.AssetMaterialization(key, metadata=metadata))
                        yield from results
        raise_faults(report, unequal)

    return ingest


def _has_position(settings: Settings, source: str) -> bool:
    """Return whether raw stands at a place of the source's log, from which to go on."""
    with connect_postgres(settings, autocommit=True) as warehouse:
        prepare(warehouse)
        return position_of(warehouse, source) is not None


def _rows_in_quarantine(warehouse: psycopg.Connection[Any], source: str) -> dict[str, int]:
    """Return how many rows of a source's tables wait, those of earlier runs among them."""
    return dict(
        warehouse.execute(
            "select table_name, count(*) from ingest.raw_quarantine where source = %s group by 1",
            (source,),
        ).fetchall()
    )


def metadata_of(table: TableReport, *, lag_seconds: float, is_copy: bool) -> dict[str, Any]:
    """Return what the asset's page shows of what ingest did to one table.

    Args:
        table: What ingest did.
        lag_seconds: How far the table was behind its source, at most, when it became visible.
        is_copy: Whether it was copied; else its source's log was followed.
    """
    return {
        ("rows_read" if is_copy else "changes_read"): table.rows_read,
        "rows_inserted": table.inserted,
        "rows_updated": table.updated,
        "rows_tombstoned": table.tombstoned,
        "rows_quarantined": table.quarantined,
        "bytes_read": table.bytes_read,
        "seconds": round(table.seconds, 3),
        "lag_seconds": round(lag_seconds, 3),
        "position": dict(table.position or {}),
        **({"schema_changes": table.schema_changes} if table.schema_changes else {}),
        **({"dagster/row_count": table.comparison.raw_rows} if table.comparison else {}),
    }


def raise_faults(report: IngestReport, unequal: Sequence[str]) -> None:
    """Fail the step when something was not copied, or not as it is; what was copied stays.

    Args:
        report: What ingest did.
        unequal: Names of the checks by which a copy is not what its source is.

    Raises:
        dagster.Failure: A source that could not be read is worth another try. A table that does not
            fit, or a copy that differs, will be no better in a minute.
    """
    faults = [f"{fault.what}. {fault.remedy}." for fault in report.faults]
    if unequal:
        faults.append(f"Raw is not what the source is: {', '.join(unequal)}.")
    if faults:
        raise dg.Failure(
            description="\n".join(faults),
            allow_retries=any(source.fault for source in report.sources),
        )
