"""Two warehouses row by row, and whose each row is that only one of them has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from operations import Row, number_of
from psycopg import sql
from psycopg.rows import dict_row

from orchestration.connections import connect_postgres
from orchestration.settings import Settings

_SHOWN: Final = 3

_TABLES: Final = """
select table_schema, table_name, array_agg(column_name::text order by ordinal_position)
from information_schema.columns
inner join information_schema.tables using (table_schema, table_name)
where table_schema = 'marts'
    or (table_schema in ('snapshots', 'intermediate') and table_type = 'BASE TABLE')
group by table_schema, table_name
order by table_schema <> 'snapshots', table_schema, table_name
"""


@dataclass(frozen=True)
class Difference:
    """What only one of two warehouses has of one history in one table.

    Attributes:
        table: With its schema.
        history: Its number; None for rows that are of several histories or of none.
        left: Rows that only the first warehouse has.
        right: Rows that only the second has.
    """

    table: str
    history: int | None
    left: Sequence[Row]
    right: Sequence[Row]

    def __str__(self) -> str:
        whose = "all histories" if self.history is None else f"history {self.history}"
        lines = [f"{self.table}, {whose}: {len(self.left)} rows became {len(self.right)}"]
        if len(self.left) == len(self.right) == 1:
            (left,), (right,) = self.left, self.right
            changed = {
                name: (left[name], right[name]) for name in left if left[name] != right[name]
            }
            same = {name: left[name] for name in left if name.endswith("_id")}
            lines.append(f"  {same}")
            lines += [f"  {name}: {old!r} -> {new!r}" for name, (old, new) in changed.items()]
        else:
            lines += [f"  - {row}" for row in self.left[:_SHOWN]]
            lines += [f"  + {row}" for row in self.right[:_SHOWN]]
        return "\n".join(lines)


def differences(
    left: Settings, right: Settings, *, besides: frozenset[str] = frozenset()
) -> list[Difference]:
    """Compare what dbt keeps in two warehouses: snapshots, intermediate tables and marts.

    Args:
        left: One warehouse.
        right: The other.
        besides: Columns that need not be equal.
    """
    with (
        closing(connect_postgres(left, autocommit=True)) as one,
        closing(connect_postgres(right, autocommit=True)) as other,
    ):
        tables = one.execute(_TABLES).fetchall()
        assert tables
        assert tables == other.execute(_TABLES).fetchall()
        return [
            difference
            for schema, table, columns in tables
            for difference in _of_table(
                one, other, schema, table, [name for name in columns if name not in besides]
            )
        ]


def empty_tables(warehouse: Settings) -> list[str]:
    """Return which of the tables that are compared have no row."""
    with closing(connect_postgres(warehouse, autocommit=True)) as connection:
        return [
            f"{schema}.{table}"
            for schema, table, columns in connection.execute(_TABLES).fetchall()
            if not _rows(connection, schema, table, columns[:1])
        ]


def _of_table(
    one: psycopg.Connection[Any],
    other: psycopg.Connection[Any],
    schema: str,
    table: str,
    columns: Sequence[str],
) -> Iterator[Difference]:
    if _digest(one, schema, table, columns) == _digest(other, schema, table, columns):
        return
    rows = [_rows(warehouse, schema, table, columns) for warehouse in (one, other)]
    only_left, only_right = rows[0] - rows[1], rows[1] - rows[0]
    whose = {key: number_of(dict(key)) for key in only_left | only_right}
    for number in sorted(set(whose.values()), key=lambda number: (number is None, number)):
        yield Difference(
            f"{schema}.{table}",
            number,
            [dict(key) for key in only_left.elements() if whose[key] == number],
            [dict(key) for key in only_right.elements() if whose[key] == number],
        )


def _digest(
    warehouse: psycopg.Connection[Any], schema: str, table: str, columns: Sequence[str]
) -> object:
    query = sql.SQL(
        "select count(*), sum(hashtextextended(row({})::text, 0)::numeric) from {}"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table))
    return warehouse.execute(query).fetchone()


def _rows(
    warehouse: psycopg.Connection[Any], schema: str, table: str, columns: Sequence[str]
) -> Counter[tuple[tuple[str, Any], ...]]:
    query = sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table)
    )
    with warehouse.cursor(row_factory=dict_row) as cursor:
        return Counter(tuple(row.items()) for row in cursor.execute(query))
