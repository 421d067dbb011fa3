"""Every fault ends as one clear message, and leaves raw as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ingest_shop import from_postgres, ingest
from psycopg import sql
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.errors import SoftcartError
from orchestration.ingest.faults import WarehouseFaultError
from orchestration.ingest.run import run_ingest
from orchestration.local.stack import down, up
from orchestration.settings import Settings
from orchestration.warehouse.locks import sole_writer

pytestmark = pytest.mark.servers

_SECRET = "S3cret-in-no-message"  # gitleaks:allow


@pytest.fixture
def sold(shop: Settings) -> Settings:
    """Give a shop that was ingested and then changed, in one table by more than buffers hold."""
    on_mysql(
        shop,
        "create table a (id int primary key, v int)",
        "create table b (id int primary key, v varchar(1000))",
        "insert into a select seq, 1 from seq_1_to_1000",
        "insert into b select seq, repeat('x', 1000) from seq_1_to_20000",
    )
    ingest(shop)
    on_mysql(shop, "update a set v = 2", "update b set v = repeat('y', 1000)")
    return shop


def _before(settings: Settings) -> tuple[object, ...]:
    """Return what raw and ingest's positions are."""
    return (
        from_postgres(settings, "select v, count(*) from raw_oltp.a group by v"),
        from_postgres(settings, "select left(v, 1), count(*) from raw_oltp.b group by 1"),
        from_postgres(settings, "select position from ingest.positions where source = 'oltp'"),
    )


@contextmanager
def _unchanged(settings: Settings) -> Iterator[None]:
    before = _before(settings)
    yield
    assert _before(settings) == before


@contextmanager
def _untouched(settings: Settings) -> Iterator[None]:
    """Check that the block changes nothing in raw, and that a repeat then finishes the work."""
    with _unchanged(settings):
        yield
    assert ingest(settings)["b"].updated == 20_000
    assert from_postgres(settings, "select distinct v from raw_oltp.a") == [(2,)]


def _when_reading(table: str, act: Callable[[], None]) -> Callable[..., None]:
    """Return a progress reporter that acts once, when rows of a table have begun to arrive."""
    done: list[bool] = []

    def report(task: str, rows: int, total: int | None = None) -> None:
        if task == table and rows and not done:
            done.append(True)
            act()

    return report


def test_the_shop_s_server_goes_away(sold: Settings) -> None:
    def kill() -> None:
        with connect_mysql(sold) as mysql, mysql.cursor() as cursor:
            cursor.execute(
                "select id from information_schema.processlist "
                "where db = database() and id <> connection_id()"
            )
            for (number,) in cursor.fetchall():
                cursor.execute(f"kill connection {number}")

    with _untouched(sold):
        report = run_ingest(sold, report=_when_reading("oltp.b", kill))
        (fault,) = report.faults
        assert "went away while ingest was reading table b" in fault.what
        assert [source.name for source in report.sources if not source.fault] == ["catalog"]


def test_the_warehouse_goes_away(sold: Settings) -> None:
    def kill() -> None:
        on_postgres(
            sold,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()",
        )

    with _untouched(sold):
        with pytest.raises(WarehouseFaultError, match="went away while ingest was writing"):
            run_ingest(sold, report=_when_reading("oltp.b", kill))
        query = "select run_status from ingest.runs order by run_id desc limit 1"
        assert from_postgres(sold, query) == [("running",)]
    statuses = from_postgres(sold, "select run_status from ingest.runs order by run_id")
    assert statuses == [("succeeded",), ("abandoned",), ("succeeded",)]


