"""Change capture: how fast a backlog is applied, and how far raw is behind a busy shop."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.measure import (
    Measured,
    Result,
    Skipped,
    Usage,
    progress,
    run_measured,
    spread,
)
from benchmarks.options import Options
from benchmarks.processes import MemoryWatch, running
from benchmarks.sightings import Sightings
from benchmarks.tools import NoToolError, tool
from benchmarks.trade import trading
from benchmarks.warehouse import PROGRAMS, Warehouse, open_warehouse
from orchestration.connections import connect_mysql
from orchestration.ingest.run import run_ingest

BACKLOG = 1_000_000
GOAL_PER_SECOND = 20_000
RATE = 500
LAG_GOAL_SECONDS = 2.0
_TRANSACTIONS_AT_ONCE = 1000
_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 300

# What mysql-replication is given of the backlog: it is slow with transactions of a few rows each.
_DECODED = 100_000

# Decodes rows of the binlog from a place on, and counts them. It asks as a MySQL replica does:
# the library's way to ask MariaDB for a GTID sends a packet that the server refuses.
_REPLICATION = """
import os, sys
from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent
stream = BinLogStreamReader(
    connection_settings={
        "host": sys.argv[1], "port": int(sys.argv[2]), "user": sys.argv[3],
        "passwd": os.environ["MYSQL_PWD"],
    },
    server_id=4242, blocking=False, resume_stream=True,
    log_file=sys.argv[4], log_pos=int(sys.argv[5]),
    only_events=[DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent],
)
decoded = 0
for event in stream:
    decoded += len(event.rows)
    if decoded >= int(sys.argv[6]):
        break
