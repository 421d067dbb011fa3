"""Which raw types can take in which others without loss."""

from __future__ import annotations

import pytest

from orchestration.ingest.raw_table import holds

_TIMESTAMP = "timestamp(6) without time zone"


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("integer", "smallint"),
        ("bigint", "smallint"),
        ("bigint", "integer"),
        ("numeric(20,0)", "bigint"),
        ("numeric(12,2)", "integer"),
        ("numeric(7,2)", "smallint"),
        ("numeric(14,4)", "numeric(12,4)"),
        ("numeric(14,4)", "numeric(12,2)"),
        ("double precision", "real"),
        ("character varying(20)", "character varying(10)"),
        ("text", "character varying(10)"),
        (_TIMESTAMP, "date"),
        ("timestamp with time zone", "timestamp(6) with time zone"),
    ],
)
def test_a_wider_type_holds_a_narrower(wide: str, narrow: str) -> None:
    assert holds(wide, narrow)
    assert holds(wide, wide)
    assert holds(narrow, wide) == ("(6) with time zone" in narrow)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("numeric(18,0)", "bigint"),
        ("numeric(11,2)", "integer"),
        ("numeric(14,2)", "numeric(12,4)"),
        ("numeric(13,4)", "numeric(12,2)"),
        ("text", "integer"),
        ("character varying(20)", "integer"),
        (_TIMESTAMP, "timestamp with time zone"),
        ("double precision", "integer"),
        ("jsonb", "text"),
        ("bytea", "text"),
    ],
)
def test_neither_holds_the_other(one: str, other: str) -> None:
    assert not holds(one, other)
    assert not holds(other, one)
