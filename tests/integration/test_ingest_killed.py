"""kill -9 at any moment loses nothing and shows nothing half-done."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ingest_shop import from_postgres, ingest
from statements import on_mysql

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.ingest import ejson
from orchestration.settings import PROJECT_DIR, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_KILLS = 20
_SEED = 20261120

_TABLES = {
    "orders": "order_id, customer, total, placed_at, note",
    "lines": "order_id, line, sku, quantity",
}

# Every order has its lines and its total, in every state that one transaction shows.
_SOUND = """
select count(*)
from raw_oltp.orders as one_order
full join (
    select order_id, sum(quantity) as quantity
    from raw_oltp.`lines`
    where _deleted_at is null
    group by order_id
) as its_lines using (order_id)
where one_order._deleted_at is null
    and one_order.total is distinct from its_lines.quantity
""".replace("`", '"')


def test_raw_is_whole_after_every_kill_and_complete_in_the_end(
    shop: Settings, shop_environment: dict[str, str]
) -> None:
    chance = random.Random(_SEED)  # noqa: S311
    _open_shop(shop)
    duration = _duration(shop_environment)
    killed = 0
    with _selling(shop):
        for _ in range(_KILLS):
            process = _start(shop_environment)
            time.sleep(chance.uniform(0.25, 1.1) * duration)
            killed += process.poll() is None
            process.kill()
            process.wait()
            assert from_postgres(shop, _SOUND) == [(0,)]
    assert killed >= _KILLS // 2
    ingest(shop)
    for table, columns in _TABLES.items():
        assert _raw_rows(shop, table, columns) == _source_rows(shop, table, columns), table
    catalogue = {document["_id"]: document for document in connect_mongo(shop)["products"].find()}
    assert catalogue == {
        key: ejson.decode(document)
        for key, document in from_postgres(
            shop, "select _id, document from raw_catalog.products where _deleted_at is null"
        )
    }
    assert set(from_postgres(shop, "select run_status from ingest.runs")) <= {
        ("succeeded",),
        ("abandoned",),
    }


def _open_shop(settings: Settings) -> None:
    on_mysql(
        settings,
        "create table orders (order_id int primary key, customer varchar(50), total int, "
        "placed_at datetime(6), note text)",
        "create table `lines` (order_id int, line int, sku varchar(20), quantity int, "
        "primary key (order_id, line))",
        "insert into orders select seq, concat('c', seq % 100), 3, '2026-01-01', "
        r"if(seq % 7, null, concat('tab\t', seq, '\\ 😀')) from seq_1_to_8000",
        "insert into `lines` select seq div 2, seq % 2, 'sku', 1 + seq % 2 from seq_2_to_16001",
    )
    connect_mongo(settings)["products"].insert_many(
        [{"_id": f"sku{number}", "n": 0, "tags": ["a"]} for number in range(500)]
    )
    ingest(settings)


@contextmanager
def _selling(settings: Settings) -> Iterator[None]:
    """Change the shop all the while: new orders, edits, cancellations, real deletes."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def sell() -> None:
        chance = random.Random(_SEED)  # noqa: S311
        products = connect_mongo(settings)["products"]
        try:
            with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
                number = 8000
                while not stop.wait(0.002):
                    number += 1
                    _change(cursor, chance, number)
                    mysql.commit()
                    sku = f"sku{chance.randrange(600)}"
                    if number % 10 == 0:
                        products.delete_one({"_id": sku})
                    else:
                        products.update_one({"_id": sku}, {"$inc": {"n": 1}}, upsert=True)
        except BaseException as error:
            failed.append(error)

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        yield
    finally:
        stop.set()
        seller.join()
    assert not failed


def _change(cursor: Any, chance: random.Random, number: int) -> None:
    some = chance.randint(1, number)
    what = chance.random()
    if what < 0.4:
        quantity = chance.randint(1, 9)
        cursor.execute(
            "insert into orders values (%s, 'new', %s, now(6), %s)",
            (number, quantity, chance.choice(["a\tb", "line\nfeed", "\\N", "", None])),
        )
        cursor.execute("insert into `lines` values (%s, 0, 'sku', %s)", (number, quantity))
    elif what < 0.8:
        cursor.execute("update `lines` set quantity = quantity + 1 where order_id = %s", (some,))
        cursor.execute(
            "update orders set total = total + %s where order_id = %s", (cursor.rowcount, some)
        )
    else:
        cursor.execute("delete from orders where order_id = %s", (some,))
        cursor.execute("delete from `lines` where order_id = %s", (some,))


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from orchestration.cli import main; main()", "ingest"],
        env=environment,
        cwd=PROJECT_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _duration(environment: dict[str, str]) -> float:
    """Return how many seconds an ingest takes on this machine, so that kills fall into it."""
    began = time.monotonic()
    assert _start(environment).wait() == 0
    return time.monotonic() - began


def _source_rows(settings: Settings, table: str, columns: str) -> list[tuple[Any, ...]]:
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        cursor.execute(f"select {columns} from `{table}` order by 1, 2")
        return list(cursor.fetchall())


def _raw_rows(settings: Settings, table: str, columns: str) -> list[tuple[Any, ...]]:
    return from_postgres(
        settings,
        f'select {columns} from raw_oltp."{table}" where _deleted_at is null order by 1, 2',
    )
