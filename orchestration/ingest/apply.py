"""The one writer of raw: takes a batch, writes what differs, and says what it did.

Rows are staged by COPY and merged by one statement, which compares whole rows byte for byte: a -0
for a 0, or 1.0 for 1 in a document, is a change, and a row without one is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import sql

from orchestration.ingest import history, quarantine, state
from orchestration.ingest.batch import (
    CHANGE,
    COMMITTED_AT,
    DELETED_AT,
    LOADED_AT,
    TOMBSTONE,
    UNSTORABLE,
    UPSERT,
    Batch,
    LineBlocks,
    Lines,
    Precedence,
)
from orchestration.ingest.raw_table import (
    RawTable,
    add_primary_key,
    as_stored,
    comma,
    fit,
    no_raw_table,
)
from orchestration.ingest.report import TableReport

_STAGED: Final = sql.Identifier("pg_temp", "staged")

RowsRead = Callable[[int], None]
"""Called with the number of rows read so far."""

_CREATE_STAGED = sql.SQL("""
create temp table staged ({change} "char" not null default {upsert}, {columns})
""")

_MERGE = sql.SQL("""
with merged as (
    merge into {raw} as raw
    using pg_temp.staged on {same_key}
    when matched and staged.{change} = {upsert} and ({replaces})
        then update set {assignments}, {loaded_at} = now(), {deleted_at} = null
    when matched and staged.{change} = {tombstone} and raw.{deleted_at} is null
        then update set {loaded_at} = now(), {deleted_at} = now()
    when not matched and staged.{change} = {upsert}
        then insert ({columns}) values ({values})
    {tombstone_absent}
    returning
        merge_action() = 'INSERT' as is_new,
        case when raw.{deleted_at} is null then {upsert} else {tombstone} end as {change}{state}
){keep_state}

select
    count(*) filter (where is_new) as inserted,
    count(*) filter (where {change} = {upsert} and not is_new) as updated,
    count(*) filter (where {change} = {tombstone}) as tombstoned
from merged
""")

# Few keys occur twice, so only their rows are looked into.
_DROP_PRECEDED = sql.SQL("""
with doubled as (
    select {key} from pg_temp.staged group by {key} having count(*) > 1
),

ranked as (
    select
        staged.ctid as place,
        row_number() over (
            partition by {key} order by {column}, row({image}) using operator(pg_catalog.*<)
        ) as rank
    from pg_temp.staged as staged
    inner join doubled using ({key})
)

delete from pg_temp.staged as staged
using ranked
where staged.ctid = ranked.place and ranked.rank > 1
""")

_TOMBSTONE_ABSENT = sql.SQL("""
    when not matched by source and raw.{deleted_at} is null
        then update set {loaded_at} = now(), {deleted_at} = now()
