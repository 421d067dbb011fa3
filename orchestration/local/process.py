"""Find, watch and stop the processes of a private server.

The kernel's process table is the only record of what runs: a process belongs to a server when its
command line names that server's program and that server's data folder, and it runs under the
account that owns the folder. So no pid file can go stale, a process id that was given to someone
else is never touched, and a server whose manager was killed in the very moment of starting it is
still found. Command lines are all that is asked for, because containers commonly hide everything
else about other accounts' processes, even from root.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class ServerProcess:
    """One live process."""

    pid: int
    argv: tuple[str, ...]
    started: int
    """Clock ticks between the boot of the machine and the start of the process."""

    def option(self, name: str) -> str | None:
        """Return the value it was given as `--name=value` or as `--name value`, else None."""
        for position, part in enumerate(self.argv):
            if part.startswith(f"--{name}="):
                return part.partition("=")[2]
            if part == f"--{name}" and position + 1 < len(self.argv):
                return self.argv[position + 1]
        return None


@dataclass(frozen=True)
class ProcessGroup:
    """A server and the processes it forked.

    Args:
        program: Base name of the program or of the script it runs, such as "mariadbd".
        data_dir: The resolved data folder, as it stands on the server's command line.
        child_title: How the titles of forked processes begin, None when the server forks none.
    """

    program: str
    data_dir: Path
    child_title: str | None = None

    def server(self) -> ServerProcess | None:
        """Return the process that was started on the data folder, None if none runs."""
        found = [process for process in self._members() if self._is_server(process)]
        # A child looks like its parent until it has set its title, but never started before it.
        return min(found, key=lambda process: process.started, default=None)

    def stop(self, stop_signal: signal.Signals, *, seconds: float) -> bool:
        """Ask the server to stop, wait, and kill what is left.

        Args:
            stop_signal: What the server takes for a clean shutdown.
            seconds: How long it may take before it is killed.

        Returns:
            Whether it stopped by itself. Each of our servers recovers from a kill.
        """
        deadline = time.monotonic() + seconds
        server = self.server()
        clean = server is None or self._end(server.pid, stop_signal, seconds=seconds)
        # Children of a killed server notice within moments, unless they hang in a query.
        while members := self._members():
            for member in members:
                patience = max(0.0, min(1.0, deadline - time.monotonic()))
                if not self._end(member.pid, signal.SIGTERM, seconds=patience):
                    clean = False
                    self._end(member.pid, signal.SIGKILL, seconds=_KILL_SECONDS)
        return clean

    def _members(self) -> list[ServerProcess]:
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [process for pid in pids if (process := self._read(pid))]

    def _read(self, pid: int) -> ServerProcess | None:
        """Return the process if it is one of the group's."""
        folder = Path("/proc") / str(pid)
        try:
            argv = (folder / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            process = ServerProcess(pid, tuple(os.fsdecode(part) for part in argv), 0)
            if not (self._is_server(process) or self._is_child(process)):
                return None
            if folder.stat().st_uid != self.data_dir.stat().st_uid:
                return None
            # The second field is the program's name in brackets and may hold anything.
            started = (folder / "stat").read_text().rpartition(")")[2].split()[19]
        except OSError:  # it has ended meanwhile
            return None
        return ServerProcess(pid, process.argv, int(started))

    def _is_server(self, process: ServerProcess) -> bool:
        # A script's interpreter comes first, then the script.
        names = [Path(part).name for part in process.argv[:2]]
        folder = str(self.data_dir)
        return self.program in names and any(
            part == folder or part.endswith(f"={folder}") for part in process.argv
        )

    def _is_child(self, process: ServerProcess) -> bool:
        return self.child_title is not None and process.argv[0].startswith(self.child_title)

    def _end(self, pid: int, end_signal: signal.Signals, *, seconds: float) -> bool:
        """Signal exactly the process that was found and wait; True when it has ended."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            # From here on the handle means one process, so look again whether it is the right one.
            if self._read(pid) is None:
                return True
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, end_signal)
            ended, _, _ = select.select([handle], [], [], seconds)
        finally:
            os.close(handle)
        if ended:
            # Collects the exit code of a child of this process; of others there is none to collect.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return bool(ended)
