"""Private servers for tests, and an empty shop on them for each test that wants one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import parsed_projects
import pymongo
import pytest
from dbt_process import DbtProcess
from psycopg import sql

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.local.stack import down, up
from orchestration.settings import SERVERS, Server, Settings

_HOME_PREFIX = "softcart-tests-"
_open_warehouses: set[str] = set()

# What a developer has set for real work must not reach a test. SOFTCART_TEST_* is meant for tests.
for _name in [name for name in os.environ if name.startswith("SOFTCART_")]:
    if not _name.startswith("SOFTCART_TEST_"):
        del os.environ[_name]
# A log of each statement costs a tenth of a build, and what dbt says is in the report too.
os.environ["DBT_LOG_LEVEL_FILE"] = "none"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests: in the end no worker is to wait for another's."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def servers() -> Iterator[Settings]:
    """Start private servers for this process (one of several under pytest-xdist)."""
    _remove_abandoned_homes()
    # Not pytest's tmp_path: the servers' unprivileged account must be able to enter.
    draft = Path(tempfile.mkdtemp(prefix="softcart-draft-"))
    draft.chmod(0o755)
    with (draft / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        # Locked before it has the name that another worker would look for.
        home = draft.rename(draft.with_name(draft.name.replace("softcart-draft-", _HOME_PREFIX)))
        settings = bare_settings(home)
        try:
            yield up(settings)
        finally:
            down(settings, delete_data=True)
            shutil.rmtree(home)


OpenShop = Callable[[Path], AbstractContextManager[Settings]]


@pytest.fixture(scope="session")
def open_shop(servers: Settings) -> OpenShop:
    """Let a fixture that outlives a test have a shop: `with open_shop(home) as settings`."""
    return partial(_open_shop, servers)


@pytest.fixture
def shop(open_shop: OpenShop, tmp_path: Path) -> Iterator[Settings]:
    """Give a test an empty database on each server and a home folder of its own."""
    with open_shop(tmp_path) as settings:
        yield settings


@pytest.fixture
def dbt(shop: Settings) -> Iterator[DbtProcess]:
    """Give a test a dbt for its shop that starts once, whatever it runs."""
    with DbtProcess(shop) as process:
        yield process


@contextmanager
def _open_shop(servers: Settings, home: Path) -> Iterator[Settings]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    with _warehouse(servers) as warehouse:
        parsed = servers.home / "parsed" / warehouse
        parsed_projects.seed(home, parsed)
        with connect_mysql(servers) as mysql, mysql.cursor() as cursor:
            cursor.execute(
                f"create database {name} character set utf8mb4 collate utf8mb4_unicode_ci"
            )
        yield servers.model_copy(update={"home": home}).with_urls(
            {
                server: _with_database(servers, server, warehouse if server == "postgres" else name)
                for server in SERVERS
            }
        )
        parsed_projects.keep(home, parsed)
    with connect_mysql(servers) as mysql, mysql.cursor() as cursor:
        cursor.execute(f"drop database {name}")
    with pymongo.MongoClient[dict[str, object]](servers.url("mongo").full.get_secret_value()) as m:
        m.drop_database(name)


@contextmanager
def _warehouse(servers: Settings) -> Iterator[str]:
    """Make an empty database for the block, of a name that was there before, if one is free.

    What dbt has parsed is of a database's name.
    """
    name = next(name for number in count() if (name := f"test_{number}") not in _open_warehouses)
    _open_warehouses.add(name)
    with connect_postgres(servers, autocommit=True) as postgres:
        postgres.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield name
    with connect_postgres(servers, autocommit=True) as postgres:
        postgres.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    _open_warehouses.remove(name)


@pytest.fixture
def shop_environment(shop: Settings) -> dict[str, str]:
    """Return the environment that makes a `softcart` process of a test use its shop."""
    urls = {
        f"SOFTCART_{server.upper()}_URL": shop.url(server).full.get_secret_value()
        for server in SERVERS
    }
    return {**os.environ, **urls, "SOFTCART_HOME": str(shop.home)}


def bare_settings(home: Path) -> Settings:
    """Return settings with a home and nothing that comes from this machine."""
    return Settings(_env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None)


def _with_database(servers: Settings, server: Server, name: str) -> str:
    parts = urlsplit(servers.url(server).full.get_secret_value())
    return urlunsplit(parts._replace(path=f"/{name}"))


def _remove_abandoned_homes() -> None:
    """Stop the servers of test runs that were killed before they could."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME_PREFIX}*"):
        try:
            with (home / "owner").open("r+") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                down(bare_settings(home), delete_data=True)
                shutil.rmtree(home)
        except (BlockingIOError, FileNotFoundError):
            continue  # its tests still run, or they are just beginning or ending


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded for people to read, such as where each row of a file went."""
    recorded = [
        f"{name}: {value}"
        for report in terminalreporter.stats.get("passed", [])
        for name, value in getattr(report, "user_properties", [])
    ]
    if recorded:
        terminalreporter.section("recorded")
        for line in recorded:
            terminalreporter.line(line)
