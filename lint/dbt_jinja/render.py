"""Render a model's Jinja as dbt would for an engine, without dbt, its adapter or a server.

dbt compiles for the one engine it is connected to. This compiles for each, so that Db2's and
Spark's SQL can be read, parsed and checked on a machine that has neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any, Literal, cast

import jinja2
import yaml
from jinja2.runtime import Macro

PROJECT_DIR = Path(__file__).resolve().parents[2]

Engine = Literal["postgres", "ibmdb2", "spark"]
ENGINES: tuple[Engine, ...] = ("postgres", "ibmdb2", "spark")

# Each by itself, so that it finds the macros beside it as it finds all others: they may `return()`.
# What else is in such files, materializations and tests, is dbt's own Jinja.
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(.*?{%-?\s*endmacro\s*-?%}", re.DOTALL)

# dbt's own type macros, as far as models use them.
_DBT_TYPES: dict[Engine, dict[str, str]] = {
    "postgres": {"type_int": "integer", "type_bigint": "bigint", "type_timestamp": "timestamp"},
    "ibmdb2": {"type_int": "integer", "type_bigint": "bigint", "type_timestamp": "timestamp"},
    "spark": {"type_int": "int", "type_bigint": "bigint", "type_timestamp": "timestamp"},
}


_ENVIRONMENT = jinja2.Environment(
    extensions=["jinja2.ext.do"],
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - SQL, not HTML
)


@dataclass
class Rendered:
    """A model after Jinja.

    Args:
        sql: What the engine would get, with relations named for their nodes.
        refs: Names given to `ref()`.
        sources: `<source>.<table>` for each `source()`.
    """

    sql: str = ""
    refs: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)


class Renderer:
    """Renders files of a dbt project for one engine.

    Args:
        engine: Prefix of the macros that `adapter.dispatch` takes before `default__`.
        project: Folder of `dbt_project.yml`.
        given: What Jinja finds besides, or in place of what it would find: a model in its second
            build, the graph. `adapter` can be given methods, but keeps its `dispatch`.
    """

    def __init__(
        self, engine: Engine, project: Path, given: Mapping[str, Any] | None = None
    ) -> None:
        self._engine = engine
        self._seen = Rendered()
        variables = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
        self.context: dict[str, Any] = {
            "adapter": SimpleNamespace(dispatch=self._dispatch),
            "config": lambda **_: "",
            "dbt": SimpleNamespace(
                **{name: _constant(text) for name, text in _DBT_TYPES[engine].items()}
            ),
            "execute": True,
            "graph": {},
            "is_incremental": lambda: False,
            "model": {"depends_on": {}},
            "ref": self._ref,
            "return": _return,
            "run_started_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            "source": self._source,
            "this": "this_model",
            "var": lambda name, default=None: variables["vars"].get(name, default),
        }
        self._macros: dict[str, Macro] = {}
        # A macro keeps the names that are there when it is loaded, and macros call each other: so
        # every name is there before the first macro is.
        found = [
            macro
            for file in sorted((project / "macros").rglob("*.sql"))
            for macro in _MACRO.finditer(file.read_text(encoding="utf-8"))
        ]
        calls = {macro[1]: self._caller(macro[1]) for macro in found}
        self.context |= {**calls, **(given or {}), "softcart": SimpleNamespace(**calls)}
        self.context["adapter"].dispatch = self._dispatch
        for macro in found:
            module = _template(macro[0], self.context).module
            self._macros[macro[1]] = cast("Macro", getattr(module, macro[1]))

    def render(self, file: Path) -> Rendered:
        """Render a model.

        Raises:
            jinja2.TemplateError: The file is not Jinja, or names something that dbt lacks too.
        """
        return self.render_text(file.read_text(encoding="utf-8"))

    def render_text(self, text: str) -> Rendered:
        """Render a model's text, or that of a hook.

        Raises:
            jinja2.TemplateError: As for `render`.
        """
        self._seen = Rendered()
        self._seen.sql = _template(text, self.context).render().strip() + "\n"
        return self._seen

    def _caller(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the macro
            try:
                return self._macros[name](*args, **kwargs)
            except _ReturnError as returned:
                return returned.value

        return call

    def _dispatch(self, name: str, namespace: str) -> Callable[..., Any]:
        if namespace != "softcart":
            raise jinja2.TemplateError(f"{name} is dispatched without the project's name")
        for prefix in (self._engine, "default"):
            if (macro := self.context.get(f"{prefix}__{name}")) is not None:
                return cast("Callable[..., Any]", macro)
        raise jinja2.TemplateError(f"No version of macro {name} for {self._engine}")

    def _ref(self, name: str) -> str:
        self._seen.refs.add(name)
        return name

    def _source(self, source: str, table: str) -> str:
        self._seen.sources.add(f"{source}.{table}")
        return f"raw_{source}.{table}"


def _template(text: str, names: Mapping[str, Any]) -> jinja2.Template:
    return jinja2.Template.from_code(
        _ENVIRONMENT, _code(text), _ENVIRONMENT.make_globals(dict(names))
    )


@cache
def _code(text: str) -> CodeType:
    return _ENVIRONMENT.compile(text)


class _ReturnError(Exception):
    """Carries the value of dbt's `return()` out of a macro."""

    def __init__(self, value: object) -> None:
        self.value = value


def _return(value: object) -> None:
    raise _ReturnError(value)


def _constant(text: str) -> Callable[[], str]:
    return lambda: text
