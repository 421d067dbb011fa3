"""Changes are followed to the present, and raw is then what the source is."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ingest_shop import by_name, counts, from_postgres, ingest
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.ingest import ejson
from orchestration.ingest.report import TableReport
from orchestration.ingest.stream.run import run_changes
from orchestration.ingest.stream.status import read_status
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


def test_the_tables_of_the_shop_follow_what_is_done_to_them(shop: Settings) -> None:
    """Each change of a definition stands among changes of rows, before it and after it."""
    on_mysql(
        shop,
        "create table a (id int primary key, n int)",
        "create table b (id int primary key, n int)",
        "create table gone (id int primary key)",
        "create table full (id int primary key, n int)",
        "insert into a values (1, 1), (2, 2)",
        "insert into b values (1, 1)",
        "insert into gone values (1)",
        "insert into full values (1, 1), (2, 2)",
    )
    follow(shop)
    on_mysql(
        shop,
        "insert into a values (3, 3)",
        "alter table a add column m varchar(10) not null default 'new'",
        "insert into a values (4, 4, 'x')",
        "update a set m = 'y' where id = 1",
        "insert into b values (2, 2)",
        "alter table b rename to c",
        "insert into c values (3, 3)",
        "create table d (id int primary key, n int)",
        "insert into d values (1, 1)",
        "insert into full values (3, 3)",
        "truncate full",
        "insert into full values (2, 5), (4, 4)",
        "insert into gone values (2)",
        "drop table gone",
        "create table brief (id int primary key)",
        "insert into brief values (1)",
        "drop table brief",
        "alter table a drop column n, modify m text",
        "insert into a values (5, 'z')",
    )
    report = run_changes(shop)
    assert report.succeeded, report.faults
    for table in ("a", "c", "d", "full"):
        assert_same(shop, table)
    assert from_postgres(shop, "select id from raw_oltp.full where _deleted_at is not null") == [
        (1,),
        (3,),
    ]
    # What is dropped or has another name stays in raw as it was, and is told.
    told = [warning for warning in report.warnings if "is no longer in the source" in warning]
    assert sorted(warning.split()[1] for warning in told) == ["oltp.b", "oltp.gone"]
    assert from_postgres(shop, "select id, n from raw_oltp.b") == [(1, 1), (2, 2)]
    assert from_postgres(shop, "select id from raw_oltp.gone where _deleted_at is null") == [
        (1,),
        (2,),
    ]
    assert from_postgres(shop, "select to_regclass('raw_oltp.brief')") == [(None,)]
    assert all(counts(table) == (0, 0, 0, 0) for table in ingest(shop).values())


def test_a_table_that_raw_cannot_follow_stops_alone_until_it_can(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table t (id int primary key, a int)",
        "create table u (id int primary key)",
        "insert into t values (1, 20260102)",
    )
    follow(shop)
    on_mysql(
        shop,
        "insert into t values (2, 20260103)",
        "alter table t modify a date",
        "insert into t values (3, '2026-01-04')",
        "insert into u values (1)",
    )
    for _ in range(2):
        report = run_changes(shop)
        (fault,) = report.faults
        assert "column a is now date, was integer" in fault.what
        assert by_name(report)["t"].fault == fault
        assert_same(shop, "u")
        assert from_postgres(shop, "select id from raw_oltp.t") == [(1,), (2,)]
    assert [stopped.table_name for stopped in read_status(shop).stopped] == ["t"]
    on_mysql(shop, "insert into t values (4, null)", "insert into u values (2)")
    on_postgres(shop, "alter table raw_oltp.t rename to t_before")
    follow(shop)
    assert_same(shop, "t")
    assert_same(shop, "u")
    assert read_status(shop).stopped == []
    on_mysql(shop, "insert into t values (5, null)")
    assert counts(follow(shop)["t"]) == (1, 0, 0, 0)


def test_a_table_that_was_copied_since_is_left_alone_until_the_log_has_passed_that(
    shop: Settings,
) -> None:
    on_mysql(
        shop,
        "create table t (id int primary key, n int)",
        "create table u (id int primary key, n int)",
        "insert into t values (1, 1), (2, 2)",
        "insert into u values (1, 1)",
    )
    follow(shop)
    on_mysql(
        shop, "delete from t where id = 1", "update u set n = 2", "insert into t values (3, 3)"
    )
    on_mysql(shop, "insert into t values (1, 9)")
    ingest(shop, "t")
    before = from_postgres(shop, "select id, n, _loaded_at from raw_oltp.t order by id")
    on_mysql(shop, "update t set n = 7 where id = 2")
    done = follow(shop)
    assert counts(done["u"]) == (0, 1, 0, 0)
    assert (done["t"].rows_read, counts(done["t"])) == (1, (0, 1, 0, 0))
    after = from_postgres(shop, "select id, n, _loaded_at from raw_oltp.t order by id")
    assert [row for row in after if row not in before] == [(2, 7, after[1][2])]
    assert_same(shop, "t")


def test_rows_that_raw_cannot_hold_are_set_aside_and_the_others_followed(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table people (id int primary key, born date)",
        "insert into people values (1, '2000-01-01'), (2, '2000-01-02')",
    )
    follow(shop)
    on_mysql(shop, "set sql_mode = ''", "update people set born = '0000-00-00' where id = 1")
    on_mysql(shop, "insert into people values (3, '2000-01-03')")
    assert counts(follow(shop)["people"]) == (1, 0, 0, 1)
    assert from_postgres(
        shop, "select id, born::text, _deleted_at from raw_oltp.people where id = 1"
    ) == [(1, "2000-01-01", None)]
    on_mysql(shop, "update people set born = '2000-01-09' where id = 2")
    assert counts(follow(shop)["people"]) == (0, 1, 0, 0)
    # Corrected at the source, it leaves quarantine by itself; and so does one that is deleted.
    on_mysql(shop, "set sql_mode = ''", "insert into people values (4, '0000-00-00')")
    assert counts(follow(shop)["people"]) == (0, 0, 0, 1)
    on_mysql(shop, "update people set born = '2001-01-01' where id = 1")
    on_mysql(shop, "delete from people where id = 4")
    assert counts(follow(shop)["people"]) == (0, 1, 0, 0)
    assert from_postgres(shop, "select * from ingest.raw_quarantine") == []
    assert_same(shop, "people")


@pytest.mark.parametrize("rows", [1, 2_000, 30_000])
def test_a_transaction_of_any_size_is_one(shop: Settings, rows: int) -> None:
    """Cut into parts, with a table whose history is kept and one that was copied since."""
    shop = shop.model_copy(update={"stream_batch_rows": 1_000})
    on_mysql(
        shop,
        "create table t (id int primary key, n int)",
        "create table copied (id int primary key, n int)",
        "create table warehouses (warehouse_id int primary key, city varchar(20))",
        "insert into warehouses values (1, 'Utrecht')",
    )
    follow(shop)
    on_mysql(
        shop,
        f"insert into t select seq, 0 from seq_1_to_{rows}",
        f"insert into copied select seq, 0 from seq_1_to_{rows}",
        "update warehouses set city = 'Gent'",
        "delete from copied where id % 2 = 0",
        "update t set n = id",
        "update warehouses set city = 'Porto'",
    )
    ingest(shop, "copied")
    done = follow(shop)
    assert counts(done["t"]) == (rows, 0 if rows <= 1_000 else rows, 0, 0)
    assert counts(done["copied"]) == (0, 0, 0, 0)
    for table in ("t", "copied", "warehouses"):
        assert_same(shop, table)
    assert from_postgres(shop, "select count(distinct _loaded_at) from raw_oltp.t") == [(1,)]
    assert from_postgres(
        shop, "select city from raw_oltp.warehouses__history order by _history_id"
    ) == [("Utrecht",), ("Gent",), ("Porto",)]


def test_every_state_of_a_tracked_table_is_kept_with_its_time(shop: Settings) -> None:
    on_mysql(
        shop,
        "create table warehouses (warehouse_id int primary key, city varchar(20))",
        "insert into warehouses values (1, 'Utrecht')",
    )
    follow(shop)
    states = [
        "update warehouses set city = 'Gent'",
        "insert into warehouses values (2, 'Lyon')",
        "update warehouses set warehouse_id = 3 where warehouse_id = 2",
        "update warehouses set city = 'Porto' where warehouse_id = 1",
        "truncate warehouses",
        "insert into warehouses values (1, 'Riga')",
    ]
    for statement in states:
        on_mysql(shop, f"set timestamp = unix_timestamp() - {100 - states.index(statement)}")
        on_mysql(shop, statement)
    follow(shop)
    assert from_postgres(
        shop,
        "select warehouse_id, city, _change from raw_oltp.warehouses__history "
        "order by _history_id offset 1",
    ) == [
        (1, "Gent", "u"),
        (2, "Lyon", "u"),
        (2, None, "d"),
        (3, "Lyon", "u"),
        (1, "Porto", "u"),
        (1, None, "d"),
        (3, None, "d"),
        (1, "Riga", "u"),
    ]
    assert from_postgres(
        shop,
        "select count(*) from raw_oltp.warehouses__history "
        "where _committed_at > _loaded_at + interval '1 second'",
    ) == [(0,)]
    assert_same(shop, "warehouses")


def test_a_copy_leaves_the_history_to_the_log(shop: Settings) -> None:
    """Two changes before a copy are two states, each with the time at which it was committed."""
    on_mysql(
        shop,
        "create table warehouses (warehouse_id int primary key, city varchar(20))",
        "insert into warehouses values (1, 'Utrecht')",
    )
    follow(shop)
    for city in ("Gent", "Porto"):
        on_mysql(shop, f"update warehouses set city = '{city}'")
    assert counts(ingest(shop)["warehouses"]) == (0, 1, 0, 0)
    assert from_postgres(
        shop,
        "select city, _committed_at = date_trunc('second', _committed_at) "
        "from raw_oltp.warehouses__history order by _history_id offset 1",
    ) == [("Gent", True), ("Porto", True)]
    on_mysql(shop, "update warehouses set city = 'Riga'")
    assert counts(follow(shop)["warehouses"]) == (0, 1, 0, 0)
    assert from_postgres(shop, "select count(*) from raw_oltp.warehouses__history") == [(4,)]


def test_a_log_that_was_purged_is_made_up_for_by_a_copy(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1)")
    follow(shop)
    on_mysql(shop, "insert into t values (2)", "flush binary logs")
    on_mysql(shop, "insert into t values (3)", "flush binary logs")
    purge_logs(shop)
    report = run_changes(shop)
    assert report.succeeded, report.faults
    assert counts(by_name(report)["t"]) == (2, 0, 0, 0)
    assert any("does not go on from the position" in warning for warning in report.warnings)
    on_mysql(shop, "insert into t values (4)")
    assert counts(follow(shop)["t"]) == (1, 0, 0, 0)
    assert_same(shop, "t")


def test_another_server_s_history_is_made_up_for_by_a_copy(shop: Settings) -> None:
    on_mysql(shop, "create table t (id int primary key)", "insert into t values (1)")
    follow(shop)
    # As after a failover to a server that never had what raw has.
    on_postgres(
        shop,
        "update ingest.positions set position = jsonb_set(position, '{gtid}', '\"0-9-999999999\"') "
        "where source = 'oltp'",
    )
    on_mysql(shop, "insert into t values (2)")
    report = run_changes(shop)
    assert report.succeeded, report.faults
    assert any("does not go on from the position" in warning for warning in report.warnings)
    assert_same(shop, "t")
    on_mysql(shop, "insert into t values (3)")
    assert counts(follow(shop)["t"]) == (1, 0, 0, 0)


def test_a_clock_that_was_set_back_is_told_and_nothing_written(shop: Settings) -> None:
    """What is after raw asks for what is later than it has seen."""
    on_mysql(shop, "create table t (id int primary key)")
    follow(shop)
    on_mysql(shop, "insert into t values (1)")
    on_postgres(shop, "update ingest.tables set changed_at = now() + interval '1 hour'")
    faults = run_changes(shop).faults
    assert faults
    assert all("clock" in fault.what for fault in faults)
    assert from_postgres(shop, "select * from raw_oltp.t") == []
    on_postgres(shop, "update ingest.tables set changed_at = now() + interval '2 seconds'")
    follow(shop)
    assert from_postgres(
        shop, "select count(*) from raw_oltp.t where _loaded_at > now() - interval '10 seconds'"
    ) == [(1,)]


def purge_logs(settings: Settings) -> None:
    """Let the server forget all of its log but the current file."""
    deadline = time.monotonic() + 30
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        while True:
            cursor.execute("show binary logs")
            *older, (current, *_) = cursor.fetchall()
            if not older:
                return
            # It keeps a file for as long as it believes that somebody reads it.
            assert time.monotonic() < deadline
            cursor.execute(f"purge binary logs to '{current}'")


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
