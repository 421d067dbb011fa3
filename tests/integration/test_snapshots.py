"""History that snapshots and dimensions keep while source rows change, go and come back.

One story per customer, all told by one log of changes, with times written out: what the history
says must follow from what the source said, and not from when anything ran.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dbt_process import DbtProcess
from ingest_shop import from_postgres
from statements import on_postgres

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.ingest import state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import Batch, Column, LineBlocks, Lines, TableSchema
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
from orchestration.simulator.schema import apply_schema
from orchestration.transform import dbt_environment

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenShop = Callable[[Path], AbstractContextManager[Settings]]

_DIMENSIONS = ("+dim_customers", "+dim_products", "+dim_categories")

# Of nobody here.
_PERSONAL = (
    Column("first_name", "character varying(100)"),
    Column("last_name", "character varying(100)"),
    Column("phone", "character varying(32)"),
    Column("birth_date", "date"),
    Column("street_address", "character varying(200)"),
    Column("city", "character varying(100)"),
    Column("postal_code", "character varying(20)"),
)
_CUSTOMERS = TableSchema(
    "oltp",
    "customers",
    (
        Column("customer_id", "bigint"),
        Column("email", "character varying(254)"),
        Column("country_code", "character varying(2)"),
        Column("customer_status", "text"),
        Column("has_marketing_consent", "smallint"),
        Column("registered_at", "timestamp(6) without time zone"),
        Column("updated_at", "timestamp(6) with time zone"),
        *_PERSONAL,
    ),
    ("customer_id",),
)
_PRODUCTS = TableSchema(
    "catalog", "products", (Column("_id", "text"), Column("document", "jsonb")), ("_id",)
)

# What each customer shows.
STAYS, LEAVES, RETURNS_AS_IT_WAS, RETURNS_CHANGED, MOVES, MOVES_UNTOLD = range(1, 7)
MOVES_THEN_LEAVES, GOES_UNSEEN, CHANGES_EMAIL, LEAVES_TWICE, MOVES_AND_BACK = range(7, 12)
MOVES_TWICE_AT_ONCE, CLOCK_GOES_BACK, OLD_KEY, NEW_KEY, COMES_AND_GOES = range(12, 17)

ALWAYS, NEVER = "1900-01-01 00:00", "9999-12-31 00:00"
FIRST = "2024-02-01 08:00"


class Change(NamedTuple):
    """A change of one row as a log tells it."""

    table: TableSchema
    key: str
    committed: str
    fields: list[str] | None


def customer(
    number: int, country: str, *, updated: str, committed: str = "", email: str = "a@shop.example"
) -> Change:
    fields = [str(number), email, country, "active", "1", "2024-01-01 00:00", f"{updated}+00"]
    nothing = [r"\N"] * len(_PERSONAL)
    return Change(_CUSTOMERS, str(number), committed or updated, fields + nothing)


def customer_gone(number: int, committed: str) -> Change:
    return Change(_CUSTOMERS, str(number), committed, None)


def product(price: str, tag: str, *, committed: str, updated: str | None) -> Change:
    document: dict[str, Any] = {
        "name": "Mug",
        "category": ["Home", "Mugs"],
        "tags": [tag],
        "price": {"amount": {"$numberDecimal": price}, "currency": "EUR"},
    }
    if updated:
        document["updated_at"] = {"$date": updated.replace(" ", "T") + ":00Z"}
    return Change(_PRODUCTS, "SKU", committed, ["SKU", json.dumps(document)])


def product_gone(committed: str) -> Change:
    return Change(_PRODUCTS, "SKU", committed, None)


_LIVED_FIRST = set(range(STAYS, COMES_AND_GOES)) - {GOES_UNSEEN, NEW_KEY}
LOG = [
    *(customer(number, "NL", updated=FIRST) for number in sorted(_LIVED_FIRST)),
    customer_gone(GOES_UNSEEN, "2024-02-02 09:00"),
    product("9.99", "blue", committed=FIRST, updated=FIRST),
    # The second of March.
    *(
        customer_gone(number, "2024-03-02 10:00")
        for number in (LEAVES, RETURNS_AS_IT_WAS, RETURNS_CHANGED, LEAVES_TWICE)
    ),
    customer(MOVES, "BE", updated="2024-03-02 11:00"),
    customer(MOVES_UNTOLD, "BE", updated=FIRST, committed="2024-03-02 11:00"),
    customer(MOVES_THEN_LEAVES, "BE", updated="2024-03-02 11:00"),
    customer(CHANGES_EMAIL, "NL", updated="2024-03-02 11:00", email="b@shop.example"),
    customer(MOVES_AND_BACK, "BE", updated="2024-03-02 11:00"),
    # One transaction: the server's clock gives both changes one time.
    customer(MOVES_TWICE_AT_ONCE, "BE", updated="2024-03-02 11:00"),
    customer(MOVES_TWICE_AT_ONCE, "DE", updated="2024-03-02 11:00"),
    customer(CLOCK_GOES_BACK, "BE", updated="2024-01-15 00:00", committed="2024-03-02 11:00"),
    customer_gone(OLD_KEY, "2024-03-02 11:00"),
    customer(NEW_KEY, "NL", updated="2024-03-02 11:00"),
    customer(COMES_AND_GOES, "NL", updated="2024-03-02 11:00"),
    customer_gone(COMES_AND_GOES, "2024-03-02 12:00"),
    customer_gone(MOVES_THEN_LEAVES, "2024-03-02 12:00"),
    product("9.99", "red", committed="2024-03-02 12:00", updated="2024-03-02 12:00"),
    product_gone("2024-03-02 13:00"),
    # The third.
    customer(RETURNS_AS_IT_WAS, "NL", updated=FIRST, committed="2024-03-03 10:00"),
    customer(LEAVES_TWICE, "NL", updated=FIRST, committed="2024-03-03 10:00"),
    customer(RETURNS_CHANGED, "DE", updated="2024-03-03 10:00"),
    customer(MOVES, "FR", updated="2024-03-03 10:00"),
    customer(MOVES_AND_BACK, "NL", updated="2024-03-03 10:00"),
    product("9.99", "red", committed="2024-03-03 10:00", updated="2024-03-02 12:00"),
    product("12.50", "red", committed="2024-03-03 11:00", updated=None),
    # The fourth.
    customer_gone(LEAVES_TWICE, "2024-03-04 10:00"),
    product("15.00", "red", committed="2024-03-04 11:00", updated="2024-03-04 10:59"),
]

# Country, valid from and to, effective from and to, and what is said of the version.
VERSIONS = {
    STAYS: [("NL", FIRST, NEVER, ALWAYS, NEVER, "current")],
    # The shop's time moved, but nothing that is kept: no version, and no trace in later ones.
    CHANGES_EMAIL: [("NL", FIRST, NEVER, ALWAYS, NEVER, "current")],
    LEAVES: [("NL", FIRST, "2024-03-02 10:00", ALWAYS, NEVER, "current deleted")],
    # Back as it was (a restored backup): its own time says nothing, but the commit's does.
    RETURNS_AS_IT_WAS: [
        ("NL", FIRST, "2024-03-02 10:00", ALWAYS, "2024-03-03 10:00", "deleted"),
        ("NL", "2024-03-03 10:00", NEVER, "2024-03-03 10:00", NEVER, "current"),
    ],
    RETURNS_CHANGED: [
        ("NL", FIRST, "2024-03-02 10:00", ALWAYS, "2024-03-03 10:00", "deleted"),
        ("DE", "2024-03-03 10:00", NEVER, "2024-03-03 10:00", NEVER, "current"),
    ],
    MOVES: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        ("BE", "2024-03-02 11:00", "2024-03-03 10:00", "2024-03-02 11:00", "2024-03-03 10:00", ""),
        ("FR", "2024-03-03 10:00", NEVER, "2024-03-03 10:00", NEVER, "current"),
    ],
    MOVES_UNTOLD: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        ("BE", "2024-03-02 11:00", NEVER, "2024-03-02 11:00", NEVER, "current"),
    ],
    MOVES_THEN_LEAVES: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        (
            "BE",
            "2024-03-02 11:00",
            "2024-03-02 12:00",
            "2024-03-02 11:00",
            NEVER,
            "current deleted",
        ),
    ],
    GOES_UNSEEN: [],
    LEAVES_TWICE: [
        ("NL", FIRST, "2024-03-02 10:00", ALWAYS, "2024-03-03 10:00", "deleted"),
        (
            "NL",
            "2024-03-03 10:00",
            "2024-03-04 10:00",
            "2024-03-03 10:00",
            NEVER,
            "current deleted",
        ),
    ],
    MOVES_AND_BACK: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        ("BE", "2024-03-02 11:00", "2024-03-03 10:00", "2024-03-02 11:00", "2024-03-03 10:00", ""),
        ("NL", "2024-03-03 10:00", NEVER, "2024-03-03 10:00", NEVER, "current"),
    ],
    MOVES_TWICE_AT_ONCE: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        ("BE", "2024-03-02 11:00", "2024-03-02 11:00", "2024-03-02 11:00", "2024-03-02 11:00", ""),
        ("DE", "2024-03-02 11:00", NEVER, "2024-03-02 11:00", NEVER, "current"),
    ],
    CLOCK_GOES_BACK: [
        ("NL", FIRST, "2024-03-02 11:00", ALWAYS, "2024-03-02 11:00", ""),
        ("BE", "2024-03-02 11:00", NEVER, "2024-03-02 11:00", NEVER, "current"),
    ],
    OLD_KEY: [("NL", FIRST, "2024-03-02 11:00", ALWAYS, NEVER, "current deleted")],
    NEW_KEY: [("NL", "2024-03-02 11:00", NEVER, ALWAYS, NEVER, "current")],
    COMES_AND_GOES: [
        ("NL", "2024-03-02 11:00", "2024-03-02 12:00", ALWAYS, NEVER, "current deleted"),
    ],
}
PRICES = [
    ("9.9900", FIRST, "2024-03-02 13:00", ALWAYS, "2024-03-03 10:00", "deleted"),
    ("9.9900", "2024-03-03 10:00", "2024-03-03 11:00", "2024-03-03 10:00", "2024-03-03 11:00", ""),
    ("12.5000", "2024-03-03 11:00", "2024-03-04 10:59", "2024-03-03 11:00", "2024-03-04 10:59", ""),
    ("15.0000", "2024-03-04 10:59", NEVER, "2024-03-04 10:59", NEVER, "current"),
]


def day(change: Change) -> str:
    return change.committed[:10]


def by_day(log: Sequence[Change]) -> list[list[Change]]:
    return [list(changes) for _, changes in groupby(log, key=day)]


# Each cut is runs, of transactions of ingest, of changes; the second splits days and a transaction.
CUTS: dict[str, list[list[list[Change]]]] = {
    "all at once": [[LOG]],
    "change by change": [
        [[change] for change in changes] for changes in (LOG[:20], LOG[20:25], LOG[25:36], LOG[36:])
    ],
}


def test_the_history_is_that_of_the_source_however_its_log_is_cut_into_runs(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    told: dict[str, tuple[Any, ...]] = {}
    for cut, runs in CUTS.items():
        home = tmp_path / cut.replace(" ", "_")
        with open_shop(home) as shop, DbtProcess(shop) as dbt:
            for transactions in runs:
                for changes in transactions:
                    ingest(shop, changes)
                build(dbt)
            assert {n: customer_versions(shop, n) for n in VERSIONS} == VERSIONS, cut
            assert product_versions(shop) == PRICES, cut
            told[cut] = (states(shop), dimensions(shop))
    assert told["change by change"] == told["all at once"]


def test_a_run_writes_new_states_alone_and_a_rebuild_all_as_they_were(
    shop: Settings, dbt: DbtProcess
) -> None:
    days = by_day(LOG)
    for changes in days[:-1]:
        ingest(shop, changes)
    build(dbt)
    before = rows_as_stored(shop)
    build(dbt)
    assert rows_as_stored(shop) == before

    ingest(shop, days[-1])
    build(dbt)
    after = rows_as_stored(shop)
    ended = before.keys() - after.keys()
    assert sorted(row[0] for row in ended) == [str(LEAVES_TWICE), "SKU"]
    assert len(after) == len(before) + 2

    told = (states(shop, also="loaded_at, history_id"), dimensions(shop))
    on_postgres(shop, "drop schema snapshots cascade")
    build(dbt)
    assert (states(shop, also="loaded_at, history_id"), dimensions(shop)) == told


def test_a_column_that_the_snapshot_lacks_is_filled_from_then_on(
    shop: Settings, dbt: DbtProcess
) -> None:
    ingest(shop, [customer(MOVES, "NL", updated=FIRST), customer(STAYS, "NL", updated=FIRST)])
    build(dbt, "+snap_oltp__customers")
    on_postgres(shop, "alter table snapshots.snap_oltp__customers drop column customer_status")
    ingest(shop, [customer(MOVES, "BE", updated="2024-03-02 11:00")])
    build(dbt, "+snap_oltp__customers")
    assert from_postgres(
        shop,
        "select customer_id, customer_status from snapshots.snap_oltp__customers "
        "order by customer_id, history_id",
    ) == [(STAYS, None), (MOVES, None), (MOVES, "active")]


def test_dbt_s_own_snapshot_loses_states(shop: Settings, tmp_path: Path) -> None:
    """Why ours is not dbt's: two states of a key in one run stay open both, and none is ended."""
    _write_plain_project(tmp_path)
    on_postgres(
        shop,
        "create schema shop",
        "create table shop.states (id int, country text, updated_at timestamp)",
        "insert into shop.states values (1, 'NL', '2024-03-01')",
    )
    _run_plain_dbt(shop, tmp_path)
    on_postgres(
        shop,
        "insert into shop.states values (1, 'BE', '2024-03-02'), (1, 'FR', '2024-03-03')",
    )
    _run_plain_dbt(shop, tmp_path)
    rows = from_postgres(
        shop,
        "select country, dbt_valid_from::date::text, dbt_valid_to::date::text "
        "from shop.snap order by dbt_valid_from",
    )
    (_, _, ended), *opened = rows
    assert ended in {"2024-03-02", "2024-03-03"}  # whichever of the two dbt met first
    assert opened == [("BE", "2024-03-02", None), ("FR", "2024-03-03", None)]


