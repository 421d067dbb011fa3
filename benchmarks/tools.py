"""Other people's tools, installed from the package index into a folder of the benchmarks alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measure import progress

# Exact, so that a figure can be repeated. Later versions of sling fetch their program from a
# release page when they first run; of this one the program itself is a package.
REQUIREMENTS = {
    "dlt": (
        "dlt[postgres,sql_database]==1.31.0",
        "adbc-driver-postgresql==1.12.0",
        "connectorx==0.4.6",
        "pyarrow==26.0.1",
        "pymysql==1.2.4",
    ),
    "sling": ("sling-linux-amd64==1.4.11",),
    "mysql-replication": ("mysql-replication==1.0.17", "pymysql==1.2.4"),
}


class NoToolError(Exception):
    """A tool cannot be had here; says why."""


def tool(work: Path, name: str) -> Path:
    """Return the folder of programs of a tool's own environment, made at the first call.

    Raises:
        NoToolError: It cannot be installed.
    """
    place = work / "tools" / name
    programs = place / "bin"
    requirements = "\n".join(REQUIREMENTS[name])
    stamp = place / "complete"
    if stamp.exists() and stamp.read_text() == requirements:
        return programs
    progress(f"{name}: installing it into {place}")
    uv = str(Path(sys.executable).with_name("uv"))
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)],
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            str(programs / "python"),
            *REQUIREMENTS[name],
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise NoToolError(f"{name} could not be installed: {last}")
    stamp.write_text(requirements)
    return programs
