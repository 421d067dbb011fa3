"""Promote to the servers that can be had here; none of them is Db2, so ratios of ours to ours.

The whole command runs over the tests' stand-in: PostgreSQL behind a driver in Python, which costs
more than promote itself. IBM's own driver and its wire run against Derby: the loader alone, by rows
of values, since arrays do not run there. Memory is ours on both.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.measure import Measured, Result, Skipped, Usage, run_measured
from benchmarks.options import Options
from benchmarks.warehouse import MODELS_ONLY, PROGRAMS, Warehouse, open_warehouse
from orchestration.connections import connect_postgres
from orchestration.defs.dbt_project import load_manifest
from orchestration.promote.db2.connection import db2_session, execute
from orchestration.promote.db2.ddl import Table, create_table
from orchestration.promote.db2.load import ValuesInsert
from orchestration.promote.refined import Column, Relation, refined_layer
from orchestration.settings import PROJECT_DIR, Settings

_TESTS = PROJECT_DIR / "tests" / "db2"
_STANDIN = _TESTS / "standin"
_WIRE_ROWS = 50_000
_SHARE_EDITED = 0.001

# What a process with IBM's driver does: rows of the shape of an order line, by promote's loader.
_OVER_THE_WIRE = """
import sys
from benchmarks.promote import load_over_the_wire
load_over_the_wire(int(sys.argv[1]))
"""


def measure(options: Options) -> list[Measured]:
    """Time a first promote, one of changes and one of nothing, then the loader over DRDA.

    Args:
        options: A scale of 1.0 is a million order lines.
    """
    measured: list[Measured] = []
    with open_warehouse(options.work, options.scale) as warehouse:
        warehouse.dbt("build", "--selector", "refined", *MODELS_ONLY)
        with _standin(warehouse) as variables:
            _promote(warehouse, variables, "--help")  # what is imported is in the disk's cache
            first = _promote(warehouse, variables)
            rows = _rows(warehouse)
            copied = _copied(warehouse)
            nothing = _promote(warehouse, variables)
            edited = warehouse.change_shop(
                "update orders set updated_at = current_timestamp(6) where order_id % "
                f"{int(1 / _SHARE_EDITED)} = 0"
            )
            warehouse.follow()
            changes = _promote(warehouse, variables)
            full = _promote(warehouse, variables, "--full")
        size = warehouse.size
    standin = "first promote"
    measured += [
        Result(
            name=f"first promote, {size}, stand-in",
            seconds=first.seconds,
            reference="the same rows by COPY, PostgreSQL to PostgreSQL",
            reference_seconds=copied,
            peak_mb=first.peak_mb,
            detail={"rows": rows},
            note=f"{rows / first.seconds:,.0f} rows/s",
        ),
        *(
            Result(
                name=f"{what}, {size}, stand-in",
                seconds=usage.seconds,
                reference=standin,
                reference_seconds=first.seconds,
                peak_mb=usage.peak_mb,
                note=note,
            )
            for what, usage, note in (
                ("promote of nothing", nothing, ""),
                ("promote of changes", changes, f"{edited:,} orders edited"),
                ("promote --full", full, "every row compared"),
            )
        ),
    ]
    return [*measured, _wire(options)]


def load_over_the_wire(rows: int) -> None:
    """Load rows into the server of SOFTCART_DB2_URL, and print how many seconds it took."""
    table = _order_lines()
    made = (
        (str(key), "SKU-1", "😀 a name", "12.3400", key % 2 == 0, "2026-01-02 03:04:05.000006")
        for key in range(rows)
    )
    with db2_session(Settings(_env_file=None)) as connection:
        # Derby knows neither units of text nor digits of a timestamp.
        statement = create_table(table.work_name, table.columns, table.key)
        execute(connection, 'CREATE SCHEMA "PROMOTE"')
        execute(connection, re.sub(r" CODEUNITS32|(?<=TIMESTAMP)\(6\)", "", statement))
        connection.commit()
        began = time.perf_counter()
        ValuesInsert().load(connection, table.work_name, table.columns, made)
        print(time.perf_counter() - began)


def _order_lines() -> Table:
    columns = (
        Column("order_item_id", "bigint"),
        Column("sku", "character varying(64)"),
        Column("name", "character varying(100)"),
        Column("amount", "numeric(16,4)"),
        Column("is_new", "boolean"),
        Column("loaded_at", "timestamp without time zone"),
    )
    return Table(Relation("staging", "lines", columns, ("order_item_id",)))


@contextmanager
def _standin(warehouse: Warehouse) -> Iterator[dict[str, str]]:
    """Make a stand-in for Db2 on the warehouse's server; yields the variables that find it."""
    sys.path.append(str(_STANDIN))
    from db2_standin.install import install

    parts = urlsplit(warehouse.settings.url("postgres").full.get_secret_value())
    parts = parts._replace(path="/bench_db2")
    drop = sql.SQL("drop database if exists bench_db2 with (force)")
    with warehouse.postgres() as postgres:
        postgres.execute(drop)
        postgres.execute("create database bench_db2")
    try:
        install(urlunsplit(parts))
        yield {
            "PYTHONPATH": str(_STANDIN),
            "SOFTCART_DB2_URL": urlunsplit(parts._replace(scheme="db2")),
        }
    finally:
        with warehouse.postgres() as postgres:
            postgres.execute(drop)