""")


def apply(
    connection: psycopg.Connection[Any],
    batch: Batch,
    *,
    run_id: int,
    may_be_bad: bool,
    rows_read: RowsRead,
) -> TableReport:
    """Write a batch to its raw table, which is made to fit it.

    Args:
        connection: In a transaction, which an error leaves for the caller to roll back.
        batch: What to write.
        run_id: The run, noted with the table and with bad rows.
        may_be_bad: Look at each value first, and set aside the rows that raw cannot hold. Otherwise
            such a row fails the batch.
        rows_read: For progress.

    Raises:
        psycopg.DataError: A row cannot be held, and `may_be_bad` is False.
        NoRawTableError: The batch holds changes of a table that raw does not have.
        SoftcartError: The source has changed in a way that raw cannot follow; or from the reader.
    """
    raw = fit(connection, batch.table)
    if raw.is_new and batch.has_changes:
        raise no_raw_table(batch.table)
    states = history.fit(connection, raw)
    report = TableReport(batch.table.source, batch.table.name, position=batch.position)
    report.schema_changes += raw.changes
    fields = [CHANGE, *raw.column_names] if batch.has_changes else raw.column_names
    # Nobody else sees a table made in this transaction: its rows need neither a merge nor, with
    # FREEZE, a later visit by vacuum.
    goes_straight = raw.is_new and batch.is_complete and not batch.has_changes and not may_be_bad
    with closing(batch.read()) as lines:
        counted = _counted(lines, report, rows_read)
        if may_be_bad:
            quarantine.create_staging(connection, raw)
            marked = quarantine.storable(counted, fields)
            _copy(connection, quarantine.STAGED_TEXT, [*fields, UNSTORABLE], marked)
        elif goes_straight:
            _copy(connection, raw.name, fields, counted, options=" with (freeze)")
        else:
            _create_staged(connection, raw)
            _copy(connection, _STAGED, fields, counted)
    if raw.is_new:
        add_primary_key(connection, raw)
    if may_be_bad:
        _create_staged(connection, raw)
        quarantine.split(connection, raw)
        report.quarantined_columns = quarantine.keep(connection, raw, batch, run_id)
        report.quarantined = sum(report.quarantined_columns.values())
        quarantine.drop_staging(connection)
    if goes_straight:
        report.inserted = report.rows_read
        if states:
            history.begin(connection, states)
    else:
        merged = None if batch.history else states
        _merge(
            connection,
            raw,
            report,
            merged,
            batch.committed_at,
            is_complete=batch.is_complete,
            precedence=batch.precedence,
        )
    has_changed = report.changed > 0
    if states and raw.is_new and not states.is_new:
        history.end_missing(connection, states)
    if states and batch.history:
        # A row that came and went within the batch has left states, and nothing in raw.
        has_changed |= _keep_history(connection, states, batch.history, may_be_bad=may_be_bad) > 0
    if raw.is_new:
        connection.execute(sql.SQL("analyze {}").format(raw.name))
    had = state.note_table(connection, raw.schema, batch.position, run_id, has_changed=has_changed)
    report.schema_changes += [
        f"column {name} is gone: NULL from now on" for name in raw.dropped if name in had
    ]
    return report


def replay(connection: psycopg.Connection[Any], source: str, name: str) -> TableReport:
    """Try the rows that a table has in quarantine again, and write those that raw can hold now.

    Args:
        connection: In a transaction.
        source: `oltp`, `catalog`.
        name: The table.

    Raises:
        SoftcartError: There is no such raw table.
    """
    raw = as_stored(connection, source, name)
    report = TableReport(source, name)
    quarantine.create_staging(connection, raw)
    report.rows_read = quarantine.stage_quarantined(connection, raw)
    _create_staged(connection, raw)
    quarantine.split(connection, raw)
    report.quarantined = report.rows_read - quarantine.release_good(connection, raw)
    quarantine.drop_staging(connection)
    _merge(connection, raw, report, history.fit(connection, raw), None, is_complete=False)
    if report.changed:
        state.note_changed(connection, source, name)
    return report


def empty(
    connection: psycopg.Connection[Any], source: str, name: str, committed_at: datetime | None
) -> TableReport:
    """Mark every row of a raw table as deleted: its source was emptied at once.

    Args:
        connection: In a transaction.
        source: `oltp`, `catalog`.
        name: The table.
        committed_at: When; None for now.

    Raises:
        SoftcartError: There is no such raw table.
    """
    raw = as_stored(connection, source, name)
    report = TableReport(source, name)
    _create_staged(connection, raw)
    states = history.fit(connection, raw)
    _merge(connection, raw, report, states, committed_at, is_complete=True)
    quarantine.release_all(connection, source, name)
    if report.changed:
        state.note_changed(connection, source, name)
    return report


def _counted(lines: Iterator[Lines], report: TableReport, rows_read: RowsRead) -> Iterator[Lines]:
    for block in lines:
        report.rows_read += block.rows
        report.bytes_read += len(block.text)
        rows_read(report.rows_read)
        yield block


def _copy(
    connection: psycopg.Connection[Any],
    target: sql.Identifier,
    columns: list[str],
    lines: Iterator[Lines],
    *,
    options: str = "",
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin{}").format(
        target, comma(map(sql.Identifier, columns)), sql.SQL(options)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in lines:
            copy.write(block.text)


def _keep_history(
    connection: psycopg.Connection[Any],
    states: history.History,
    read: Callable[[], LineBlocks],
    *,
    may_be_bad: bool,
) -> int:
    fields = [CHANGE, COMMITTED_AT, *states.raw.column_names]
    history.create_staging(connection, states.raw, may_be_bad=may_be_bad)
    with closing(read()) as lines:
        if may_be_bad:
            marked = quarantine.storable(lines, fields)
            _copy(connection, history.STAGED, [*fields, UNSTORABLE], marked)
        else:
            _copy(connection, history.STAGED, fields, lines)
    return history.keep_staged(connection, states, may_be_bad=may_be_bad)


def _create_staged(connection: psycopg.Connection[Any], raw: RawTable) -> None:
    columns = (
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))
        for name, type_ in raw.types.items()
    )
    connection.execute(
        _CREATE_STAGED.format(
            change=sql.Identifier(CHANGE), upsert=sql.Literal(UPSERT), columns=comma(columns)
        )
    )


def _image(raw: RawTable, precedence: Precedence) -> list[sql.Identifier]:
    """Return the columns that tell images of a key apart."""
    aside = {*raw.schema.key, precedence.column, *precedence.aside}
    return [sql.Identifier(name) for name in raw.column_names if name not in aside]


def _drop_preceded(
    connection: psycopg.Connection[Any], raw: RawTable, precedence: Precedence
) -> None:
    """Leave of each key the one staged image that stays."""
    connection.execute(
        _DROP_PRECEDED.format(
            key=comma(map(sql.Identifier, raw.schema.key)),
            column=sql.Identifier(precedence.column),
            image=comma(_image(raw, precedence)),
        )
    )


def _precedes(raw: RawTable, precedence: Precedence) -> sql.Composed:
    """Return SQL for whether a staged image stays rather than that of raw.

    A row that is deleted stays so: its source never takes one back, so somebody had it erased.
    """
    image = _image(raw, precedence)
    return sql.SQL(
        "raw.{deleted_at} is null and (staged.{0} < raw.{0}"
        " or staged.{0} = raw.{0} and record_image_lt(row({1}), row({2})))"
    ).format(
        sql.Identifier(precedence.column),
        comma(sql.SQL("staged.{}").format(name) for name in image),
        comma(sql.SQL("raw.{}").format(name) for name in image),
        deleted_at=sql.Identifier(DELETED_AT),
    )


def _merge(
    connection: psycopg.Connection[Any],
    raw: RawTable,
    report: TableReport,
    states: history.History | None,
    committed_at: datetime | None,
    *,
    is_complete: bool,
    precedence: Precedence | None = None,
) -> None:
    """Merge the staged rows, keep their states, and add what came of it to the report."""
    connection.execute(
        sql.SQL("analyze pg_temp.staged ({})").format(comma(map(sql.Identifier, raw.schema.key)))
    )
    if precedence:
        _drop_preceded(connection, raw, precedence)
    names = [sql.Identifier(name) for name in raw.column_names]
    dropped = [sql.Identifier(name) for name in raw.dropped]
    assignments = [sql.SQL("{0} = staged.{0}").format(name) for name in names]
    assignments += [sql.SQL("{} = null").format(name) for name in dropped]
    ours = [sql.SQL("raw.{}").format(name) for name in names]
    theirs = [sql.SQL("staged.{}").format(name) for name in names]
    special = {
        "change": sql.Identifier(CHANGE),
        "loaded_at": sql.Identifier(LOADED_AT),
        "deleted_at": sql.Identifier(DELETED_AT),
    }
    nothing = sql.SQL("")
    statement = _MERGE.format(
        raw=raw.name,
        same_key=sql.SQL(" and ").join(
            sql.SQL("raw.{0} = staged.{0}").format(sql.Identifier(key)) for key in raw.schema.key
        ),
        replaces=_precedes(raw, precedence)
        if precedence
        else sql.SQL(" or ").join(
            [
                sql.SQL("raw.{} is not null").format(special["deleted_at"]),
                sql.SQL("record_image_ne(row({}), row({}))").format(comma(ours), comma(theirs)),
                *(sql.SQL("raw.{} is not null").format(name) for name in dropped),
            ]
        ),
        assignments=comma(assignments),
        columns=comma(names),
        values=comma(theirs),
        upsert=sql.Literal(UPSERT),
        tombstone=sql.Literal(TOMBSTONE),
        tombstone_absent=_TOMBSTONE_ABSENT.format(**special) if is_complete else nothing,
        state=states.returned if states else nothing,
        keep_state=history.keep_merged(states, committed_at) if states else nothing,
        **special,
    )
    inserted, updated, tombstoned = connection.execute(statement).fetchall()[0]
    report.inserted += inserted
    report.updated += updated
    report.tombstoned += tombstoned
    connection.execute("drop table pg_temp.staged")
