"""The stand-in's language: what it refuses, and what it takes."""

from __future__ import annotations

import pytest
from db2_standin.errors import Db2Error
from db2_standin.lexing import render, tokenize
from db2_standin.refusals import REFUSALS, Refusal, refuse


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: str(refusal.name))
def test_refuses(refusal: Refusal) -> None:
    with pytest.raises(Db2Error) as refused:
        refuse(tokenize(refusal.bites))
    assert refused.value.sqlcode == refusal.sqlcode
    assert list(refusal.finder(tokenize(refusal.bites)))
    refuse(tokenize(refusal.passes))


def test_comments_and_texts_are_no_code() -> None:
    sql = "select 'it''s -- _x' as \"_a;\" /* ; */ -- ::\nfrom a.t"
    assert render(tokenize(sql)) == "select 'it''s -- _x' as \"_a;\" from a.t"
    refuse(tokenize(sql))


def test_a_text_without_end() -> None:
    with pytest.raises(Db2Error, match="SQL0010N"):
        tokenize("select 'a from t")
