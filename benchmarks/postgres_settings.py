"""What a setting of PostgreSQL, or a way to keep a raw table, does to loads, merges and builds.

    python -m benchmarks.postgres_settings [--scale 1.0] [--turns 3] [--only work_mem ...]

Ours and another value take turns on one warehouse. Figures go to benchmarks/results/ and from there
into docs/postgresql.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.bi import ask_all, values_of
from benchmarks.compiled import CompiledMarts, compile_marts
from benchmarks.measure import machine, middle, progress
from benchmarks.warehouse import Warehouse, open_warehouse
from orchestration.ingest import state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import Batch, LineBlocks, Lines, TableSchema
from orchestration.ingest.raw_table import as_stored
from orchestration.local.postgres import PrivatePostgres
from orchestration.local.stack import private_servers
from orchestration.settings import PROJECT_DIR

RESULTS = Path(__file__).parent / "results"
PAGE = PROJECT_DIR / "docs" / "postgresql.md"
WORK = PROJECT_DIR / ".softcart" / "bench"
MERGES = 5
# One row in so many is changed by each merge, spread over the whole table.
MERGED_ONE_IN = 50
_BLOCK_BYTES = 1 << 20
_NO_RUN = 0


@dataclass(frozen=True)
class Setting:
    """Another value for settings of the server.

    Attributes:
        name: As the table calls it.
        other: What is set in place of ours.
    """

    name: str
    other: Mapping[str, str]


# PostgreSQL's own value where we have another, and what we might have where we have its own.
SETTINGS = (
    Setting("all as PostgreSQL comes", {}),
    Setting("wal_level = replica", {"wal_level": "replica", "max_wal_senders": "10"}),
    Setting("synchronous_commit = on", {"synchronous_commit": "on"}),
    Setting("max_wal_size = 1GB", {"max_wal_size": "1GB"}),
    Setting("checkpoint_timeout = 5min", {"checkpoint_timeout": "5min"}),
    Setting("wal_compression = pglz", {"wal_compression": "pglz"}),
    Setting("shared_buffers = 128MB", {"shared_buffers": "128MB"}),
    Setting("work_mem = 4MB", {"work_mem": "4MB"}),
    Setting("maintenance_work_mem = 64MB", {"maintenance_work_mem": "64MB"}),
    Setting("jit = on", {"jit": "on"}),
    Setting("random_page_cost = 4", {"random_page_cost": "4"}),
    Setting("effective_io_concurrency = 200", {"effective_io_concurrency": "200"}),
    Setting("default_statistics_target = 500", {"default_statistics_target": "500"}),
)
# What initdb's own file would say; ours stay where the server could not start without them.
_KEPT = ("listen_addresses", "unix_socket_directories", "cluster_name", "timezone", "log_timezone")


@dataclass(frozen=True)
class Keeping:
    """A way to keep a raw table that is merged into.

    Attributes:
        name: As the table calls it.
        statements: Run on the table `{table}` after its first load.
    """

    name: str
    statements: Sequence[str] = ()


_TABLE = "raw_bench.order_items"
_KEYS = (
    f"create index on {_TABLE} (order_id)",
    f"create index on {_TABLE} (shipment_id)",
    f"create index on {_TABLE} (sku)",
)
_LOADED = "((_loaded_at at time zone 'UTC'))"
_BTREE = f"create index loaded on {_TABLE} {_LOADED}"
_BRIN = f"create index loaded on {_TABLE} using brin {_LOADED} with (pages_per_range = 8)"

KEEPINGS = (
    Keeping("key alone"),
    Keeping("look-up indexes", _KEYS),
    Keeping("look-up indexes, _loaded_at by B-tree", (*_KEYS, _BTREE)),
    Keeping("look-up indexes, _loaded_at by BRIN", (*_KEYS, _BRIN)),
    Keeping(
        "look-up indexes, _loaded_at by BRIN, fillfactor 90",
        (*_KEYS, _BRIN, f"alter table {_TABLE} set (fillfactor = 90)", f"vacuum full {_TABLE}"),
    ),
    Keeping(
        "look-up indexes, _loaded_at by B-tree, fillfactor 90",
        (*_KEYS, _BTREE, f"alter table {_TABLE} set (fillfactor = 90)", f"vacuum full {_TABLE}"),
    ),
    Keeping("unlogged", (*_KEYS, _BTREE, f"alter table {_TABLE} set unlogged")),
    Keeping(
        "autovacuum at 2 %",
        (
            *(*_KEYS, _BTREE),
            f"alter table {_TABLE} set (autovacuum_vacuum_scale_factor = 0.02,"
            " autovacuum_vacuum_cost_delay = 0)",
        ),
    ),
)


@dataclass
class Trial:
    """What one value or one way did.

    Attributes:
        name: Of the setting or the way.
        kind: `setting` or `keeping`.
        ratios: Of each phase: its time over ours, the middle one of the turns.
        figures: What was measured, in seconds and bytes, turn by turn.
    """

    name: str
    kind: str
    ratios: dict[str, float] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)


class _Tuned(PrivatePostgres):
    """The private PostgreSQL with other settings."""

    def __init__(self, like: PrivatePostgres, port: int, other: Mapping[str, str] | None) -> None:
        super().__init__(like.place, like.log.parent, port)
        self._other = other

    def settings(self, folder: Path) -> dict[str, str]:
        ours = super().settings(folder)
        if self._other is None:
            return ours
        if not self._other:
            return {name: value for name, value in ours.items() if name in _KEPT}
        return ours | dict(self._other)


def main() -> None:
    """Measure all settings and ways of keeping, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postgres_settings")
    parser.add_argument("--scale", type=float, default=1.0, help="million order lines")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--only", nargs="*", default=[], help="words of the trials to run")
    arguments = parser.parse_args()

    def is_wanted(name: str) -> bool:
        return not arguments.only or any(word in name for word in arguments.only)

    with open_warehouse(arguments.work, arguments.scale) as warehouse:
        progress("settings: the marts")
        warehouse.build()
        compiled = compile_marts(warehouse)
        with warehouse.postgres() as postgres:
            postgres.execute("vacuum (analyze)")
            values = values_of(postgres)
        bench = _Bench(warehouse, compiled, values)
        trials = [
            *(bench.compare(each, arguments.turns) for each in SETTINGS if is_wanted(each.name)),
            *(bench.keep(each, arguments.turns) for each in KEEPINGS if is_wanted(each.name)),
        ]
        bench.clean()
    host = machine()
    content = {"machine": host, "scale": arguments.scale, "turns": arguments.turns}
    results = {**content, "trials": [asdict(trial) for trial in trials]}
    place = RESULTS if arguments.scale >= 1.0 and not arguments.only else arguments.work
    path = place / f"postgres-{host['date']}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    tables = figures_text(results)
    print(tables)
    if place is RESULTS:
        write_page(tables)


