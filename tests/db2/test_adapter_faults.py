"""Faults of dbt-db2 that macros/overrides mends: each is still there without its override.

Two projects of the same models run on the stand-in for Db2, twice: one with dbt-db2 as it comes,
one with these macros. A fault that is gone upstream fails its test: then its override may go.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from orchestration.promote.db2.connection import db2_session
from orchestration.settings import PROJECT_DIR, Settings

pytestmark = [pytest.mark.servers, pytest.mark.slow]

OpenDb2 = Callable[[Settings], AbstractContextManager[Settings]]

# What is there before the first run, and what is done between it and the second.
BEFORE = """
    create schema faults;
    create table faults.raw (d date, e date, word varchar(10 codeunits32), n integer);
    insert into faults.raw values ('2024-01-01', '2025-01-01', 'word', 1);
    create table faults.altered (word varchar(10));
    create table faults.grown (word varchar(10));
    create table faults.log (note varchar(20));
    create view faults.victim as select n from faults.raw;
    create table faults.mqt as (select n, count(*) as rows_of_n from faults.raw group by n)
    data initially deferred refresh deferred
"""
BETWEEN = """
    grant select on table faults.granted to user reader;
    create table faults.child (n integer);
    alter table faults.keyed alter column n set not null;
    alter table faults.keyed add constraint key_of_keyed primary key (n) not enforced;
    alter table faults.child add constraint key_of_child foreign key (n)
    references faults.keyed (n) not enforced