def ingest(settings: Settings, changes: Sequence[Change]) -> None:
    """Apply changes as change capture does: the last of each key, and all of them as history."""
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        if not cursor.execute("show tables"):
            # Who is whom is also asked of these, which stay empty.
            apply_schema(mysql)
            run_ingest(settings, tables=("customer_identities", "orders"))
    with connect_postgres(settings, autocommit=True) as connection:
        state.prepare(connection)
        for table in (_CUSTOMERS, _PRODUCTS):
            of_table = [change for change in changes if change.table is table]
            connection.execute(f"create schema if not exists {table.schema}")
            copy = Batch(table, partial(_lines, []))
            batch = Batch(
                table,
                partial(_lines, (_last(change) for change in _last_of_each_key(of_table))),
                is_complete=False,
                has_changes=True,
                history=partial(_lines, map(_state, of_table)),
            )
            is_new = (
                connection.execute(
                    "select from ingest.tables where table_name = %s", (table.name,)
                ).rowcount
                == 0
            )
            for each in [copy, batch] if is_new else [batch]:
                with connection.transaction():
                    apply(connection, each, run_id=1, may_be_bad=False, rows_read=lambda _: None)


def build(dbt: DbtProcess, *models: str) -> None:
    args = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
    assert dbt.run([*args, "--select", *(models or _DIMENSIONS)]) == []


