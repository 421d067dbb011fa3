"""Private MariaDB, from Debian's `mariadb-server-core`: the shop's database."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pymysql

from orchestration.errors import SoftcartError
from orchestration.local.account import minimal_environment
from orchestration.local.machine import share_of_memory
from orchestration.local.port import LOOPBACK
from orchestration.local.process import ProcessGroup
from orchestration.local.server import USER, NotReadyError, PrivateServer

_PROGRAMS = ("mariadbd", "mariadb-install-db")
_WEEK_SECONDS = 7 * 24 * 3600


class PrivateMariadb(PrivateServer):
    """MariaDB with the row-based log that change capture reads."""

    key = "mysql"
    title = "MariaDB"
    default_port = 13306
    stop_signal = signal.SIGTERM

    def require(self) -> None:
        """Check the programs, as the base class says."""
        missing = [name for name in _PROGRAMS if _find(name) is None]
        if missing:
            raise SoftcartError(
                f"MariaDB is not installed: {' and '.join(missing)} not on the PATH",
                remedy="Install it (Debian, Ubuntu: `sudo apt-get install --no-install-recommends "
                "mariadb-server-core mariadb-client-core`), or start the servers of compose.yaml, "
                "or set SOFTCART_MYSQL_URL to a server of yours",
            )

    def initialise(self, folder: Path, password: str) -> None:
        """Create the system tables, the user and the database, without ever listening."""
        data_dir = folder / "data"
        # A server that starts clears such a folder of temporary tables, those of others too.
        tmp_dir = f"--tmpdir={folder / 'tmp'}"
        self.run_tool(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={data_dir}",
                tmp_dir,
                "--skip-test-db",
                "--skip-name-resolve",
            ],
            folder=data_dir,
        )
        # All privileges: tests make databases, and users that lack a grant.
        self.run_tool(
            [
                _program("mariadbd"),
                "--no-defaults",
                "--bootstrap",
                f"--datadir={data_dir}",
                tmp_dir,
            ],
            folder=data_dir,
            sql=f"""\
flush privileges;
create user {USER}@'%' identified by '{password}';
grant all privileges on *.* to {USER}@'%' with grant option;
create database {USER} character set utf8mb4 collate utf8mb4_unicode_ci;
""",
        )

    def command(self, folder: Path, port: int) -> list[str | Path]:
        """Return the server's command line; `--no-defaults` keeps the user's settings out."""
        return [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--tmpdir={folder / 'tmp'}",
            f"--port={port}",
            f"--bind-address={LOOPBACK}",
            # Relative to the data folder: the path of a socket has a length limit of 107 bytes.
            "--socket=mariadb.sock",
            "--pid-file=mariadb.pid",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
            "--default-time-zone=+00:00",
            # Whole images of changed rows with their column names, ordered by GTID: what change
            # capture needs. A week of them outlasts a holiday without an ingest.
            "--server-id=1",
            "--log-bin=binlog",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--binlog-row-metadata=FULL",
            "--gtid-strict-mode=ON",
            f"--binlog-expire-logs-seconds={_WEEK_SECONDS}",
            # A server killed loses nothing; only a machine that loses power may lose the last
            # second of a shop whose data is simulated and can be made again. The simulator is
            # several times faster for it.
            "--innodb-flush-log-at-trx-commit=2",
            "--sync-binlog=0",
            f"--innodb-buffer-pool-size={share_of_memory(1 / 16, least=64, most=512)}M",
            "--innodb-log-file-size=256M",
            # Long texts and multi-row inserts of the simulator.
            "--max-allowed-packet=256M",
            "--local-infile=ON",
        ]

    def handshake(self, port: int, password: str) -> None:
        """Log in and run a query."""
        try:
            connection = pymysql.connect(
                host=LOOPBACK, port=port, user=USER, password=password, connect_timeout=5
            )
        except pymysql.MySQLError as error:
            raise NotReadyError(str(error.args[-1])) from None
        with connection, connection.cursor() as cursor:
            cursor.execute("select 1")

    def url(self, port: int, password: str) -> str:
        """Return the URL of the shop's database."""
        return f"mysql://{USER}:{password}@{LOOPBACK}:{port}/{USER}"

    def processes(self, folder: Path) -> ProcessGroup:
        """Return the one process that serves the folder."""
        return ProcessGroup("mariadbd", folder / "data")


def _find(name: str) -> str | None:
    return shutil.which(name, path=minimal_environment()["PATH"])


def _program(name: str) -> str:
    return _find(name) or name
