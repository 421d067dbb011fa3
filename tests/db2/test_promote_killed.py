"""kill -9 and cut connections at any moment lose nothing, and show nothing half-promoted."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
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

_KILLS = 16
# How fast the machine is decides where kills fall: more of them, until enough are everywhere.
_MOST_KILLS = 80
_CUTS = 8
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
    outcomes: Counter[str] = Counter()
    with _ingesting(shop), _reading(shop) as pieces:
        duration = 0.0
        for _ in range(2):  # the first also waits for the imports
            began = time.monotonic()
            _ended(starter, shop)
            duration = time.monotonic() - began
        number = 0
        while number < _KILLS or (number < _MOST_KILLS and _is_missing(outcomes)):
            if number == _KILLS // 2:
                _drop_something(shop)
            process = starter.Process(target=promote, args=(shop,))
            process.start()
            if number % 2:
                _await_last_transaction(shop, process)
                process.join(chance.uniform(0, 0.05))
            else:
                process.join(chance.uniform(0.1, 1.0) * duration)
            outcomes[_killed(shop, process)] += 1
            assert from_db2(shop, _IN_PIECES) == [(0,)]
            number += 1
        _ended(starter, shop)
    assert set(pieces) == {0}
    assert not _is_missing(outcomes), outcomes
    assert promote(shop, full=True).succeeded
    assert differing_tables(shop) == []
    assert _leftovers(shop) == []


@pytest.mark.parametrize("name", ["db2-standin", "softcart"], ids=["db2", "postgres"])
def test_a_promote_whose_connection_is_cut_says_so_and_a_repeat_finishes(
    shop: Settings, name: str
) -> None:
    chance = random.Random(_SEED)  # noqa: S311
    told: list[str] = []
    with _ingesting(shop):
        time.sleep(0.5)  # so that the one that is timed has something to do
        duration = _duration(shop)
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


def _ended(starter: ForkServerContext, settings: Settings) -> None:
    """Let a promote come to its end."""
    process = starter.Process(target=promote, args=(settings,))
    process.start()
    process.join()
    assert process.exitcode == 0


def _await_last_transaction(settings: Settings, process: ForkServerProcess) -> None:
    with connect_postgres(settings, autocommit=True) as warehouse:
        while process.is_alive() and not _writes_promoted(warehouse, settings):
            time.sleep(0.002)


def _is_missing(outcomes: Counter[str]) -> bool:
    """Whether too few kills were where it hurts: among rows beside, or those that readers see."""
    return min(outcomes["staging"], outcomes["last transaction"]) < _KILLS // 8


def _killed(settings: Settings, process: ForkServerProcess) -> str:
    """Kill a promote with SIGKILL, and return what it was about."""
    assert process.pid is not None
    # It stands still while we look, so what we see is where it is killed.
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGSTOP)
    moment = _moment(settings) if process.is_alive() else "over"
    process.kill()
    process.join()
    return moment


def _moment(settings: Settings) -> str:
    """Return what a promote that stands still is about."""
    with connect_postgres(settings, autocommit=True) as warehouse:
        if _writes_promoted(warehouse, settings):
            return "last transaction"
    return "staging" if _leftovers(settings) else "reading"


def _writes_promoted(warehouse: psycopg.Connection[Any], settings: Settings) -> bool:
    """Whether a session of Db2 has written a promoted table and not yet committed."""
    row = warehouse.execute(
        "select exists (select 1 from pg_locks"
        " join pg_database on pg_database.oid = pg_locks.database"
        " where datname = %s and mode = 'RowExclusiveLock' and granted"
        " and relation = any(%s))",
        (settings.url("db2").database, _promoted_tables(settings)),
    ).fetchone()
    return bool(row and row[0])


def _promoted_tables(settings: Settings) -> list[int]:
    # Those that are not put in place anew meanwhile, and have another number then.
    with psycopg.connect(_standin_url(settings)) as inside:
        return [
            oid
            for (oid,) in inside.execute(
                "select oid from pg_class where relnamespace = 'staging'::regnamespace"
                " and relname in"
                " ('stg_oltp__deletions', 'stg_oltp__orders', 'stg_oltp__order_items')"
            ).fetchall()
        ]


def _standin_url(settings: Settings) -> str:
    return settings.url("db2").full.get_secret_value().replace("db2://", "postgresql://", 1)


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
