"""Small files that are either whole or not there."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_TELLS_ERROR = re.compile(r"error|fatal|panic|no space|denied|failed", re.IGNORECASE)


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, replacing an earlier one in one step.

    It is on the disk when this returns, so that a folder renamed afterwards never lacks it.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folder_bytes(folder: Path) -> int:
    """Return the bytes that a folder's files take on the disk; files may come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def telling_lines(output: bytes, count: int = 8) -> str:
    """Return the end of what a program printed, indented, for the end of a sentence.

    Lines that name an error come before advice on where to read more.
    """
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _TELLS_ERROR.search(line)]
    chosen = (errors or lines)[-count:] or ["(nothing)"]
    return "\n".join(f"    {line}" for line in chosen).rstrip(".")
