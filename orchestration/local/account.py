"""The operating-system account that servers run under, and what that account can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Account:
    """A user and group id; processes started through it have no other groups."""

    uid: int
    gid: int

    @classmethod
    def own(cls) -> Account:
        """Return the account of this very process."""
        return cls(os.geteuid(), os.getegid())

    @property
    def is_own(self) -> bool:
        """Whether it is the account of this very process."""
        return self.uid == os.geteuid()

    def popen(
        self,
        argv: Sequence[str | Path],
        *,
        folder: Path,
        output: IO[bytes] | int,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        environment: dict[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that Ctrl-C in the terminal spares it.

        Args:
            argv: The program and its arguments.
            folder: Its working folder.
            output: Where stdout and stderr go.
            stdin: Where its input comes from.
            environment: The whole environment; a minimal one when None.
        """
        return subprocess.Popen(
            [str(part) for part in argv],
            cwd=folder,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment or minimal_environment(),
            start_new_session=True,
            user=None if self.is_own else self.uid,
            group=None if self.is_own else self.gid,
            extra_groups=None if self.is_own else [],
        )

    def can_execute(self, path: Path) -> bool:
        """Whether the account can run the program, or enter the folder, at `path`.

        Asks the kernel on the account's behalf: mode bits alone miss parent folders, access lists
        and mount options.
        """
        if self.is_own:
            return os.access(path, os.X_OK)
        probe = self.popen(["test", "-x", path], folder=Path("/"), output=subprocess.DEVNULL)
        return probe.wait() == 0

    def make_folder(self, path: Path) -> None:
        """Create a folder that only the account (and root) can enter."""
        path.mkdir(mode=0o700)
        self.give(path)

    def give(self, path: Path) -> None:
        """Make the account the owner of one file or folder of ours."""
        if not self.is_own:
            os.chown(path, self.uid, self.gid)


def server_account(data_dir: Path) -> Account:
    """Return the account for a server: this user's, or an unprivileged one when this is root.

    Args:
        data_dir: The server's data folder; where it exists already, its owner goes on owning it.
    """
    if os.geteuid() != 0:
        return Account.own()
    if data_dir.exists() and (owner := data_dir.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return Account(entry.pw_uid, entry.pw_gid)


def minimal_environment() -> dict[str, str]:
    """Return an environment without the caller's settings, above all without its secrets."""
    return {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin", "LC_ALL": "C"}