def _promote(warehouse: Warehouse, variables: dict[str, str], *arguments: str) -> Usage:
    return run_measured(
        [str(PROGRAMS / "softcart"), "promote", "db2", *arguments],
        environment=warehouse.environment | variables,
    )


def _rows(warehouse: Warehouse) -> int:
    return sum(
        int(warehouse.rows(f"select count(*) from {name}")[0][0]) for name in _relations(warehouse)
    )


def _copied(warehouse: Warehouse) -> float:
    """Return how long PostgreSQL takes to copy the same rows to itself, a relation at a time."""
    began = time.perf_counter()
    url = warehouse.settings.url("postgres").full.get_secret_value()
    with psycopg.connect(url) as reader, psycopg.connect(url) as writer:
        for name in _relations(warehouse):
            writer.execute(f"create temp table copied as select * from {name} limit 0".encode())
            with (
                reader.cursor().copy(f"copy (select * from {name}) to stdout".encode()) as rows,
                writer.cursor().copy("copy copied from stdin") as target,
            ):
                for block in rows:
                    target.write(block)
            writer.execute("drop table copied")
    return time.perf_counter() - began


def _relations(warehouse: Warehouse) -> list[str]:
    manifest = load_manifest(warehouse.settings.home.resolve() / "dagster" / "manifest")
    with connect_postgres(warehouse.settings) as connection:
        return [str(relation) for relation in refined_layer(manifest, connection)]


def _wire(options: Options) -> Measured:
    sys.path.append(str(_TESTS))
    from derby.server import Derby, missing_programs

    rows = max(1, int(_WIRE_ROWS * min(1.0, options.scale)))
    name, reference = f"load of {rows:,} rows over DRDA, Derby", "1 s per 10,000 rows"
    if missing := missing_programs():
        return Skipped(name, reference, f"not on this machine: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="softcart-bench-") as folder:
        derby = Derby(Path(folder))
        derby.create_database()
        with derby.proxy:
            try:
                derby.start()
                usage = run_measured(
                    [sys.executable, "-c", _OVER_THE_WIRE, str(rows)],
                    environment=os.environ | derby.environment | {"SOFTCART_DB2_URL": derby.url},
                    cwd=PROJECT_DIR,
                )
            finally:
                derby.kill()
    seconds = float(usage.output.split()[-1])
    return Result(
        name=name,
        seconds=seconds,
        reference=reference,
        reference_seconds=rows / 10_000,
        peak_mb=usage.peak_mb,
        note=f"{rows / seconds:,.0f} rows/s, by rows of values",
    )
