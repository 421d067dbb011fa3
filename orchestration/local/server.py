"""What the three private servers have in common: initialise once, start, wait, stop."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from orchestration.errors import SoftcartError
from orchestration.local.account import Account, minimal_environment, server_account
from orchestration.local.files import telling_lines, write_private
from orchestration.local.port import first_free_port, is_free
from orchestration.local.process import ProcessGroup
from orchestration.settings import Server

# Crash recovery of a data folder on a slow disk takes its time; a server that hangs does not end.
_READY_SECONDS = 180.0
_POLL_SECONDS = 0.05
_LOST_PORTS = 5

USER = "softcart"


class NotReadyError(Exception):
    """The server does not answer yet; its text says what it answered instead."""


class PrivateServer(ABC):
    """One server of ours on the loopback interface, with a password that only it knows.

    A folder holds `password`, `data` and `tmp`. It is made under another name and renamed when it
    is complete, so a folder with the right name is always a whole one.

    Args:
        place: Folder of all private servers' data, which their account can enter.
        log_dir: Folder of their logs.
        fixed_port: The port to listen on; None takes the first free one from the default upwards.
    """

    key: ClassVar[Server]
    title: ClassVar[str]
    default_port: ClassVar[int]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_seconds: ClassVar[float] = 60.0
    stale_files: ClassVar[tuple[str, ...]] = ()
    """Files in the data folder that a killed server leaves and that would stop the next one."""

    def __init__(self, place: Path, log_dir: Path, fixed_port: int | None = None) -> None:
        self.place = place
        self.folder = place / self.key
        self.data_dir = self.folder / "data"
        self.log = log_dir / f"{self.key}.log"
        self.fixed_port = fixed_port
        self._child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def require(self) -> None:
        """Check that the programs are there and fit the data.

        Raises:
            SoftcartError: Something is missing; says what to install.
        """

    @abstractmethod
    def initialise(self, folder: Path, password: str) -> None:
        """Fill `folder`/data so that `USER` can log in with the password, and leave it stopped."""

    @abstractmethod
    def command(self, folder: Path, port: int) -> list[str | Path]:
        """Return the command line that serves `folder`/data on the port."""

    @abstractmethod
    def handshake(self, port: int, password: str) -> None:
        """Log in once as a client would.

        Raises:
            NotReadyError: Nobody answers, or the server is not ready for work.
        """

    @abstractmethod
    def url(self, port: int, password: str) -> str:
        """Return the URL for SOFTCART_*_URL."""

    @abstractmethod
    def processes(self, folder: Path) -> ProcessGroup:
        """Return the processes that serve `folder`/data."""

    @property
    def account(self) -> Account:
        """The account that the server runs under."""
        return server_account(self.data_dir)

    @property
    def is_initialised(self) -> bool:
        """Whether there is data to serve."""
        return self.folder.exists()

    @property
    def running_port(self) -> int | None:
        """The port of the running server, None when it does not run."""
        process = self.processes(self.folder).server()
        port = process.option("port") if process else None
        return int(port) if port else None

    @property
    def running_url(self) -> str | None:
        """The URL of the running server with its password, None when it does not run."""
        port = self.running_port
        return None if port is None else self.url(port, self._password())

    def start(self) -> None:
        """Initialise the data when there is none and start the server unless it runs.

        Raises:
            SoftcartError: A program, a port or access to the data is missing.
        """
        if self.data_dir.exists() and not _is_served_by(self.account, self.data_dir):
            raise SoftcartError(
                f"The data of the private {self.title} in {self.data_dir} belongs to another user",
                remedy="Run as the user who made it, or set SOFTCART_HOME to another folder",
            )
        self.require()
        if not self.is_initialised:
            self._make_folder()
        port = self.running_port
        if port is not None and self.fixed_port not in (None, port):
            self.stop()
            port = None
        if port is None:
            self._launch()

    def wait_until_ready(self) -> str:
        """Wait for a whole handshake and return the server's URL.

        Raises:
            SoftcartError: The server ended or did not answer in time; shows the end of its log.
        """
        password = self._password()
        deadline = time.monotonic() + _READY_SECONDS
        lost_ports = 0
        answer = "nobody listens"
        while time.monotonic() < deadline:
            port = self.running_port
            if port is not None:
                try:
                    self.handshake(port, password)
                except NotReadyError as not_ready:
                    answer = str(not_ready)
                else:
                    return self.url(port, password)
            elif self._child is None:
                # One that was killed just before start() looked, and was still seen.
                self._launch()
            elif self._child.poll() is not None:
                # Another program may take a port between our look and the server's own.
                lost_ports += 1
                if lost_ports > _LOST_PORTS or not self._found_no_port():
                    raise self._failed("ended right after its start")
                self._launch()
            time.sleep(_POLL_SECONDS)
        raise self._failed(f"did not become ready in {_READY_SECONDS:.0f} seconds ({answer})")

    def stop(self) -> bool:
        """Stop the server and what an interrupted initialisation left running.

        Returns:
            Whether there was something to stop.
        """
        self._remove_unfinished()
        was_running = self.processes(self.folder).server() is not None
        self.processes(self.folder).stop(self.stop_signal, seconds=self.stop_seconds)
        return was_running

    def run_tool(self, argv: Sequence[str | Path], *, folder: Path, sql: str = "") -> None:
        """Run one program of the server's to its end, under the server's account.

        Args:
            argv: The program and its arguments; no secret, because every user can see them.
            folder: Working folder.
            sql: Its standard input.

        Raises:
            SoftcartError: It failed; shows the end of what it printed.
        """
        process = self.account.popen(
            argv, folder=folder, output=subprocess.PIPE, stdin=subprocess.PIPE
        )
        try:
            output, _ = process.communicate(sql.encode())
        except BaseException:
            # Such programs are shell scripts and forks: end all of its session.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode != 0:
            raise self.not_initialised(Path(argv[0]).name, output)

    def not_initialised(self, program: str, output: bytes) -> SoftcartError:
        """Return the error for a program that failed while there was no data yet."""
        return SoftcartError(
            f"{program} failed for {self.title}:\n{telling_lines(output)}",
            remedy=f"Mend what it says (is there free space in {self.place}?) and repeat; "
            "nothing was left half-done",
        )

    def _make_folder(self) -> None:
        self._remove_unfinished()
        folder = Path(tempfile.mkdtemp(prefix=f"{self.key}.new-", dir=self.place))
        try:
            folder.chmod(0o711)  # the account passes through to what it owns and lists nothing
            password = secrets.token_urlsafe(24)
            write_private(folder / "password", password)
            self.account.make_folder(folder / "tmp")
            self.account.make_folder(folder / "data")
            self.initialise(folder, password)
            folder.rename(self.folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _remove_unfinished(self) -> None:
        """Remove what a killed initialisation left; its orphans write to no other folder."""
        for folder in self.place.glob(f"{self.key}.new-*"):
            self.processes(folder).stop(signal.SIGKILL, seconds=self.stop_seconds)
            shutil.rmtree(folder, ignore_errors=True)

    def _launch(self) -> None:
        if self.fixed_port is not None and not is_free(self.fixed_port):
            raise SoftcartError(
                f"Port {self.fixed_port} for {self.title} is in use",
                remedy=f"Stop the program that listens on it, or set SOFTCART_{self.key.upper()}"
                "_PORT to a free port, or to nothing for the first free one",
            )
        port = self.fixed_port or first_free_port(self.default_port)
        self._tried_port = port
        # Children outlive a killed server for moments and hold what the next one needs.
        self.processes(self.folder).stop(self.stop_signal, seconds=self.stop_seconds)
        for name in self.stale_files:
            (self.data_dir / name).unlink(missing_ok=True)
        temporary_files = self.folder / "tmp"
        shutil.rmtree(temporary_files, ignore_errors=True)  # a killed server leaves its own
        self.account.make_folder(temporary_files)
        self.log.parent.mkdir(exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        with self.log.open("wb") as log:
            self._child = self.account.popen(
                self.command(self.folder, port),
                folder=self.data_dir,
                output=log,
                environment=minimal_environment() | {"TMPDIR": str(temporary_files)},
            )

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="utf-8")

    def _found_no_port(self) -> bool:
        # Whoever took the port may have left it again; the log still says so.
        return b"address already in use" in self._logged().lower() or not is_free(self._tried_port)

    def _logged(self) -> bytes:
        return self.log.read_bytes() if self.log.exists() else b""

    def _failed(self, what: str) -> SoftcartError:
        return SoftcartError(
            f"{self.title} {what}. The end of {self.log}:\n{telling_lines(self._logged())}",
            remedy=f"Mend what the log says (is there free space in {self.place}?) and repeat; if "
            "the data is damaged, `softcart down --delete-data` makes room for a fresh start",
        )


def _is_served_by(account: Account, data_dir: Path) -> bool:
    return account.uid in (0, data_dir.stat().st_uid)
