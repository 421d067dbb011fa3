"""Real warehouses of one real shop: histories happen, ingest and dbt run, all is done again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, Final, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from dbt_process import DbtProcess
from operations import History, Place, Row, happen, moment
from psycopg import sql

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.ingest.mongo_images import KEEP_IMAGES
from orchestration.ingest.run import run_ingest
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings
from orchestration.simulator.schema import apply_schema

# Tests of the data are left out: histories break rules that shops keep, such as an order's total.
# So are tables that each whole build makes anew, and nothing else is made of: they are rebuilds.
# So is what tells of runs, not of the shop.
_BUILD: Final = [
    "build",
    *(part for kind in ("model", "snapshot", "seed") for part in ("--resource-type", kind)),
    *("--exclude", "tag:daily,config.materialized:table", "tag:operations"),
]

# What a rebuild keeps: what dbt does not make, and what is PostgreSQL's own.
_KEPT: Final = "raw\\_%|ingest|predictions|public|pg\\_%|information\\_schema"


@dataclass(frozen=True)
class Run:
    """One run: what it ingests, then what it builds.

    Attributes:
        as_of: The moment the build describes, such as `@+1 12:00:00`.
        ingest: `changes` to follow the logs, `snapshot` to copy every table, or the tables to copy;
            nothing at all when empty.
        build: dbt builds, one after the other: what each selects, or nothing for everything.
        killed_after: Kill the last build when so many nodes have ended, then repeat it.
    """

    as_of: str
    ingest: str | list[str] = "changes"
    build: list[list[str]] = field(default_factory=lambda: [[]])
    killed_after: int | None = None


class Shop:
    """A shop and its warehouse, on databases of their own, that can be made anew.

    The warehouse's database keeps its name whoever's turn it is, because dbt's manifest names it.

    Attributes:
        everything: What a build of everything selects, nothing for all there is.
    """

    everything: Sequence[str] = ()

    def __init__(self, settings: Settings, admin: Settings, day: date) -> None:
        self._web = settings.home / "web"
        self.settings = settings.model_copy(update={"web_dir": self._web})
        self.day = day
        self._admin = admin
        self._name = settings.url("postgres").database
        self._dbt = DbtProcess(settings)

    def close(self) -> None:
        """End dbt and drop what was set aside."""
        self._dbt.close()
        with self._server() as server:
            for label in ("followed", "later"):
                _drop(server, self._aside(label))

    def empty(self) -> None:
        """Begin anew, without a row or a table in any database."""
        with self._server() as server:
            _drop(server, self._name)
            server.execute(_named("create database {}", self._name))
        shop = self.settings.url("mysql").database
        with closing(connect_mysql(self.settings)) as connection, connection.cursor() as cursor:
            cursor.execute(f"drop database {shop}")
            cursor.execute(f"create database {shop} character set utf8mb4")
            cursor.execute(f"use {shop}")
            apply_schema(connection)
        shutil.rmtree(self._web, ignore_errors=True)
        self._web.mkdir()
        catalogue = connect_mongo(self.settings)
        catalogue.drop_collection("products")
        catalogue.create_collection("products", **KEEP_IMAGES).insert_one({"_id": "of no history"})
        self._ingest("changes")
        # Begins at the same place of the logs, for `capture_at_once`.
        self._copy_to("later")

    def follow(self, histories: Mapping[int, History], runs: Sequence[Run]) -> None:
        """Let histories happen and bring the warehouse up to date after each part of them."""
        with closing(connect_mysql(self.settings)) as connection, connection.cursor() as cursor:
            products = connect_mongo(self.settings)["products"]
            for number, run in enumerate(runs):
                parts = [history[number] for history in histories.values()]
                places = [Place(place, self.day) for place in histories]
                events: list[Row] = []
                for transactions in zip_longest(*parts, fillvalue=[]):
                    events += happen(zip(places, transactions, strict=True), cursor, products)
                    connection.commit()
                self._write_events(number, events)
                self.run(run)

    def run(self, run: Run) -> None:
        """Ingest and build, as one run."""
        self._ingest(run.ingest)
        for number, selected in enumerate(run.build, 1):
            is_last = number == len(run.build)
            self.build(run.as_of, selected, run.killed_after if is_last else None)

    def build(
        self, as_of: str, selected: Sequence[str] = (), killed_after: int | None = None
    ) -> None:
        """Build as of a moment, which must succeed; after a kill, once more."""
        at = moment(as_of, self.day).strftime("%Y-%m-%d %H:%M:%S")
        args = [*_BUILD, "--vars", json.dumps({"as_of": at})]
        if chosen := selected or self.everything:
            args += ["--select", *chosen]
        if killed_after is not None:
            self._dbt.run(args, killed_after)
        failed = self._dbt.run(args)
        assert not failed, failed

    def in_warehouse(self, statement: LiteralString) -> None:
        """Run a statement in the warehouse, behind the back of ingest and dbt."""
        with closing(connect_postgres(self.settings, autocommit=True)) as warehouse:
            warehouse.execute(statement)

    def set_aside(self) -> Settings:
        """Go on with a copy of the warehouse; return where it stays as it is."""
        self._copy_to("followed")
        return _on_database(self.settings, self._aside("followed"))

    def rebuild(self, as_of: str) -> None:
        """Drop all that dbt made and build it from the raw tables."""
        with closing(connect_postgres(self.settings, autocommit=True)) as warehouse:
            schemas = warehouse.execute(
                "select nspname from pg_namespace where nspname not similar to %s", (_KEPT,)
            )
            for (schema,) in schemas.fetchall():
                warehouse.execute(_named("drop schema {} cascade", schema))
        self.build(as_of)

    def capture_at_once(self, as_of: str) -> None:
        """Go on with a warehouse that follows all that happened since `empty` in one run."""
        with self._server() as server:
            _drop(server, self._name)
            server.execute(
                _named("alter database {} rename to {}", self._aside("later"), self._name)
            )
        self.run(Run(as_of))

    def _write_events(self, number: int, events: Sequence[Row]) -> None:
        lines = [
            json.dumps(
                {name: value for name, value in event.items() if value is not None},
                default=datetime.isoformat,
            )
            for event in events
        ]
        text = "".join(f"{line}\n" for line in lines)
        (self._web / f"{number}.ndjson").write_text(text, encoding="utf-8")

    def _ingest(self, what: str | list[str]) -> None:
        if what == "changes":
            report = run_changes(self.settings)
        elif what:
            report = run_ingest(self.settings, tables=None if what == "snapshot" else what)
        else:
            return
        assert report.succeeded, report.faults

    def _copy_to(self, label: str) -> None:
        with self._server() as server:
            _drop(server, self._aside(label))
            _end_sessions(server, self._name)
            server.execute(_named("create database {} template {}", self._aside(label), self._name))

    def _aside(self, label: str) -> str:
        return f"{self._name}__{label}"

    @contextmanager
    def _server(self) -> Iterator[psycopg.Connection[Any]]:
        with closing(connect_postgres(self._admin, autocommit=True)) as server:
            yield server


def _named(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _drop(server: psycopg.Connection[Any], database: str) -> None:
    server.execute(_named("drop database if exists {} with (force)", database))


def _end_sessions(server: psycopg.Connection[Any], database: str) -> None:
    """End what a killed dbt left at work, and wait until it has."""
    find = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s"
    server.execute(find, (database,))


def _on_database(settings: Settings, name: str) -> Settings:
    parts = urlsplit(settings.url("postgres").full.get_secret_value())
    return settings.with_urls({"postgres": urlunsplit(parts._replace(path=f"/{name}"))})
