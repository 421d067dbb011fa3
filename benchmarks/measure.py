"""Measure commands: wall time and peak memory, beside what they ran on."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Usage:
    """What one command used.

    Attributes:
        seconds: Wall time from start to exit.
        peak_mb: Largest resident set of the process itself, in MiB; its children do not count.
    """

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Result:
    """One row of the benchmark table.

    Attributes:
        name: What was measured.
        seconds: Wall time.
        reference: What it is measured against, in the same run.
        reference_seconds: Wall time of the reference.
        speed: How many times as fast as the reference: above 1 is faster.
        goal: The speed wanted, None where there is none.
        peak_mb: Peak memory of our process, MiB; None where another's was measured.
        detail: Sizes and rates, for the JSON.
    """

    name: str
    seconds: float
    reference: str
    reference_seconds: float
    goal: float | None = None
    peak_mb: float | None = None
    detail: Mapping[str, Any] | None = None

    @property
    def speed(self) -> float:
        """The reference's time over ours."""
        return self.reference_seconds / self.seconds

    def as_dict(self) -> dict[str, Any]:
        """All fields with the speed, for the JSON."""
        return asdict(self) | {"speed": round(self.speed, 3)}


def run_measured(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Usage:
    """Run a command to its end and measure it.

    Raises:
        subprocess.CalledProcessError: It failed; carries its output.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=dict(environment) if environment is not None else None,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    # wait4 took the exit status; tell Popen, or it would look for it once more.
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, output=output)
    return Usage(seconds=seconds, peak_mb=usage.ru_maxrss / 1024)


def machine() -> dict[str, Any]:
    """Describe the machine and the day, as every published figure must."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or "unknown processor",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "python": platform.python_version(),
    }
