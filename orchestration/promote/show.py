"""A promote's report as a person wants to see it."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.promote.report import PromoteReport, TableReport

_MEGABYTE = 1_000_000


def promote_table(report: PromoteReport) -> Table:
    """Return one line per table that changed, or differs: rows, how they came, seconds."""
    shown = [
        table
        for table in report.tables
        if table.changed or table.is_first or table.is_gone or table.differences
    ]
    rows = sum(table.rows_upserted + table.rows_repaired for table in shown)
    megabytes = sum(table.bytes for table in shown) / _MEGABYTE
    table = Table(
        title=f"Promote: {rows:,} rows ({megabytes:,.1f} MB) written, "
        f"{len(report.tables) - len(shown)} tables unchanged, in {report.seconds:.1f} s",
        caption=_caption(report),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_header=bool(shown),
    )
    # Without the schema: names say their layer, and the table fits a terminal of 80 columns.
    table.add_column("table", no_wrap=True)
    for name in ("written", "deleted"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("by", no_wrap=True)
    for name in ("compared", "s"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in shown:
        table.add_row(each.name, *_cells(each))
    return table


def _caption(report: PromoteReport) -> str | None:
    if report.position is None:
        return None
    caption = f"Everything loaded until {report.position} is on Db2"
    if compared := [table.reconciliation for table in report.tables if table.reconciliation]:
        rows = sum(each.rows for each in compared)
        caption += f"\n{rows:,} rows of {len(compared)} tables compared with PostgreSQL's"
    return caption


def notes_text(report: PromoteReport) -> Text:
    """Return what the user should know; may be empty."""
    return Text("\n").join(
        Text.from_markup(f"[yellow]{escape(warning)}[/]") for warning in report.warnings
    )


def differences_text(report: PromoteReport) -> Text:
    """Return each difference and what to do about it; empty if there is none."""
    lines = [
        Text.from_markup(f"[bold red]Error:[/] {escape(difference)}.")
        for difference in report.differences
    ]
    if lines:
        lines.append(Text("Write these keys anew with `softcart promote db2 --repair`."))
    return Text("\n").join(lines)


def _cells(table: TableReport) -> list[str]:
    counts = (table.rows_upserted + table.rows_repaired, table.rows_deleted)
    way = "dropped" if table.is_gone else table.way
    return [
        *(f"{count:,}" if count else "[dim]0[/]" for count in counts),
        way,
        _compared(table),
        f"{table.seconds:.2f}",
    ]


def _compared(table: TableReport) -> str:
    done = table.reconciliation
    if done is None:
        return ""
    if done.differences:
        return f"[red]{len(done.differences)} unequal[/]"
    return f"{'all ' if done.is_full else ''}{done.rows:,}"
