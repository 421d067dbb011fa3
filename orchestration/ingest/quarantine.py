"""Rows that raw cannot hold: told apart from the good ones, kept whole, tried again later.

Rows are staged as text, so nothing fails; PostgreSQL then says of each value whether its column can
hold it. That costs about twice the time of typing them straight away, so only tables that have such
rows come here.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from orchestration.ingest import copy_text
from orchestration.ingest.batch import CHANGE, HOLD, TOMBSTONE, UNSTORABLE, UPSERT, Batch, Lines
from orchestration.ingest.raw_table import RawTable, comma

STAGED_TEXT: Final = sql.Identifier("pg_temp", "staged_text")

_CREATE = sql.SQL("""
create temp table staged_text (
    {change} "char" not null default {upsert}, {columns}, {unstorable} jsonb
)
""")

_STAGE_QUARANTINED = sql.SQL("""
insert into pg_temp.staged_text ({columns})
select {values}
from ingest.raw_quarantine
where source = %s and table_name = %s
    and not exists (
        select from jsonb_each(row_image) as item where jsonb_typeof(item.value) = 'object'
    )
""")

# Of a row that is gone only the key counts, whatever its last image was.
_CLEAR_TOMBSTONES = sql.SQL("""
update pg_temp.staged_text
set {cleared}{unstorable} = nullif({unstorable} - array[{others}]::text[], '{{}}')
where {change} = {tombstone}
""")

_FIND_FAULTY = sql.SQL("""
create temp table faulty as
select place, fault, image
from (
    select
        ctid as place,
        case
            when {unstorable} is not null
                then (select min(name) from jsonb_object_keys({unstorable}) as name)
            {faults}
        end as fault,
        to_jsonb(staged) - array[{added}] || coalesce({unstorable}, '{{}}') as image
    from pg_temp.staged_text as staged
) as checked
where fault is not null
""")

_STAGE_GOOD = sql.SQL("""
insert into pg_temp.staged ({change}, {columns})
select {change}, {values}
from pg_temp.staged_text as good
where not exists (select from pg_temp.faulty where place = good.ctid)
""")

_STAGE_HELD = sql.SQL("""
insert into pg_temp.staged ({change}, {key})
select {hold}, {values}
from pg_temp.staged_text as held
inner join pg_temp.faulty on place = held.ctid
where {is_valid}
""")

_KEEP = sql.SQL("""
insert into ingest.raw_quarantine
    (source, table_name, row_key, column_name, reason, row_image, position, run_id)
select %s, %s, {key}, fault,
    case
        when jsonb_typeof(image -> fault) = 'object' then 'has a NUL character or is not UTF-8'
        {reasons}
    end,
    image, %s, %s
from pg_temp.faulty
on conflict (source, table_name, row_key) do update set
    column_name = excluded.column_name,
    reason = excluded.reason,
    row_image = excluded.row_image,
    position = excluded.position,
    run_id = excluded.run_id,
    last_seen_at = excluded.last_seen_at
""")

_RELEASE_UNSEEN = """
delete from ingest.raw_quarantine where source = %s and table_name = %s and run_id <> %s
"""

_RELEASE_GOOD = sql.SQL("""
delete from ingest.raw_quarantine as kept
using pg_temp.staged_text as good
where kept.source = %s and kept.table_name = %s and kept.row_key = {key}
    and not exists (select from pg_temp.faulty where place = good.ctid)
""")


def tables_with_bad_rows(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Return source and name of each table that has rows in quarantine."""
    return connection.execute(
        "select distinct source, table_name from ingest.raw_quarantine order by 1, 2"
    ).fetchall()


def create_staging(connection: psycopg.Connection[Any], table: RawTable) -> None:
    """Create the table that takes any row as text."""
    columns = (sql.SQL("{} text").format(sql.Identifier(name)) for name in table.column_names)
    connection.execute(
        _CREATE.format(
            change=sql.Identifier(CHANGE),
            upsert=sql.Literal(UPSERT),
            columns=comma(columns),
            unstorable=sql.Identifier(UNSTORABLE),
        )
    )


def storable(lines: Iterator[Lines], columns: list[str]) -> Iterator[Lines]:
    """Add a field to each line: the values that no PostgreSQL text can hold, else NULL.

    Such values have a NUL character or are not UTF-8. They leave their own field, NULL there, for
    the added one, which is JSON: {"column": {"$base64": "..."}}.

    Args:
        lines: From a reader.
        columns: Names of the fields of each line.
    """
    for rows, text in lines:
        if _is_storable(text):
            yield Lines(rows, text.replace(b"\n", b"\t\\N\n"))
        else:
            marked = [_mark(line, columns) for line in text.splitlines(keepends=True)]
            yield Lines(rows, b"".join(marked))


def stage_quarantined(connection: psycopg.Connection[Any], table: RawTable) -> int:
    """Stage the rows that a table has in quarantine, and return how many there are."""
    values = (sql.SQL("row_image ->> {}").format(sql.Literal(name)) for name in table.column_names)
    return connection.execute(
        _STAGE_QUARANTINED.format(columns=comma(table.columns), values=comma(values)),
        (table.schema.source, table.schema.name),
    ).rowcount


