"""A stream as a terminal or a log shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from orchestration.ingest.report import TableReport
from orchestration.ingest.stream.figures import StreamFigures
from orchestration.ingest.stream.follow import Tell
from orchestration.ingest.stream.status import Status

# A terminal's line moves; in a log, which is kept, a line a minute is enough.
_LIVE_SECONDS: Final = 0.5
_LOG_SECONDS: Final = 60.0
# A heartbeat comes every second, and not while one batch is written.
_OLD_HEARTBEAT_SECONDS: Final = 30.0


@contextmanager
def shown(
    console: Console, sources: Iterable[StreamFigures]
) -> Iterator[tuple[Callable[[], None], Tell]]:
    """Yield what shows the figures, and what tells of something: lines above the figures."""
    sources = list(sources)
    live = Live(console=console, auto_refresh=False, transient=True)
    shown_at = 0.0

    def show() -> None:
        nonlocal shown_at
        if time.monotonic() - shown_at < (_LIVE_SECONDS if console.is_terminal else _LOG_SECONDS):
            return
        shown_at = time.monotonic()
        lines = "\n".join(figures_line(figures) for figures in sources)
        if console.is_terminal:
            live.update(lines, refresh=True)
        else:
            for line in lines.split("\n"):
                _log(console, line)

    def tell(what: str | TableReport) -> None:
        for line in [escape(what)] if isinstance(what, str) else table_lines(what):
            _log(console, line)

    if not console.is_terminal:
        yield show, tell
        return
    with live:
        yield show, tell


def figures_line(figures: StreamFigures) -> str:
    """Return how a stream does in one line."""
    lag = "" if figures.lag_seconds is None else f", {figures.lag_seconds:.1f} s behind"
    return (
        f"{figures.source:<8} {figures.state}{lag}: {figures.row_changes:,} row changes, "
        f"{figures.transactions:,} transactions, {figures.rows_per_second:,.0f} rows/s, "
        f"{figures.waiting_rows:,} waiting"
    )


def table_lines(table: TableReport) -> list[str]:
    """Return what happened to a table that is not just changes of rows."""
    name = escape(f"{table.source}.{table.name}")
    lines = [f"{name}: {escape(change)}" for change in table.schema_changes]
    lines += [
        f"[yellow]{name}: {count} rows are in quarantine because of column {escape(column)}; see "
        "ingest.raw_quarantine[/]"
        for column, count in table.quarantined_columns.items()
    ]
    if table.fault:
        fault = f"{table.fault.what}. {table.fault.remedy}."
        lines.append(f"[red]{name} is not followed any more:[/] {escape(fault)}")
    return lines


def status_text(status: Status) -> str:
    """Return what `softcart status` shows below the servers: whole lines, or nothing."""
    lines = []
    if status.streams:
        lines.append(
            f"\n[bold]{'stream':<10}{'state':<14}{'behind':>10}{'heartbeat':>12}{'rows/s':>9}"
            f"{'row changes':>14}  last batch[/]"
        )
    for stream in status.streams:
        is_dead = stream.state != "ended" and stream.heartbeat_seconds > _OLD_HEARTBEAT_SECONDS
        state = "no heartbeat" if is_dead else stream.state
        color = "red" if is_dead else "green" if stream.state == "following" else "yellow"
        lag = "" if stream.lag_seconds is None else f"{stream.lag_seconds:,.1f} s"
        lines.append(
            f"{stream.source:<10}[{color}]{state:<14}[/]{lag:>10}"
            f"{f'{stream.heartbeat_seconds:,.1f} s ago':>12}{stream.rows_per_second:>9,.0f}"
            f"{stream.row_changes:>14,}  {stream.batch_rows:,} rows in "
            f"{stream.batch_milliseconds:,.0f} ms"
        )
        if stream.fault:
            lines.append(f"{'':10}-> {escape(f'{stream.fault}. {stream.remedy}.')}")
    lines += [
        f"[red]{escape(f'{table.source}.{table.table_name}')} is not followed:[/] "
        f"{escape(f'{table.fault}. {table.remedy}.')}"
        for table in status.stopped
    ]
    return "".join(f"{line}\n" for line in lines)


def _log(console: Console, line: str) -> None:
    now = datetime.now(UTC)
    console.print(f"[dim]{now:%Y-%m-%d %H:%M:%S}[/] {line}", soft_wrap=True)
