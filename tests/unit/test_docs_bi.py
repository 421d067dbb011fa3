"""docs/bi.md says of the marts what the dbt project says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from orchestration.settings import PROJECT_DIR

_TEXT = (PROJECT_DIR / "docs" / "bi.md").read_text(encoding="utf-8")


def _marts() -> Iterator[dict[str, Any]]:
    for file in sorted((PROJECT_DIR / "models" / "marts").rglob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        yield from content.get("models", [])


def _rows(heading: str) -> list[tuple[str, ...]]:
    section = re.split(r"^## ", _TEXT, flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(heading))
    return [
        tuple(re.findall(r"`([^`]+)`", line))
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def test_every_mart_has_its_question_and_no_other_is_named() -> None:
    named = [row[0] for row in _rows("Which mart answers which question")]
    assert sorted(named) == sorted(mart["name"] for mart in _marts())


def test_every_relation_that_is_tested_is_listed_and_no_other() -> None:
    tested = {
        (f"{mart['name']}.{column['name']}", f"{target.split(chr(39))[1]}.{arguments['field']}")
        for mart in _marts()
        for column in mart.get("columns", [])
        for test in column.get("data_tests", [])
        if isinstance(test, dict) and "relationships" in test
        for arguments in [test["relationships"]["arguments"]]
        for target in [arguments["to"]]
    }
    assert set(_rows("Keys and labels")) == tested


def test_links_to_headings_of_the_docs_lead_there() -> None:
    folder = PROJECT_DIR / "docs"
    for page in ("bi.md", "db2.md"):
        text = (folder / page).read_text(encoding="utf-8")
        for name, anchor in re.findall(r"\]\((\w+\.md)(?:#([\w-]+))?\)", text):
            target = (folder / name).read_text(encoding="utf-8")
            headings = {
                re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
                for heading in re.findall(r"^#+ (.+)$", target, flags=re.MULTILINE)
            }
            assert not anchor or anchor in headings, (page, name, anchor)
