"""A shop of a size with its warehouse, on private servers that are kept from run to run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.measure import Usage, progress, run_measured
from orchestration.connections import connect_mysql, connect_postgres
from orchestration.local.stack import down, up
from orchestration.settings import SERVERS, Settings
from orchestration.transform import artifact_environment, dbt_environment

SEED = 1
# Per million order lines and their web events: shop, raw and marts; then the marts again, while
# they are built anew.
_GB_TO_MAKE = 9.0
_GB_TO_WORK = 5.0
# PostgreSQL's write-ahead log, whatever the size.
_GB_OF_LOG = 4.0
PROGRAMS = Path(sys.executable).parent
# Unit tests prove the code, not the data; data tests read what was built and are no part of it.
MODELS_ONLY = ("--exclude-resource-type", "unit_test", "test")


@dataclass(frozen=True)
class Warehouse:
    """A shop and its warehouse, both running.

    Attributes:
        settings: Of its servers.
        scale: Its size in million order lines at the beginning.
    """

    settings: Settings
    scale: float

    @property
    def size(self) -> str:
        """The size in words, for a table."""
        return size_name(self.scale)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which our programs find this warehouse and nothing else."""
        urls = {
            f"SOFTCART_{server.upper()}_URL": self.settings.url(server).full.get_secret_value()
            for server in SERVERS
        }
        home = self.settings.home
        folders = {"SOFTCART_HOME": str(home), "SOFTCART_WEB_DIR": str(home / "web")}
        return _clean_environment() | urls | folders

    @property
    def dbt_variables(self) -> dict[str, str]:
        """The variables for dbt itself."""
        dbt = dbt_environment(self.settings) | artifact_environment(self.settings)
        return self.environment | dbt

    def softcart(self, *arguments: str) -> Usage:
        """Run a `softcart` command and measure it."""
        return run_measured([str(PROGRAMS / "softcart"), *arguments], environment=self.environment)

    def dbt(self, *arguments: str) -> Usage:
        """Run a dbt command and measure it."""
        return run_measured([str(PROGRAMS / "dbt"), *arguments], environment=self.dbt_variables)

    @property
    def dbt_target(self) -> Path:
        """The folder of dbt's artifacts."""
        return Path(artifact_environment(self.settings)["DBT_TARGET_PATH"])

    def follow(self) -> Usage:
        """Bring raw up to the shop's present."""
        return self.softcart("ingest", "--changes")

    def build(self) -> Usage:
        """Bring every model up to raw; what was built is built on."""
        return self.dbt("build", *MODELS_ONLY)

    def rows(self, query: str, parameters: Sequence[object] | None = None) -> list[Any]:
        """Return the rows of a query on PostgreSQL."""
        with connect_postgres(self.settings, autocommit=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def postgres(self) -> psycopg.Connection[Any]:
        """Connect to PostgreSQL, in autocommit."""
        return connect_postgres(self.settings, autocommit=True)

    def change_shop(self, *statements: str) -> int:
        """Run statements in the shop, each a transaction; return how many rows they touched."""
        with connect_mysql(self.settings, autocommit=True) as mysql, mysql.cursor() as cursor:
            return sum(cursor.execute(statement) for statement in statements)

    def count_in_shop(self, query: str) -> int:
        """Return the one number that a query on the shop gives."""
        with connect_mysql(self.settings) as mysql, mysql.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        return int(row[0]) if row and row[0] is not None else 0


@contextmanager
def open_warehouse(work: Path, scale: float, purpose: str = "shop") -> Iterator[Warehouse]:
    """Start a shop's servers; make and fill it where it is not there, and bring raw up to it.

    Args:
        work: The benchmarks' folder.
        scale: In million order lines.
        purpose: Benchmarks that say the same share a shop.
    """
    home = (work / f"{purpose}-{scale:g}").resolve()
    home.mkdir(parents=True, exist_ok=True)
    _require_disk(home, scale)
    bare = Settings(_env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None)
    progress(f"{purpose} of {size_name(scale)}: servers")
    try:
        warehouse = Warehouse(up(bare), scale)
        progress(f"{purpose} of {size_name(scale)}: history, if it is empty")
        warehouse.softcart(
            *("simulate", "history", "--if-empty", "--scale", str(scale), "--seed", str(SEED))
        )
        progress(f"{purpose} of {size_name(scale)}: raw")
        warehouse.follow()
        yield warehouse
    finally:
        down(bare)


def _require_disk(home: Path, scale: float) -> None:
    """Refuse a size that the disk cannot hold, rather than fill it.

    Raises:
        SystemExit: Too little is free; says how much is needed.
    """
    is_there = (home / "servers").exists()
    needed = scale * (_GB_TO_WORK if is_there else _GB_TO_MAKE + _GB_TO_WORK) + _GB_OF_LOG
    free = shutil.disk_usage(home).free / 1e9
    if free < needed:
        raise SystemExit(f"{size_name(scale)} need {needed:.0f} GB free, there are {free:.0f}")


def delete_warehouses(work: Path) -> None:
    """Stop and remove every shop in the benchmarks' folder."""
    for home in work.glob("*-*"):
        bare = Settings(
            _env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None
        )
        down(bare, delete_data=True)


def size_name(scale: float) -> str:
    """Return a size in words, for a table."""
    return f"{scale:g}M lines"


def _clean_environment() -> dict[str, str]:
    """Return this process's variables without any that would lead to other servers."""
    theirs: Mapping[str, str] = os.environ
    return {
        name: value for name, value in theirs.items() if not name.startswith(("SOFTCART_", "DBT_"))
    }