"""


@dataclass(frozen=True)
class Outcome:
    """What two runs of a project's models left.

    Args:
        settings: Where they ran.
        failed: By run, why each node failed that did.
    """

    settings: Settings
    failed: tuple[dict[str, str], dict[str, str]]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with db2_session(self.settings) as db2:
            cursor = db2.cursor()
            cursor.execute(query)
            return list(cursor.fetchall())

    def of(self, model: str) -> str:
        """Return why a model failed, in each run."""
        return "; ".join(failed.get(model, "done") for failed in self.failed)

    def result(self, model: str) -> object:
        """Return the only value of a model, or why it failed."""
        if model in self.failed[0]:
            return self.failed[0][model]
        return self.rows(f"select result from faults.{model}")[0][0]


@dataclass(frozen=True)
class Fault:
    """A fault of the adapter.

    Args:
        name: In a few words.
        sql: A model that meets it; its name is the override's.
        is_there: Whether the outcome shows it.
        properties: What the model's YAML says.
    """

    name: str
    model: str
    sql: str
    is_there: Callable[[Outcome], bool]
    properties: dict[str, Any]


def relation(arguments: str) -> str:
    return "api.Relation.create(database=target.database, schema='faults', " + arguments + ")"


def calls(jinja: str) -> str:
    """Return a model that calls a macro when it runs, and then is a view of nothing much."""
    return (
        "{{ config(materialized='view') }}{% if execute %}"
        + jinja
        + "{% endif %} select 1 as result from faults.raw"
    )


def fails(model: str, text: str) -> Callable[[Outcome], bool]:
    return lambda outcome: text in outcome.failed[0].get(model, "")


def contract(*columns: tuple[str, str]) -> dict[str, Any]:
    return {
        "config": {"contract": {"enforced": True}},
        "columns": [{"name": name, "data_type": kind} for name, kind in columns],
    }


FAULTS: dict[str, Fault] = {
    "ibmdb2__create_table_as": Fault(
        "a table's contract is ignored",
        "contract_of_table",
        "{{ config(materialized='table') }} select n as other from faults.raw",
        lambda outcome: "contract_of_table" not in outcome.failed[0],
        contract(("declared", "integer")),
    ),
    "materialization_view_ibmdb2": Fault(
        "a view that fails is gone",
        "failing_view",
        "{{ config(materialized='view', post_hook=\"{{ 'select n / 0 as x from faults.raw'"
        " if var('again') else '' }}\") }} select n from faults.raw",
        lambda outcome: (
            not outcome.rows("select 1 from syscat.views where viewname='FAILING_VIEW'")
        ),
        {},
    ),
    "ibmdb2__create_view_as": Fault(
        "whoever was granted a view has lost it when it is made again",
        "granted",
        "{{ config(materialized='view') }} select n from faults.raw",
        lambda outcome: (
            not outcome.rows("select 1 from sysibmadm.privileges where objectname = 'GRANTED'")
        ),
        {},
    ),
    "materialization_table_ibmdb2": Fault(
        "a table that a key refers to is renamed",
        "keyed",
        "{{ config(materialized='table') }} select n from faults.raw",
        lambda outcome: "SQL0750N" in outcome.failed[1].get("keyed", ""),
        {},
    ),
    "materialization_incremental_ibmdb2": Fault(
        "the columns of a table under contract take the lengths of the query's",
        "widened",
        "{{ config(materialized='incremental', incremental_strategy='append',"
        " on_schema_change='fail') }}"
        " select cast(word as varchar({{ 30 if var('again') else 10 }})) as word from faults.raw",
        lambda outcome: "widened" in outcome.failed[1],
        contract(("word", "varchar(10)")),
    ),
    "ibmdb2__get_incremental_default_sql": Fault(
        "a unique key without a strategy appends",
        "doubled",
        "{{ config(materialized='incremental', unique_key='n') }} select n from faults.raw",
        lambda outcome: outcome.rows("select count(*) from faults.doubled") == [(2,)],
        {},
    ),
    "ibmdb2__dateadd": Fault(
        "a column is taken for a text",
        "added",
        "select varchar_format({{ dbt.dateadd('day', 1, 'd') }}, 'DD') as result from faults.raw",
        lambda outcome: outcome.result("added") != "02",
        {},
    ),
    "ibmdb2__datediff": Fault(
        "days are an estimate",
        "different",
        "select {{ dbt.datediff('d', 'e', 'day') }} as result from faults.raw",
        lambda outcome: outcome.result("different") == 365,
        {},
    ),
    "ibmdb2__get_columns_in_relation": Fault(
        "a text's length is told in bytes",
        "columns_told",
        "select '{% if execute %}{{ adapter.get_columns_in_relation("
        + relation("identifier='raw'")
        + ") | map(attribute='data_type') | join(' ') }}{% endif %}' as result from faults.raw",
        lambda outcome: "VARCHAR(40" in str(outcome.result("columns_told")),
        {},
    ),
    "ibmdb2__get_empty_subquery_sql": Fault(
        "an empty subquery's alias starts with an underscore",
        "emptied",
        calls("{% do run_query(get_empty_subquery_sql('select n from faults.raw')) %}"),
        fails("emptied", "SQL0104N"),
        {},
    ),
    "ibmdb2__persist_docs": Fault(
        "there are no comments",
        "documented",
        "select n from faults.raw",
        lambda outcome: (
            outcome.rows("select remarks from syscat.tables where tabname = 'DOCUMENTED'")
            != [("It's documented.",)]
        ),
        {
            "description": "It's documented.",
            "config": {"persist_docs": {"relation": True, "columns": True}},
        },
    ),
    "ibmdb2__alter_column_type": Fault(
        "a column's type is changed by four statements in one",
        "altering",
        calls(
            "{% do alter_column_type("
            + relation("identifier='altered'")
            + ", 'word', 'varchar(20)') %}"
        ),
        fails("altering", "SQL0104N"),
        {},
    ),
    "ibmdb2__alter_relation_add_remove_columns": Fault(
        "columns are added with commas between",
        "growing",
        calls(
            "{% if not var('again') %}{% do alter_relation_add_remove_columns("
            + relation("identifier='grown', type='table'")
            + ", [api.Column('x', 'integer'), api.Column('y', 'integer')], none) %}{% endif %}"
        ),
        fails("growing", "SQL0104N"),
        {},
    ),
    "ibmdb2__create_indexes": Fault(
        "indexes are ignored",
        "indexed",
        "{{ config(materialized='table', indexes=[{'columns': ['n']}]) }} select n from faults.raw",
        lambda outcome: not outcome.rows("select 1 from syscat.indexes where tabname = 'INDEXED'"),
        {},
    ),
    "ibmdb2__list_relations_without_caching": Fault(
        "summary tables are not seen",
        "relations_told",
        "select '{% if execute %}{{ list_relations_without_caching("
        + relation("identifier=none")
        + ").columns['name'].values() | join(' ') }}{% endif %}' as result from faults.raw",
        lambda outcome: "MQT" not in str(outcome.result("relations_told")).split(),
        {},
    ),
    "ibmdb2__drop_relation": Fault(
        "what a transaction had begun is committed when something is dropped",
        "dropping",
        calls(
            "{% do run_query(\"insert into faults.log values ('begun')\") %}"
            "{% do adapter.drop_relation("
            + relation("identifier='victim', type='view'")
            + ") %}{{ exceptions.raise_compiler_error('stopped') }}"
        ),
        lambda outcome: bool(outcome.rows("select note from faults.log")),
        {},
    ),
    "as_catalogued": Fault(
        "a relation that this run has made is an approximate match",
        "seeking",
        "-- depends_on: {{ ref('indexed') }}\n"
        + calls("{% do adapter.get_relation(target.database, 'faults', 'indexed') %}"),
        fails("seeking", "approximate match"),
        {},
    ),
}


# Of what the documents leave open whether Db2 refuses it, the stand-in proves nothing.
NOT_SHOWN = {"ibmdb2__get_test_sql": "a condition as a column"}


@pytest.fixture(scope="module")
def outcomes(
    servers: Settings, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Outcome, Outcome]]:
    """What dbt-db2 as it comes leaves, and what it leaves with this project's macros."""
    upstream = tmp_path_factory.mktemp("upstream")
    mended = tmp_path_factory.mktemp("mended")
    with (
        open_standin(servers.model_copy(update={"home": upstream})) as one,
        open_standin(servers.model_copy(update={"home": mended})) as other,
    ):
        yield run(one, []), run(other, [str(PROJECT_DIR / "macros")])


