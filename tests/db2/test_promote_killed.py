"""kill -9 and cut connections at any moment lose nothing, and show nothing half-promoted."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from promoted import OpenDb2, OpenShop, differing_tables, from_db2, ingest

from orchestration.connections import connect_postgres
from orchestration.errors import SoftcartError
from orchestration.promote.db2.connection import db2_session, query
from orchestration.promote.db2.run import promote
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.transform import run_dbt

pytestmark = [pytest.mark.servers, pytest.mark.slow]

_KILLS = 25
_CUTS = 12
_SEED = 20261121

# What one transaction of ingest writes: an order's shipping and the discount of its lines are one
# number, and an order goes and comes back with its lines.
_CHANGES = (
    """
    update raw_oltp.orders set shipping_amount = %(number)s, _loaded_at = now()
    where order_id = %(order)s;
    """,
    """
    update raw_oltp.order_items set discount_amount = %(number)s, _loaded_at = now()
    where order_id = %(order)s;
    """,
)
_COMES_OR_GOES = (
    """
    update raw_oltp.orders set _loaded_at = now(),
        _deleted_at = case when _deleted_at is null then now() end
    where order_id = %(order)s;
    """,
    """
    update raw_oltp.order_items set _loaded_at = now(),
        _deleted_at = (select _deleted_at from raw_oltp.orders where order_id = %(order)s)
    where order_id = %(order)s;
    """,
)
_NOTED = "update ingest.tables set changed_at = now() where table_name in ('orders', 'order_items')"

# Everything that a reader could see in pieces, in one statement: 0 if all of it belongs together.
_IN_PIECES = """
SELECT
    (SELECT COUNT(*) FROM STAGING.STG_OLTP__ORDER_ITEMS AS ITEM
     LEFT JOIN STAGING.STG_OLTP__ORDERS AS ORDERED ON ORDERED.ORDER_ID = ITEM.ORDER_ID
     WHERE ORDERED.ORDER_ID IS NULL OR ORDERED.SHIPPING_AMOUNT <> ITEM.DISCOUNT_AMOUNT)
    + (SELECT COUNT(*) FROM STAGING.STG_OLTP__DELETIONS AS GONE
       JOIN STAGING.STG_OLTP__ORDERS AS ORDERED
           ON GONE.ROW_KEY = CAST(ORDERED.ORDER_ID AS VARCHAR(20))
       WHERE GONE.TABLE_NAME = 'orders')
    + (SELECT COUNT(*) FROM PROMOTE.POSITIONS AS POSITION
       WHERE POSITION.RELATION_NAME = 'STG_OLTP__ORDERS' AND POSITION.LOADED_THROUGH
           <> (SELECT MAX(LOADED_AT) FROM STAGING.STG_INGEST__TABLES))
FROM SYSIBM.SYSDUMMY1
"""


@pytest.fixture(scope="module")
def shop(
    open_shop: OpenShop, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A shop whose orders and lines agree, refined and promoted."""
    with (
        open_shop(tmp_path_factory.mktemp("killed")) as opened,
        open_standin(opened) as settings,
    ):
        simulate_history(settings, scale=0.002, seed=4)
        ingest(settings)
        run_dbt(
            settings,
            ["build", "--selector", "refined", "--exclude-resource-type", "unit_test", "test"],
        ).raise_for_failures()
        with connect_postgres(settings) as warehouse:
            warehouse.execute("update raw_oltp.orders set shipping_amount = 1, _loaded_at = now()")
            warehouse.execute(
                "update raw_oltp.order_items set discount_amount = 1, _loaded_at = now()"
            )
            warehouse.execute(_NOTED)
        promote(settings)
        yield settings


