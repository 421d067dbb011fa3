"""The parts of docs/ that the marts' own properties say: `python -m lint.pages [--write]`.

A part stands between `<!-- made: NAME -->` and `<!-- end: NAME -->`, so that prose and what is
made share a page. Without `--write` it is a check: exit code 1 and a line for each fault.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from lint.dbt_jinja.render import PROJECT_DIR

# What the business asks most comes first, what it looks up in last.
AREAS = (
    "sales",
    "customers",
    "marketing",
    "products",
    "fulfilment",
    "inventory",
    "finance",
    "live",
    "operations",
    "core",
)
_REF = re.compile(r"ref\('(\w+)'\)")
_DOC = re.compile(r"\{\{\s*doc\('(\w+)'\)\s*\}\}")
_DOC_BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)


@dataclass(frozen=True)
class Question:
    """What a mart answers.

    Attributes:
        text: The question.
        note: What to know before asking; may be empty.
        query: An example on PostgreSQL; empty for look-ups, which are joined and not asked.
    """

    text: str
    note: str
    query: str


@dataclass(frozen=True)
class Mart:
    """A mart as its properties describe it.

    Attributes:
        name: Of the model.
        area: Its folder.
        grain: The first sentence of its description.
        questions: The most asked first.
        keys: Of its columns that a test holds against another mart, each with that mart's column.
    """

    name: str
    area: str
    grain: str
    questions: Sequence[Question]
    keys: Sequence[tuple[str, str]]


class Marts:
    """The marts of a dbt project, read from its files.

    Args:
        project: Folder of `dbt_project.yml`.
    """

    def __init__(self, project: Path) -> None:
        self._folder = project / "models"

    @cached_property
    def all(self) -> Sequence[Mart]:
        """The marts by area, then as their files have them."""
        return [
            self._mart(area, model)
            for area in AREAS
            for model in _properties(self._folder / "marts" / area, "models")
        ]

    @cached_property
    def areas(self) -> Mapping[str, str]:
        """What each area is about."""
        groups = _properties(self._folder, "groups")
        return {group["name"]: group["description"].strip() for group in groups}

    @cached_property
    def readers(self) -> Mapping[str, Sequence[str]]:
        """The exposures that read each mart, by their labels."""
        found: dict[str, list[str]] = {}
        for folder in (self._folder / "marts", *self._folder.glob("marts/*")):
            for exposure in _properties(folder, "exposures"):
                for name in _REF.findall(" ".join(exposure["depends_on"])):
                    found.setdefault(name, []).append(exposure["label"])
        return found

    def faults(self) -> Iterator[str]:
        """Yield a sentence for each mart that nobody asks, or that says not what it is asked."""
        strangers = {path.name for path in self._folder.glob("marts/*") if path.is_dir()} - set(
            AREAS
        )
        for area in sorted(strangers):
            yield f"models/marts/{area}: name it in AREAS of lint/pages.py"
        refs = {
            name
            for file in (self._folder / "marts").rglob("*.sql")
            for name in _REF.findall(file.read_text(encoding="utf-8"))
        }
        for mart in self.all:
            if not mart.questions:
                yield f"{mart.name}: say what it answers under `config: meta: questions:`"
            if mart.name not in refs and mart.name not in self.readers:
                yield f"{mart.name}: no exposure names it: who reads it?"

    @cached_property
    def _docs(self) -> Mapping[str, str]:
        return {
            name: text.strip()
            for file in self._folder.rglob("*.md")
            for name, text in _DOC_BLOCK.findall(file.read_text(encoding="utf-8"))
        }

    def _mart(self, area: str, model: Mapping[str, Any]) -> Mart:
        description = _DOC.sub(lambda match: self._docs[match[1]], model["description"])
        questions = model.get("config", {}).get("meta", {}).get("questions", [])
        return Mart(
            model["name"],
            area,
            _first_sentence(description),
            [
                Question(
                    told["question"].strip(),
                    " ".join(told.get("note", "").split()),
                    told.get("query", "").rstrip(),
                )
                for told in questions
            ],
            [
                (f"{model['name']}.{column['name']}", f"{parent[1]}.{arguments['field']}")
                for column in model.get("columns", [])
                for test in column.get("data_tests", [])
                if isinstance(test, Mapping) and "relationships" in test
                for arguments in [test["relationships"]["arguments"]]
                if (parent := _REF.search(arguments["to"]))
            ],
        )


def questions(marts: Marts) -> Iterator[str]:
    """Yield the lines that lead from a question to a mart and a query."""
    for area in AREAS:
        of_area = [mart for mart in marts.all if mart.area == area]
        if of_area:
            yield from (f"## {area.capitalize()}", "", marts.areas[area], "")
        for mart in of_area:
            readers = "; ".join(marts.readers.get(mart.name, []))
            yield from (f"### `{mart.name}`", "", mart.grain, "")
            if readers:
                yield from (f"Read by: {readers}.", "")
            for question in mart.questions:
                yield " ".join(filter(None, [f"**{question.text}**", question.note]))
                yield ""
                if question.query:
                    yield from ("```sql", question.query, "```", "")


def what_to_ask(marts: Marts) -> Iterator[str]:
    """Yield a table of the marts and what they are asked."""
    yield from ("| mart | ask it |", "|---|---|")
    for mart in marts.all:
        yield f"| `{mart.name}` | {' '.join(question.text for question in mart.questions)} |"


def keys(marts: Marts) -> Iterator[str]:
    """Yield a table of the columns that lead to another mart."""
    yield from ("| from | to |", "|---|---|")
    for mart in marts.all:
        for child, parent in mart.keys:
            yield f"| `{child}` | `{parent}` |"


def overview(marts: Marts) -> Iterator[str]:
    """Yield a table of the areas and their marts."""
    yield from ("| area | marts |", "|---|---|")
    for area in AREAS:
        names = [f"`{mart.name}`" for mart in marts.all if mart.area == area]
        if names:
            yield f"| {area} | {', '.join(names)} |"


# Where each part stands.
PARTS = {
    "questions": ("docs/marts.md", questions),
    "what to ask": ("docs/bi.md", what_to_ask),
    "keys": ("docs/bi.md", keys),
    "overview": ("README.md", overview),
}


def with_part(text: str, name: str, lines: Iterable[str]) -> str:
    """Return a page with one of its parts made anew.

    Raises:
        ValueError: The page has no such part.
    """
    begin, end = f"<!-- made: {name} -->", f"<!-- end: {name} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"There is no {begin} ... {end}")
    made = "\n".join(lines).strip("\n")
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"


def main() -> int:
    """Check the pages, or write them; return the exit code."""
    writes = "--write" in sys.argv[1:]
    marts = Marts(PROJECT_DIR)
    faults = list(marts.faults())
    for name, (page, lines) in PARTS.items():
        file = PROJECT_DIR / page
        text = file.read_text(encoding="utf-8")
        made = with_part(text, name, lines(marts))
        if made != text and writes:
            file.write_text(made, encoding="utf-8")
        elif made != text:
            faults.append(f"{page}: its part `{name}` is not what the marts say: `make pages`")
    for fault in faults:
        print(fault)  # noqa: T201
    if not faults:
        print("The pages say what the marts' properties say")  # noqa: T201
    return bool(faults)


def _properties(folder: Path, kind: str) -> Iterator[Mapping[str, Any]]:
    for file in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        yield from content.get(kind, [])


def _first_sentence(description: str) -> str:
    text = " ".join(description.split())
    sentence = re.match(r".*?[.](?= [A-Z`(]|$)", text)
    return sentence[0] if sentence else text


if __name__ == "__main__":
    sys.exit(main())
