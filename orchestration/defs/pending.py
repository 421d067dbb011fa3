"""When raw has moved, what to build and whether it is time: pure functions of what is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

# After a run that failed: long enough for a server to restart, then ever longer, because what fails
# twice wants somebody to look, and each failure tells the webhook.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)

# For each raw table, `<source>.<table>`, when its rows last changed.
Moments = Mapping[str, str]


@dataclass(frozen=True)
class Cursor:
    """What the sensor remembers.

    Args:
        project: Fingerprint of the dbt project that was asked for last.
        built: Raw as models show it: by the last request that succeeded.
        asked: Raw as it was at the last request, until that is built.
        request: Name of that request, the time of asking, which its run carries as a tag.
    """

    project: str = ""
    built: Moments = field(default_factory=dict)
    asked: Moments = field(default_factory=dict)
    request: str = ""

    @classmethod
    def of(cls, text: str | None) -> Cursor:
        """Read a cursor; none, or one that somebody has reset, remembers nothing."""
        return cls(**json.loads(text)) if text else cls()

    def text(self) -> str:
        """Return what `of` reads."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class PastRun:
    """A run that a request started, ended.

    Args:
        request: The request's name.
        succeeded: Whether all of it was built and passed its checks.
        ended_at: When it ended.
    """

    request: str
    succeeded: bool
    ended_at: datetime


@dataclass(frozen=True)
class Step:
    """What to do now.

    Args:
        cursor: To remember.
        tables: Changed tables whose models to build; None for every model.
        wait: Why nothing is to be built, None if something is.
    """

    cursor: Cursor
    tables: frozenset[str] | None = frozenset()
    wait: str | None = None


def next_step(
    cursor: Cursor, raw: Moments, project: str, past: Sequence[PastRun], now: datetime
) -> Step:
    """Decide what to build.

    What a request covers counts as built when its run has succeeded, so a run that failed, or was
    never started, is asked for again together with what has changed since.

    Args:
        cursor: As it was left.
        raw: As it is.
        project: Fingerprint of the dbt project as it is. A new one is built whole: its views and
            seeds too may differ.
        past: Ended runs of requests, the newest first; none is unfinished.
        now: The time.
    """
    # Not the newest alone: Dagster repeats a run whose process died, after whatever came meanwhile.
    if any(run.succeeded and run.request == cursor.request for run in past):
        cursor = Cursor(cursor.project, built=cursor.asked)
    built = cursor.built if cursor.project == project else {}
    changed = frozenset(table for table, moment in raw.items() if built.get(table) != moment)
    if not changed:
        return Step(cursor, wait="Every model shows raw as it is")
    failures = next((n for n, run in enumerate(past) if run.succeeded), len(past))
    if failures:
        again_at = past[0].ended_at + min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT)
        if now < again_at:
            wait = f"{failures} runs in a row failed; the next is asked for at {again_at:%H:%M:%S}"
            return Step(cursor, wait=wait)
    # Named by the time: a digest of raw would be that of an old request again once a warehouse has
    # been put back to an earlier state.
    asked = Cursor(project, built, raw, now.isoformat())
    return Step(asked, tables=changed if built else None)