def test_a_reader_sees_whole_states_while_promotes_are_killed(shop: Settings) -> None:
    chance = random.Random(_SEED)  # noqa: S311
    # Processes that begin with everything imported, so that the kills fall into their work.
    starter = multiprocessing.get_context("forkserver")
    starter.set_forkserver_preload(
        ["orchestration.promote.db2.run", "orchestration.defs.dbt_project"]
    )
    duration = _duration(shop)
    killed = 0
    with _ingesting(shop), _reading(shop) as pieces:
        for number in range(_KILLS):
            if number == _KILLS // 2:
                _drop_something(shop)
            process = starter.Process(target=promote, args=(shop,))
            process.start()
            process.join(chance.uniform(0.1, 1.3) * duration)
            killed += process.is_alive()
            process.kill()
            process.join()
    assert set(pieces) == {0}
    assert killed >= _KILLS // 3
    assert promote(shop, full=True).succeeded
    assert differing_tables(shop) == []
    assert _leftovers(shop) == []


@pytest.mark.parametrize("name", ["db2-standin", "softcart"], ids=["db2", "postgres"])
def test_a_promote_whose_connection_is_cut_says_so_and_a_repeat_finishes(
    shop: Settings, name: str
) -> None:
    chance = random.Random(_SEED)  # noqa: S311
    duration = _duration(shop)
    told: list[str] = []
    with _ingesting(shop):
        for _ in range(_CUTS):
            cut = threading.Timer(chance.uniform(0.05, 0.9) * duration, _cut, (shop, name))
            cut.start()
            try:
                promote(shop)
            except SoftcartError as error:
                told.append(str(error))
            finally:
                cut.join()
    assert told
    assert all("run `softcart promote db2` again" in text for text in told), told
    assert promote(shop, full=True).succeeded
    assert differing_tables(shop) == []


def _drop_something(settings: Settings) -> None:
    """Let half of the promotes also load a table for the first time."""
    with db2_session(settings) as db2:
        cursor = db2.cursor()
        cursor.execute("DROP TABLE STAGING.STG_OLTP__PAYMENTS")
        db2.commit()


def _cut(settings: Settings, name: str) -> None:
    with connect_postgres(settings, autocommit=True) as warehouse:
        warehouse.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = %s and pid <> pg_backend_pid()"
            " and datname = any(%s) and query not like %s",
            (name, [settings.url("db2").database, settings.url("postgres").database], "%raw_oltp%"),
        )


@contextmanager
def _ingesting(settings: Settings) -> Iterator[None]:
    """Write orders and lines as ingest does, all the while."""
    chance = random.Random(_SEED)  # noqa: S311

    def work(is_over: threading.Event) -> None:
        # Under another name than that of the connections that are cut.
        url = settings.url("postgres").full.get_secret_value()
        with psycopg.connect(url, application_name="ingesting") as warehouse:
            number = 1
            while not is_over.wait(0.01):
                number += 1
                values = {"number": number, "order": chance.randint(1, 400)}
                for change in _COMES_OR_GOES if number % 5 == 0 else _CHANGES:
                    warehouse.execute(change, values)
                warehouse.execute(_NOTED)
                warehouse.commit()

    with _beside(work):
        yield


@contextmanager
def _reading(settings: Settings) -> Iterator[list[int]]:
    """Look at Db2 all the while; yields what was found in pieces at each look."""
    pieces: list[int] = []

    def work(is_over: threading.Event) -> None:
        with db2_session(settings) as db2:
            while not is_over.wait(0.02):
                pieces.extend(int(count) for (count,) in query(db2, _IN_PIECES))
                db2.commit()

    with _beside(work):
        yield pieces
    assert len(pieces) > _KILLS


@contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    is_over = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work(is_over)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
    assert not failed, failed


def _duration(settings: Settings) -> float:
    """Return how many seconds a promote takes on this machine."""
    began = time.monotonic()
    promote(settings)
    return time.monotonic() - began


def _leftovers(settings: Settings) -> list[tuple[Any, ...]]:
    return from_db2(
        settings,
        "SELECT TABNAME FROM SYSCAT.TABLES WHERE TABSCHEMA = 'PROMOTE' AND TABNAME <> 'POSITIONS'"
        " UNION ALL SELECT TABNAME FROM SYSCAT.TABLES WHERE TABNAME LIKE '%LOADING'",
    )
