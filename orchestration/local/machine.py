"""What the machine offers to a server."""

from __future__ import annotations

import os
from pathlib import Path

MEBIBYTE = 1024 * 1024

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_mebibytes() -> int:
    """Return the memory of the machine, or of the container when that has less."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = int(_CONTAINER_LIMIT.read_text())
    except (OSError, ValueError):  # no such limit, or "max"
        limit = memory
    return min(memory, limit) // MEBIBYTE


def share_of_memory(part: float, *, least: int, most: int) -> int:
    """Return a part of the memory in MiB, kept between two bounds."""
    return max(least, min(most, int(memory_mebibytes() * part)))
