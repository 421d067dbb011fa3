"""Measure commands: wall time and peak memory, beside what they ran on."""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Stands between this process and the command: the kernel counts as a new process's peak what the
# one that started it holds, and this one holds much.
_RUNNER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
os.write(int(sys.argv[1]), str(usage.ru_maxrss).encode())
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""
# Of what a failed command said.
_SHOWN_LINES = 20


@dataclass(frozen=True)
class Usage:
    """What one command used.

    Attributes:
        seconds: Wall time from start to exit.
        peak_mb: Largest resident set, in MiB, of the process or of one that it waited for.
        output: What it printed.
    """

    seconds: float
    peak_mb: float
    output: str = ""


@dataclass(frozen=True)
class Result:
    """One row of the benchmark table.

    Attributes:
        name: What was measured.
        seconds: Wall time; of many like it, the 95th percentile.
        reference: What it is measured against, in the same run.
        reference_seconds: Wall time of the reference.
        goal: The speed wanted, None where there is none.
        peak_mb: Peak memory of our process, MiB; None where another's was measured.
        detail: Sizes and rates, for the JSON.
        reference_mb: Peak memory of the reference, MiB, where it is one process.
        note: What a reader of the table should know besides: rates, other percentiles.
    """

    name: str
    seconds: float
    reference: str
    reference_seconds: float
    goal: float | None = None
    peak_mb: float | None = None
    detail: Mapping[str, Any] | None = None
    reference_mb: float | None = None
    note: str = ""

    @property
    def speed(self) -> float:
        """The reference's time over ours."""
        return self.reference_seconds / self.seconds

    def as_dict(self) -> dict[str, Any]:
        """All fields with the speed, for the JSON."""
        return asdict(self) | {"speed": round(self.speed, 3)}


@dataclass(frozen=True)
class Skipped:
    """A row that could not be measured here, and why."""

    name: str
    reference: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """All fields, for the JSON."""
        return {"name": self.name, "reference": self.reference, "skipped": self.why}


@dataclass(frozen=True)
class Peak:
    """The largest resident set that a process of ours had while a benchmark ran.

    Attributes:
        name: Which process.
        reference: What it did meanwhile.
        peak_mb: MiB.
    """

    name: str
    reference: str
    peak_mb: float

    def as_dict(self) -> dict[str, Any]:
        """All fields, for the JSON."""
        return asdict(self)


Measured = Result | Skipped | Peak


def run_measured(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Usage:
    """Run a command to its end and measure it.

    Raises:
        subprocess.CalledProcessError: It failed; carries its output.
    """
    reading, writing = os.pipe()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _RUNNER, str(writing), *command],
        env=dict(environment) if environment is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        text=True,
        errors="replace",
    )
    os.close(writing)
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    with os.fdopen(reading) as told:
        peak_kb = told.read()
    if process.returncode != 0:
        error = subprocess.CalledProcessError(process.returncode, command, output=output)
        error.add_note("\n".join(output.splitlines()[-_SHOWN_LINES:]))
        raise error
    return Usage(seconds=seconds, peak_mb=int(peak_kb) / 1024, output=output)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least of the values that at least this share of them does not exceed.

    Args:
        values: At least one.
        share: Above 0, up to 1.
    """
    return sorted(values)[math.ceil(share * len(values)) - 1]


def middle(values: Sequence[float]) -> float:
    """Return the middle value, of an even number the higher of the two."""
    return sorted(values)[len(values) // 2]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the percentiles that are published, for the JSON."""
    return {
        "count": len(values),
        "p50": percentile(values, 0.50),
        "p95": percentile(values, 0.95),
        "p99": percentile(values, 0.99),
        "max": max(values),
    }


def progress(text: str) -> None:
    """Say on stderr what is being done, with the time: a benchmark may take an hour."""
    print(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


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
