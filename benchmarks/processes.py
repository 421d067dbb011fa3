"""Programs that run beside a benchmark, and the memory that each process of ours takes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Peak

_SAMPLE_SECONDS = 0.5
_STOP_LOOK_SECONDS = 0.1
_STOP_SECONDS = 60

# What a process is, by words of its command line; the first that fits.
_KINDS = (
    ("dagster._daemon", "Dagster daemon"),
    ("dagster daemon", "Dagster daemon"),
    ("dagster_webserver", "Dagster webserver"),
    ("dagster-webserver", "Dagster webserver"),
    ("dagster code-server", "Dagster code server"),
    ("dagster api grpc", "Dagster code server"),
    ("execute_run", "Dagster run"),
    ("execute_step", "Dagster run"),
    ("dagster dev", "Dagster (dev, the parent)"),
    ("dbt.cli.main", "dbt"),
    ("bin/dbt ", "dbt"),
    ("softcart stream", "softcart stream"),
    ("softcart ingest --changes", "softcart ingest --changes"),
    ("softcart ingest", "softcart ingest"),
    ("softcart simulate", "softcart simulate"),
    ("softcart run", "softcart run"),
)


class MemoryWatch:
    """Looks at this process's descendants twice a second, and keeps the peak of each kind.

    The kernel keeps a process's own peak, so only what it takes in its last half second is missed.
    """

    def __init__(self) -> None:
        self._peaks: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look()
        self._ended.set()
        self._thread.join()

    def peaks(self, during: str) -> list[Peak]:
        """Return the peak of each kind of process.

        Args:
            during: What they did meanwhile.
        """
        return [Peak(kind, during, round(mb, 1)) for kind, mb in sorted(self._peaks.items())]

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        for pid in _descendants(os.getpid()):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue  # it has ended
            kind = next((kind for words, kind in _KINDS if words in command), None)
            peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
            if kind and peak:
                mb = int(peak.split()[1]) / 1024
                self._peaks[kind] = max(mb, self._peaks.get(kind, 0.0))


def _descendants(of: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            # The name, in parentheses, may hold spaces; the parent is the second field after it.
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found = children.get(of, [])
    while found:
        yield from found
        found = [grandchild for child in found for grandchild in children.get(child, [])]


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program beside the block, with all that it starts; it is stopped as by Ctrl-C.

    Args:
        command: The program and its arguments.
        environment: Its variables.
        log: Where its output goes.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            # Dagster starts sessions of its own, which a signal to ours would not reach.
            family = set(_descendants(process.pid))
            os.killpg(process.pid, signal.SIGINT)
            deadline = time.monotonic() + _STOP_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                # It may still have been starting some.
                family |= set(_descendants(process.pid))
                time.sleep(_STOP_LOOK_SECONDS)
            process.kill()
            process.wait()
            _kill(family)


def _kill(family: Iterable[int]) -> None:
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
