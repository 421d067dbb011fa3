"""Only what differs is written, and all tables are of one moment."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from ingest_shop import by_name, counts, from_postgres, ingest
from statements import on_mysql

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.errors import SoftcartError
from orchestration.ingest import state
from orchestration.ingest.apply import apply
from orchestration.ingest.batch import TOMBSTONE, UPSERT, Batch, Column, Lines, TableSchema
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_STOCK = """
create table stock (
    warehouse varchar(10), sku varchar(10), quantity int, primary key (warehouse, sku)
)
"""


def test_only_changed_rows_are_written(shop: Settings) -> None:
    on_mysql(
        shop, _STOCK, "insert into stock values ('A', 'x', 1), ('A', 'y', 2), ('B', 'x', null)"
    )
    assert counts(ingest(shop)["stock"]) == (3, 0, 0, 0)
    before = _versions(shop)

    report = ingest(shop)["stock"]
    assert counts(report) == (0, 0, 0, 0)
    assert (report.rows_read, report.unchanged) == (3, 3)
    assert _versions(shop) == before

    on_mysql(
        shop,
        "update stock set quantity = 0 where sku = 'x'",
        "delete from stock where sku = 'y'",
        "insert into stock values ('C', 'z', 9)",
    )
    assert counts(ingest(shop)["stock"]) == (1, 2, 1, 0)
    after = _versions(shop)
    assert set(after) == {("A", "x"), ("A", "y"), ("B", "x"), ("C", "z")}
    assert all(after[key][1] > before[key][1] for key in before)

    assert counts(ingest(shop)["stock"]) == (0, 0, 0, 0)
    assert _versions(shop) == after


def test_a_deleted_row_keeps_its_last_image_and_may_come_back(shop: Settings) -> None:
    on_mysql(shop, _STOCK, "insert into stock values ('A', 'x', 5)")
    ingest(shop)
    on_mysql(shop, "delete from stock")
    ingest(shop)
    ((quantity, loaded_at, deleted_at),) = _stock(shop)
    assert (quantity, loaded_at) == (5, deleted_at)

    on_mysql(shop, "insert into stock values ('A', 'x', 5)")
    assert counts(ingest(shop)["stock"]) == (0, 1, 0, 0)
    ((quantity, loaded_again_at, deleted_at),) = _stock(shop)
    assert (quantity, deleted_at) == (5, None)
    assert loaded_again_at > loaded_at


def test_a_change_that_compares_equal_is_a_change(shop: Settings) -> None:
    """jsonb takes 1.0 and 1 for equal, but they are not the same document."""
    on_mysql(
        shop,
        "create table documents (id int primary key, document json)",
        "insert into documents values (1, '{\"n\": 1.0}')",
    )
    ingest(shop)
    on_mysql(shop, "update documents set document = '{\"n\": 1}'")
    assert counts(ingest(shop)["documents"]) == (0, 1, 0, 0)
    assert from_postgres(shop, "select document::text from raw_oltp.documents") == [('{"n": 1}',)]


def test_named_tables_alone_are_copied(shop: Settings) -> None:
    on_mysql(shop, _STOCK, "create table other (id int primary key)")
    assert list(ingest(shop, "oltp.other")) == ["other"]
    assert from_postgres(shop, "select count(*) from ingest.positions") == [(0,)]
    assert set(ingest(shop)) == {"other", "stock"}
    with pytest.raises(SoftcartError) as raised:
        run_ingest(shop, tables=["stocks"])
    assert raised.value.what == "No source has a table or collection named stocks"
    assert raised.value.remedy == "Try stock"


def test_the_position_is_that_of_the_snapshot(shop: Settings) -> None:
    on_mysql(shop, _STOCK, "insert into stock values ('A', 'x', 5)")
    with connect_mysql(shop) as mysql, mysql.cursor() as cursor:
        cursor.execute("show master status")
        file, offset, *_ = cursor.fetchall()[0]
        cursor.execute("select @@gtid_binlog_pos")
        ((gtid,),) = cursor.fetchall()
    ingest(shop)
    expected = {"server": "MariaDB", "file": file, "offset": offset, "gtid": gtid}
    query = "select position from ingest.{} where source = 'oltp'"
    assert from_postgres(shop, query.format("positions")) == [(expected,)]
    assert from_postgres(shop, query.format("tables")) == [(expected,)]


def test_all_tables_are_of_one_moment(shop: Settings) -> None:
    """Money moves between two tables all the while; what raw sees of it always adds up."""
    on_mysql(
        shop,
        "create table a_account (id int primary key, balance int)",
        "create table z_account (id int primary key, balance int)",
        "insert into a_account select seq, 100 from seq_1_to_2000",
        "insert into z_account select seq, 100 from seq_1_to_2000",
    )
    ingest(shop)
    for _ in range(5):
        _move_money_between_reads(shop)
        totals = from_postgres(
            shop,
            "select (select sum(balance) from raw_oltp.a_account) "
            "+ (select sum(balance) from raw_oltp.z_account)",
        )
        assert totals == [(400_000,)]


def test_changes_are_applied_by_key(shop: Settings) -> None:
    """What change capture will send: some rows, some tombstones, and nothing of the others."""
    table = TableSchema("oltp", "events", (Column("id", "bigint"), Column("name", "text")), ("id",))
    first = _apply(shop, Batch(table, lambda: _lines(b"1\tone\n2\ttwo\n3\tthree\n")))
    assert counts(first) == (3, 0, 0, 0)
    text = f"{UPSERT}\t1\tuno\n{TOMBSTONE}\t2\t\\N\n{UPSERT}\t4\tfour\n{TOMBSTONE}\t9\t\\N\n"
    for expected in ((1, 1, 1, 0), (0, 0, 0, 0)):
        changes = Batch(table, lambda: _lines(text.encode()), is_complete=False, has_changes=True)
        assert counts(_apply(shop, changes)) == expected
    assert from_postgres(
        shop, "select id, name, _deleted_at is null from raw_oltp.events order by id"
    ) == [(1, "uno", True), (2, "two", False), (3, "three", True), (4, "four", True)]


def _apply(settings: Settings, batch: Batch) -> Any:
    with connect_postgres(settings) as postgres:
        state.prepare(postgres)
        postgres.execute("create schema if not exists raw_oltp")
        return apply(postgres, batch, run_id=1, may_be_bad=False, rows_read=lambda _: None)


def _lines(text: bytes) -> Any:
    yield Lines(text.count(b"\n"), text)


def _move_money_between_reads(settings: Settings) -> None:
    """Ingest while another thread moves money, some of it in each pause of the reading."""
    stop = threading.Event()
    moved = threading.Event()

    def move() -> None:
        with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
            number = 0
            while not stop.is_set():
                number = number % 2000 + 1
                cursor.execute(
                    "update a_account set balance = balance - 1 where id = %s", (number,)
                )
                cursor.execute(
                    "update z_account set balance = balance + 1 where id = %s", (number,)
                )
                mysql.commit()
                moved.set()

    def wait_for_a_move(task: str, done: int, total: int | None = None) -> None:
        moved.clear()
        assert moved.wait(30)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        assert moved.wait(30)
        assert by_name(run_ingest(settings, report=wait_for_a_move))["a_account"].updated > 0
    finally:
        stop.set()
        mover.join()


def _versions(settings: Settings) -> dict[tuple[str, str], tuple[str, datetime]]:
    rows = from_postgres(
        settings, "select warehouse, sku, xmin::text, ctid::text, _loaded_at from raw_oltp.stock"
    )
    return {(warehouse, sku): (f"{xmin} {ctid}", at) for warehouse, sku, xmin, ctid, at in rows}


def _stock(settings: Settings) -> list[tuple[Any, ...]]:
    return from_postgres(settings, "select quantity, _loaded_at, _deleted_at from raw_oltp.stock")
