"""The law put to a shop, and what breaks it cut down to a case that a person can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import yaml
from differences import Difference, differences
from operations import History
from shrinking import fewest_runs, shortest
from warehouses import Run, Shop

# When a row was loaded, and in which order; and whether a movement that came and went between two
# runs was ever seen, which inventory_reconciliation tells. Nothing else may tell of the runs.
_OF_THE_RUN: Final = frozenset({"loaded_at", "history_id", "deleted_count", "explanation"})

Tamper = Callable[[Shop], None]


def leave_alone(_: Shop) -> None:
    """Tamper with nothing."""


@dataclass(frozen=True)
class Case:
    """A history and the runs that follow it.

    Attributes:
        runs: At least one; the last one brings everything up to date.
        history: Transactions before each of the runs.
    """

    runs: Sequence[Run]
    history: History

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file of `regressions`."""
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        return cls([Run(**run) for run in told["runs"]], told["history"])

    def amid(self, runs: Sequence[Run]) -> History | None:
        """Return the history for more runs, doing nothing before those; None if they lack one."""
        history: History = []
        parts = list(zip(self.runs, self.history, strict=True))
        for run in runs:
            history.append(parts.pop(0)[1] if parts and parts[0][0] == run else [])
        return None if parts else history

    def __str__(self) -> str:
        told = {
            "runs": [
                {name: value for name, value in asdict(run).items() if value != _PLAIN[name]}
                for run in self.runs
            ],
            "history": self.history,
        }
        return yaml.safe_dump(told, sort_keys=False, width=1000, default_flow_style=None)


_PLAIN = asdict(Run("")) | {"as_of": None}


def breaches(
    shop: Shop,
    histories: Mapping[int, History],
    runs: Sequence[Run],
    tamper: Tamper = leave_alone,
) -> list[Difference]:
    """Return in what a warehouse that followed the histories differs from a rebuild.

    Where nothing but the logs was read, also from one that read them in a single run.

    Args:
        shop: Made anew.
        histories: By their numbers.
        runs: Of all the histories.
        tamper: Done to the warehouse before it is compared.
    """
    shop.empty()
    shop.follow(histories, runs)
    tamper(shop)
    followed = shop.set_aside()
    shop.rebuild(runs[-1].as_of)
    found = differences(followed, shop.settings)
    # A copy finds what changed, not when: where it came between, it has a part in the history.
    if not found and all(run.ingest in ("changes", []) for run in runs):
        shop.capture_at_once(runs[-1].as_of)
        found = differences(followed, shop.settings, besides=_OF_THE_RUN)
    return found


def cut_down(
    shop: Shop,
    histories: Mapping[int, History],
    runs: Sequence[Run],
    found: Sequence[Difference],
    tamper: Tamper = leave_alone,
) -> Case | None:
    """Return the shortest case of what was found; None if it is of no single history."""
    whose = next((each.history for each in found if each.history is not None), None)
    if whose is None:
        return None

    def judge(candidates: Sequence[History]) -> list[bool]:
        broken = {
            each.history for each in breaches(shop, dict(enumerate(candidates)), runs, tamper)
        }
        return [number in broken for number in range(len(candidates))]

    def breaks(history: History, fewer: Sequence[Run]) -> bool:
        return bool(breaches(shop, {0: history}, fewer, tamper))

    history = histories[whose]
    if not judge([history])[0]:
        return Case(runs, history)  # only beside others, or not every time
    history = shortest(history, judge)
    history, fewer = fewest_runs(history, runs, breaks)
    return Case(fewer, history)
