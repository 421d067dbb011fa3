"""When what was committed in the shop could first be seen in the warehouse."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks.warehouse import Warehouse


class Sightings:
    """Asks the warehouse again and again for the newest that it shows, and notes when it was which.

    What is committed must grow from commit to commit: one session's new ids, or its clock.
    """

    def __init__(self, warehouse: Warehouse, newest: str, every_seconds: float) -> None:
        """Prepare to look.

        Args:
            warehouse: Where.
            newest: A query for one value, NULL while there is none.
            every_seconds: The pause between two looks, which is also how exact they are.
        """
        self._warehouse = warehouse
        self._newest = newest
        self._every_seconds = every_seconds
        self.refused = 0
        self._looks: list[tuple[float, Any]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Sightings:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for(
        self,
        value: Any,  # noqa: ANN401
        beside: Sequence[subprocess.Popen[bytes]],
        patience: float,
    ) -> None:
        """Wait until a value shows.

        Args:
            value: What was committed.
            beside: Programs without which it never will.
            patience: Seconds after which it should long have.

        Raises:
            RuntimeError: One of the programs has ended, or the value does not show.
        """
        until = time.monotonic() + patience
        while not self._looks or self._looks[-1][1] < value:
            for program in beside:
                if program.poll() is not None:
                    raise RuntimeError(f"{program.args!r} has ended; its output is in its log")
            if not self._thread.is_alive() or time.monotonic() > until:
                raise RuntimeError(f"{value} does not show after {patience:g} s: {self._newest}")
            time.sleep(self._every_seconds)

    def lags(self, committed: Sequence[tuple[Any, float]]) -> list[float]:
        """Return how many seconds each value took to show.

        Args:
            committed: Values with the moments of their commits, `time.monotonic()`; all have
                shown.
        """
        looks = iter(list(self._looks))
        seen_at, newest = next(looks)
        lags = []
        for value, committed_at in committed:
            while newest < value:
                seen_at, newest = next(looks)
            lags.append(seen_at - committed_at)
        return lags

    def _look(self) -> None:
        with self._warehouse.postgres() as postgres:
            while not self._ended.wait(self._every_seconds):
                try:
                    row = postgres.execute(self._newest).fetchone()
                except (psycopg.errors.UndefinedTable, psycopg.errors.DeadlockDetected):
                    # A build is replacing a view or a table: who asks has to ask again.
                    self.refused += 1
                    continue
                if row and row[0] is not None:
                    # After the answer: what is noted was to be seen by then.
                    self._looks.append((time.monotonic(), row[0]))
