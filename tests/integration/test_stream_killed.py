"""kill -9 of the reader and of each server, again and again under load: nothing lost, or twice."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ingest_shop import from_postgres
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from statements import on_mysql
from test_stream_changes import assert_same, assert_same_documents

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.errors import SoftcartError
from orchestration.ingest.mongo_images import KEEP_IMAGES
from orchestration.ingest.run import run_ingest
from orchestration.ingest.stream.run import run_changes
from orchestration.local.stack import down, private_servers, up
from orchestration.settings import PROJECT_DIR, SERVERS, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

# How long servers and readers are killed; `make soak` gives it hours.
_SECONDS = float(os.environ.get("SOFTCART_TEST_KILL_SECONDS", "45"))
_SEED = int(os.environ.get("SOFTCART_TEST_KILL_SEED", "20261121"))
_VICTIMS = ("reader", "postgres", "reader", "mysql", "reader", "mongo")

# Every order has its lines and its total, in every state that one transaction shows.
_UNSOUND = """
select count(*)
from raw_oltp.orders as one_order
full join (
    select order_id, sum(quantity) as quantity
    from raw_oltp.order_lines
    where _deleted_at is null
    group by order_id
) as its_lines using (order_id)
where one_order._deleted_at is null
    and one_order.total is distinct from its_lines.quantity
"""
_DEFINITIONS = (
    "alter table visits add column if not exists device varchar(10) not null default 'web'",
    "alter table visits drop column if exists device",
    "truncate visits",
    "create or replace table visits (visit_id int primary key auto_increment, page int) "
    "as select 1 as page",
)
_STATES = """
select (regexp_match({value}, '\\d+'))[1]::int from raw_{table}__history order by _history_id
"""


def test_both_sides_are_equal_after_every_kill(
    record_property: Callable[[str, object], None],
) -> None:
    print(f"SOFTCART_TEST_KILL_SEED={_SEED}")  # noqa: T201 (shown with a failure)
    with _servers() as (bare, settings), _reading(settings) as start_reader:
        chance = random.Random(_SEED)  # noqa: S311
        _open_shop(settings)
        killed = dict.fromkeys(_VICTIMS, 0)
        reader = start_reader()
        deadline = time.monotonic() + _SECONDS
        with _selling(settings):
            while time.monotonic() < deadline or not all(killed.values()):
                for victim in chance.sample(_VICTIMS, len(_VICTIMS)):
                    time.sleep(chance.uniform(0.1, 2.0))
                    if victim == "reader":
                        reader.kill()
                        reader.wait()
                        reader = start_reader()
                    else:
                        assert reader.poll() is None, "a server that is away ends no stream"
                        _kill(bare, victim)
                        _start_again(bare)
                    killed[victim] += 1
                    assert from_postgres(settings, _UNSOUND) == [(0,)]
        record_property("kills by victim", killed)
        # The stream makes way for it.
        report = run_changes(settings)
        assert report.succeeded, report.faults
        assert reader.poll() is None
        for table in ("orders", "order_lines", "warehouses", "visits"):
            assert_same(settings, table)
        assert_same_documents(settings, "products")
        # Each state of a row that counts up is there, once and in order.
        for table, value in (
            ("oltp.warehouses", "city"),
            ("catalog.products", "document ->> 'n'"),
        ):
            states = from_postgres(settings, _STATES.format(value=value, table=table))
            assert [state for (state,) in states] == list(range(1, len(states) + 1)), table
            assert len(states) > 100
        # Tombstones included: a copy finds nothing to do, and each column's sums are equal.
        copied = run_ingest(settings, compare="checksums")
        assert copied.succeeded, copied.faults
        for copy in copied.tables:
            assert copy.changed == 0, copy
            assert copy.comparison is not None
            assert copy.comparison.source_rows == copy.comparison.raw_rows, copy
            assert copy.comparison.different == (), copy
        assert from_postgres(
            settings, "select count(*) > 0 from raw_oltp.orders where _deleted_at is not null"
        ) == [(True,)]


def _open_shop(settings: Settings) -> None:
    on_mysql(
        settings,
        "create table orders (order_id int primary key auto_increment, total int, note text)",
        "create table order_lines (order_id int, line int, quantity int, "
        "primary key (order_id, line))",
        "create table warehouses (warehouse_id int primary key, city varchar(20))",
        "insert into orders select seq, 3, null from seq_1_to_2000",
        "insert into order_lines select seq div 2, seq % 2, 1 + seq % 2 from seq_2_to_4001",
        "create table visits (visit_id int primary key auto_increment, page int)",
        "insert into warehouses values (1, '1')",
    )
    with connect_mongo(settings).client as client:
        catalogue = client.get_default_database()
        catalogue.create_collection("products", **KEEP_IMAGES)
        catalogue["products"].insert_one({"_id": "counter", "n": 1})
    run_ingest(settings)


@contextmanager
def _selling(settings: Settings) -> Iterator[None]:
    """Change the shop all the while, whenever its servers are there."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def keep_on(sell: Callable[[Settings, threading.Event], None]) -> None:
        while not stop.is_set():
            try:
                sell(settings, stop)
            except (SoftcartError, pymysql.MySQLError, PyMongoError):
                stop.wait(0.1)
            except BaseException as error:
                failed.append(error)
                return

    sellers = [
        threading.Thread(target=keep_on, args=(sell,)) for sell in (_sell_goods, _edit_catalogue)
    ]
    for seller in sellers:
        seller.start()
    try:
        yield
    finally:
        stop.set()
        for seller in sellers:
            seller.join()
    assert not failed


