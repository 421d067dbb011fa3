"""Reading files of web events, against what PostgreSQL does with the same lines by itself."""

from __future__ import annotations

import os
import shlex
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmarks.compiled import psql
from benchmarks.measure import Measured, Result, Usage, progress, run_measured
from benchmarks.options import Options
from orchestration.connections import connect_postgres
from orchestration.ingest.web.tables import EVENTS
from orchestration.local.stack import down, up
from orchestration.settings import Settings
from orchestration.simulator.generator import HistoryPlan, generate
from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.history import WebHistory

# Of the simulator: about 1,100,000 events in 730 gzipped files.
SCALE = 0.25
TURNS = 5

# Of a process of its own, so that its memory is its own; it says how long the reading took.
_OURS = """
import pathlib, sys
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
report = run_ingest(Settings.load(), tables=["web.events"])
(table,) = report.tables
assert report.succeeded and table.rows_read == {events} and not table.quarantined, report
pathlib.Path(sys.argv[1]).write_text(str(report.seconds))
"""

# A delimiter and a quote that no JSON has, so that a line is one field as it stands.
_LINES = r"copy {} from stdin with (format csv, delimiter e'\x01', quote e'\x02')"

_TYPED = """
create table public.events as
select distinct on (1) {columns}, line as properties
from (select cast(line as jsonb) as line from public.typed_lines) as parsed
order by 1, 4;
alter table public.events add primary key (event_id);
analyze public.events;
"""


@dataclass(frozen=True)
class _Turn:
    """One turn of ours and of the references; all in seconds but `peak_mb`, MiB.

    Attributes:
        ours: The ingest: connecting, unpacking, typing, the key, the ledger, commit.
        peak_mb: Our process's largest resident set.
        lines: The lines copied as text: nothing looks into them.
        typed: The same, then typed in SQL into a table with a key.
    """

    ours: float
    peak_mb: float
    lines: float
    typed: float


def measure(options: Options) -> list[Measured]:
    """Time the first reading of two years of web events.

    Args:
        options: A scale of 1.0 is about 1,100,000 events.
    """
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as name:
        home = Path(name)
        home.chmod(0o755)
        bare = Settings(
            _env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None
        )
        progress("web: events are made")
        events = _make(home / "web", SCALE * options.scale)
        try:
            settings = up(bare)
            turns = []
            for number in range(TURNS):
                progress(f"web: turn {number + 1} of {TURNS}, PostgreSQL's own copy and ours")
                turns.append(_turn(settings, events))
        finally:
            down(bare, delete_data=True)
    ours, lines, typed = (
        statistics.median(getattr(turn, field) for turn in turns)
        for field in ("ours", "lines", "typed")
    )
    peak_mb = max(turn.peak_mb for turn in turns)
    title = f"first reading of {events / 1e6:.1f}M web events"
    detail = {"events": events, "turns": [asdict(turn) for turn in turns]}
    rate = f"{events / ours:,.0f} events/s"
    return [
        Result(title, ours, "zcat | copy as text", lines, None, peak_mb, detail, note=rate),
        Result(title, ours, "zcat | copy, then typed in SQL", typed, 1.0, peak_mb, note=rate),
    ]


def _make(folder: Path, scale: float) -> int:
    plan = HistoryPlan(scale, 1, date(2026, 11, 1))
    files = EventFolder(folder)
    web = WebHistory(plan, files)
    for table, columns in generate(plan):
        web.see(table, columns)
    web.finish()
    files.show()
    return web.events


def _turn(settings: Settings, events: int) -> _Turn:
    _empty(settings)
    lines = _copy(settings, "public.lines").seconds
    typed = _copy(settings, "public.typed_lines", _typed()).seconds
    told = settings.home / "seconds"
    environment = {
        **os.environ,
        "SOFTCART_POSTGRES_URL": settings.url("postgres").full.get_secret_value(),
        "SOFTCART_WEB_DIR": str(settings.home / "web"),
    }
    usage = run_measured(
        [sys.executable, "-c", _OURS.format(events=events), str(told)], environment=environment
    )
    return _Turn(float(told.read_text()), usage.peak_mb, lines, typed)


def _typed() -> str:
    columns = [
        f"cast(line ->> '{column.name}' as {column.type}) as {column.name}"
        for column in EVENTS.columns
        if column.name not in ("properties", "file_name", "line_number")
    ]
    return _TYPED.format(columns=", ".join(columns))


def _copy(settings: Settings, table: str, then: str = "") -> Usage:
    url = settings.url("postgres")
    write = [
        *(psql(), f"--host={url.host}", f"--port={url.port}", f"--username={url.user}"),
        *(f"--dbname={url.database}", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1"),
        *("-c", _LINES.format(table)),
        *(("-c", then) if then else ()),
    ]
    files = shlex.quote(str(settings.home / "web"))
    return run_measured(
        ["bash", "-c", f"set -o pipefail; zcat {files}/*.gz | {shlex.join(write)}"],
        environment=os.environ | {"PGPASSWORD": url.password.get_secret_value()},
    )


def _empty(settings: Settings) -> None:
    """Drop what was read before, so that each turn begins with the same work to do."""
    with connect_postgres(settings, autocommit=True) as postgres:
        postgres.execute("drop schema if exists raw_web, ingest cascade")
        postgres.execute("drop table if exists public.lines, public.typed_lines, public.events")
        postgres.execute("create table public.lines (line text)")
        postgres.execute("create table public.typed_lines (line text)")
        postgres.execute("checkpoint")
