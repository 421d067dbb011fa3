"""Our snapshot of a table, against the two clients' own pipe into PostgreSQL, dlt and sling."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.compiled import psql
from benchmarks.measure import Measured, Result, Skipped, Usage, progress, run_measured
from benchmarks.options import Options
from benchmarks.tools import NoToolError, tool
from orchestration.connections import connect_mysql, connect_postgres
from orchestration.local.stack import down, up
from orchestration.settings import SERVERS, Settings

ROWS = 3_000_000
# Ours and the reference take turns, for the machine may have other work that comes and goes.
TURNS = 5

_TABLE = """
create table order_items (
    order_item_id  bigint         not null primary key,
    order_id       bigint         not null,
    product_id     int unsigned   not null,
    sku            varchar(32)    not null,
    description    varchar(255)   null,
    quantity       int            not null,
    unit_price     decimal(12, 2) not null,
    discount_pct   decimal(5, 4)  null,
    tax_amount     decimal(18, 6) null,
    currency       char(3)        not null,
    status         enum('placed', 'paid', 'shipped', 'cancelled') not null,
    is_gift        tinyint(1)     not null,
    shipped_at     datetime       null,
    created_at     timestamp(6)   not null default current_timestamp(6),
    updated_at     timestamp(6)   not null default current_timestamp(6),
    notes          text           null
) charset utf8mb4
"""

_ROWS = r"""
insert into order_items
select
    seq, seq div 3, (seq * 2654435761) %% 4294967295, concat('SKU-', lpad(seq %% 50000, 6, '0')),
    if(seq %% 11 = 0, null, concat('Ceramic mug with a handle, colour ', seq %% 97, ' é')),
    1 + seq %% 9, (seq %% 100000) / 100, if(seq %% 3 = 0, (seq %% 100) / 1000, null),
    (seq %% 1000000) / 12345.678, elt(1 + seq %% 3, 'EUR', 'USD', 'GBP'),
    elt(1 + seq %% 4, 'placed', 'paid', 'shipped', 'cancelled'), seq %% 2,
    if(seq %% 5 = 0, null, '2025-01-01' + interval seq %% 31536000 second),
    '2025-01-01' + interval seq second, '2025-01-01' + interval seq * 1.000001 second,
    case
        when seq %% 20 = 0 then concat('line one\nline two\twith tab \\ backslash ', seq)
        when seq %% 7 = 0 then 'leave at the door'
    end
