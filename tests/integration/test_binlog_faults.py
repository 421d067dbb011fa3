"""What keeps the binary log from being read is told, with the statement that sees to it."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pymysql
import pytest
from ingest_shop import on_each_server, read_log
from statements import on_mysql

from orchestration.connections import connect_mysql
from orchestration.errors import SoftcartError
from orchestration.ingest.binlog import MysqlChangeLog
from orchestration.ingest.changes import Commit, RowChanges
from orchestration.ingest.faults import LogLostError, SourceLostError
from orchestration.local.stack import down, up
from orchestration.settings import Settings
from orchestration.versions import mysql_version

pytestmark = pytest.mark.servers


@pytest.fixture(params=["mariadb", "mysql"])
def logged_shop(request: pytest.FixtureRequest, shop: Settings) -> Iterator[Settings]:
    with on_each_server(shop, request.param) as settings:
        on_mysql(settings, "create table t (id int primary key, v int, d text)")
        yield settings


def _product(settings: Settings) -> str:
    with connect_mysql(settings) as mysql:
        return mysql_version(mysql).product


@pytest.mark.parametrize(
    ("variable", "value", "usual"),
    [
        ("binlog_format", "'STATEMENT'", "'ROW'"),
        ("binlog_row_image", "'MINIMAL'", "'FULL'"),
        ("binlog_row_metadata", "'MINIMAL'", "'FULL'"),
        ("binlog_transaction_compression", "ON", "OFF"),
        ("binlog_row_value_options", "'PARTIAL_JSON'", "''"),
    ],
)
def test_a_server_that_logs_otherwise_is_refused(
    logged_shop: Settings, variable: str, value: str, usual: str
) -> None:
    with connect_mysql(logged_shop) as mysql, mysql.cursor() as cursor:
        try:
            cursor.execute(f"set global {variable} = {value}")
        except pymysql.err.OperationalError:
            pytest.skip(f"the server has no {variable}")
        try:
            with pytest.raises(SoftcartError) as told:
                MysqlChangeLog(logged_shop)
        finally:
            cursor.execute(f"set global {variable} = {usual}")
    assert told.value.remedy == f"SET GLOBAL {variable} = {usual}"


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ("binlog_format = 'STATEMENT'", "SET GLOBAL binlog_format = 'ROW'"),
        ("binlog_row_image = 'MINIMAL'", "SET GLOBAL binlog_row_image = 'FULL'"),
        (
            "binlog_transaction_compression = ON",
            "SET GLOBAL binlog_transaction_compression = OFF",
        ),
    ],
)
def test_a_session_that_logs_otherwise_makes_a_copy_necessary(
    logged_shop: Settings, setting: str, remedy: str
) -> None:
    log = MysqlChangeLog(logged_shop)
    on_mysql(logged_shop, "insert into t values (1, 1, 'x')")
    start = log.present()
    with connect_mysql(logged_shop) as mysql, mysql.cursor() as cursor:
        try:
            cursor.execute(f"set session {setting}")
        except pymysql.err.OperationalError:
            pytest.skip("the server has no such setting")
        cursor.execute("update t set v = 2")
        mysql.commit()
    with pytest.raises(LogLostError) as told:
        read_log(log, start)
    assert told.value.remedy.startswith(remedy)
    log.close()


def test_a_purged_log_is_told(logged_shop: Settings) -> None:
    log = MysqlChangeLog(logged_shop)
    start = log.present()
    on_mysql(logged_shop, "insert into t values (1, 1, null)")
    with connect_mysql(logged_shop, autocommit=True) as mysql, mysql.cursor() as cursor:
        cursor.execute("flush binary logs")
        cursor.execute("insert into t values (2, 2, null)")
        cursor.execute("show binary logs")
        *_, last = cursor.fetchall()
        # The server keeps a file as long as it takes a reader of a test before to be still there.
        deadline = time.monotonic() + 60
        while True:
            cursor.execute(f"purge binary logs to '{last[0]}'")
            cursor.execute("show binary logs")
            if len(cursor.fetchall()) == 1:
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with pytest.raises(LogLostError, match="does not go on from the position"):
        read_log(log, start)
    log.close()


def test_the_log_of_another_server_is_told(logged_shop: Settings) -> None:
    log = MysqlChangeLog(logged_shop)
    here = log.present()
    foreign = {
        "MariaDB": f"{here['gtid'].rpartition('-')[0]}-999999999",
        "MySQL": "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a:1-5",
    }[here["server"]]
    other = {"MariaDB": "MySQL", "MySQL": "MariaDB"}[here["server"]]
    for position in ({**here, "gtid": foreign}, {**here, "server": other}):
        assert not log.includes(here, position)
        with pytest.raises(LogLostError), log.read(position) as events:
            next(iter([event for event in events if isinstance(event, Commit)]))
    log.close()


def test_a_user_who_may_not_replicate_is_told(logged_shop: Settings) -> None:
    url = logged_shop.url("mysql")
    name, password = f"u{os.getpid()}", "S3cret-in-no-message"  # gitleaks:allow
    on_mysql(
        logged_shop,
        f"create user {name}@'%' identified by '{password}'",
        f"grant select on `{url.database}`.* to {name}@'%'",
    )
    try:
        limited = logged_shop.with_urls(
            {"mysql": f"mysql://{name}:{password}@{url.host}:{url.port}/{url.database}"}
        )
        log = MysqlChangeLog(limited)
        with pytest.raises(SoftcartError) as told, log.read(log.present()) as events:
            next(events)
        assert told.value.remedy.endswith(f"GRANT REPLICATION SLAVE ON *.* TO '{name}'@'%'")
        log.close()
    finally:
        on_mysql(logged_shop, f"drop user {name}@'%'")


def test_changes_that_are_never_logged_are_told(logged_shop: Settings) -> None:
    """InnoDB changes rows of a foreign key by itself, below what the log sees."""
    on_mysql(
        logged_shop,
        "create table child (id int primary key, t_id int,"
        " foreign key (t_id) references t (id) on delete cascade)",
        "insert into t values (1, 1, null)",
        "insert into child values (1, 1)",
    )
    log = MysqlChangeLog(logged_shop)
    start = log.present()
    on_mysql(logged_shop, "delete from t")
    changed = {event.table.name for event in read_log(log, start) if isinstance(event, RowChanges)}
    assert changed in ({"t"}, {"t", "child"})  # MySQL logs them from 9.6 on
    assert ("child" in changed) == (log.warnings == [])
    log.close()


def test_a_table_without_a_key_is_told_once_and_left_out(logged_shop: Settings) -> None:
    log = MysqlChangeLog(logged_shop)
    start = log.present()
    on_mysql(logged_shop, "create table loose (id int)", "insert into loose values (1)")
    on_mysql(logged_shop, "insert into loose values (2)", "insert into t values (1, 1, null)")
    for _ in range(2):
        changed = [
            event.table.name for event in read_log(log, start) if isinstance(event, RowChanges)
        ]
        assert changed == ["t"]
    assert len([text for text in log.warnings if "loose" in text]) == 1
    log.close()


def test_a_killed_server_yields_whole_transactions_only() -> None:
    with tempfile.TemporaryDirectory(prefix="softcart-tests-killed-") as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o755)
        elsewhere = "postgresql://nobody:none@127.0.0.1:1/none"
        settings = Settings(
            _env_file=None,
            home=home,
            postgres_url=elsewhere,
            mysql_url=None,
            mongo_url="mongodb://127.0.0.1:1/none",
        )
        try:
            running = up(settings)
            on_mysql(running, "create table k (id int primary key auto_increment, v longtext)")
            log = MysqlChangeLog(running)
            position = log.present()
            seen: list[int] = []
            for _ in range(3):
                writing = threading.Thread(target=_write, args=(running,))
                writing.start()
                with pytest.raises(SourceLostError), log.read(position) as events:
                    rows: list[int] = []
                    for event in events:
                        if isinstance(event, RowChanges):
                            rows += [int(change.key) for change in event.changes]
                        elif isinstance(event, Commit):
                            assert len(rows) in (0, 20)
                            seen += rows
                            rows, position = [], event.position
                            if len(seen) % 100 == 40:
                                os.kill(_pid(home), signal.SIGKILL)
                writing.join()
                log.close()
                running = up(settings)
                log = MysqlChangeLog(running)
            for event in read_log(log, position):
                if isinstance(event, RowChanges):
                    seen += [int(change.key) for change in event.changes]
            log.close()
            with connect_mysql(running) as mysql, mysql.cursor() as cursor:
                cursor.execute("select id from k order by id")
                assert [number for (number,) in cursor.fetchall()] == seen
        finally:
            down(settings, delete_data=True)


def _write(settings: Settings) -> None:
    with suppress(pymysql.MySQLError, SoftcartError), connect_mysql(settings) as mysql:
        while True:
            with mysql.cursor() as cursor:
                for _ in range(20):
                    cursor.execute("insert into k (v) values (repeat('x', 50000))")
            mysql.commit()


def _pid(home: Path) -> int:
    (found,) = home.rglob("mariadb.pid")
    return int(found.read_text().split()[0])
