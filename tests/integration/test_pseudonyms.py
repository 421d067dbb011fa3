"""Nobody finds out by guessing whose digest a pseudonym is, and it stays from run to run."""

from __future__ import annotations

import pytest
from ingest_shop import from_postgres, ingest
from statements import on_postgres

from orchestration.settings import Settings

pytestmark = pytest.mark.servers


def test_a_warehouse_has_one_pepper_for_good_that_readers_cannot_read(shop: Settings) -> None:
    ingest(shop)
    first = from_postgres(shop, "select pepper from ingest.pepper")
    ingest(shop)
    assert from_postgres(shop, "select pepper from ingest.pepper") == first
    assert len(first[0][0]) == 32

    # Nor does it tell another warehouse's digests.
    on_postgres(shop, "drop table ingest.pepper")
    ingest(shop)
    assert from_postgres(shop, "select pepper from ingest.pepper") != first

    # Even someone who was let into the schema, and into its other tables.
    on_postgres(
        shop,
        "do $$ begin create role pseudonym_reader; exception when duplicate_object then end $$",
        "grant usage on schema ingest to pseudonym_reader",
        "grant select on ingest.tables to pseudonym_reader",
    )
    may_read = (
        "select has_table_privilege('pseudonym_reader', 'ingest.tables', 'select'),"
        " has_table_privilege('pseudonym_reader', 'ingest.pepper', 'select')"
    )
    assert from_postgres(shop, may_read) == [(True, False)]
