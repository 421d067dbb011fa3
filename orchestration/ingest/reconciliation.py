"""Measure a table in the source and its copy in raw, in numbers both databases agree on.

Both sides are measured inside the transactions that read and wrote them, so the numbers are of the
same moment and live traffic cannot make them differ. The source computes its side itself, apart
from the rows it streams: what is lost, doubled or cut on the way shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
from psycopg import sql

from orchestration.ingest.batch import TableSchema
from orchestration.ingest.comparison import ROWS, Comparison, Numbers

if TYPE_CHECKING:  # a run that reads MySQL alone does not wait for pymongo
    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from orchestration.connections import Document

# How a value counts into a column's sum: (MySQL types, PostgreSQL types, in MySQL, in PostgreSQL).
# Sums of exact numbers are the same in any order; floating point is not, so it is only counted.
_VALUE_OF: tuple[tuple[frozenset[str], frozenset[str], str, str], ...] = (
    (
        frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"}),
        frozenset({"smallint", "integer", "bigint", "numeric"}),
        "{}",
        "{}",
    ),
    (
        frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"}),
        frozenset({"character varying", "text"}),
        "char_length({})",
        "char_length({})",
    ),
    (
        frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}),
        frozenset({"bytea"}),
        "octet_length({})",
        "octet_length({})",
    ),
    (
        frozenset({"date"}),
        frozenset({"date"}),
        "datediff({}, '1970-01-01')",
        "({} - date '1970-01-01')",
    ),
    (
        frozenset({"datetime", "timestamp"}),
        frozenset({"timestamp without time zone", "timestamp with time zone"}),
        "timestampdiff(microsecond, '1970-01-01 00:00:00', {})",
        "(extract(epoch from {}) * 1000000)::numeric(30, 0)",
    ),
)


_MONGO_FIELDS: list[dict[str, Any]] = [
    {"$project": {"field": {"$objectToArray": "$$ROOT"}}},
    {"$unwind": "$field"},
    {
        "$group": {
            "_id": "$field.k",
            "n": {"$sum": 1},
            "amount": {
                "$sum": {
                    "$cond": [
                        {"$eq": [{"$type": "$field.v.amount"}, "decimal"]},
                        "$field.v.amount",
                        0,
                    ]
                }
            },
        }
    },
    {"$project": {"_id": 0, "field": "$_id", "n": 1, "amount": {"$toString": "$amount"}}},
]
_RAW_FIELDS = sql.SQL("""
select
    field.key,
    count(*),
    coalesce(sum(case
        when jsonb_typeof(field.value) = 'object'
            then (field.value -> 'amount' ->> '$numberDecimal')::numeric
    end), 0)::text
from {} as raw
cross join lateral jsonb_each(raw.document) as field
where raw._deleted_at is null
group by field.key
""")


def compare_mysql(
    mysql: pymysql.Connection[Any],
    warehouse: psycopg.Connection[Any],
    table: TableSchema,
    *,
    checksums: bool,
) -> Comparison:
    """Measure a MySQL table and its copy, each in its connection's current transaction.

    Args:
        mysql: In the consistent snapshot that the copy was read from.
        warehouse: In the transaction that wrote the copy.
        table: What to measure.
        checksums: Whether to measure every column; reads both sides in full.
    """
    terms: dict[str, tuple[str, sql.Composable]] = {ROWS: ("count(*)", sql.SQL("count(*)"))}
    if checksums:
        terms |= _column_terms(_mysql_types(mysql, table.name), _raw_types(warehouse, table))
    in_mysql = ", ".join(source for source, _ in terms.values())
    with mysql.cursor() as cursor:
        cursor.execute(f"select {in_mysql} from {_quoted(table.name)}")  # noqa: S608
        source = _numbers(terms, cursor.fetchone())
    query = sql.SQL("select {} from {} where _deleted_at is null").format(
        sql.SQL(", ").join(raw for _, raw in terms.values()),
        sql.Identifier(table.schema, table.name),
    )
    return Comparison.of(source, _numbers(terms, warehouse.execute(query).fetchone()))


def compare_mongo(
    database: Database[Document],
    session: ClientSession | None,
    warehouse: psycopg.Connection[Any],
    table: TableSchema,
    *,
    checksums: bool,
) -> Comparison:
    """Measure a collection and its copy.

    A checksum here is of a field at the top of the documents: in how many of them it is, and, of
    money written as `{amount: Decimal128, currency}`, the sum of the amounts.

    Args:
        database: Has the collection.
        session: At the moment that the copy was read, None if the server can hold none.
        warehouse: In the transaction that wrote the copy.
        table: What to measure.
        checksums: Whether to measure every field; reads both sides in full.
    """
    collection = database[table.name]
    copy = sql.Identifier(table.schema, table.name)
    rows = collection.aggregate([{"$group": {"_id": None, "n": {"$sum": 1}}}], session=session)
    source: Numbers = {ROWS: Decimal(sum(group["n"] for group in rows))}
    counted = warehouse.execute(
        sql.SQL("select count(*) from {} where _deleted_at is null").format(copy)
    ).fetchone()
    raw: Numbers = {ROWS: Decimal(counted[0] if counted else 0)}
    if checksums:
        for group in collection.aggregate(_MONGO_FIELDS, session=session):
            source |= _field_numbers(group["field"], group["n"], group["amount"])
        for field in warehouse.execute(_RAW_FIELDS.format(copy)).fetchall():
            raw |= _field_numbers(*field)
    return Comparison.of(source, raw)


def _column_terms(
    mysql_types: Mapping[str, str], raw_types: Mapping[str, str]
) -> dict[str, tuple[str, sql.Composable]]:
    """Return the checksums' SQL in both dialects, for the columns that both sides have."""
    terms: dict[str, tuple[str, sql.Composable]] = {}
    for column in sorted(mysql_types.keys() & raw_types.keys()):
        values = [
            (in_mysql, in_postgres)
            for of_mysql, of_postgres, in_mysql, in_postgres in _VALUE_OF
            if mysql_types[column] in of_mysql and raw_types[column] in of_postgres
        ]
        # The value is counted, not the column: MySQL's zero dates have none and are null in raw.
        in_mysql, in_postgres = values[0] if values else ("{}", "{}")
        source = in_mysql.format(_quoted(column))
        copy = sql.SQL(in_postgres).format(sql.Identifier(column))
        for function in ("count", "sum") if values else ("count",):
            terms[f"{column}.{function}"] = (
                f"{function}({source})",
                sql.SQL("{}({})").format(sql.SQL(function), copy),
            )
    return terms


def _numbers(names: Iterable[str], row: Iterable[Any] | None) -> Numbers:
    return {
        name: None if value is None else Decimal(value)
        for name, value in zip(names, row or (), strict=True)
    }


def _field_numbers(field: str, count: int, amount: str) -> Numbers:
    return {f"{field}.count": Decimal(count), f"{field}.sum": Decimal(amount)}


def _mysql_types(mysql: pymysql.Connection[Any], table: str) -> dict[str, str]:
    with mysql.cursor() as cursor:
        cursor.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = database() and table_name = %s",
            (table,),
        )
        return dict(cursor.fetchall())


def _raw_types(warehouse: psycopg.Connection[Any], table: TableSchema) -> dict[str, str]:
    return dict(
        warehouse.execute(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = %s and table_name = %s",
            (table.schema, table.name),
        ).fetchall()
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
