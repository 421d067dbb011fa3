"""From a history that breaks the law to the shortest part of it that still does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from operations import History
from warehouses import Run

Judge = Callable[[Sequence[History]], Sequence[bool]]
"""Tells of each of several histories whether it breaks the law; asking of many costs like one."""


def shortest(history: History, judge: Judge) -> History:
    """Cut a history down until no single operation or value can go.

    Large parts go first, then ever smaller ones; all parts of a size are judged at once.
    """
    parts = 2
    while (size := _size(history)) > 1:
        parts = min(parts, size)
        starts = [size * part // parts for part in range(parts)]
        cuts = list(zip(starts, [*starts[1:], size], strict=True))
        spare = [
            cut
            for cut, breaks in zip(
                cuts, judge([_without(history, [cut]) for cut in cuts]), strict=True
            )
            if breaks
        ]
        if len(spare) == 1:
            history = _without(history, spare)
        elif spare:
            # Each can go alone; not always all of them.
            half = len(spare) // 2
            together = [_without(history, cuts) for cuts in (spare, spare[:half], spare[half:])]
            history = _first(together, judge) or _without(history, spare[:1])
        elif parts < size:
            parts *= 2
        else:
            break
    while (smaller := _first(list(_without_values(history)), judge)) is not None:
        history = smaller
    return history


def fewest_runs(
    history: History, runs: Sequence[Run], breaks: Callable[[History, Sequence[Run]], bool]
) -> tuple[History, list[Run]]:
    """Take runs together, and make them plain, as long as the history breaks the law in them."""
    for number in reversed(range(len(runs) - 1)):
        fewer = [*runs[:number], *runs[number + 1 :]]
        joined = [
            *history[:number],
            [*history[number], *history[number + 1]],
            *history[number + 2 :],
        ]
        if breaks(joined, fewer):
            history, runs = joined, fewer
    for number, run in enumerate(runs):
        for plain in (
            Run(run.as_of),
            replace(run, build=[[]], killed_after=None),
            replace(run, killed_after=None),
        ):
            changed = [*runs[:number], plain, *runs[number + 1 :]]
            if plain != run and breaks(history, changed):
                runs = changed
                break
    return history, list(runs)


def _first(candidates: Sequence[History], judge: Judge) -> History | None:
    broken = judge(candidates) if candidates else []
    return next((each for each, breaks in zip(candidates, broken, strict=True) if breaks), None)


def _size(history: History) -> int:
    return sum(len(transaction) for part in history for transaction in part)


def _without(history: History, cuts: Sequence[tuple[int, int]]) -> History:
    """Leave out operations, counted from the start, and transactions that this empties."""
    gone = {at for start, end in cuts for at in range(start, end)}
    counted = count()
    rest = [
        [[each for each in transaction if next(counted) not in gone] for transaction in part]
        for part in history
    ]
    return [[transaction for transaction in part if transaction] for part in rest]


def _without_values(history: History) -> Iterator[History]:
    """Leave out each assignment of an update that has another."""
    for number, part in enumerate(history):
        for inner, transaction in enumerate(part):
            for at, operation in enumerate(transaction):
                values = operation.get("set", {})
                for name in values if len(values) > 1 else ():
                    rest = {key: value for key, value in values.items() if key != name}
                    changed = [*transaction]
                    changed[at] = operation | {"set": rest}
                    yield [
                        *history[:number],
                        [*part[:inner], changed, *part[inner + 1 :]],
                        *history[number + 1 :],
                    ]
