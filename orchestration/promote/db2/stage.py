"""What has changed is put beside the promoted tables, by chunks, where nobody reads it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import psycopg

from orchestration.errors import SoftcartError
from orchestration.promote import changes
from orchestration.promote.db2.checksum import (
    OnPostgres,
    db2_sums,
    postgres_sums,
    range_of,
    ranges_condition,
    touched_ranges_query,
)
from orchestration.promote.db2.connection import Db2Connection, Row, execute, query
from orchestration.promote.db2.ddl import Table, comment_statements, create_table
from orchestration.promote.db2.load import ArrayInsert, Loader, loader_for
from orchestration.promote.db2.types import Db2Column
from orchestration.promote.ranges import Range
from orchestration.promote.report import TableReport

# From here on the optimizer should know how many rows it joins with.
_STATISTICS_ROWS: Final = 10_000
_BLOCK_ROWS: Final = 1_000

Change = Literal["none", "first", "rows", "states", "whole", "ranges"]
"""What is to be done with a table: nothing; put it in place; merge rows; replace all states of
keys; replace everything; replace ranges of keys."""


@dataclass
class Staged:
    """A table, and what of it was staged.

    Attributes:
        table: Which.
        report: What is told of it.
        change: What is to be done with it.
        has_gone: Whether keys of deleted rows were staged.
        touched: Ranges of keys that the change touches, None for all.
        replaced: Ranges of keys to replace, for the change `ranges`.
    """

    table: Table
    report: TableReport
    change: Change = "none"
    has_gone: bool = False
    touched: set[Range] | None = field(default_factory=set)
    replaced: tuple[Range, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A table to be made and filled: its name as SQL's identifier, its columns, its key."""

    name: str
    columns: Sequence[Db2Column]
    key: Sequence[str]


@dataclass(frozen=True)
class Stager:
    """Reads one snapshot of PostgreSQL and stages on Db2.

    Attributes:
        source: In the transaction of the snapshot.
        target: Without autocommit.
        folder: For files of external tables.
        rows_read: Called with a table's name and how many of how many rows were read.
        warn: Called with what the user should know.
    """

    source: psycopg.Connection[Any]
    target: Db2Connection
    folder: Path
    rows_read: Callable[[str, int, int], None]
    warn: Callable[[str], None]

    def first(self, table: Table) -> Staged:
        """Stage every row under the name that the table has until it is put in place."""
        staged = Staged(table, _report(table, is_first=True), "first", touched=None)
        selection = changes.all_rows(table.relation)
        staged.report.rows_upserted = self._fill(
            staged.report, _Place(table.loading_name, table.columns, table.key), selection
        )
        for statement in comment_statements(table, table.loading_name):
            execute(self.target, statement)
        self.target.commit()
        return staged

    def changed(self, table: Table, since: datetime | None) -> Staged:
        """Stage what was loaded after a position, and the keys of what was deleted."""
        relation = table.relation
        staged = Staged(table, _report(table))
        rows = changes.changed_rows(relation, since)
        gone = changes.gone_keys(relation, since)
        if rows.count(self.source):
            staged.change = "states" if relation.state_key else "rows"
            staged.report.rows_upserted = self._fill(staged.report, _work(table), rows)
            self._touch(staged, rows)
        if gone and gone.count(self.source):
            staged.change = "rows"
            staged.has_gone = True
            place = _Place(table.gone_name, table.key_columns, table.key)
            self._fill(staged.report, place, gone)
            self._touch_gone(staged, gone)
        return staged

    def compared(self, table: Table) -> Staged:
        """Stage every row if the two sides differ."""
        staged = Staged(table, _report(table))
        if postgres_sums(self.source, table, None) != db2_sums(self.target, table, None):
            staged.change, staged.touched = "whole", None
            rows = changes.all_rows(table.relation)
            staged.report.rows_upserted = self._fill(staged.report, _work(table), rows)
        self.target.commit()
        return staged

    def ranges(self, table: Table, report: TableReport, ranges: Sequence[Range]) -> Staged:
        """Stage every row of some ranges of keys."""
        staged = Staged(table, report, "ranges", touched=set(ranges), replaced=tuple(ranges))
        condition = ranges_condition(table, OnPostgres(), ranges)
        selection = changes.all_rows(table.relation, changes.written(condition))
        report.rows_repaired = self._fill(report, _work(table), selection)
        return staged

    def _fill(self, report: TableReport, place: _Place, selection: changes.Selection) -> int:
        """Make a table and load the selected rows into it; return how many there are."""
        expected = selection.count(self.source)
        execute(self.target, create_table(place.name, place.columns, place.key))
        self.target.commit()
        loader = self._loader(report, place, expected)
        report.way = loader.name
        rows = self._rows(report, place, selection, expected)
        loaded = loader.load(self.target, place.name, place.columns, rows)
        ((found,),) = query(self.target, f"SELECT COUNT(*) FROM {place.name}")
        self.target.commit()
        if not loaded == int(found) == expected:
            raise SoftcartError(
                f"Of {expected:,} rows of {report.schema}.{report.name}, Db2 got {int(found):,}",
                remedy="Run `softcart promote db2` again; if it is said again, report it",
            )
        if loaded >= _STATISTICS_ROWS:
            name = place.name.replace('"', "")
            statistics = f"RUNSTATS ON TABLE {name} WITH DISTRIBUTION AND INDEXES ALL"
            execute(self.target, "CALL SYSPROC.ADMIN_CMD(?)", (statistics,))
            self.target.commit()
        return loaded

    def _loader(self, report: TableReport, place: _Place, rows: int) -> Loader:
        loader = loader_for(place.columns, rows, self.folder)
        fault = loader.fault(self.target, place.name, place.columns)
        if fault is None:
            return loader
        slower = ArrayInsert()
        self.warn(
            f"{report.schema}.{report.name} was loaded by {slower.name}, not by {loader.name}: "
            f"the server refuses an external table with {fault}."
        )
        return slower

    def _rows(
        self, report: TableReport, place: _Place, selection: changes.Selection, expected: int
    ) -> Iterator[Row]:
        def took(size: int) -> None:
            report.bytes += size

        booleans = [
            number for number, column in enumerate(place.columns) if column.kind == "boolean"
        ]
        name = f"{report.schema}.{report.name}"
        rows = changes.read(self.source, selection, booleans, took)
        done = 0
        while block := list(itertools.islice(rows, _BLOCK_ROWS)):
            yield from block
            done += len(block)
            self.rows_read(name, done, expected)

    def _touch(self, staged: Staged, rows: changes.Selection) -> None:
        source = rows.source.as_string(self.source)
        self._add(staged, touched_ranges_query(staged.table, source))

    def _touch_gone(self, staged: Staged, gone: changes.Selection) -> None:
        key = ", ".join(staged.table.relation.key)
        columns = gone.columns.as_string(self.source)
        source = gone.source.as_string(self.source)
        named = f"(select {columns} from {source}) as gone ({key})"
        self._add(staged, touched_ranges_query(staged.table, named))

    def _add(self, staged: Staged, statement: str) -> None:
        places = self.source.execute(statement.encode()).fetchall()
        if staged.touched is not None:
            staged.touched.update(range_of(staged.table, place) for (place,) in places)


def _work(table: Table) -> _Place:
    return _Place(table.work_name, table.columns, table.key)


def _report(table: Table, *, is_first: bool = False) -> TableReport:
    return TableReport(table.relation.schema, table.relation.name, is_first=is_first)
