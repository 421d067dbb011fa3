"""The fixtures that other tests stand on."""

from __future__ import annotations

import pytest

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


def test_a_shop_starts_empty_and_takes_writes(shop: Settings) -> None:
    with connect_postgres(shop) as postgres:
        tables = postgres.execute(
            "select count(*) from pg_tables where schemaname = 'public'"
        ).fetchone()
        postgres.execute("create table t (id int)")
    assert tables == (0,)
    with connect_mysql(shop) as mysql, mysql.cursor() as cursor:
        cursor.execute("show tables")
        assert cursor.fetchall() == ()
        cursor.execute("create table t (id int primary key)")
    catalogue = connect_mongo(shop)
    assert catalogue.list_collection_names() == []
    catalogue["products"].insert_one({"_id": "SKU"})


def test_the_next_shop_is_another(shop: Settings) -> None:
    test_a_shop_starts_empty_and_takes_writes(shop)
