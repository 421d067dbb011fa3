"""Cutting down, without servers: what breaks the law is a rule about the operations left."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from histories import random_history, random_runs
from operations import History, Operation
from shrinking import fewest_runs, shortest
from warehouses import Run

INSERT: Operation = {"insert": "orders", "row": {"order_id": 99}}
UPDATE: Operation = {"update": "orders", "key": {"order_id": 99}, "set": {"channel": "app"}}


def _operations(history: History) -> list[Operation]:
    return [each for part in history for transaction in part for each in transaction]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_is_what_breaks_the_law(seed: int) -> None:
    chance = random.Random(seed)
    history = random_history(f"shrinking/{seed}", 6)
    wide = UPDATE | {"set": UPDATE["set"] | {"order_status": "paid"}}
    history[chance.randint(0, 2)].append([INSERT])
    history[chance.randint(3, 5)].append([*random_history("more", 1)[0][0], wide])
    rounds = 0

    def judge(candidates: Sequence[History]) -> list[bool]:
        nonlocal rounds
        rounds += 1
        return [_breaks(candidate) for candidate in candidates]

    def _breaks(candidate: History) -> bool:
        done = _operations(candidate)
        updates = [
            at
            for at, each in enumerate(done)
            if "channel" in each.get("set", {}) and each["key"] == {"order_id": 99}
        ]
        return INSERT in done and any(at > done.index(INSERT) for at in updates)

    left = shortest(history, judge)
    assert _operations(left) == [INSERT, UPDATE]
    assert rounds < 30

    def breaks(candidate: History, runs: Sequence[Run]) -> bool:
        assert len(candidate) == len(runs)
        return _breaks(candidate) and any(
            INSERT in each for part in candidate[:-1] for each in part
        )

    fewer, runs = fewest_runs(left, random_runs(str(seed)), breaks)
    assert fewer == [[[INSERT]], [[UPDATE]]]
    assert all(run.build == [[]] and run.killed_after is None for run in runs)
