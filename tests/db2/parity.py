"""The marts on PostgreSQL and on Db2, row by row: for the stand-in and for the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self

from dbt_process import DbtProcess
from psycopg import sql
from visits import write_visits

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.ingest.run import run_ingest
from orchestration.promote.db2.connection import db2_session
from orchestration.promote.db2.run import promote
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.shop import PRODUCTS
from orchestration.simulator.traffic import simulate_traffic

# One clock for both: what a mart says of today is of the same day.
CLOCK = ("--vars", "{as_of: '2026-11-01 12:00:00'}")
# Rows of a difference that a failure shows.
_SHOWN = 3

Row = tuple[Any, ...]


def open_for_business(settings: Settings) -> Sequence[Row]:
    """Fill the shop; some texts are as long as their columns, and of the longest characters.

    Returns:
        Exchange rates that the bank holds back: later than the sales that they convert.
    """
    simulate_history(settings, scale=0.002, seed=21)
    products = connect_mongo(settings)[PRODUCTS]
    names = ["😀" * 500, "ß€" * 250, " 'quoted' \\ % ? -- ", "x" * 500]
    first = products.find().sort("_id", 1).limit(len(names))
    for document, name in zip(first, names, strict=True):
        products.update_one(
            {"_id": document["_id"]},
            {"$set": {"name": name, "brand": "😀" * 200, "category": ["Ä" * 120]}},
        )
    with connect_mysql(settings) as shop, shop.cursor() as cursor:
        cursor.execute("update warehouses set warehouse_name = %s", ["😀" * 100])
        cursor.execute("update promotions set promotion_name = %s limit 1", ["ü" * 200])
        cursor.execute(
            "update promotions set promotion_name = '' order by promotion_id desc limit 1"
        )
        cursor.execute("select * from exchange_rates where day(rate_date) > 20")
        late: Sequence[Row] = cursor.fetchall()
        cursor.execute("delete from exchange_rates where day(rate_date) > 20")
        shop.commit()
    write_visits(settings, seed=23)
    run_ingest(settings)
    return late


def trade(settings: Settings, late_rates: Sequence[Row]) -> None:
    """Let customers order, pay, return and leave, the bank publish, and rows go; then ingest it."""
    simulate_traffic(settings, events=150, seed=22)
    with connect_mysql(settings) as shop, shop.cursor() as cursor:
        cursor.executemany("insert into exchange_rates values (%s, %s, %s, %s)", late_rates)
        cursor.execute("delete from exchange_rates where day(rate_date) = 3")
        cursor.execute("delete from returns order by return_id limit 2")
        cursor.execute(
            "update returns set refund_amount = refund_amount + 0.0001 order by return_id limit 3"
        )
        cursor.execute("update warehouses set warehouse_name = concat('Ä', warehouse_id)")
        shop.commit()
    write_visits(settings, seed=24)
    run_ingest(settings)


class Builds:
    """Builds of one warehouse on both engines, each by a dbt that has already started."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._postgres = DbtProcess(settings, "local")
        self._db2 = DbtProcess(settings, "prod")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._postgres.close()
        self._db2.close()

    def on_postgres(self) -> None:
        """Build staging, snapshots and marts on PostgreSQL, where other tests have tested them."""
        kinds = ["--exclude-resource-type", "unit_test", "test"]
        assert self._postgres.run(["build", *kinds, *CLOCK]) == []

    def promote(self) -> None:
        """Bring what PostgreSQL has refined to Db2."""
        promoted = promote(self._settings)
        assert promoted.succeeded, promoted

    def on_db2(
        self, *options: str, tested: bool = True, killed_after: int | None = None
    ) -> list[str]:
        """Build the marts on Db2, and test them. Unit tests stay on PostgreSQL."""
        kinds = ["--exclude-resource-type", "unit_test", *([] if tested else ["test"])]
        return self._db2.run(
            ["build", "--selector", "marts", *kinds, *CLOCK, *options], killed_after
        )


def differences(settings: Settings) -> dict[str, str]:
    """Return, for each mart and each intermediate table that differs, what differs."""
    found = {}
    with connect_postgres(settings) as postgres, db2_session(settings) as db2:
        names = postgres.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema = 'marts'"
            " or table_schema = 'intermediate' and table_type = 'BASE TABLE' order by 1, 2",
        ).fetchall()
        assert names
        for schema, name in names:
            cursor = postgres.execute(
                sql.SQL("select * from {}").format(sql.Identifier(schema, name))
            )
            columns = [column.name for column in cursor.description or ()]
            ours = Counter(_comparable(row) for row in cursor)
            theirs = db2.cursor()
            theirs.execute(f"select {', '.join(columns)} from {schema}.{name}")
            told = _told(ours, Counter(_comparable(row) for row in theirs.fetchall()))
            if told:
                found[f"{schema}.{name}"] = told
    return found


def digests(settings: Settings) -> dict[str, int]:
    """Return a number for the rows of each table of Db2's marts, the same for the same rows."""
    with db2_session(settings) as db2:
        cursor = db2.cursor()
        cursor.execute(
            "select tabschema, tabname from syscat.tables"
            " where tabschema in ('MARTS', 'INTERMEDIATE') and type = 'T'"
        )
        found = {}
        for schema, name in cursor.fetchall():
            cursor.execute(f'select * from "{schema.strip()}"."{name}"')
            rows = Counter(_comparable(row) for row in cursor.fetchall())
            found[f"{schema.strip()}.{name}"] = hash(frozenset(rows.items()))
        return found


def declared_keys(settings: Settings) -> int:
    """Return how many keys of the marts Db2's optimizer may believe."""
    with db2_session(settings) as db2:
        cursor = db2.cursor()
        cursor.execute("select count(*) from syscat.tabconst where tabschema = 'MARTS'")
        return int(cursor.fetchall()[0][0])


def _comparable(row: Sequence[Any]) -> Row:
    """Return a row whose equal values are equal: a decimal's zeros at the end say nothing."""
    return tuple(value.normalize() if isinstance(value, Decimal) else value for value in row)


def _told(ours: Counter[Row], theirs: Counter[Row]) -> str:
    missing, more = ours - theirs, theirs - ours
    if not missing and not more:
        return ""
    lines = [f"{ours.total()} rows on PostgreSQL, {theirs.total()} on Db2"]
    lines += [f"  PostgreSQL only: {row}" for row in sorted(missing, key=str)[:_SHOWN]]
    lines += [f"  Db2 only:        {row}" for row in sorted(more, key=str)[:_SHOWN]]
    return "\n".join(lines)
