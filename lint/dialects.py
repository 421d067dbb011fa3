"""Parse SQL as Db2 and Spark would read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.parser.segments import BaseSegment

from lint.dbt_jinja.render import Engine

DIALECTS: dict[Engine, str] = {"postgres": "postgres", "ibmdb2": "db2", "spark": "sparksql"}
# db2 and sparksql parse a select of literals alone; Db2 itself does not.
_NEEDS_FROM: frozenset[Engine] = frozenset({"ibmdb2"})
# What Db2 takes and sqlfluff's db2 does not know: the unit of a text's length.
_STRING_UNITS = re.compile(r"(?<=\d) codeunits32(?=\))", re.IGNORECASE)


def parse_faults(sql: str, engine: Engine) -> Iterator[tuple[str, int]]:
    """Yield what the engine would refuse of a query, with its line, from 1."""
    if engine == "ibmdb2":
        sql = _STRING_UNITS.sub("", sql)
    parsed = _linter(DIALECTS[engine]).parse_string(sql)
    for violation in parsed.violations:
        yield violation.desc(), violation.line_no
    variant = parsed.root_variant()
    if engine in _NEEDS_FROM and variant is not None and variant.tree is not None:
        yield from _without_from(variant.tree)


def _without_from(tree: BaseSegment) -> Iterator[tuple[str, int]]:
    for select in tree.recursive_crawl("select_statement"):
        if not any(child.is_type("from_clause") for child in select.segments):
            position = select.pos_marker
            yield (
                "select without from: end it with dual_from()",
                position.line_no if position else 1,
            )


@cache
def _linter(dialect: str) -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": dialect, "templater": "raw"}))