@pytest.mark.slow
@pytest.mark.parametrize("pid_file", ["mariadb.pid", "postmaster.pid"])
def test_a_server_s_process_is_killed(pid_file: str) -> None:
    with tempfile.TemporaryDirectory(prefix="softcart-tests-killed-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        settings = up(_bare(home))
        try:
            on_mysql(
                settings,
                "create table b (id int primary key, v varchar(1000))",
                "insert into b select seq, repeat('x', 1000) from seq_1_to_20000",
            )
            pids = list(home.glob(f"**/{pid_file}"))
            assert len(pids) == 1

            def kill() -> None:
                os.kill(int(pids[0].read_text().split()[0]), signal.SIGKILL)

            try:
                report = run_ingest(settings, report=_when_reading("oltp.b", kill))
                told = report.faults[0].what
            except SoftcartError as error:
                told = error.what
            assert "went away while ingest was" in told
            settings = up(_bare(home))
            assert ingest(settings)["b"].inserted == 20_000
        finally:
            down(_bare(home), delete_data=True)


def test_the_warehouse_s_disk_is_full(sold: Settings) -> None:
    with _untouched(sold):
        with _small_disk(sold), pytest.raises(WarehouseFaultError) as raised:
            run_ingest(sold)
        assert raised.value.what.startswith("The disk of the PostgreSQL server at ")
        assert raised.value.remedy.startswith("Make room on that disk")


@contextmanager
def _small_disk(settings: Settings) -> Iterator[None]:
    """Put the warehouse's temporary tables on a disk of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    ((data,),) = from_postgres(settings, "select current_setting('data_directory')")
    server = Path(data).stat()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        disk = Path(folder) / "disk"
        disk.mkdir()
        options = f"size=4m,uid={server.st_uid},gid={server.st_gid},mode=0700"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=False)
        if mounted.returncode:
            pytest.skip("this machine cannot mount a small disk")
        name = sql.Identifier(f"small_{os.getpid()}")
        database = sql.Identifier(settings.url("postgres").database)
        try:
            with connect_postgres(settings, autocommit=True) as postgres:
                create = sql.SQL("create tablespace {} location {}")
                postgres.execute(create.format(name, sql.Literal(str(disk))))
                postgres.execute(
                    sql.SQL("alter database {} set temp_tablespaces = {}").format(database, name)
                )
            yield
        finally:
            with connect_postgres(settings, autocommit=True) as postgres:
                postgres.execute(
                    sql.SQL("alter database {} reset temp_tablespaces").format(database)
                )
                postgres.execute(sql.SQL("drop tablespace if exists {}").format(name))
            subprocess.run(["umount", disk], check=True)


def test_two_at_once(sold: Settings) -> None:
    with _untouched(sold), connect_postgres(sold, autocommit=True) as other:
        with sole_writer(other, "ingest"), pytest.raises(SoftcartError) as raised:
            run_ingest(sold)
        pid = other.info.backend_pid
    assert (
        f"Another ingest is running in this warehouse (PostgreSQL session {pid}"
        in raised.value.what
    )
    assert raised.value.remedy


def test_another_warehouse_on_the_server_is_not_in_the_way(
    sold: Settings, servers: Settings
) -> None:
    with connect_postgres(servers, autocommit=True) as other, sole_writer(other, "ingest"):
        ingest(sold)


def test_a_grant_is_missing(sold: Settings) -> None:
    with _mysql_user(
        sold, "grant select on {database}.a to {user}", "grant insert on {database}.b to {user}"
    ) as limited:
        report = run_ingest(limited, tables=["a", "b"])
    (fault,) = report.faults
    assert fault.what.endswith("may not read table b")
    assert "GRANT SELECT ON `" in fault.remedy
    assert [(table.name, table.updated) for table in report.tables if not table.fault] == [
        ("a", 1000)
    ]


def test_the_warehouse_s_user_may_not_create(sold: Settings) -> None:
    url = sold.url("postgres")
    user = f"reader_{os.getpid()}"
    with connect_postgres(sold, autocommit=True) as admin:
        admin.execute(f"create role {user} login password '{_SECRET}'")
        try:
            limited = sold.with_urls(
                {"postgres": f"postgresql://{user}:{_SECRET}@{url.host}:{url.port}/{url.database}"}
            )
            with pytest.raises(SoftcartError) as raised:
                run_ingest(limited)
        finally:
            admin.execute(f"drop role {user}")
    assert "may not" in raised.value.what
    assert f'GRANT CREATE ON DATABASE "{url.database}" TO "{user}"' in raised.value.remedy
    assert _SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("server", "change"),
    [("mysql", "password"), ("mysql", "port"), ("postgres", "password")],
)
def test_a_wrong_url(sold: Settings, server: str, change: str) -> None:
    url = sold.url(server)  # type: ignore[arg-type]
    full = url.full.get_secret_value()
    if change == "password":
        full = full.replace(url.password.get_secret_value(), _SECRET)
    else:
        full = full.replace(f":{url.port}/", ":1/")
    wrong = sold.with_urls({server: full})  # type: ignore[dict-item]
    try:
        faults = [(fault.what, fault.remedy) for fault in run_ingest(wrong).faults]
    except SoftcartError as error:
        faults = [(error.what, error.remedy)]
    ((what, remedy),) = faults
    assert f"SOFTCART_{server.upper()}_URL" in remedy
    assert _SECRET not in what + remedy


def test_the_other_source_goes_on(sold: Settings) -> None:
    connect_mongo(sold)["products"].insert_one({"_id": "new"})
    wrong = sold.with_urls({"mysql": "mysql://nobody@127.0.0.1:1/none"})
    report = run_ingest(wrong)
    assert len(report.faults) == 1
    assert [(table.name, table.inserted) for table in report.tables] == [("products", 1)]
    # Named tables that the other source has need nothing of the one that does not answer.
    assert run_ingest(wrong, tables=["products"]).succeeded


def test_the_shop_s_server_has_too_small_packets(sold: Settings) -> None:
    with connect_mysql(sold) as mysql, mysql.cursor() as cursor:
        cursor.execute("select @@global.max_allowed_packet")
        ((usual,),) = cursor.fetchall()
        cursor.execute("set global max_allowed_packet = 262144")
        try:
            report = run_ingest(sold, tables=["oltp.a"])
        finally:
            cursor.execute(f"set global max_allowed_packet = {usual}")
    (fault,) = report.faults
    assert "max_allowed_packet of 262144 bytes" in fault.what
    assert fault.remedy == "Raise it: SET GLOBAL max_allowed_packet = 16777216"


@contextmanager
def _mysql_user(settings: Settings, *grants: str) -> Iterator[Settings]:
    url = settings.url("mysql")
    user = f"limited_{os.getpid()}"
    names = {"user": f"{user}@'%'", "database": url.database}
    on_mysql(
        settings,
        f"create user {names['user']} identified by '{_SECRET}'",
        *(grant.format(**names) for grant in grants),
    )
    try:
        yield settings.with_urls(
            {"mysql": f"mysql://{user}:{_SECRET}@{url.host}:{url.port}/{url.database}"}
        )
    finally:
        on_mysql(settings, f"drop user {names['user']}")


def _bare(home: Path) -> Settings:
    return Settings(_env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None)
