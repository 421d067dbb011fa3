"""`python -m lint.db2`: what dbt and promote would send to Db2, compiled and read without one.

Each model that runs there is compiled as its first build has it and, where it is incremental, as a
build on changes has it, with the statements around it: keys staged, rows compared, journals,
watermarks. So are the singular tests, the queries of the summary tables, and what promote says of
a table with a column of each type. Selects and changes of rows are parsed in Db2's dialect;
everything is held against what Db2 refuses or reads otherwise.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from lint.db2_denied import find_denied_db2
from lint.dbt_jinja.render import PROJECT_DIR, Renderer
from lint.denied import find_denied
from lint.dialects import parse_faults
from lint.project import LIVE, PORTABLE, without_live_clocks
from orchestration.promote.db2.apply import merge
from orchestration.promote.db2.checksum import OnDb2, sums_query
from orchestration.promote.db2.ddl import Table, comment_statements, create_table
from orchestration.promote.ranges import Range
from orchestration.promote.refined import Column, Relation

RUNG = (
    "Rung 1 of 4, lint: what dbt and promote would send to Db2, compiled without a server, parsed"
    " in sqlfluff's db2 dialect and held against a list of what Db2 refuses."
)
NOT_PROVEN = (
    "Not proven: that Db2 takes it, and what it answers. Only rung 4, make db2-real, is Db2."
)
_ROWS = re.compile(r"(\s|--[^\n]*\n)*(select|with|insert|update|delete|merge)\b", re.IGNORECASE)
# The query inside a statement that the parser cannot read as a whole.
_QUERY = re.compile(
    r"\s*create\s+(?:table\s+[\w.]+\s+as\s*\((?P<table>.*)\)\s*(?:with|data)\b.*"
    r"|view\s+[\w.]+\s+as\s+(?P<view>.*))",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """One that is sent.

    Args:
        origin: The model, macro or function that it is of, and what it does there.
        sql: As Db2 gets it.
        is_portable: Whether it is of a file that other engines run too.
    """

    origin: str
    sql: str
    is_portable: bool = True


def main() -> int:
    """Print which rung this is and a line for each fault; return the exit code."""
    print(RUNG)  # noqa: T201 - its output
    faults, number = check(PROJECT_DIR)
    for fault in faults:
        print(fault)  # noqa: T201
    print(f"{number} statements, {len(faults)} faults. {NOT_PROVEN}")  # noqa: T201
    return bool(faults)


def check(project: Path, *, processes: int = 2) -> tuple[list[str], int]:
    """Return a line for each fault in what would be sent, and how many statements that is."""
    statements = [
        *model_statements(project),
        *singular_test_statements(project),
        *summary_statements(project),
        *promote_statements(),
    ]
    with ProcessPoolExecutor(processes) as pool:
        found = pool.map(statement_faults, statements, chunksize=8)
        return [fault for faults in found for fault in faults], len(statements)


def statement_faults(statement: Statement) -> list[str]:
    """Return a line for each thing in a statement that Db2 would refuse."""
    faults = [
        f"{statement.origin}:{line}: {rule.name}: use {rule.instead}"
        for find in (find_denied, find_denied_db2)
        if statement.is_portable or find is find_denied_db2
        for rule, line in find(statement.sql)
    ]
    if query := query_of(statement.sql):
        faults += [
            f"{statement.origin}:{line}: Db2 cannot read it: {what}"
            for what, line in parse_faults(query.strip() + "\n", "ibmdb2")
        ]
    return faults


def query_of(sql: str) -> str | None:
    """Return what of a statement a parser of queries and changes of rows can read, if any."""
    if _ROWS.match(sql):
        return sql
    made = _QUERY.fullmatch(sql)
    return None if made is None else made["table"] or made["view"]


def model_statements(project: Path) -> Iterator[Statement]:
    """Yield what the builds of all models on Db2 send, the first build's and later ones'."""
    nodes = _nodes(project)
    first = Renderer("ibmdb2", project)
    for folder in PORTABLE:
        for file in sorted((project / folder).rglob("*.sql")):
            name = file.stem
            sql = first.render(file).sql
            if file.relative_to(project).as_posix().startswith(LIVE):
                sql = without_live_clocks(sql, first)
            yield Statement(f"{name}, first build", sql)
            if nodes[name].config.get("materialized") == "incremental":
                yield from _increment(project, file, nodes)


def singular_test_statements(project: Path) -> Iterator[Statement]:
    """Yield the singular tests that run beside marts; those that read raw run on PostgreSQL."""
    renderer = Renderer("ibmdb2", project, {"graph": SimpleNamespace(nodes=_nodes(project))})
    for file in sorted((project / "tests" / "dbt" / "singular").glob("*.sql")):
        rendered = renderer.render(file)
        if rendered.sources:
            continue
        sql = rendered.sql
        if "_live_" in file.stem:
            sql = without_live_clocks(sql, renderer)
        yield Statement(file.stem, sql)


def promote_statements() -> Iterator[Statement]:
    """Yield what promote says of a table that has a column of each type."""
    types = ("bigint", "smallint", "numeric(24,6)", "character varying(40)", "character(2)", "text")
    others = ("boolean", "date", "timestamp(6) without time zone")
    columns = tuple(Column(f"c{number}", name) for number, name in enumerate((*types, *others)))
    table = Table(Relation("staging", "stg_things", columns, ("c0",), description="It's one"))
    some = [Range("c0", "0"), Range("c0", "7")]
    said = {
        "create_table": create_table(table.name, table.columns, table.key),
        "merge": merge(table),
        "sums of all": sums_query(table, OnDb2(), None),
        "sums of ranges": sums_query(table, OnDb2(), some),
        "comments": "\n".join(comment_statements(table, table.name)),
    }
    for what, sql in said.items():
        yield Statement(f"promote, {what}", sql, is_portable=False)


def summary_statements(project: Path) -> Iterator[Statement]:
    """Yield the queries of the summary tables."""
    graph = SimpleNamespace(nodes=_nodes(project))
    for summary in Renderer("ibmdb2", project, {"graph": graph}).context["summary_tables"]():
        yield Statement(summary["name"], summary["query"])


def _increment(project: Path, file: Path, nodes: Mapping[str, Any]) -> Iterator[Statement]:
    name = file.stem
    sent: list[str] = []

    def send(sql: str, **_: object) -> None:
        sent.append(sql)

    node = nodes[name]
    config = node.config
    on_changes = "changed_keys" in config.meta
    model = _Model(
        name=name,
        config=config,
        raw_code=file.read_text(encoding="utf-8"),
        depends_on=SimpleNamespace(nodes=[]),
        columns=node.columns,
        builds_on_changes=on_changes,
    )
    renderer = Renderer(
        "ibmdb2",
        project,
        {
            # Every table is there, as after a first build.
            "adapter": SimpleNamespace(execute=send, get_relation=lambda *_: True),
            "get_columns_in_relation": lambda _: node.columns,
            "graph": SimpleNamespace(nodes=nodes),
            "is_incremental": lambda: True,
            "local_md5": lambda text: hashlib.md5(text.encode()).hexdigest(),  # noqa: S324
            "model": model,
            # A search in rounds ends after its first.
            "run_query": lambda _: SimpleNamespace(rows=[[0]]),
            "target": SimpleNamespace(database="warehouse"),
            "this": node.relation_name,
        },
    )
    key = config["unique_key"]
    yield Statement(f"{name}, build on changes", renderer.render(file).sql)
    renderer.context["start_build"]()
    renderer.render_text(config.get("pre_hook", ""))
    last = renderer.context["get_incremental_changed_keys_sql"](
        SimpleNamespace(
            target_relation=node.relation_name,
            temp_relation=f"{node.relation_name}__dbt_tmp",
            unique_key=key,
            dest_columns=node.columns,
        )
    )
    sent += [last, renderer.context["finish_build"]()]
    for number, sql in enumerate(sent, start=1):
        yield Statement(f"{name}, statement {number} of its build on changes", sql)


class _Model(SimpleNamespace):
    """dbt's `model`: looked into as an object and as a mapping."""

    def __contains__(self, name: str) -> bool:
        return name in vars(self)


class _Config(dict[str, Any]):
    """A node's configuration: looked into as an object and as a mapping."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as in YAML
        return self.get(name)


@cache
def _nodes(project: Path) -> dict[str, Any]:
    """Return what property files and folders say of each model, as far as macros ask for it."""
    nodes = {}
    for file in sorted((project / "models").rglob("*.yml")):
        for said in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", []):
            config = _Config(said.get("config", {}))
            config["meta"] = _Config(config.get("meta", {}))
            schema = file.relative_to(project).parts[1]
            nodes[said["name"]] = SimpleNamespace(
                name=said["name"],
                config=config,
                relation_name=f"{schema}.{said['name']}",
                # As Db2 has them: lengths of texts are said in bytes there, unless in characters.
                columns=[
                    SimpleNamespace(
                        name=column["name"],
                        data_type=re.sub(
                            r"^varchar\((\d+)\)$",
                            r"varchar(\1 codeunits32)",
                            column.get("data_type", ""),
                        ),
                    )
                    for column in said.get("columns", [])
                ],
            )
    return nodes


if __name__ == "__main__":
    sys.exit(main())
