"""The private servers together: start, stop, and tell what runs where."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.local.account import server_account
from orchestration.local.files import write_private
from orchestration.local.mariadb import PrivateMariadb
from orchestration.local.mongo import private_mongo
from orchestration.local.postgres import PrivatePostgres
from orchestration.local.server import PrivateServer
from orchestration.settings import SERVERS_ENV, Server, Settings

# Where data goes when the unprivileged account cannot enter the project's folder.
_SYSTEM_PLACE = Path("/var/lib/softcart")
_LOCK_SECONDS = 300.0
_POLL_SECONDS = 0.2


def up(settings: Settings, report: ReportProgress = no_progress) -> Settings:
    """Start a private server for every server whose URL is not set; leave running ones as they are.

    Args:
        settings: Without the private servers' own URLs: `Settings.load(private_servers=False)`.
        report: Shows one task that counts servers.

    Returns:
        The settings with the URLs of the servers that were started.

    Raises:
        SoftcartError: A program, a port, a folder or a healthy answer is missing.
    """
    if sys.platform != "linux":
        raise SoftcartError(
            "Private servers run on Linux only",
            remedy="Start the servers of compose.yaml and set their URLs (see .env.example)",
        )
    home = _make_home(settings)
    with _locked(home, report), _told_write_errors():
        wanted = [
            server
            for server in private_servers(settings, _make_place(home))
            if not settings.has_url(server.key)
        ]
        for server in wanted:
            server.start()
        urls: dict[Server, str] = {}
        for done, server in enumerate(wanted):
            report("Private servers", done, len(wanted))
            urls[server.key] = server.wait_until_ready()
        report("Private servers", len(wanted), len(wanted))
        lines = [f"SOFTCART_{key.upper()}_URL={url}\n" for key, url in urls.items()]
        write_private(home / SERVERS_ENV, "".join(lines))
    return settings.with_urls(urls)


def down(
    settings: Settings, report: ReportProgress = no_progress, *, delete_data: bool = False
) -> int:
    """Stop every private server; their data stays unless it is to be deleted.

    Args:
        settings: Only the home folder matters.
        report: Shows a task while another command holds the servers.
        delete_data: Also remove the data, the logs and the passwords.

    Returns:
        How many servers were running.

    Raises:
        SoftcartError: Another command holds the servers, or a folder belongs to someone else.
    """
    home = settings.home
    if not home.is_dir():
        return 0
    with _locked(home, report):
        # First of all, so that nobody is sent to a server that is about to go.
        (home / SERVERS_ENV).unlink(missing_ok=True)
        place = (home / "servers").resolve()
        servers = private_servers(settings, place)
        with ThreadPoolExecutor(len(servers)) as pool:
            stopped = list(pool.map(PrivateServer.stop, servers)).count(True)
        if delete_data:
            _delete(home, place)
    return stopped


def private_servers(settings: Settings, place: Path | None = None) -> list[PrivateServer]:
    """Return the three private servers, running or not.

    Args:
        settings: Names the home folder and fixed ports.
        place: Folder of their data, found from the home folder when None.
    """
    home = settings.home
    place = place or (home / "servers").resolve()
    logs = home / "logs"
    return [
        PrivatePostgres(place, logs, settings.postgres_port),
        PrivateMariadb(place, logs, settings.mysql_port),
        private_mongo(place, logs, settings.mongo_port),
    ]


def _make_home(settings: Settings) -> Path:
    home = settings.home
    try:
        if not home.exists():
            home.mkdir(parents=True)
            # Whatever the umask: the servers' account passes through; secrets have modes of their
            # own.
            home.chmod(0o755)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError
    except (PermissionError, FileExistsError, NotADirectoryError):
        raise SoftcartError(
            f"The home folder {home} cannot be used by this user",
            remedy="Run as the user who owns it, or set SOFTCART_HOME to another folder",
        ) from None
    return home


def _make_place(home: Path) -> Path:
    """Return the folder for the servers' data, made where their account can enter.

    `<home>/servers` is that folder, or a link to it. Parent folders are nobody's to open up: a
    project under /root keeps its data in a system folder instead.
    """
    pointer = home / "servers"
    account = server_account(pointer)
    if not pointer.is_symlink() and not pointer.exists():
        if account.can_execute(home):
            pointer.mkdir()
        else:
            pointer.symlink_to(_SYSTEM_PLACE / hashlib.sha256(bytes(home)).hexdigest()[:12])
    place = pointer.resolve()
    for folder in (_SYSTEM_PLACE, place):
        if place.is_relative_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
    if not account.can_execute(place):
        raise SoftcartError(
            f"The account of the private servers (user id {account.uid}) cannot enter {place}",
            remedy="Give it access, or run `softcart down --delete-data` and start anew",
        )
    return place


def _delete(home: Path, place: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(place)
    pointer = home / "servers"
    if pointer.is_symlink():
        pointer.unlink()
        with suppress(OSError):  # other projects' data is still in it
            _SYSTEM_PLACE.rmdir()
    shutil.rmtree(home / "logs", ignore_errors=True)


@contextmanager
def _told_write_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SoftcartError(
            f"The private servers' files: {error.strerror}: {error.filename}",
            remedy="Free space on that disk, or mend access to that folder, and repeat",
        ) from error


@contextmanager
def _locked(home: Path, report: ReportProgress) -> Iterator[None]:
    """Hold the home folder's lock, which the kernel releases however this process ends."""
    path = home / "lock"
    try:
        file = path.open("a+")
    except PermissionError:
        raise SoftcartError(
            f"The private servers in {home} belong to another user",
            remedy="Run as that user, or set SOFTCART_HOME to another folder",
        ) from None
    with file:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise SoftcartError(
                    f"Another `softcart up` or `softcart down` has held {path} for "
                    f"{_LOCK_SECONDS:.0f} seconds",
                    remedy="Wait for it or end it, then repeat",
                )
            report("Waiting for another softcart", 0)
            time.sleep(_POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
