"""What the sensor `changes` decides, without Dagster, a warehouse or a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.defs.pending import FIRST_WAIT, LONGEST_WAIT, Cursor, PastRun, next_step

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = {"oltp.orders": "09:00", "oltp.customers": "09:00"}
AFTER = BEFORE | {"oltp.orders": "10:00"}
BUILT = Cursor("v1", built=BEFORE)


def ended(request: str, *, ok: bool, ago: timedelta = timedelta(hours=1)) -> PastRun:
    return PastRun(request, ok, NOW - ago)


def test_a_sensor_that_remembers_nothing_has_everything_built() -> None:
    step = next_step(Cursor.of(None), BEFORE, "v1", [], NOW)
    assert (step.tables, step.wait) == (None, None)
    assert step.cursor.asked == BEFORE
    assert step.cursor.built == {}


def test_nothing_is_built_of_a_warehouse_without_raw_tables() -> None:
    assert next_step(Cursor(), {}, "v1", [], NOW).wait


def test_only_changed_tables_are_asked_for() -> None:
    step = next_step(BUILT, AFTER | {"oltp.returns": "10:00"}, "v1", [], NOW)
    assert step.tables == frozenset({"oltp.orders", "oltp.returns"})
    assert next_step(BUILT, BEFORE, "v1", [], NOW).wait


def test_what_a_run_has_built_is_not_asked_for_again() -> None:
    asked = next_step(BUILT, AFTER, "v1", [], NOW).cursor
    done = next_step(asked, AFTER, "v1", [ended(asked.request, ok=True)], NOW)
    assert done.wait
    assert done.cursor == Cursor("v1", built=AFTER)


def test_a_run_that_dagster_repeats_later_hides_no_request() -> None:
    lost = next_step(BUILT, AFTER, "v1", [], NOW).cursor
    later = NOW + timedelta(minutes=1)
    asked = next_step(lost, AFTER, "v1", [], later).cursor
    assert asked.request != lost.request
    past = [ended(lost.request, ok=True), ended(asked.request, ok=True)]
    assert next_step(asked, AFTER, "v1", past, later).wait


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([], id="never started"),
        pytest.param([ended("first", ok=True)], id="not started, after one that was"),
        pytest.param([ended("another", ok=True)], id="somebody started another"),
    ],
)
def test_a_request_without_its_run_is_made_again(past: list[PastRun]) -> None:
    asked = next_step(BUILT, AFTER, "v1", [], NOW).cursor
    assert next_step(asked, AFTER, "v1", past, NOW).tables == frozenset({"oltp.orders"})


def test_a_failed_run_is_asked_for_again_with_what_changed_since() -> None:
    asked = next_step(BUILT, AFTER, "v1", [], NOW).cursor
    later = AFTER | {"oltp.customers": "11:00"}
    step = next_step(asked, later, "v1", [ended(asked.request, ok=False)], NOW)
    assert step.tables == frozenset({"oltp.orders", "oltp.customers"})
    assert step.cursor.built == BEFORE


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, FIRST_WAIT), (2, 2 * FIRST_WAIT), (3, 4 * FIRST_WAIT), (10, LONGEST_WAIT)],
)
def test_each_failure_in_a_row_doubles_the_wait(failures: int, wait: timedelta) -> None:
    asked = next_step(BUILT, AFTER, "v1", [], NOW).cursor

    def after(since: timedelta) -> str | None:
        past = [ended(asked.request, ok=False, ago=since)] * failures + [ended("first", ok=True)]
        return next_step(asked, AFTER, "v1", past, NOW).wait

    second = timedelta(seconds=1)
    assert after(wait - second)
    assert after(wait) is None


def test_a_new_version_of_the_project_is_built_whole() -> None:
    assert next_step(BUILT, BEFORE, "v2", [], NOW).tables is None
    asked = next_step(BUILT, BEFORE, "v2", [], NOW).cursor
    # Until it has been, whatever changes meanwhile.
    again = next_step(asked, AFTER, "v2", [ended(asked.request, ok=False)], NOW)
    assert again.tables is None
    built = next_step(again.cursor, AFTER, "v2", [ended(again.cursor.request, ok=True)], NOW)
    assert built.wait


def test_a_warehouse_that_was_put_back_to_an_earlier_state_is_built_again() -> None:
    first = next_step(BUILT, AFTER, "v1", [], NOW).cursor
    past = [ended(first.request, ok=True)]
    back = next_step(first, BEFORE, "v1", past, NOW + timedelta(minutes=1))
    assert back.tables == frozenset({"oltp.orders"})
    # The same rows as the first time, of which no run of now has built anything.
    past.insert(0, ended(back.cursor.request, ok=True))
    again = next_step(back.cursor, AFTER, "v1", past, NOW + timedelta(minutes=2))
    assert again.tables == frozenset({"oltp.orders"})
    never_started = next_step(again.cursor, AFTER, "v1", past, NOW + timedelta(minutes=3))
    assert never_started.tables == frozenset({"oltp.orders"})


def test_a_cursor_survives_being_written_down() -> None:
    assert Cursor.of(BUILT.text()) == BUILT
    assert Cursor.of("") == Cursor()
    assert Cursor.of(replace(BUILT, built={}).text()).built == {}