print(decoded)
"""


def measure(options: Options) -> list[Measured]:
    """Time how long a backlog of row changes takes to be in raw.

    Args:
        options: A scale of 1.0 is a million changes in a shop of a million order lines.
    """
    wanted = round(BACKLOG * options.scale)
    with (
        open_warehouse(options.work, options.scale, "capture") as warehouse,
        MemoryWatch() as memory,
    ):
        begin = _log_end(warehouse)
        progress(f"capture: writing a backlog of {wanted:,} row changes")
        changed = 0
        with trading(warehouse) as trade:
            while changed < wanted:
                changed += trade.sell(_TRANSACTIONS_AT_ONCE).changed_rows
        progress("capture: applying it")
        ours = warehouse.follow()
        _require_equal(warehouse)
        others = [
            _decoded(warehouse, options.work, begin, changed, ours),
            _printed(warehouse, begin, changed, ours),
        ]
        peaks = memory.peaks(f"a backlog of {changed / 1e6:.2g}M changes")
    rate = changed / ours.seconds
    detail = {"changes": changed, "changes_per_second": round(rate)}
    return [
        Result(
            _name(changed),
            ours.seconds,
            f"{GOAL_PER_SECOND:,} changes/s, its goal",
            changed / GOAL_PER_SECOND,
            goal=1.0,
            peak_mb=ours.peak_mb,
            detail=detail,
            note=f"{rate:,.0f} changes/s; a copy then found nothing to write",
        ),
        *others,
        *peaks,
    ]


def measure_lag(options: Options) -> list[Measured]:
    """Measure how long after its commit a transaction shows in raw, under a steady load.

    Args:
        options: Its seconds are the load's length, a scale of 1.0 is 500 transactions a second.
    """
    rate = RATE * min(1.0, options.scale)
    with (
        open_warehouse(options.work, options.scale, "capture") as warehouse,
        running(
            [str(PROGRAMS / "softcart"), "stream"],
            environment=warehouse.environment,
            log=options.work / "stream.log",
        ) as stream,
        MemoryWatch() as memory,
    ):
        progress(f"lag: {rate:g} transactions/s for {options.seconds:g} s")
        seen = Sightings(warehouse, "select max(order_id) from raw_oltp.orders", _POLL_SECONDS)
        with seen, trading(warehouse) as trade:
            # Not before the stream is at work: its start is not what is measured.
            seen.wait_for(trade.sell(1).order_id, [stream], _PATIENCE_SECONDS)
            began = time.monotonic()
            committed: list[tuple[int, float]] = []
            changed = 0
            while (now := time.monotonic()) < began + options.seconds:
                # Before the transaction: what it takes itself counts as lag.
                sale = trade.sell(1)
                committed.append((sale.order_id, now))
                changed += sale.changed_rows
                time.sleep(max(0.0, began + len(committed) / rate - time.monotonic()))
            load_seconds = time.monotonic() - began
            seen.wait_for(committed[-1][0], [stream], _PATIENCE_SECONDS)
        lags = seen.lags(committed)
        peaks = memory.peaks(f"{rate:g} transactions/s for {load_seconds:.0f} s")
    measured = spread(lags)
    reached = len(committed) / load_seconds
    return [
        Result(
            f"source commit to raw, {rate:g} transactions/s, p95",
            measured["p95"],
            f"{LAG_GOAL_SECONDS:g} s, its goal",
            LAG_GOAL_SECONDS,
            goal=1.0,
            peak_mb=next((peak.peak_mb for peak in peaks if peak.name == "softcart stream"), None),
            detail={**measured, "transactions_per_second": reached, "changes": changed},
            note=(
                f"p50 {measured['p50']:.2f}, p99 {measured['p99']:.2f}, "
                f"max {measured['max']:.2f} s; "
                f"{reached:.0f} transactions/s, {changed / load_seconds:,.0f} row changes/s"
            ),
        ),
        *peaks,
    ]


def _name(changed: int) -> str:
    return f"apply a backlog of {changed / 1e6:.2g}M row changes"


def _log_end(warehouse: Warehouse) -> tuple[str, int]:
    with connect_mysql(warehouse.settings) as mysql, mysql.cursor() as cursor:
        cursor.execute("show master status")
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - the private server has a binary log
    return row[0], int(row[1])


def _require_equal(warehouse: Warehouse) -> None:
    """Copy the changed tables whole: a copy of what is equal writes nothing.

    Raises:
        RuntimeError: Raw was not what the shop is.
    """
    progress("capture: comparing raw with the shop")
    names = ["orders", "order_items", "payments", "stock_levels"]
    report = run_ingest(warehouse.settings, tables=names)
    wrong = {table.name: table.changed for table in report.tables if table.changed}
    if wrong or not report.succeeded:
        raise RuntimeError(f"raw differed from the shop after the backlog: rows of {wrong}")


def _decoded(
    warehouse: Warehouse, work: Path, begin: tuple[str, int], changed: int, ours: Usage
) -> Measured:
    name = "mysql-replication, decoding alone"
    url = warehouse.settings.url("mysql")
    try:
        programs = tool(work, "mysql-replication")
    except NoToolError as error:
        return Skipped(_name(changed), name, str(error))
    progress(f"capture: {name}")
    try:
        theirs = run_measured(
            [
                *(str(programs / "python"), "-c", _REPLICATION, url.host, str(url.port), url.user),
                *(begin[0], str(begin[1]), str(min(changed, _DECODED))),
            ],
            environment=os.environ | {"MYSQL_PWD": url.password.get_secret_value()},
        )
    except subprocess.CalledProcessError as error:
        last = (error.output.strip().splitlines() or ["no message"])[-1]
        return Skipped(_name(changed), name, f"it failed: {last[:200]}")
    decoded = int(theirs.output.split()[-1])
    return Result(
        _name(changed),
        ours.seconds,
        name,
        theirs.seconds * changed / decoded,
        peak_mb=ours.peak_mb,
        reference_mb=theirs.peak_mb,
        note=(
            f"it decodes {decoded / theirs.seconds:,.0f} changes/s and writes none, "
            f"measured on the first {decoded:,}"
        ),
    )


def _printed(warehouse: Warehouse, begin: tuple[str, int], changed: int, ours: Usage) -> Measured:
    name = "mariadb-binlog, reading alone"
    program = shutil.which("mariadb-binlog") or shutil.which("mysqlbinlog")
    if not program:
        return Skipped(_name(changed), name, "no mariadb-binlog on the PATH (mariadb-client)")
    progress(f"capture: {name}")
    url = warehouse.settings.url("mysql")
    theirs = run_measured(
        [
            *("bash", "-c", '"$@" >/dev/null', "bash", program, "--no-defaults"),
            *("--read-from-remote-server", "--to-last-log", f"--host={url.host}"),
            *(f"--port={url.port}", f"--user={url.user}", "--verbose"),
            *(f"--start-position={begin[1]}", begin[0]),
        ],
        environment=os.environ | {"MYSQL_PWD": url.password.get_secret_value()},
    )
    return Result(_name(changed), ours.seconds, name, theirs.seconds, peak_mb=ours.peak_mb)
