"""Databases of the stand-in for Db2, and the driver that finds them."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from psycopg import sql

from orchestration.connections import connect_postgres
from orchestration.settings import Settings

STANDIN = Path(__file__).parent / "standin"
_DRIVER = ("ibm_db", "ibm_db_dbi")

# Last, so that `import ibm_db` is the real one wherever no test has asked for the stand-in.
sys.path.append(str(STANDIN))

# Gives settings a Db2 of their own while the block lasts.
OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]


@pytest.fixture(scope="session")
def open_standin(servers: Settings) -> OpenDb2:
    """Let a fixture have a stand-in for Db2: `with open_standin(shop) as settings`."""
    return partial(_open_standin, servers)


@pytest.fixture
def standin(servers: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Give a test a stand-in for Db2 and nothing else."""
    with _open_standin(servers, servers.model_copy(update={"home": tmp_path})) as settings:
        yield settings


@contextmanager
def _open_standin(servers: Settings, settings: Settings) -> Iterator[Settings]:
    from db2_standin.install import install

    name = f"db2_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(servers.url("postgres").full.get_secret_value())._replace(path=f"/{name}")
    with connect_postgres(servers, autocommit=True) as postgres:
        postgres.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        install(urlunsplit(parts))
        with standin_driver():
            yield settings.with_urls({"db2": urlunsplit(parts._replace(scheme="db2"))})
    finally:
        with connect_postgres(servers, autocommit=True) as postgres:
            postgres.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )


@contextmanager
def standin_driver() -> Iterator[None]:
    """Let this process and those that it starts import the stand-in as Db2's driver."""
    real = {name: sys.modules.pop(name) for name in _DRIVER if name in sys.modules}
    python_path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(STANDIN), *filter(None, [python_path])])
    sys.path.insert(0, str(STANDIN))
    try:
        yield
    finally:
        sys.path.remove(str(STANDIN))
        if python_path is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = python_path
        for name in _DRIVER:
            sys.modules.pop(name, None)
        sys.modules.update(real)
