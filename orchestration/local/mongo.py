"""Private Mongo-protocol server: `mongod` where there is one, else SecantusDB."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import time
from abc import abstractmethod
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from orchestration.errors import SoftcartError
from orchestration.local.account import Account, minimal_environment
from orchestration.local.files import write_private
from orchestration.local.machine import share_of_memory
from orchestration.local.port import LOOPBACK, any_free_port
from orchestration.local.process import ProcessGroup
from orchestration.local.server import USER, NotReadyError, PrivateServer

_DATABASE = "catalog"
_SET_NAME = "softcart"
_START_SECONDS = 60.0
_WEEK_SECONDS = 7 * 24 * 3600

_Client = pymongo.MongoClient[dict[str, Any]]


class PrivateMongo(PrivateServer):
    """A replica set of one node: what change streams need, with a user and a password."""

    key = "mongo"
    default_port = 37017

    def initialise(self, folder: Path, password: str) -> None:
        """Create the user on a server that lives for this moment, on a port nobody looks for.

        Both servers ask for passwords only from the start on, so there must be one start without.
        """
        write_private(folder / "engine", type(self).__name__)
        self.write_configuration(folder)
        port = any_free_port()
        log = folder / "initialise.log"
        with log.open("wb") as output:
            command = self.command_without_passwords(folder, port)
            server = self.account.popen(command, folder=folder / "data", output=output)
        try:
            with _connect(port) as client:
                self._wait_for_writes(client, server)
                client.admin.command("createUser", USER, pwd=password, roles=["root"])
        except (PyMongoError, NotReadyError):
            raise self.not_initialised(self.title, log.read_bytes()) from None
        finally:
            self.processes(folder).stop(self.stop_signal, seconds=self.stop_seconds)
            server.kill()  # when it was too young to be found
            server.wait()

    def _wait_for_writes(self, client: _Client, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.prepare_writes(client)
            except (PyMongoError, NotReadyError):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    @abstractmethod
    def command_without_passwords(self, folder: Path, port: int) -> list[str | Path]:
        """Return the command line for the initialisation, when no user exists."""

    def write_configuration(self, folder: Path) -> None:
        """Write the files that the command line names."""

    def prepare_writes(self, client: _Client) -> None:
        """Do what makes the node take writes; called until it does."""
        client.admin.command("ping")

    def handshake(self, port: int, password: str) -> None:
        """Log in and see that the node takes writes."""
        try:
            with _connect(port, password) as client:
                self.prepare_writes(client)
                if not client.admin.command("hello").get("isWritablePrimary"):
                    raise NotReadyError("not yet primary")
        except PyMongoError as error:
            raise NotReadyError(type(error).__name__) from None

    def url(self, port: int, password: str) -> str:
        """Return the URL of the catalogue; a direct one, the set's own name for itself is moot."""
        return (
            f"mongodb://{USER}:{password}@{LOOPBACK}:{port}/{_DATABASE}"
            "?authSource=admin&directConnection=true"
        )


class PrivateMongod(PrivateMongo):
    """MongoDB's own server."""

    title = "MongoDB"

    def require(self) -> None:
        """Check the program, as the base class says."""
        if find_mongod() is None:
            raise SoftcartError(
                "The private catalogue was made by mongod, which is no longer on the PATH",
                remedy="Install it again, or run `softcart down --delete-data` and load anew",
            )

    def write_configuration(self, folder: Path) -> None:
        """Write the key that members of a replica set with passwords must share."""
        key = folder / "key"
        write_private(key, secrets.token_urlsafe(48).replace("-", "+").replace("_", "/"))
        self.account.give(key)

    def command_without_passwords(self, folder: Path, port: int) -> list[str | Path]:
        """Return the command line for the initialisation."""
        return [
            find_mongod() or "mongod",
            f"--dbpath={folder / 'data'}",
            f"--port={port}",
            f"--bind_ip={LOOPBACK}",
            "--nounixsocket",
            f"--replSet={_SET_NAME}",
            f"--wiredTigerCacheSizeGB={share_of_memory(1 / 32, least=256, most=512) / 1024:.2f}",
        ]

    def command(self, folder: Path, port: int) -> list[str | Path]:
        """Return the server's command line."""
        return [*self.command_without_passwords(folder, port), f"--keyFile={folder / 'key'}"]

    def prepare_writes(self, client: _Client) -> None:
        """Make the node the one member of its set, under the port that it has this time."""
        host, port = client.address or (LOOPBACK, self.default_port)
        members = [{"_id": 0, "host": f"{host}:{port}"}]
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as failure:
            if failure.details and failure.details.get("codeName") == "NotYetInitialized":
                config = {"_id": _SET_NAME, "members": members}
                client.admin.command("replSetInitiate", config)
            raise
        if [member["host"] for member in config["members"]] != [members[0]["host"]]:
            config |= {"members": members, "version": config["version"] + 1}
            client.admin.command("replSetReconfig", config, force=True)
        if not client.admin.command("hello").get("isWritablePrimary"):
            raise NotReadyError("not yet primary")

    def processes(self, folder: Path) -> ProcessGroup:
        """Return the one process that serves the folder."""
        return ProcessGroup("mongod", folder / "data")


