"""An ingest's report as a person wants to see it."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orchestration.ingest.batch import Position
from orchestration.ingest.report import IngestReport, TableReport

_MEGABYTE = 1_000_000


def ingest_table(report: IngestReport) -> Table:
    """Return one line per table: rows by what became of them, and seconds."""
    table = Table(
        title=f"Ingest {report.run_id}: {_rows(report)} in {report.seconds:.1f} s",
        caption=_positions(report),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        # In 80 columns there is room for the numbers of ten million rows.
        pad_edge=False,
        show_edge=False,
        collapse_padding=True,
    )
    table.add_column("table", no_wrap=True)
    for name in ("read", "new", "changed", "deleted", "aside", "s"):
        table.add_column(name, justify="right", no_wrap=True)
    for of_table in report.tables:
        table.add_row(f"{of_table.source}.{of_table.name}", *_cells(of_table))
    return table


def notes_text(report: IngestReport) -> Text:
    """Return what changed in the sources, went to quarantine or needs attention; may be empty."""
    lines = [
        Text(f"{table.source}.{table.name}: {change}")
        for table in report.tables
        for change in table.schema_changes
    ]
    lines += [
        Text.from_markup(
            f"[yellow]{escape(f'{table.source}.{table.name}')}: {count} rows are in quarantine "
            f"because of column {escape(column)}; see ingest.raw_quarantine[/]"
        )
        for table in report.tables
        for column, count in table.quarantined_columns.items()
    ]
    lines += [Text.from_markup(f"[yellow]{escape(warning)}[/]") for warning in report.warnings]
    return Text("\n").join(lines)


def faults_text(report: IngestReport) -> Text:
    """Return each fault and its remedy; empty if there is none."""
    return Text("\n").join(
        Text.from_markup(f"[bold red]Error:[/] {escape(fault.what)}.\n{escape(fault.remedy)}.")
        for fault in report.faults
    )


def _cells(table: TableReport) -> list[str]:
    if table.fault:
        return ["[red]failed[/]"]
    counts = (
        table.rows_read,
        table.inserted,
        table.updated,
        table.tombstoned,
        table.quarantined,
    )
    return [
        *(f"{count:,}" if count else "[dim]0[/]" for count in counts),
        f"{table.seconds:.2f}",
    ]


def _rows(report: IngestReport) -> str:
    read = sum(table.rows_read for table in report.tables)
    changed = sum(table.changed for table in report.tables)
    megabytes = sum(table.bytes_read for table in report.tables) / _MEGABYTE
    return f"{read:,} rows ({megabytes:,.1f} MB) read, {changed:,} written"


def _positions(report: IngestReport) -> str:
    return "\n".join(
        f"{source.name} at {_position(source.position)}"
        for source in report.sources
        if source.position
    )


def _position(position: Position) -> str:
    if "file" in position:
        gtid = f", GTID {position['gtid']}" if position["gtid"] else ""
        return f"{position['file']}:{position['offset']}{gtid}"
    return f"cluster time {position['time']}.{position['increment']}"