from seq_1_to_{rows}
"""

# What the pipe fills: the raw table's columns, without its key, its stamps and its position.
_PIPE_TABLE = """
create table public.order_items (
    order_item_id bigint not null, order_id bigint not null, product_id bigint not null,
    sku varchar(32) not null, description varchar(255), quantity integer not null,
    unit_price numeric(12,2) not null, discount_pct numeric(5,4), tax_amount numeric(18,6),
    currency varchar(3) not null, status text not null, is_gift smallint not null,
    shipped_at timestamp(6), created_at timestamptz not null, updated_at timestamptz not null,
    notes text
)
"""

# Of a process of its own, so that its memory is its own; it says how long the copy took.
_OURS = """
import pathlib, sys
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
report = run_ingest(Settings.load(), tables=["oltp.order_items"])
assert report.succeeded and report.tables[0].inserted == {rows}, report
pathlib.Path(sys.argv[1]).write_text(str(report.seconds))
"""

# dlt's way for large tables: Arrow by ConnectorX, then Parquet files through ADBC's COPY. Of its
# backends and file formats no other pair was as fast.
_DLT = """
import os, sys, dlt
from dlt.sources.sql_database import sql_database
shop = os.environ["BENCH_MYSQL"]
source = sql_database(
    credentials="mysql+pymysql://" + shop, table_names=["order_items"], backend="connectorx",
    backend_kwargs={"conn": "mysql://" + shop},
)
# It would make an integer of an unsigned one, which does not hold all of its values.
source.order_items.apply_hints(columns={"product_id": {"data_type": "bigint", "precision": 64}})
pipeline = dlt.pipeline(
    "bench", pipelines_dir=sys.argv[1], dataset_name="others",
    destination=dlt.destinations.postgres(os.environ["BENCH_POSTGRES"]),
)
pipeline.run(source, write_disposition="replace", loader_file_format=sys.argv[2])
"""
_DLT_FORMAT = "parquet"


@dataclass(frozen=True)
class _Turn:
    """One turn of ours and of the reference.

    Attributes:
        ours: Seconds of the whole ingest: connecting, copying, key, statistics, position, commit.
        process: Seconds of its process, with the start of Python and the loading of libraries.
        peak_mb: The process's largest resident set, in MiB.
        pipe: Seconds of the clients' pipe.
        key: Seconds that the pipe's table then needs to get a primary key.
    """

    ours: float
    process: float
    peak_mb: float
    pipe: float
    key: float


def measure(options: Options) -> list[Measured]:
    """Time the first copy of a table of order items into an empty warehouse.

    Args:
        options: A scale of 1.0 is three million rows.
    """
    rows = max(1, round(ROWS * options.scale))
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        bare = Settings(
            _env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None
        )
        try:
            progress(f"extract: a table of {rows / 1e6:g}M rows")
            settings = up(bare)
            _fill(settings, rows)
            turns = []
            for number in range(TURNS):
                progress(f"extract: turn {number + 1} of {TURNS}, the pipe and ours")
                turns.append(_turn(settings, rows))
            others = [
                _against(name, copy, settings, options.work, rows)
                for name, copy in (("dlt", _dlt), ("sling", _sling))
            ]
        finally:
            down(bare, delete_data=True)
    detail = {"rows": rows, "turns": [asdict(turn) for turn in turns]}
    name = _name(rows)
    peak_mb = max(turn.peak_mb for turn in turns)
    pipe = "mariadb | psql -c copy"
    keyless = _median(turns, lambda turn: turn.pipe / turn.ours)
    keyed = _median(turns, lambda turn: (turn.pipe + turn.key) / turn.ours)
    return [
        Result(name, keyless.ours, pipe, keyless.pipe, 1.0, peak_mb, detail),
        Result(name, keyed.ours, f"{pipe}, then its key", keyed.pipe + keyed.key, 1.1, peak_mb),
        *others,
    ]


def _name(rows: int) -> str:
    return f"first copy of {rows / 1e6:g}M rows"


_Copy = Callable[[Settings, Path, Path], Usage]


def _against(name: str, copy: _Copy, settings: Settings, work: Path, rows: int) -> Measured:
    """Compare our whole process with another tool's, both as a user would start them."""
    try:
        programs = tool(work, name)
        progress(f"extract: {name}")
        _empty(settings, "drop schema if exists others cascade")
        theirs = copy(settings, programs, settings.home)
        with connect_postgres(settings) as postgres:
            copied = postgres.execute("select count(*) from others.order_items").fetchone()
        if copied != (rows,):
            raise NoToolError(f"{name} copied {copied} rows")
    except NoToolError as error:
        return Skipped(_name(rows), name, str(error))
    except subprocess.CalledProcessError as error:
        last = (error.output.strip().splitlines() or ["no message"])[-1]
        return Skipped(_name(rows), name, f"{name} failed: {last[:200]}")
    with connect_postgres(settings, autocommit=True) as postgres:
        postgres.execute("drop schema others cascade")
    ours, _ = _ours(settings, rows)
    return Result(
        _name(rows),
        ours.seconds,
        name,
        theirs.seconds,
        peak_mb=ours.peak_mb,
        reference_mb=theirs.peak_mb,
        note="whole processes, with their start",
    )


