"""One promote: the refined layer, from one snapshot of PostgreSQL to Db2, visible at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import psycopg

from orchestration.connections import connect_postgres
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.promote import changes
from orchestration.promote.db2 import state
from orchestration.promote.db2.apply import apply, drop_tables
from orchestration.promote.db2.checksum import db2_sums, postgres_sums
from orchestration.promote.db2.connection import Db2Connection, db2_session, execute, telling
from orchestration.promote.db2.ddl import Table, comment_statements
from orchestration.promote.db2.faults import NOTHING_LOST
from orchestration.promote.db2.stage import Staged, Stager
from orchestration.promote.ranges import Range
from orchestration.promote.refined import refined_layer, seeds
from orchestration.promote.report import (
    Difference,
    PromoteReport,
    Reconciliation,
    TableReport,
)
from orchestration.settings import Settings
from orchestration.warehouse.locks import sole_writer

LOCK: Final = "promote or dbt build on Db2"
"""Held by whoever writes Db2: promote, and whoever starts dbt with target prod. A lock of the
staging warehouse (`sole_writer`), so that it ends with its session."""


def promote(
    settings: Settings,
    report: ReportProgress = no_progress,
    *,
    full: bool = False,
    repair: bool = False,
) -> PromoteReport:
    """Bring Db2 to what the refined layer is now.

    Rows are read from one snapshot, staged where nobody reads them, and made visible by one
    transaction that also stores how far each table is. So a run that fails at any point changes
    nothing, and the next does it all. Then both sides' rows are compared by checksum.

    Holds the lock `LOCK` of the staging warehouse. Who starts dbt with target prod must hold it
    too: `with connect_postgres(settings, autocommit=True) as one, sole_writer(one, LOCK)`.

    Args:
        settings: Where both warehouses are.
        report: For progress, in rows of each table.
        full: Compare every row, not only the ranges of keys that the run has touched.
        repair: Compare every row, and write those ranges anew that differ; the marts' incremental
            models then compute every row.

    Returns:
        What was done; `succeeded` tells whether both sides are the same.

    Raises:
        SoftcartError: A warehouse cannot be used or went away, or another promote runs.
    """
    # Dagster's side of the project is slow to import, and only its manifest is needed.
    from orchestration.defs.dbt_project import load_manifest

    began = time.monotonic()
    manifest = load_manifest(settings.home.resolve() / "dagster" / "manifest")
    with (
        _telling_postgres(settings),
        connect_postgres(settings, autocommit=True) as warehouse,
        sole_writer(warehouse, LOCK),
        db2_session(settings) as target,
        telling(settings.url("db2"), "promoting"),
        changes.refined_snapshot(settings, seeds(manifest)) as source,
    ):
        tables = [Table(relation) for relation in refined_layer(manifest, source)]
        run = _Run(settings, source, target, report)
        run.bring(tables)
        run.compare(full=full or repair)
        if repair:
            run.repair()
        state.drop_work(target)
    run.report.seconds = time.monotonic() - began
    return run.report


@dataclass
class _Run:
    settings: Settings
    source: psycopg.Connection[Any]
    target: Db2Connection
    progress: ReportProgress
    report: PromoteReport = field(default_factory=PromoteReport)
    staged: list[Staged] = field(default_factory=list)

    @property
    def stager(self) -> Stager:
        return Stager(
            self.source,
            self.target,
            self.settings.home / "promote",
            self.progress,
            self.report.warnings.append,
        )

    def bring(self, tables: Sequence[Table]) -> None:
        """Stage what has changed, and make it visible."""
        with self._telling("preparing"):
            had = state.prepare(self.target, {table.schema for table in tables})
        has: dict[state.Name, state.Position] = {}
        for table in tables:
            self._warn_of_undocumented(table)
            name = (table.schema, table.plain_name)
            position = changes.loaded_through(self.source, table.relation)
            has[name] = state.Position(position, table.definition, table.comments)
            with self._telling(f"loading {table}"), self._timed() as seconds:
                each = self._stage(table, had.get(name), position)
            each.report.seconds, each.report.position = seconds[0], position
            self.staged.append(each)
        gone = had.keys() - has.keys()
        self.report.tables = [each.report for each in self.staged] + [
            TableReport(schema.lower(), name.lower(), is_gone=True) for schema, name in sorted(gone)
        ]
        self.report.position = max(
            (each.report.position for each in self.staged if each.report.position), default=None
        )
        if has != had or any(each.change != "none" for each in self.staged):
            with self._telling("making the new rows visible"):
                self._finish(had, has, gone)

    def compare(self, *, full: bool) -> None:
        """Compare both sides, the ranges that were touched or all."""
        for each in self.staged:
            with self._telling(f"comparing {each.table}"), self._timed() as seconds:
                touched = None if full else each.touched
                if touched is None or touched:
                    each.report.reconciliation = self._reconcile(each.table, touched)
                self.target.commit()
            each.report.seconds += seconds[0]

    def repair(self) -> None:
        """Write the ranges anew that differ."""
        differing = [each for each in self.staged if each.report.differences]
        if not differing:
            return
        with self._telling("clearing its work tables"):
            state.drop_work(self.target)
        healed: list[Staged] = []
        for each in differing:
            ranges = [difference.keys for difference in each.report.differences]
            with self._telling(f"repairing {each.table}"):
                healed.append(self.stager.ranges(each.table, each.report, ranges))
        with self._telling("making the repaired rows visible"):
            apply(self.target, healed)
            if state.forget_watermarks(self.target):
                self.report.warnings.append(
                    "Rows were repaired: the next dbt build on Db2 computes every row."
                )
            self.target.commit()
        for each in healed:
            with self._telling(f"comparing {each.table}"):
                each.report.reconciliation = self._reconcile(each.table, None)
                self.target.commit()

    def _stage(self, table: Table, had: state.Position | None, position: datetime | None) -> Staged:
        relation = table.relation
        if had is None or had.definition != table.definition:
            return self.stager.first(table)
        if not relation.follows_loads and relation.state_key is None:
            return self.stager.compared(table)
        since = had.loaded_through
        if since is not None and (position is None or position < since):
            # The warehouse was restored from a backup: what it lost meanwhile nobody tells of.
            return self.stager.first(table)
        return self.stager.changed(table, since)

    def _finish(
        self,
        had: dict[state.Name, state.Position],
        has: dict[state.Name, state.Position],
        gone: set[state.Name],
    ) -> None:
        # A relation of deletions that is made anew has no row that is not told of any more.
        kept = {str(each.table) for each in self.staged if each.change != "first"}
        written = [
            each
            for each in self.staged
            if (told := each.table.relation.deletions) and f"{told.schema}.{told.name}" in kept
        ]
        apply(self.target, self.staged, written)
        for each in self.staged:
            name = (each.table.schema, each.table.plain_name)
            if each.change != "first" and had[name].comments != has[name].comments:
                for statement in comment_statements(each.table, each.table.name):
                    execute(self.target, statement)
        drop_tables(self.target, gone)
        state.store(self.target, has)
        self.target.commit()

    def _reconcile(self, table: Table, ranges: set[Range] | None) -> Reconciliation:
        wanted = postgres_sums(self.source, table, ranges)
        found = db2_sums(self.target, table, ranges)
        nothing = (0, 0)
        differences = tuple(
            Difference(each, wanted.get(each, nothing)[0], found.get(each, nothing)[0])
            for each in sorted(wanted.keys() | found.keys())
            if wanted.get(each, nothing) != found.get(each, nothing)
        )
        rows = sum(count for count, _ in wanted.values())
        compared = len(wanted.keys() | found.keys())
        return Reconciliation(compared, rows, ranges is None, differences)

    def _warn_of_undocumented(self, table: Table) -> None:
        if names := table.relation.undocumented:
            self.report.warnings.append(
                f"{table}: {', '.join(names)} stays in PostgreSQL, because no YAML says what it is "
                "and whether it is personal."
            )

    @contextmanager
    def _telling(self, work: str) -> Iterator[None]:
        with telling(self.settings.url("db2"), work):
            yield

    @contextmanager
    def _timed(self) -> Iterator[list[float]]:
        began = time.monotonic()
        seconds = [0.0]
        yield seconds
        seconds[0] = time.monotonic() - began


@contextmanager
def _telling_postgres(settings: Settings) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise SoftcartError(
            f"PostgreSQL at {settings.url('postgres')} failed while promote was reading it "
            f"(SQLSTATE {error.sqlstate or 'none: the connection was cut'})",
            remedy=f"See the server's log. {NOTHING_LOST}",
        ) from error
