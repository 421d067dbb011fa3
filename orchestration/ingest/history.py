"""Tables whose every state is kept: `raw_<source>.<table>__history`, one row per change.

A state is what the tracked columns became by a change, with the time at which the source committed
it; of a deletion it is the key alone. Rows are only ever added, by the transaction that writes raw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import sql

from orchestration.ingest.batch import (
    CHANGE,
    COMMITTED_AT,
    DELETED_AT,
    HISTORY_ID,
    HISTORY_SUFFIX,
    LOADED_AT,
    TOMBSTONE,
    UNSTORABLE,
    UPSERT,
    Column,
    TableSchema,
)
from orchestration.ingest.raw_table import RawTable, column_types, comma, widen

# Columns besides the key whose states are kept. Personal ones stay out: a person is forgotten in
# one place.
TRACKED: Final[Mapping[str, tuple[str, ...]]] = {
    "oltp.customers": (
        "country_code",
        "customer_status",
        "has_marketing_consent",
        "registered_at",
        "updated_at",
    ),
    "oltp.promotions": (
        "promotion_code",
        "promotion_name",
        "promotion_type",
        "percent_off",
        "amount_off",
        "currency_code",
        "is_active",
        "starts_at",
        "ends_at",
        "updated_at",
    ),
    "oltp.warehouses": (
        "warehouse_code",
        "warehouse_name",
        "city",
        "country_code",
        "is_active",
        "opened_on",
        "updated_at",
    ),
    # What an order went through: its own state, and those of its payments, parcels and returns.
    "oltp.orders": ("order_status", "updated_at"),
    "oltp.payments": ("order_id", "payment_status", "updated_at"),
    "oltp.shipments": ("order_id", "shipment_status", "updated_at"),
    "oltp.returns": ("return_status", "updated_at"),
    "catalog.products": ("document",),
}

STAGED: Final = sql.Identifier("pg_temp", "staged_history")

_WORDS: Final = {
    "change": sql.Identifier(CHANGE),
    "committed_at": sql.Identifier(COMMITTED_AT),
    "deleted_at": sql.Identifier(DELETED_AT),
    "history_id": sql.Identifier(HISTORY_ID),
    "loaded_at": sql.Identifier(LOADED_AT),
    "unstorable": sql.Identifier(UNSTORABLE),
    "upsert": sql.Literal(UPSERT),
    "tombstone": sql.Literal(TOMBSTONE),
}

_CREATE = sql.SQL("""
create table {history} (
    {columns},
    {change} "char" not null,
    {committed_at} timestamptz not null,
    {loaded_at} timestamptz not null default now(),
    {history_id} bigint generated always as identity primary key
);
create index on {history} ({key}, {history_id});
-- As the base models say it: what was loaded since, without reading the rest.
create index on {history} (({loaded_at} at time zone 'UTC'));
comment on table {history} is {comment};
""")

# A row that is gone was there before, though nobody can say since when.
_BEGIN = sql.SQL("""
insert into {history} ({key}, {change}, {committed_at}{tracked})
select {key}, {upsert}, {loaded_at}{tracked} from {raw};

insert into {history} ({key}, {change}, {committed_at})
select {key}, {tombstone}, {deleted_at} from {raw} where {deleted_at} is not null;

analyze {history};
""")

_END_MISSING = sql.SQL("""
insert into {history} ({key}, {change}, {committed_at})
select {key}, {tombstone}, now()
from (
    select distinct on ({key}) {key}, {change}
    from {history}
    order by {key}, {history_id} desc
) as states
where {change} = {upsert} and not exists (select from {raw} as raw where {is_same_row})
""")

_KEEP_MERGED = sql.SQL(""",

kept as (
    insert into {history} ({key}, {change}, {committed_at}{tracked})
    select {key}, {change}, {at}{values} from merged
)""")

_CREATE_STAGED = sql.SQL("""
create temp table staged_history (
    {history_id} bigint generated always as identity,
    {change} "char",
    {committed_at} timestamptz,
    {columns},
    {unstorable} jsonb
)
""")

_KEEP_STAGED = sql.SQL("""
insert into {history} ({key}, {change}, {committed_at}{tracked})
select {keys}, {change}, {committed_at}{values}
from pg_temp.staged_history
{where}
order by {history_id}
""")

# Of a deletion only the key is kept, so the rest of its image may be bad.
_IS_GOOD = sql.SQL("""
where {is_valid_key} and ({change} = {tombstone} or ({unstorable} is null and {is_valid}))
""")


@dataclass(frozen=True)
class History:
    """The history of a raw table.

    Attributes:
        raw: The table.
        tracked: Columns besides the key whose states are kept, those that the source has now.
        is_new: Made in this transaction.
    """

    raw: RawTable
    tracked: tuple[str, ...]
    is_new: bool

    @property
    def name(self) -> sql.Identifier:
        """The history table's qualified name."""
        return sql.Identifier(self.raw.schema.schema, self.raw.schema.name + HISTORY_SUFFIX)

    @property
    def returned(self) -> sql.Composed:
        """What a merge returns of a row, for `keep_merged`."""
        return _each_after_a_comma(
            sql.SQL("raw.{}").format(sql.Identifier(column.name)) for column in self.columns
        )

    @property
    def columns(self) -> list[Column]:
        """The key and the tracked columns, as raw has them."""
        return [
            Column(name, self.raw.types[name]) for name in (*self.raw.schema.key, *self.tracked)
        ]