def split(connection: psycopg.Connection[Any], table: RawTable) -> None:
    """Stage the rows that raw can hold with their types, and list the others as faulty.

    The key of a faulty row is staged as held, so that what raw has for it stays.
    """
    change, unstorable = sql.Identifier(CHANGE), sql.Identifier(UNSTORABLE)
    others = [name for name in table.column_names if name not in table.schema.key]
    connection.execute(
        _CLEAR_TOMBSTONES.format(
            change=change,
            tombstone=sql.Literal(TOMBSTONE),
            unstorable=unstorable,
            cleared=sql.Composed(
                [sql.SQL("{} = null, ").format(sql.Identifier(name)) for name in others]
            ),
            others=comma(map(sql.Literal, others)),
        )
    )
    faults = [
        sql.SQL("when not pg_input_is_valid({}, {}) then {}").format(
            sql.Identifier(column.name), sql.Literal(column.type), sql.Literal(column.name)
        )
        for column in table.schema.columns
        if column.type != "text"
    ]
    connection.execute(
        _FIND_FAULTY.format(
            unstorable=unstorable,
            faults=sql.SQL(" ").join(faults),
            added=comma(map(sql.Literal, (CHANGE, UNSTORABLE))),
        )
    )
    connection.execute(
        _STAGE_GOOD.format(
            change=change,
            columns=comma(table.columns),
            values=comma(table.casts(table.column_names)),
        )
    )
    is_valid = (
        sql.SQL("pg_input_is_valid({}, {})").format(
            sql.Identifier(name), sql.Literal(table.types[name])
        )
        for name in table.schema.key
    )
    connection.execute(
        _STAGE_HELD.format(
            change=change,
            key=comma(map(sql.Identifier, table.schema.key)),
            hold=sql.Literal(HOLD),
            values=comma(table.casts(table.schema.key)),
            is_valid=sql.SQL(" and ").join(is_valid),
        )
    )


def keep(
    connection: psycopg.Connection[Any], table: RawTable, batch: Batch, run_id: int
) -> dict[str, int]:
    """Put the faulty rows of a batch into quarantine, and take out those that it shows to be good.

    Returns:
        How many rows went in, by the column that is at fault.
    """
    name = (table.schema.source, table.schema.name)
    position = None if batch.position is None else Jsonb(dict(batch.position))
    reasons = [
        sql.SQL(
            "when fault = {0} then (select message from pg_input_error_info(image ->> {0}, {1}))"
        ).format(sql.Literal(column.name), sql.Literal(column.type))
        for column in table.schema.columns
    ]
    key = comma(sql.SQL("image -> {}").format(sql.Literal(key)) for key in table.schema.key)
    connection.execute(
        _KEEP.format(
            key=sql.SQL("jsonb_build_array({})").format(key), reasons=sql.SQL(" ").join(reasons)
        ),
        (*name, position, run_id),
    )
    if batch.is_complete:
        connection.execute(_RELEASE_UNSEEN, (*name, run_id))
    else:
        release_good(connection, table)
    found = connection.execute("select fault, count(*) from pg_temp.faulty group by fault")
    return dict(found.fetchall())


def release_good(connection: psycopg.Connection[Any], table: RawTable) -> int:
    """Take the staged rows that are good out of quarantine, and return how many were in it."""
    key = comma(sql.SQL("good.{}").format(sql.Identifier(key)) for key in table.schema.key)
    return connection.execute(
        _RELEASE_GOOD.format(key=sql.SQL("jsonb_build_array({})").format(key)),
        (table.schema.source, table.schema.name),
    ).rowcount


def release_all(connection: psycopg.Connection[Any], source: str, name: str) -> None:
    """Take all rows of a table out of quarantine: its source has none any more."""
    connection.execute(
        "delete from ingest.raw_quarantine where source = %s and table_name = %s", (source, name)
    )


def has_bad_rows(connection: psycopg.Connection[Any], source: str, name: str) -> bool:
    """Return whether a table has rows in quarantine."""
    query = "select from ingest.raw_quarantine where source = %s and table_name = %s limit 1"
    return connection.execute(query, (source, name)).rowcount > 0


def drop_staging(connection: psycopg.Connection[Any]) -> None:
    """Drop what `create_staging` and `split` made."""
    connection.execute("drop table pg_temp.staged_text, pg_temp.faulty")


def _is_storable(text: bytes) -> bool:
    if b"\0" in text:
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mark(line: bytes, columns: list[str]) -> bytes:
    if _is_storable(line):
        return line[:-1] + b"\t\\N\n"
    fields: list[bytes] = []
    unstorable: dict[str, dict[str, str]] = {}
    for column, value in zip(columns, copy_text.fields(line), strict=True):
        if value is None:
            fields.append(copy_text.NULL)
        elif _is_storable(value):
            fields.append(copy_text.escape(value))
        else:
            fields.append(copy_text.NULL)
            unstorable[column] = {"$base64": b64encode(value).decode()}
    return copy_text.line([*fields, copy_text.escape(json.dumps(unstorable).encode())])