def test_every_override_has_its_fault() -> None:
    overrides = (PROJECT_DIR / "macros" / "overrides").glob("*.sql")
    of_db2 = {path.stem for path in overrides if "dbt-db2" in path.read_text()}
    assert of_db2 == FAULTS.keys() | NOT_SHOWN.keys()


@pytest.mark.parametrize("override", FAULTS)
def test_upstream_needs(outcomes: tuple[Outcome, Outcome], override: str) -> None:
    upstream, mended = outcomes
    fault = FAULTS[override]
    assert fault.is_there(upstream), f"{fault.name}: not any more, so its override may go"
    assert not fault.is_there(mended), f"{fault.name}: {mended.of(fault.model)}"


def run(settings: Settings, macros: list[str]) -> Outcome:
    """Run the models twice, with these folders of macros."""
    write_project(settings, macros)
    execute_all(settings, BEFORE)
    with subprocess.Popen(
        [sys.executable, PROJECT_DIR / "tests" / "support" / "dbt_worker.py"],
        cwd=settings.home,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(settings.home),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as dbt:
        assert answer(dbt) == []
        first = command(dbt, "build", "--vars", "{again: false}")
        execute_all(settings, BETWEEN)
        second = command(dbt, "build", "--vars", "{again: true}")
    return Outcome(settings, (first, second))


def command(dbt: subprocess.Popen[str], *arguments: str) -> dict[str, str]:
    assert dbt.stdin is not None
    dbt.stdin.write(json.dumps(arguments) + "\n")
    dbt.stdin.flush()
    return dict(failure.split(": ", 1) for failure in answer(dbt))


def answer(dbt: subprocess.Popen[str]) -> list[str]:
    """Return what the worker says has failed."""
    assert dbt.stdout is not None
    failed: list[str] = []
    for line in dbt.stdout:
        said = json.loads(line)
        failed += said.get("failed", [])
        if "status" in said:
            return failed
    raise AssertionError("dbt's worker has ended")


def write_project(settings: Settings, macros: list[str]) -> None:
    url = settings.url("db2")
    project = {
        "name": "softcart",
        "profile": "softcart",
        "version": "1.0.0",
        "macro-paths": macros,
        "vars": {"again": False, "db2_organize_by": None, "reporting_currency": "EUR"},
    }
    output = {
        "type": "ibmdb2",
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "password": url.password.get_secret_value(),
        "database": url.database,
        "schema": "faults",
        "threads": 1,
    }
    models = settings.home / "models"
    models.mkdir(parents=True)
    properties = []
    for fault in FAULTS.values():
        (models / f"{fault.model}.sql").write_text(fault.sql)
        properties.append({"name": fault.model, **fault.properties})
    for path, content in {
        "dbt_project.yml": project,
        "profiles.yml": {"softcart": {"target": "prod", "outputs": {"prod": output}}},
        "models/faults.yml": {"version": 2, "models": properties},
    }.items():
        (settings.home / path).write_text(yaml.safe_dump(content))


def execute_all(settings: Settings, statements: str) -> None:
    with db2_session(settings) as db2:
        for statement in statements.split(";"):
            db2.cursor().execute(statement)
        db2.commit()