def is_tracked(table: TableSchema) -> bool:
    """Return whether a table's every state is kept."""
    return str(table) in TRACKED


def fit(connection: psycopg.Connection[Any], raw: RawTable) -> History | None:
    """Make the history of a raw table fit it; None if the table has none.

    Args:
        connection: In a transaction that has not written to the table.
        raw: The table, which fits its source.
    """
    if not is_tracked(raw.schema):
        return None
    tracked = tuple(name for name in TRACKED[str(raw.schema)] if name in raw.types)
    history = History(raw, tracked, is_new=False)
    existing = column_types(connection, history.name)
    if not existing:
        _create(connection, history)
        history = replace(history, is_new=True)
        if not raw.is_new:
            begin(connection, history)
        return history
    for column in history.columns:
        if column.name not in existing:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    history.name, sql.Identifier(column.name), sql.SQL(column.type)
                )
            )
    wider = [
        column for column in history.columns if existing.get(column.name) not in (None, column.type)
    ]
    if wider:
        widen(connection, history.name, wider)
    return history


def begin(connection: psycopg.Connection[Any], history: History) -> None:
    """Write the first states of a new history: what raw has."""
    connection.execute(_BEGIN.format(**_parts(history)))


def end_missing(connection: psycopg.Connection[Any], history: History) -> None:
    """Write that rows are gone which a raw table that was made anew does not have."""
    is_same_row = sql.SQL(" and ").join(
        sql.SQL("raw.{0} = states.{0}").format(sql.Identifier(name))
        for name in history.raw.schema.key
    )
    connection.execute(_END_MISSING.format(is_same_row=is_same_row, **_parts(history)))


def keep_merged(history: History, committed_at: datetime | None) -> sql.Composed:
    """Return the CTE that keeps what the CTE `merged` has written.

    Args:
        history: Of the table that is merged into; `merged` returns its `returned` and the change.
        committed_at: When the source committed the changes; None for now.
    """
    return _KEEP_MERGED.format(
        at=sql.SQL("now()") if committed_at is None else sql.Literal(committed_at),
        values=_unless_gone(map(sql.Identifier, history.tracked)),
        **_parts(history),
    )


def create_staging(connection: psycopg.Connection[Any], raw: RawTable, *, may_be_bad: bool) -> None:
    """Create the table that takes every change of a batch in order: as text if it may be bad."""
    columns = (
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL("text" if may_be_bad else type_))
        for name, type_ in raw.types.items()
    )
    connection.execute(_CREATE_STAGED.format(columns=comma(columns), **_WORDS))


def keep_staged(connection: psycopg.Connection[Any], history: History, *, may_be_bad: bool) -> int:
    """Keep the staged changes, drop the staging table, and return how many were kept.

    Args:
        connection: In a transaction.
        history: Of the table whose changes they are.
        may_be_bad: Leave out what raw cannot hold. Otherwise COPY has already refused it.
    """
    raw = history.raw
    is_good = _IS_GOOD.format(
        is_valid_key=_all_valid(raw, raw.schema.key, sql.SQL("")),
        is_valid=_all_valid(raw, raw.column_names, sql.SQL(" is not false")),
        **_WORDS,
    )
    kept = connection.execute(
        _KEEP_STAGED.format(
            keys=comma(raw.casts(raw.schema.key)),
            values=_unless_gone(raw.casts(history.tracked)),
            where=is_good if may_be_bad else sql.SQL(""),
            **_parts(history),
        )
    ).rowcount
    connection.execute("drop table pg_temp.staged_history")
    return kept


def _create(connection: psycopg.Connection[Any], history: History) -> None:
    columns = (
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type))
        for column in history.columns
    )
    comment = f"Every state of {history.raw.schema}; written by `softcart ingest` alone"
    connection.execute(
        _CREATE.format(columns=comma(columns), comment=sql.Literal(comment), **_parts(history))
    )


def _parts(history: History) -> dict[str, sql.Composable]:
    return {
        "history": history.name,
        "raw": history.raw.name,
        "key": comma(map(sql.Identifier, history.raw.schema.key)),
        "tracked": _each_after_a_comma(map(sql.Identifier, history.tracked)),
        **_WORDS,
    }


def _unless_gone(values: Iterable[sql.Composable]) -> sql.Composed:
    return _each_after_a_comma(
        sql.SQL("case when {change} <> {tombstone} then {value} end").format(value=value, **_WORDS)
        for value in values
    )


def _each_after_a_comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.Composed([sql.SQL(", {}").format(part) for part in parts])


def _all_valid(raw: RawTable, names: Iterable[str], or_null: sql.SQL) -> sql.Composed:
    return sql.SQL(" and ").join(
        sql.SQL("pg_input_is_valid({}, {}){}").format(
            sql.Identifier(name), sql.Literal(raw.types[name]), or_null
        )
        for name in names
    )
