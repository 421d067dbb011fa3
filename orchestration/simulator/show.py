"""What `softcart simulate` and `softcart load` show when they are done."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from orchestration.simulator.history import HistorySummary
from orchestration.simulator.online_retail import LoadReport
from orchestration.simulator.traffic import TrafficSummary

_REJECTED_SHOWN = 10


def history_table(summary: HistorySummary) -> RenderableType:
    """Return a table of the rows a history wrote."""
    last_day = summary.end - timedelta(days=1)
    title = f"History of {summary.first_day} to {last_day}, made in {summary.seconds:.1f} s"
    table = Table()
    table.add_column("Table")
    table.add_column("Rows", justify="right")
    for name, rows in summary.rows.items():
        table.add_row(name, f"{rows:,}")
    table.add_row("products (Mongo)", f"{summary.products:,}")
    if summary.web_events:
        table.add_row("web events (files)", f"{summary.web_events:,}")
    if summary.bulk_loaded:
        return Group(title, table)
    slow = (
        "Written with INSERT: the server does not allow LOAD DATA LOCAL INFILE, "
        "which is faster (`set global local_infile = 1`)."
    )
    return Group(title, table, slow)


def traffic_table(summary: TrafficSummary) -> RenderableType:
    """Return a table of the events of a piece of traffic."""
    title = (
        f"{sum(summary.events.values()):,} events from {summary.begins:%Y-%m-%d %H:%M} to "
        f"{summary.ends:%Y-%m-%d %H:%M} of the shop's time, made in {summary.seconds:.1f} s"
    )
    table = Table()
    table.add_column("Event")
    table.add_column("Times", justify="right")
    for name, times in sorted(summary.events.items()):
        table.add_row(name, f"{times:,}")
    return Group(title, table)


def load_tables(report: LoadReport) -> RenderableType:
    """Return where the rows of Online Retail went, and which lines did not."""
    title = (
        f"{report.rows:,} rows are {report.orders:,} orders of {report.customers:,} customers and "
        f"guests, {report.products:,} products; loaded in {report.seconds:.1f} s"
    )
    table = Table(show_footer=True)
    table.add_column("Rows that are", footer="All")
    table.add_column("Went to")
    table.add_column("Rows", footer=f"{report.rows:,}", justify="right")
    table.add_column("Quantity", footer=f"{report.quantity:,}", justify="right")
    table.add_column("Amount, GBP", footer=f"{report.amount:,.2f}", justify="right")
    for kind in report.kinds:
        table.add_row(
            kind.name, kind.table, f"{kind.rows:,}", f"{kind.quantity:,}", f"{kind.amount:,.2f}"
        )
    notes = [f"{report.duplicates:,} surplus copies of fully equal rows are kept as rows."]
    notes += [
        f"{rows:,} rows of unknown country {escape(name)} went to XX."
        for name, rows in sorted(report.unknown_countries.items())
    ]
    if report.rejected:
        notes.append(f"[bold]{len(report.rejected):,} malformed lines were not loaded:[/]")
        notes += [
            f"  line {line.line:,}: {escape(line.reason)}"
            for line in report.rejected[:_REJECTED_SHOWN]
        ]
    if len(report.rejected) > _REJECTED_SHOWN:
        notes.append(f"  and {len(report.rejected) - _REJECTED_SHOWN:,} more.")
    return Group(title, table, *notes)
