"""What the terminal shows: one console, and progress bars that any long job can feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)


class ReportProgress(Protocol):
    """Called by a job as it advances; jobs know nothing of how it is shown."""

    def __call__(self, task: str, done: int, total: int | None = None) -> None:
        """Report that `done` of `total` units of `task` are finished.

        Args:
            task: A name to show, such as a table's; the first call with it opens its bar.
            done: Units finished so far, not since the last call.
            total: Units in all, None while unknown.
        """


def no_progress(task: str, done: int, total: int | None = None) -> None:
    """Show nothing: for libraries, tests and Dagster."""


@contextmanager
def progress_bars() -> Iterator[ReportProgress]:
    """Yield a reporter that draws one bar per task until the block ends."""
    bars = Progress(
        TextColumn("  {task.description:<28}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    tasks: dict[str, TaskID] = {}

    def report(task: str, done: int, total: int | None = None) -> None:
        if task not in tasks:
            tasks[task] = bars.add_task(task, total=total)
        bars.update(tasks[task], completed=done, total=total)

    with bars:
        yield report