def customer_versions(settings: Settings, number: int) -> list[tuple[str, ...]]:
    return _versions(settings, "dim_customers", "country_code", f"customer_id = {number}")


def product_versions(settings: Settings) -> list[tuple[str, ...]]:
    return _versions(settings, "dim_products", "list_price_local::text", "sku = 'SKU'")


def states(settings: Settings, *, also: str = "1") -> list[tuple[Any, ...]]:
    """Return all states in order, without what says when they were loaded."""
    return from_postgres(
        settings,
        f"""
        select customer_id::text, country_code, updated_at, committed_at, deleted_at, dbt_scd_id,
            dbt_updated_at, dbt_valid_from, dbt_valid_to, {also}
        from snapshots.snap_oltp__customers
        union all
        select sku, list_price_local::text, updated_at, committed_at, deleted_at, dbt_scd_id,
            dbt_updated_at, dbt_valid_from, dbt_valid_to, {also}
        from snapshots.snap_catalog__products
        order by dbt_scd_id
        """,
    )


def dimensions(settings: Settings) -> list[list[tuple[Any, ...]]]:
    """Return the dimensions whole, keys included."""
    return [
        from_postgres(settings, f"select * from marts.{name} order by 1")
        for name in ("dim_customers", "dim_products", "dim_categories")
    ]


