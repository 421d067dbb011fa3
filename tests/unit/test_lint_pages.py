"""Parts of pages are made from what the marts say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.pages import Marts, keys, questions, what_to_ask, with_part

_PROPERTIES = """
models:
  - name: fct_sales
    description: "{{ doc('sales') }} Cancelled ones too."
    config:
      meta:
        questions:
          - question: How much do we sell?
            note: >
              In euros,
              all of it.
            query: |-
              select sum(amount) as amount
              from marts.fct_sales
    columns:
      - name: day
        data_tests:
          - relationships:
              name: fct_sales__day__exists
              arguments: {to: "ref('dim_dates')", field: date_day}
exposures:
  - name: report
    label: Monthly report
    depends_on: ["ref('fct_sales')"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "marts" / "sales"
    folder.mkdir(parents=True)
    (folder / "_sales__models.yml").write_text(_PROPERTIES)
    (folder / "_sales__docs.md").write_text("{% docs sales %}\nOne row per sale.\n{% enddocs %}")
    (tmp_path / "models" / "_groups.yml").write_text(
        "groups: [{name: sales, description: What is sold.}]"
    )
    return tmp_path


def test_a_mart_is_shown_by_its_questions(project: Path) -> None:
    marts = Marts(project)
    assert "\n".join(questions(marts)).strip() == "\n\n".join(
        [
            "## Sales",
            "What is sold.",
            "### `fct_sales`",
            "One row per sale.",
            "Read by: Monthly report.",
            "**How much do we sell?** In euros, all of it.",
            "```sql\nselect sum(amount) as amount\nfrom marts.fct_sales\n```",
        ]
    )
    assert list(what_to_ask(marts))[2:] == ["| `fct_sales` | How much do we sell? |"]
    assert list(keys(marts))[2:] == ["| `fct_sales.day` | `dim_dates.date_day` |"]
    assert list(marts.faults()) == []


def test_a_mart_that_nobody_asks_is_a_fault(project: Path) -> None:
    file = project / "models" / "marts" / "sales" / "_sales__models.yml"
    file.write_text("models: [{name: fct_sales, description: One row per sale.}]")
    (project / "models" / "marts" / "astrology").mkdir()
    assert list(Marts(project).faults()) == [
        "models/marts/astrology: name it in AREAS of lint/pages.py",
        "fct_sales: say what it answers under `config: meta: questions:`",
        "fct_sales: no exposure names it: who reads it?",
    ]


def test_the_rest_of_a_page_stays() -> None:
    page = "Before.\n<!-- made: keys -->\nold\n<!-- end: keys -->\nAfter.\n"
    made = with_part(page, "keys", ["new"])
    assert made == "Before.\n<!-- made: keys -->\n\nnew\n\n<!-- end: keys -->\nAfter.\n"
    assert with_part(made, "keys", ["new"]) == made
    with pytest.raises(ValueError, match="made: questions"):
        with_part(page, "questions", [])