def _dlt(settings: Settings, programs: Path, folder: Path) -> Usage:
    variables = {
        "BENCH_MYSQL": settings.url("mysql").full.get_secret_value().partition("://")[2],
        "BENCH_POSTGRES": settings.url("postgres").full.get_secret_value(),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    return run_measured(
        [str(programs / "python"), "-c", _DLT, str(folder / "dlt"), _DLT_FORMAT],
        environment=os.environ | variables,
        cwd=folder,
    )


def _sling(settings: Settings, programs: Path, folder: Path) -> Usage:
    program = next(programs.parent.glob("lib/python*/site-packages/sling_linux_amd64/bin/sling*"))
    variables = {
        "BENCH_SHOP": settings.url("mysql").full.get_secret_value(),
        "BENCH_WAREHOUSE": settings.url("postgres").full.get_secret_value() + "?sslmode=disable",
        "SLING_HOME_DIR": str(folder / "sling"),
        "SLING_DISABLE_TELEMETRY": "true",
    }
    with connect_postgres(settings, autocommit=True) as postgres:
        postgres.execute("create schema others")
    return run_measured(
        [
            *(str(program), "run", "--src-conn", "BENCH_SHOP", "--tgt-conn", "BENCH_WAREHOUSE"),
            *("--src-stream", f"{settings.url('mysql').database}.order_items"),
            *("--tgt-object", "others.order_items", "--mode", "full-refresh"),
        ],
        environment=os.environ | variables,
        cwd=folder,
    )


def _median(turns: list[_Turn], speed: Callable[[_Turn], float]) -> _Turn:
    """Return the turn of the middle speed: ours and the pipe's of the same minute are compared."""
    return sorted(turns, key=speed)[len(turns) // 2]


def _turn(settings: Settings, rows: int) -> _Turn:
    pipe = _pipe(settings)
    began = time.perf_counter()
    with connect_postgres(settings) as postgres:
        postgres.execute("alter table public.order_items add primary key (order_item_id)")
    key = time.perf_counter() - began
    usage, ours = _ours(settings, rows)
    return _Turn(ours, usage.seconds, usage.peak_mb, pipe.seconds, key)


def _fill(settings: Settings, rows: int) -> None:
    with connect_mysql(settings) as mysql, mysql.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.execute(_ROWS.replace("%%", "%").format(rows=rows))
        mysql.commit()


def _pipe(settings: Settings) -> Usage:
    mysql, postgres = settings.url("mysql"), settings.url("postgres")
    _empty(settings, _PIPE_TABLE)
    read = [
        *("mariadb", f"--host={mysql.host}", f"--port={mysql.port}", f"--user={mysql.user}"),
        *("--quick", "-N", "-B", mysql.database, "-e", "select * from order_items"),
    ]
    write = [
        *(psql(), f"--host={postgres.host}", f"--port={postgres.port}"),
        *(f"--username={postgres.user}", f"--dbname={postgres.database}", "--no-psqlrc"),
        *("-c", "copy public.order_items from stdin with (null 'NULL')"),
    ]
    secrets = {
        "MYSQL_PWD": mysql.password.get_secret_value(),
        "PGPASSWORD": postgres.password.get_secret_value(),
    }
    pipeline = f"set -o pipefail; {shlex.join(read)} | {shlex.join(write)}"
    return run_measured(["bash", "-c", pipeline], environment=os.environ | secrets)


def _ours(settings: Settings, rows: int) -> tuple[Usage, float]:
    _empty(settings, "drop schema if exists ingest cascade")
    urls = {
        f"SOFTCART_{server.upper()}_URL": settings.url(server).full.get_secret_value()
        for server in SERVERS
    }
    told = settings.home / "seconds"
    usage = run_measured(
        [sys.executable, "-c", _OURS.format(rows=rows), str(told)], environment=os.environ | urls
    )
    return usage, float(told.read_text())


def _empty(settings: Settings, then: str) -> None:
    """Drop what was copied before, so that each turn begins with the same work to do."""
    with connect_postgres(settings, autocommit=True) as postgres:
        postgres.execute("drop table if exists public.order_items")
        postgres.execute("drop schema if exists raw_oltp cascade")
        postgres.execute(then)
        postgres.execute("checkpoint")
