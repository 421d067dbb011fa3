"""History that snapshots and dimensions keep while source rows change, go and come back.

One story per customer, all told over the same five builds. Times are written out, because the
history must follow from what the raw layer says and not from when a build ran.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from orchestration.connections import connect_postgres
from orchestration.settings import Settings
from orchestration.transform import run_dbt

pytestmark = [pytest.mark.servers, pytest.mark.slow]

BUILD = [
    "build",
    "--select",
    "+dim_customers",
    "+dim_products",
    "+dim_countries",
    "+dim_categories",
]
BUILD += ["--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]

REGISTERED = "2024-01-01 00:00"
FIRST_LOAD = "2024-03-01 10:00"
SECOND_LOAD = "2024-03-02 10:00"
THIRD_LOAD = "2024-03-03 10:00"
FOURTH_LOAD = "2024-03-04 10:00"
ALWAYS = "1900-01-01 00:00"
NEVER = "9999-12-31 00:00"

# What each customer shows, one number per story.
STAYS, LEAVES, RETURNS_AS_IT_WAS, RETURNS_CHANGED, MOVES, MOVES_UNTOLD = range(1, 7)
MOVES_THEN_LEAVES, NEVER_SEEN_ALIVE, CHANGES_EMAIL, LEAVES_TWICE = range(7, 11)


@dataclass(frozen=True)
class Raw:
    """The raw layer, written as ingest writes it."""

    connection: psycopg.Connection

    def create(self) -> None:
        self.connection.execute(
            """
            create schema raw_oltp
            create table raw_oltp.customers (
                customer_id bigint primary key, email text, first_name text, last_name text,
                phone text, birth_date date, street_address text, city text, postal_code text,
                country_code varchar(2), customer_status text, has_marketing_consent smallint,
                registered_at timestamp, updated_at timestamptz,
                _loaded_at timestamptz not null, _deleted_at timestamptz
            )
            """
        )
        self.connection.execute(
            """
            create schema raw_catalog
            create table raw_catalog.products (
                _id text primary key, document jsonb not null,
                _loaded_at timestamptz not null, _deleted_at timestamptz
            )
            """
        )

    def customer(
        self,
        customer_id: int,
        country: str,
        *,
        updated: str,
        loaded: str,
        email: str = "someone@shop.example",
        deleted: bool = False,
    ) -> None:
        self.connection.execute(
            """
            insert into raw_oltp.customers
                (customer_id, email, country_code, customer_status, has_marketing_consent,
                 registered_at, updated_at, _loaded_at, _deleted_at)
            values (%s, %s, %s, 'active', 1, %s, %s, %s, %s)
            on conflict (customer_id) do update set
                email = excluded.email, country_code = excluded.country_code,
                updated_at = excluded.updated_at, _loaded_at = excluded._loaded_at,
                _deleted_at = excluded._deleted_at
            """,
            (customer_id, email, country, REGISTERED, updated, loaded, loaded if deleted else None),
        )

    def product(
        self, sku: str, price: str, *, updated: str, loaded: str, deleted: bool = False
    ) -> None:
        document = {
            "name": "Mug",
            "category": ["Home", "Mugs"],
            "price": {"amount": {"$numberDecimal": price}, "currency": "EUR"},
            "updated_at": {"$date": updated.replace(" ", "T") + ":00Z"},
        }
        self.connection.execute(
            """
            insert into raw_catalog.products (_id, document, _loaded_at, _deleted_at)
            values (%s, %s, %s, %s)
            on conflict (_id) do update set document = excluded.document,
                _loaded_at = excluded._loaded_at, _deleted_at = excluded._deleted_at
            """,
            (sku, json.dumps(document), loaded, loaded if deleted else None),
        )

    def customer_versions(self, customer_id: int) -> list[tuple[str, ...]]:
        return self._rows(
            """
            select country_code, {valid_from}, {valid_to}, {effective_from}, {effective_to},
                concat_ws(' ', case when is_current then 'current' end,
                    case when is_deleted then 'deleted' end)
            from marts.dim_customers where customer_id = %s order by version_number
            """,
            customer_id,
        )

    def product_versions(self, sku: str) -> list[tuple[str, ...]]:
        return self._rows(
            """
            select list_price_local::text, {valid_from}, {valid_to}, {effective_from},
                {effective_to}, concat_ws(' ', case when is_current then 'current' end,
                    case when is_deleted then 'deleted' end)
            from marts.dim_products where sku = %s order by version_number
            """,
            sku,
        )

    def snapshot_sizes(self) -> list[tuple[str, ...]]:
        return self._rows(
            """
            select 'customers', count(*), max(loaded_at) from snapshots.snap_oltp__customers
            union all
            select 'products', count(*), max(loaded_at) from snapshots.snap_catalog__products
            """
        )

    def _rows(self, query: str, *parameters: object) -> list[tuple[str, ...]]:
        for column in ("valid_from", "valid_to", "effective_from", "effective_to"):
            query = query.replace(f"{{{column}}}", f"to_char({column}, 'YYYY-MM-DD HH24:MI')")
        return list(self.connection.execute(query, parameters).fetchall())


@pytest.fixture
def raw(shop: Settings) -> Iterator[Raw]:
    with connect_postgres(shop, autocommit=True) as connection:
        raw = Raw(connection)
        raw.create()
        yield raw


def build(shop: Settings) -> None:
    run_dbt(shop, BUILD).raise_for_failures()


def test_history_through_changes_deletions_and_reappearances(shop: Settings, raw: Raw) -> None:
    first = "2024-02-01 08:00"
    for customer_id in range(STAYS, LEAVES_TWICE + 1):
        raw.customer(
            customer_id,
            "NL",
            updated=first,
            loaded=FIRST_LOAD,
            deleted=customer_id == NEVER_SEEN_ALIVE,
        )
    raw.product("SKU", "9.99", updated=first, loaded=FIRST_LOAD)
    build(shop)

    sizes = raw.snapshot_sizes()
    build(shop)
    assert raw.snapshot_sizes() == sizes

    moved = "2024-03-01 18:30"
    for customer_id in (LEAVES, RETURNS_AS_IT_WAS, RETURNS_CHANGED, LEAVES_TWICE):
        raw.customer(customer_id, "NL", updated=first, loaded=SECOND_LOAD, deleted=True)
    raw.customer(MOVES, "BE", updated=moved, loaded=SECOND_LOAD)
    raw.customer(MOVES_UNTOLD, "BE", updated=first, loaded=SECOND_LOAD)
    raw.customer(MOVES_THEN_LEAVES, "BE", updated=moved, loaded=SECOND_LOAD, deleted=True)
    raw.customer(CHANGES_EMAIL, "NL", updated=moved, loaded=SECOND_LOAD, email="new@shop.example")
    raw.product("SKU", "9.99", updated=first, loaded=SECOND_LOAD, deleted=True)
    build(shop)

    back = "2024-03-03 07:15"
    for customer_id in (RETURNS_AS_IT_WAS, LEAVES_TWICE):
        raw.customer(customer_id, "NL", updated=first, loaded=THIRD_LOAD)
    raw.customer(RETURNS_CHANGED, "DE", updated=back, loaded=THIRD_LOAD)
    raw.customer(MOVES, "FR", updated=back, loaded=THIRD_LOAD)
    raw.product("SKU", "9.99", updated=first, loaded=THIRD_LOAD)
    build(shop)

    raw.customer(LEAVES_TWICE, "NL", updated=first, loaded=FOURTH_LOAD, deleted=True)
    raw.product("SKU", "12.50", updated="2024-03-03 20:00", loaded=FOURTH_LOAD)
    build(shop)

    unchanged = [("NL", first, NEVER, ALWAYS, NEVER, "current")]
    assert raw.customer_versions(STAYS) == unchanged
    assert raw.customer_versions(CHANGES_EMAIL) == unchanged
    assert raw.customer_versions(LEAVES) == [
        ("NL", first, SECOND_LOAD, ALWAYS, NEVER, "current deleted"),
    ]
    # Back as it was (a restored backup): its own time says nothing, so it is back since we saw it.
    assert raw.customer_versions(RETURNS_AS_IT_WAS) == [
        ("NL", first, SECOND_LOAD, ALWAYS, THIRD_LOAD, "deleted"),
        ("NL", THIRD_LOAD, NEVER, THIRD_LOAD, NEVER, "current"),
    ]
    assert raw.customer_versions(RETURNS_CHANGED) == [
        ("NL", first, SECOND_LOAD, ALWAYS, back, "deleted"),
        ("DE", back, NEVER, back, NEVER, "current"),
    ]
    assert raw.customer_versions(MOVES) == [
        ("NL", first, moved, ALWAYS, moved, ""),
        ("BE", moved, back, moved, back, ""),
        ("FR", back, NEVER, back, NEVER, "current"),
    ]
    assert raw.customer_versions(MOVES_UNTOLD) == [
        ("NL", first, SECOND_LOAD, ALWAYS, SECOND_LOAD, ""),
        ("BE", SECOND_LOAD, NEVER, SECOND_LOAD, NEVER, "current"),
    ]
    # Both happened between two loads; an order in between still finds where the customer lived.
    assert raw.customer_versions(MOVES_THEN_LEAVES) == [
        ("NL", first, moved, ALWAYS, moved, ""),
        ("BE", moved, SECOND_LOAD, moved, NEVER, "current deleted"),
    ]
    assert raw.customer_versions(NEVER_SEEN_ALIVE) == [
        ("NL", first, FIRST_LOAD, ALWAYS, NEVER, "current deleted"),
    ]
    assert raw.customer_versions(LEAVES_TWICE) == [
        ("NL", first, SECOND_LOAD, ALWAYS, THIRD_LOAD, "deleted"),
        ("NL", THIRD_LOAD, FOURTH_LOAD, THIRD_LOAD, NEVER, "current deleted"),
    ]
    assert raw.product_versions("SKU") == [
        ("9.9900", first, SECOND_LOAD, ALWAYS, THIRD_LOAD, "deleted"),
        ("9.9900", THIRD_LOAD, "2024-03-03 20:00", THIRD_LOAD, "2024-03-03 20:00", ""),
        ("12.5000", "2024-03-03 20:00", NEVER, "2024-03-03 20:00", NEVER, "current"),
    ]
