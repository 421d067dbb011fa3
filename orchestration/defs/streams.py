"""Show in Dagster what `softcart stream` does, which is no run of Dagster's."""

# No postponed annotations here: Dagster reads those of config and resources as types.

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from psycopg.rows import class_row

from orchestration.connections import connect_postgres
from orchestration.defs.dbt_project import Manifest
from orchestration.defs.ingest import SYSTEMS, copied_table, tables_of
from orchestration.defs.translator import SoftcartTranslator
from orchestration.settings import Settings

INTERVAL_SECONDS = 60

# A table that the stream finds unchanged is shown as fresh so often.
QUIET = timedelta(hours=1)


@dataclass(frozen=True)
class Followed:
    """A raw table that a stream keeps at its source's present.

    Args:
        source: `oltp`, `catalog`.
        table_name: The source's name for it.
        changed_at: When its rows last changed; None if they never have.
        lag_seconds: How far its source is behind the shop.
        rows_per_second: Row changes of the source written of late.
        position: Where in the source's log raw stands.
    """

    source: str
    table_name: str
    changed_at: str | None
    lag_seconds: float
    rows_per_second: float
    position: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """Return `<source>.<table>`."""
        return f"{self.source}.{self.table_name}"


@dataclass(frozen=True)
class Shown:
    """What was last shown of a table.

    Args:
        changed_at: When its rows had last changed then.
        at: When it was shown, ISO 8601.
    """

    changed_at: str | None
    at: str


def due(followed: Iterable[Followed], shown: Mapping[str, Shown], now: datetime) -> list[Followed]:
    """Return the tables that have changed since they were shown, or were not for long."""
    return [
        table
        for table in followed
        if (last := shown.get(table.name)) is None
        or last.changed_at != table.changed_at
        or now - datetime.fromisoformat(last.at) >= QUIET
    ]


# Not of a stream that waits for something or was killed, nor of one that has a backlog: what it
# holds is not the source's present. Nor of tables that it cannot follow.
_FOLLOWED = """
select
    tables.source,
    tables.table_name,
    to_char(tables.changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as changed_at,
    extract(epoch from clock_timestamp() - streams.current_at)::float8 as lag_seconds,
    streams.rows_per_second,
    streams.position
from ingest.tables as tables
inner join ingest.streams as streams on tables.source = streams.source
where
    streams.state = 'following'
    and streams.heartbeat_at > clock_timestamp() - interval '1 minute'
    and streams.current_at > clock_timestamp() - interval '1 minute'
    and tables.missing_since is null
    and not exists (
        select 1 from ingest.stopped
        where stopped.source = tables.source and stopped.table_name = tables.table_name
    )
order by 1, 2
"""


def streams_sensor(status: dg.DefaultSensorStatus, manifest: Manifest) -> dg.SensorDefinition:
    """Return the sensor `streams`.

    Args:
        status: Whether it works without anybody switching it on in the UI.
        manifest: dbt's.
    """
    translator = SoftcartTranslator()
    # A table's history is written with it.
    keys: dict[str, list[dg.AssetKey]] = {}
    for source in SYSTEMS:
        for node in tables_of(manifest, source):
            spec = translator.get_asset_spec(manifest, node["unique_id"], None)
            keys.setdefault(f"{source}.{copied_table(node)}", []).append(spec.key)

    @dg.sensor(
        name="streams",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=status,
        description=(
            "Shows what `softcart stream` has written: each raw table that changed, and each hour "
            "those that it found unchanged."
        ),
    )
    def streams(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        followed = _followed(settings)
        shown = {name: Shown(**last) for name, last in json.loads(context.cursor or "{}").items()}
        tables = [table for table in due(followed, shown, now) if table.name in keys]
        cursor = {name: vars(last) for name, last in shown.items()} | {
            table.name: {"changed_at": table.changed_at, "at": now.isoformat()} for table in tables
        }
        return dg.SensorResult(
            skip_reason=(
                "No stream follows the shop"
                if not followed
                else f"Shown: {', '.join(table.name for table in tables) or 'nothing new'}"
            ),
            cursor=json.dumps(cursor),
            asset_events=[
                dg.AssetMaterialization(key, metadata=metadata_of(table))
                for table in tables
                for key in keys[table.name]
            ],
        )

    return streams


def metadata_of(table: Followed) -> dict[str, Any]:
    """Return what the asset's page shows of a table that a stream follows."""
    return {
        "written_by": "softcart stream",
        **({"changed_at": f"{table.changed_at} UTC"} if table.changed_at else {}),
        "lag_seconds": round(table.lag_seconds, 3),
        "source_changes_per_second": round(table.rows_per_second, 1),
        "position": dict(table.position or {}),
    }


def _followed(settings: Settings) -> list[Followed]:
    """Return the tables that a stream keeps at the present; none where none ever ran."""
    with connect_postgres(settings) as warehouse:
        known = warehouse.execute("select to_regclass('ingest.streams') is not null").fetchall()
        if not known[0][0]:
            return []
        return warehouse.cursor(row_factory=class_row(Followed)).execute(_FOLLOWED).fetchall()
