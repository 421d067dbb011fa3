"""The end of `softcart run`, as a terminal shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestration.dbt_report import DbtReport
from orchestration.settings import Target
from orchestration.summary import Layer, Ranked, Sales, Summary

_MEBIBYTE = 1024 * 1024
_NEXT = (
    ("make ui", "the Dagster UI: lineage, runs, checks, schedules"),
    ("make docs", "the dbt docs: every model, column and test"),
    ("make down", "stop the private servers, keep their data"),
)


def summary_text(summary: Summary, *, now: dt.datetime) -> RenderableType:
    """Return the figures of a finished run.

    Args:
        summary: Read from the marts after the run.
        now: The present, with its time zone; ages count from it.
    """
    return Group(
        # Side by side where the terminal is wide enough, else below each other.
        Columns((_layers(summary.layers), _sales(summary)), padding=(0, 4)),
        "",
        Columns(
            (
                _ranking("Top products", summary.top_products, summary.currency),
                _ranking("Top countries", summary.top_countries, summary.currency),
            ),
            padding=(0, 4),
        ),
        "",
        _freshness(summary, now),
    )


def builds_text(dbt: Mapping[Target, DbtReport]) -> RenderableType:
    """Return what a run built for each target, and what to look at next."""
    return Group(
        *(_build(target, report) for target, report in dbt.items()),
        "",
        Text("Next:", style="bold"),
        *(Text(f"  {command:<11}{meaning}") for command, meaning in _NEXT),
    )


def _titled(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)


def _layers(layers: Sequence[Layer]) -> Table:
    table = _titled("Rows per layer")
    table.add_column("layer", no_wrap=True)
    for heading in ("tables", "views", "rows", "size"):
        table.add_column(heading, justify="right", no_wrap=True)
    for layer in layers:
        held = [f"{layer.rows:,}", f"{layer.bytes / _MEBIBYTE:,.1f} MiB"] if layer.tables else []
        table.add_row(layer.name, str(layer.tables or ""), str(layer.views or ""), *held)
    return table


def _sales(summary: Summary) -> Table:
    table = _titled(f"Key figures ({summary.currency})")
    table.add_column("figure", no_wrap=True)
    table.add_column("last 30 days", justify="right", no_wrap=True)
    table.add_column("all time", justify="right", no_wrap=True)
    periods: tuple[Sales, ...] = (summary.last_30_days, summary.all_time)
    table.add_row("orders", *(f"{sales.orders:,}" for sales in periods))
    table.add_row("net sales", *(_amount(sales.net_sales) for sales in periods))
    table.add_row("margin", *(_amount(sales.margin) for sales in periods))
    table.add_row("returns rate", *(f"{sales.returns_rate:.1%}" for sales in periods))
    table.add_row("late parcels", *(f"{sales.late_rate:.1%}" for sales in periods))
    table.add_row("visits that buy", *(f"{sales.conversion_rate:.1%}" for sales in periods))
    table.add_row("stock value, now", "", _amount(summary.stock_value))
    table.add_row("to reorder, now", "", f"{summary.to_reorder:,}")
    return table


def _ranking(title: str, rows: Sequence[Ranked], currency: str) -> Table:
    table = _titled(title)
    table.add_column("by net sales", max_width=36, no_wrap=True, overflow="ellipsis")
    table.add_column(currency, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(Text(row.label), _amount(row.net_sales))
    return table


def _build(target: Target, dbt: DbtReport) -> Text:
    tests = dbt.tests
    built = len(dbt.of("ok", "model", "snapshot", "seed"))
    text = Text.assemble(
        ("dbt    ", "bold"),
        f"{target}: {built} models, snapshots and seeds; tests: ",
        (f"{tests['ok']} passed", "green"),
    )
    if tests["warn"]:
        text.append(f", {tests['warn']} warnings", style="yellow")
    for node in dbt.of("warn"):
        text.append(f"\n       warning: {node}")
    if dbt.unrecorded:
        text.append(f"\n       warning: {dbt.unrecorded}")
    text.append(f"; {dbt.seconds:.0f} s")
    return text


def _freshness(summary: Summary, now: dt.datetime) -> Text:
    freshness = summary.freshness
    return Text.assemble(
        ("Fresh  ", "bold"),
        f"copied from the shop {_ago(freshness.copied_at, now)}, "
        f"newest order placed {_when(freshness.newest_order_at)} UTC",
    )


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _when(moment: dt.datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M}"


def _ago(moment: dt.datetime | None, now: dt.datetime) -> str:
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    if seconds < 120:  # noqa: PLR2004 - two minutes: below, seconds say more
        return f"{seconds} s ago"
    return f"{seconds // 60:,} min ago"
