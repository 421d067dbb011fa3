"""The folder of simulated web events: a gzipped file for each day that something was received."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orchestration.errors import SoftcartError

_MARK: Final = ".made-by-softcart-simulate"
_HIDDEN: Final = ".part"
_OURS: Final = ("events-*.ndjson.gz", "traffic-*.ndjson")


class EventFolder:
    """A folder whose files we may write and remove: empty, or marked as ours.

    Args:
        path: It is made if it is missing.

    Raises:
        SoftcartError: It has somebody else's files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists() and not (path / _MARK).exists() and any(path.iterdir()):
            raise SoftcartError(
                f"The folder {path} was not made by softcart: it looks like a real shop's, and no "
                "web events are simulated there",
                remedy="Name an empty folder in SOFTCART_WEB_DIR, or none",
            )
        path.mkdir(parents=True, exist_ok=True)
        (path / _MARK).touch()
        self.clear()

    def write_day(self, day: str, lines: Iterable[str]) -> None:
        """Write what was received on a day; it shows with `show`.

        Args:
            day: Such as 2026-11-21.
            lines: Events as JSON, each ended by a newline.
        """
        # Without a time, so that the same events are the same bytes.
        with (
            (self._path / f"events-{day}.ndjson.gz{_HIDDEN}").open("wb") as plain,
            gzip.GzipFile("", "wb", 1, plain, mtime=0) as packed,
        ):
            packed.write("".join(lines).encode())

    def clear(self) -> None:
        """Remove what an interrupted simulation left unshown."""
        for file in self._path.glob(f"*{_HIDDEN}"):
            file.unlink()

    def show(self) -> None:
        """Show the days that were written, in the place of all that simulations made before."""
        for pattern in _OURS:
            for file in self._path.glob(pattern):
                file.unlink()
        for file in self._path.glob(f"*{_HIDDEN}"):
            file.rename(file.with_suffix(""))

    def append(self, day: str, line: str) -> None:
        """Add an event to the file of a day of live traffic."""
        with (self._path / f"traffic-{day}.ndjson").open("a", encoding="utf-8") as file:
            file.write(line)