def _sell_goods(settings: Settings, stop: threading.Event) -> None:
    chance = random.Random(_SEED)  # noqa: S311
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        while not stop.wait(0.002):
            _change(cursor, chance)
            mysql.commit()


def _change(cursor: Any, chance: random.Random) -> None:
    cursor.execute("select max(order_id) from orders")
    ((last,),) = cursor.fetchall()
    some = chance.randint(1, last)
    what = chance.random()
    if what < 0.4:
        quantity = chance.randint(1, 9)
        note = chance.choice(["a\tb", "line\nfeed", "\\N", "", None])
        cursor.execute("insert into orders (total, note) values (%s, %s)", (quantity, note))
        cursor.execute("insert into order_lines values (%s, 0, %s)", (cursor.lastrowid, quantity))
    elif what < 0.7:
        cursor.execute(
            "update order_lines set quantity = quantity + 1 where order_id = %s", (some,)
        )
        changed = cursor.rowcount
        cursor.execute("update orders set total = total + %s where order_id = %s", (changed, some))
    elif what < 0.8:
        cursor.execute("delete from orders where order_id = %s", (some,))
        cursor.execute("delete from order_lines where order_id = %s", (some,))
    elif what < 0.9:
        cursor.execute("update warehouses set city = city + 1")
    elif what < 0.998:
        cursor.execute("insert into visits (page) values (%s)", (some,))
    else:
        # What it does to a whole table, none of the others notices.
        cursor.execute(chance.choice(_DEFINITIONS))


def _edit_catalogue(settings: Settings, stop: threading.Event) -> None:
    url = settings.url("mongo").full.get_secret_value()
    client = MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=200, retryWrites=False)
    with client:
        products = client.get_default_database()["products"]
        while not stop.wait(0.01):
            products.update_one({"_id": "counter"}, {"$inc": {"n": 1}})


@contextmanager
def _servers() -> Iterator[tuple[Settings, Settings]]:
    """Start servers that come back under the same addresses."""
    with (
        tempfile.TemporaryDirectory(prefix="softcart-tests-killed-") as folder,
        ExitStack() as held,
    ):
        Path(folder).chmod(0o755)
        ports = []
        for _ in SERVERS:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
        held.close()
        bare = Settings(
            _env_file=None,
            home=Path(folder) / "home",
            postgres_url=None,
            mysql_url=None,
            mongo_url=None,
            postgres_port=ports[0],
            mysql_port=ports[1],
            mongo_port=ports[2],
        )
        try:
            yield bare, up(bare)
        finally:
            down(bare, delete_data=True)


@contextmanager
def _reading(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Yield what starts a stream in a process of its own; none outlives the block."""
    urls = {
        f"SOFTCART_{server.upper()}_URL": settings.url(server).full.get_secret_value()
        for server in SERVERS
    }
    environment = {**os.environ, **urls, "SOFTCART_HOME": str(settings.home)}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", "from orchestration.cli import main; main()", "stream"],
            env=environment,
            cwd=PROJECT_DIR,
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()


def _start_again(bare: Settings) -> None:
    """Start what does not run, as soon as what was killed has let go of its port."""
    deadline = time.monotonic() + 30
    while True:
        try:
            up(bare)
            return
        except SoftcartError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _kill(bare: Settings, key: str) -> None:
    (server,) = [server for server in private_servers(bare) if server.key == key]
    processes = server.processes(server.folder)
    process = processes.server()
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while processes.server() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
