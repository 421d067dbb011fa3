"""Changes are followed to the present, and raw is then what the source is."""

from __future__ import annotations

from typing import Any

import pytest
from ingest_shop import by_name, counts, from_postgres, ingest, on_mysql

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.ingest import ejson
from orchestration.ingest.report import TableReport
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_STOCK = """
create table stock (
    warehouse varchar(10), sku varchar(10), quantity int, primary key (warehouse, sku)
)
"""


def test_changes_are_applied_and_nothing_else(shop: Settings) -> None:
    on_mysql(
        shop, _STOCK, "insert into stock values ('A', 'x', 1), ('A', 'y', 2), ('B', 'x', null)"
    )
    catalogue = connect_mongo(shop)["products"]
    catalogue.insert_many([{"_id": "x", "n": 1}, {"_id": "y", "n": 2}])
    assert {name: counts(table) for name, table in follow(shop).items()} == {
        "products": (2, 0, 0, 0),
        "stock": (3, 0, 0, 0),
    }
    assert {name: counts(table) for name, table in follow(shop).items()} == {
        "products": (0, 0, 0, 0),
        "stock": (0, 0, 0, 0),
    }

    on_mysql(
        shop,
        "update stock set quantity = 5 where sku = 'x'",
        "update stock set warehouse = 'C' where sku = 'y'",
        "insert into stock values ('D', 'z', 0)",
        "delete from stock where warehouse = 'B'",
    )
    catalogue.update_one({"_id": "x"}, {"$set": {"n": 3}})
    catalogue.delete_one({"_id": "y"})
    done = follow(shop)
    assert counts(done["stock"]) == (2, 1, 2, 0)
    assert counts(done["products"]) == (0, 1, 1, 0)
    assert_same(shop, "stock")
    assert_same_documents(shop, "products")
    # Nothing is left for a copy to find.
    assert all(counts(table) == (0, 0, 0, 0) for table in ingest(shop).values())


def follow(settings: Settings) -> dict[str, TableReport]:
    """Follow the logs to the present, which must succeed; return the tables' reports by name."""
    report = run_changes(settings)
    assert report.succeeded, report.faults
    return by_name(report)


def assert_same(settings: Settings, table: str) -> None:
    """Compare a table with what raw has of it, row by row."""
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        cursor.execute(f"select * from `{table}`")
        names = [column[0] for column in cursor.description]
        rows = set(cursor.fetchall())
    columns = ", ".join(f'"{name}"' for name in names)
    query = f'select {columns} from raw_oltp."{table}" where _deleted_at is null'
    copied: list[tuple[Any, ...]] = from_postgres(settings, query)
    assert len(copied) == len(rows)
    assert set(copied) == rows


def assert_same_documents(settings: Settings, collection: str) -> None:
    """Compare a collection with what raw has of it, document by document."""
    query = f'select _id, document from raw_catalog."{collection}" where _deleted_at is null'
    assert {
        document["_id"]: document for document in connect_mongo(settings)[collection].find()
    } == {key: ejson.decode(document) for key, document in from_postgres(settings, query)}