def rows_as_stored(settings: Settings) -> dict[tuple[str, ...], str]:
    """Return each state with where PostgreSQL has it, which is another place once it is written."""
    return {
        (key, scd_id, place): place
        for key, scd_id, place in from_postgres(
            settings,
            """
            select customer_id::text, dbt_scd_id, ctid::text || ' ' || xmin::text
            from snapshots.snap_oltp__customers
            union all
            select sku, dbt_scd_id, ctid::text || ' ' || xmin::text
            from snapshots.snap_catalog__products
            """,
        )
    }


def _versions(settings: Settings, dimension: str, shown: str, where: str) -> list[tuple[str, ...]]:
    times = ", ".join(
        f"to_char({column}, 'YYYY-MM-DD HH24:MI')"
        for column in ("valid_from", "valid_to", "effective_from", "effective_to")
    )
    return from_postgres(
        settings,
        f"""
        select {shown}, {times}, concat_ws(' ', case when is_current then 'current' end,
            case when is_deleted then 'deleted' end)
        from marts.{dimension} where {where} order by version_number
        """,
    )


def _last_of_each_key(changes: Iterable[Change]) -> Iterator[Change]:
    return iter({change.key: change for change in changes}.values())


def _last(change: Change) -> str:
    return "\t".join(["d" if change.fields is None else "u", *_fields(change)])