class PrivateSecantus(PrivateMongo):
    """SecantusDB, from the development extras; spoken to over its protocol and never imported."""

    title = "SecantusDB"

    @property
    def account(self) -> Account:
        """The account that the server runs under.

        Root itself where the unprivileged account cannot read the Python installation, as under
        /root: the server is a Python program and cannot be moved away like PostgreSQL's.
        """
        account = super().account
        if self.data_dir.exists() and self.data_dir.stat().st_uid == Account.own().uid:
            return Account.own()
        runs = account.can_execute(_secantus()) and account.can_execute(
            Path(sys.executable).resolve()
        )
        return account if runs else Account.own()

    def require(self) -> None:
        """Check the program, as the base class says."""
        if not _secantus().exists():
            raise SoftcartError(
                "No Mongo-protocol server is installed: neither mongod on the PATH nor SecantusDB",
                remedy="Install SecantusDB with `make setup` (or MongoDB 6 or later with its "
                "`mongod`), or start the servers of compose.yaml, or set SOFTCART_MONGO_URL",
            )

    def write_configuration(self, folder: Path) -> None:
        """Write an empty file: a named one keeps the server from looking for the user's."""
        (folder / "secantusd.toml").touch(mode=0o644)

    def command_without_passwords(self, folder: Path, port: int) -> list[str | Path]:
        """Return the command line for the initialisation."""
        return [
            sys.executable,
            _secantus(),
            f"--config={folder / 'secantusd.toml'}",
            f"--storage-path={folder / 'data'}",
            f"--host={LOOPBACK}",
            f"--port={port}",
            "--log-level=WARNING",
            f"--cache-size={share_of_memory(1 / 32, least=64, most=512)}M",
            # Without it the server acknowledges writes that a crash of the machine takes back.
            "--sync-on-commit",
            # Change streams resume after a week's pause, as from MariaDB's log.
            f"--oplog-retention-seconds={_WEEK_SECONDS}",
            "--oplog-max-entries=1000000",
        ]

    def command(self, folder: Path, port: int) -> list[str | Path]:
        """Return the server's command line."""
        return [*self.command_without_passwords(folder, port), "--auth"]

    def processes(self, folder: Path) -> ProcessGroup:
        """Return the one process that serves the folder."""
        return ProcessGroup("secantusd-py", folder / "data")


def private_mongo(place: Path, log_dir: Path, fixed_port: int | None) -> PrivateMongo:
    """Return the server that made the data; where there is none yet, the best that is installed."""
    mongod = PrivateMongod(place, log_dir, fixed_port)
    engine = mongod.folder / "engine"
    if engine.exists():
        uses_mongod = engine.read_text(encoding="utf-8") == PrivateMongod.__name__
    else:
        uses_mongod = find_mongod() is not None
    return mongod if uses_mongod else PrivateSecantus(place, log_dir, fixed_port)


def find_mongod() -> str | None:
    """Return the path of MongoDB's server program, None when it is not installed."""
    return shutil.which("mongod", path=minimal_environment()["PATH"])


def _secantus() -> Path:
    return Path(sys.executable).parent / "secantusd-py"


def _connect(port: int, password: str | None = None) -> _Client:
    return pymongo.MongoClient(
        LOOPBACK,
        port,
        username=USER if password else None,
        password=password,
        directConnection=True,
        serverSelectionTimeoutMS=1000,
    )
