"""Links between pages of the docs lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_DIR

_PAGES = [*sorted((PROJECT_DIR / "docs").glob("*.md")), *sorted(PROJECT_DIR.glob("*.md"))]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    for name, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)", text):
        target = page.parent / name if name else page
        assert target.exists(), (page.name, name)
        if anchor:
            assert anchor in _anchors(target), (page.name, name, anchor)


def _anchors(page: Path) -> set[str]:
    return {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.M)
    }
