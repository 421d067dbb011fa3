"""Check every model and macro of the project."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from lint.currencies import mixed_sums
from lint.dbt_jinja.render import Engine, Renderer
from lint.denied import find_denied, find_denied_jinja
from lint.dialects import parse_faults
from lint.layers import layer_of, misreadings
from lint.properties import shape_faults

PORTABLE = ("models/intermediate", "models/marts")
# Views of the moment they are read at: they alone read the clock, and by these macros.
LIVE = ("models/intermediate/live", "models/marts/live", "models/marts/operations")
_LIVE_CLOCKS = ("current_date_utc", "current_timestamp_utc")


@dataclass(frozen=True)
class Fault:
    """Something to mend.

    Args:
        file: From the project's folder.
        line: From 1; of the file, or of what is rendered of it where `what` names an engine.
        what: What is wrong, and what to write instead.
    """

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def check_project(project: Path, *, processes: int = 2) -> list[Fault]:
    """Check a dbt project.

    Args:
        project: Folder of `dbt_project.yml`.
        processes: How many files are parsed at once.

    Raises:
        jinja2.TemplateError: A file cannot be rendered.
    """
    models = sorted((project / "models").rglob("*.sql"))
    seeds = frozenset(file.stem for file in (project / "seeds").glob("*.csv"))
    faults = list(_snapshot_faults(project, seeds))
    for file in [*models, *sorted((project / "macros").rglob("*.sql"))]:
        text = file.read_text(encoding="utf-8")
        for rule, line in find_denied_jinja(text):
            faults.append(
                Fault(file.relative_to(project), line, f"{rule.name}: use {rule.instead}")
            )
    for folder in ("models", "seeds", "snapshots"):
        for file in sorted((project / folder).rglob("*.yml")):
            faults += [Fault(file.relative_to(project), 1, what) for what in shape_faults(file)]
    renderer = Renderer("postgres", project)
    for file in models:
        rendered = renderer.render(file)
        layer = layer_of(file.stem, seeds)
        found = misreadings(layer, rendered.refs, rendered.sources, seeds)
        faults += [Fault(file.relative_to(project), 1, what) for what in found]
    portable = [
        file for file in models if file.relative_to(project).as_posix().startswith(PORTABLE)
    ]
    with ProcessPoolExecutor(processes) as pool:
        for of_model in pool.map(portability_faults, [project] * len(portable), portable):
            faults += of_model
    return faults


def portability_faults(project: Path, file: Path) -> list[Fault]:
    """Check one model as each engine would read it.

    sqlfluff lints PostgreSQL's text with all of its rules, and `lint.db2` parses Db2's.
    """
    faults = []
    name = file.relative_to(project)
    # One engine's text is enough: the strictest, and the one with the least of its own.
    db2 = _renderer("ibmdb2", project)
    sql = db2.render(file).sql
    if name.as_posix().startswith(LIVE):
        sql = without_live_clocks(sql, db2)
    for rule, line in find_denied(sql):
        faults.append(Fault(name, line, f"{rule.name} (ibmdb2): use {rule.instead}"))
    for what, line in mixed_sums(sql):
        told = f"{what} (ibmdb2) adds up currencies: group by the currency, or convert"
        faults.append(Fault(name, line, told))
    for what, line in parse_faults(_renderer("spark", project).render(file).sql, "spark"):
        faults.append(Fault(name, line, f"spark cannot read it: {what}"))
    return faults


def without_live_clocks(sql: str, renderer: Renderer) -> str:
    """Return rendered SQL with a name in place of what the macros of live views say."""
    for clock in _LIVE_CLOCKS:
        sql = sql.replace(renderer.context[clock](), "live_clock")
    return sql


@cache
def _renderer(engine: Engine, project: Path) -> Renderer:
    return Renderer(engine, project)


def _snapshot_faults(project: Path, seeds: frozenset[str]) -> Iterator[Fault]:
    for file in sorted((project / "snapshots").glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for snapshot in content["snapshots"]:
            relation: str = snapshot["relation"]
            name = relation.split("'")[1]
            refs, sources = ({name}, set()) if relation.startswith("ref") else (set(), {name})
            for what in misreadings("snapshots", refs, sources, seeds):
                yield Fault(file.relative_to(project), 1, f"{snapshot['name']}: {what}")