class _Bench:
    """A warehouse on which phases are timed, with one server setting or another."""

    def __init__(
        self, warehouse: Warehouse, compiled: CompiledMarts, values: Mapping[str, Sequence[Any]]
    ) -> None:
        self._warehouse = warehouse
        self._compiled = compiled
        self._values = values
        server = private_servers(warehouse.settings)[0]
        assert isinstance(server, PrivatePostgres)  # noqa: S101 - PostgreSQL is the first of them
        self._server = server
        self._port = warehouse.settings.url("postgres").port
        self._lines = warehouse.settings.home / "order_items.copy"
        with warehouse.postgres() as postgres:
            stored = as_stored(postgres, "oltp", "order_items").schema
            self._table = TableSchema("bench", "order_items", stored.columns, stored.key)
            self._columns = sql.SQL(", ").join(
                sql.Identifier(column.name) for column in stored.columns
            )
            self._export(postgres)

    def compare(self, setting: Setting, turns: int) -> Trial:
        """Time every phase with ours and with another value, in turns."""
        trial = Trial(setting.name, "setting")
        for turn in range(turns):
            progress(f"settings: {setting.name}, turn {turn + 1} of {turns}")
            pair = {}
            for whose, other in (("ours", None), ("other", setting.other)):
                with self._served_with(other):
                    pair[whose] = self._phases()
            for phase in pair["ours"]:
                for whose, seconds in pair.items():
                    trial.figures.setdefault(f"{phase}, {whose}", []).append(seconds[phase])
        for phase in pair["ours"]:
            ours, other_seconds = (trial.figures[f"{phase}, {whose}"] for whose in pair)
            trial.ratios[phase] = middle(
                [theirs / mine for theirs, mine in zip(other_seconds, ours, strict=True)]
            )
        return trial

    def keep(self, keeping: Keeping, turns: int) -> Trial:
        """Time merges into a raw table that is kept so."""
        trial = Trial(keeping.name, "keeping")
        for turn in range(turns):
            progress(f"keeping: {keeping.name}, turn {turn + 1} of {turns}")
            for name, value in self._kept(keeping).items():
                trial.figures.setdefault(name, []).append(value)
        return trial

    def clean(self) -> None:
        """Remove what was made for measuring."""
        self._compiled.drop(self._warehouse)
        self._empty()
        self._lines.unlink(missing_ok=True)

    @contextmanager
    def _served_with(self, other: Mapping[str, str] | None) -> Iterator[None]:
        self._serve(other)
        try:
            yield
        finally:
            self._serve(None)

    def _serve(self, other: Mapping[str, str] | None) -> None:
        server = _Tuned(self._server, self._port, other)
        server.stop()
        server.start()
        server.wait_until_ready()

    def _phases(self) -> dict[str, float]:
        self._empty()
        load = self._timed(self._load)
        merge = self._timed(self._merge)
        build = self._compiled.build(self._warehouse)
        with self._warehouse.postgres() as postgres:
            queries = ask_all(postgres, self._values)
        return {"load": load, "merge": merge, "build": build, "queries": queries}

    def _kept(self, keeping: Keeping) -> dict[str, float]:
        self._empty()
        self._load()
        with self._warehouse.postgres() as postgres:
            for statement in keeping.statements:
                postgres.execute(statement)
            postgres.execute(f"analyze {_TABLE}")
            before = _size(postgres)
        merge = self._timed(self._merge)
        with self._warehouse.postgres() as postgres:
            after = _size(postgres)
            newest = "(select max(changed_at) at time zone 'UTC' from ingest.tables"
            query = (
                f"select count(*) from {_TABLE} where _loaded_at at time zone 'UTC'"
                f" >= {newest} where source = 'bench')"
            )
            look_up = self._timed(lambda: postgres.execute(query).fetchall())
            postgres.execute("select pg_stat_force_next_flush()")
            hot = postgres.execute(
                "select coalesce(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0), 0)"
                " from pg_stat_user_tables where relid = %s::regclass",
                (_TABLE,),
            ).fetchone()
        return {
            "merge_seconds": merge,
            "look_up_seconds": look_up,
            "hot_percent": float(hot[0]) if hot else 0.0,
            "mb_before": before,
            "mb_after": after,
        }

    def _load(self) -> None:
        self._apply(Batch(self._table, self._all_lines))

    def _merge(self) -> None:
        for rest in range(MERGES):
            changes = partial(self._changes, rest)
            self._apply(Batch(self._table, changes, is_complete=False, has_changes=True))

    def _apply(self, batch: Batch) -> None:
        with self._warehouse.postgres() as postgres, postgres.transaction():
            apply(postgres, batch, run_id=_NO_RUN, may_be_bad=False, rows_read=lambda _: None)

    def _export(self, postgres: psycopg.Connection[Any]) -> None:
        """Leave the rows as a source would send them: then no source's speed is measured."""
        query = sql.SQL(
            "copy (select {} from raw_oltp.order_items where _deleted_at is null) to stdout"
        ).format(self._columns)
        with postgres.cursor().copy(query) as copy, self._lines.open("wb") as file:
            for block in copy:
                file.write(block)

    def _all_lines(self) -> LineBlocks:
        with self._lines.open("rb") as file:
            while lines := file.readlines(_BLOCK_BYTES):
                yield Lines(len(lines), b"".join(lines))

    def _changes(self, rest: int) -> LineBlocks:
        keys = [column.name for column in self._table.columns]
        key, quantity = keys.index("order_item_id"), keys.index("quantity")
        changed = []
        with self._lines.open("rb") as file:
            for line in file:
                fields = line.split(b"\t")
                if int(fields[key]) % MERGED_ONE_IN == rest:
                    fields[quantity] = b"%d" % (int(fields[quantity]) + 1)
                    changed.append(b"u\t" + b"\t".join(fields))
        yield Lines(len(changed), b"".join(changed))

    def _empty(self) -> None:
        with self._warehouse.postgres() as postgres:
            postgres.execute("drop schema if exists raw_bench cascade")
            postgres.execute("create schema raw_bench")
            state.prepare(postgres)
            postgres.execute("delete from ingest.tables where source = 'bench'")
            postgres.execute("checkpoint")

    def _timed(self, work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began


def figures_text(results: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    host = results["machine"]
    lines = [
        f"Measured {host['date']} on {host['cores']} cores of {host['processor']} with "
        f"{host['memory_gib']} GiB, at {results['scale']:g}M order lines, {results['turns']} turns "
        "each. A number is the time with the setting in the first column over the time with ours.",
        "",
        "| in place of ours | first load | merges | build of the marts | dashboards' queries |",
        "|---|---|---|---|---|",
    ]
    for trial in results["trials"]:
        if trial["kind"] == "setting":
            ratios = trial["ratios"]
            cells = " | ".join(
                f"{ratios[name]:.2f}" for name in ("load", "merge", "build", "queries")
            )
            lines.append(f"| `{trial['name']}` | {cells} |")
    lines += [
        "",
        f"A raw table of order items, {MERGES} merges that each change one row in {MERGED_ONE_IN}:",
        "",
        "| kept so | merges, s | rows of the last merge found, ms | updates in place (HOT) | "
        "MB before, after |",
        "|---|---|---|---|---|",
    ]
    for trial in results["trials"]:
        if trial["kind"] == "keeping":
            figures = {name: middle(values) for name, values in trial["figures"].items()}
            lines.append(
                f"| {trial['name']} | {figures['merge_seconds']:.1f} | "
                f"{1000 * figures['look_up_seconds']:.0f} | {figures['hot_percent']:.0f} % | "
                f"{figures['mb_before']:.0f}, {figures['mb_after']:.0f} |"
            )
    return "\n".join(lines) + "\n"


def write_page(tables: str) -> None:
    """Put the figures into the page, between its marks."""
    begin, end = "<!-- figures -->\n", "<!-- end of figures -->\n"
    text = PAGE.read_text()
    before, _, rest = text.partition(begin)
    PAGE.write_text(before + begin + "\n" + tables + "\n" + end + rest.partition(end)[2])


def _size(postgres: psycopg.Connection[Any]) -> float:
    row = postgres.execute("select pg_total_relation_size(%s) / 1e6", (_TABLE,)).fetchone()
    return float(row[0]) if row else 0.0


if __name__ == "__main__":
    main()