def _state(change: Change) -> str:
    code = "d" if change.fields is None else "u"
    return "\t".join([code, f"{change.committed}+00", *_fields(change)])


def _fields(change: Change) -> list[str]:
    return change.fields or [change.key] + [r"\N"] * (len(change.table.columns) - 1)


def _lines(lines: Iterable[str]) -> LineBlocks:
    text = [f"{line}\n" for line in lines]
    yield Lines(len(text), "".join(text).encode())


def _write_plain_project(folder: Path) -> None:
    (folder / "snapshots").mkdir()
    (folder / "dbt_project.yml").write_text("name: plain\nprofile: softcart\n")
    snapshot = {
        "name": "snap",
        "relation": "source('shop', 'states')",
        "config": {
            "schema": "shop",
            "unique_key": "id",
            "strategy": "timestamp",
            "updated_at": "updated_at",
        },
    }
    sources = [{"name": "shop", "tables": [{"name": "states"}]}]
    (folder / "snapshots" / "snap.yml").write_text(
        json.dumps({"sources": sources, "snapshots": [snapshot]})  # which YAML is, too
    )
    (folder / "macros").mkdir()
    (folder / "macros" / "schema.sql").write_text(
        "{% macro generate_schema_name(name, node) %}{{ name }}{% endmacro %}"
    )


def _run_plain_dbt(settings: Settings, folder: Path) -> None:
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [dbt, "snapshot", "--project-dir", folder, "--target-path", folder / "target"],
        env=os.environ | dbt_environment(settings) | {"DBT_PROJECT_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout
