"""What Python writes as COPY text can be read again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingest import copy_text
from orchestration.ingest.batch import Lines
from orchestration.ingest.quarantine import storable

_VALUES = (
    st.none() | st.binary() | st.sampled_from([b"\\N", b"\\", b"\\\\N", b"\t\n\r", b"\\.", b""])
)


@given(st.lists(_VALUES, min_size=1))
def test_fields_come_back(values: list[bytes | None]) -> None:
    line = copy_text.line(
        [copy_text.NULL if value is None else copy_text.escape(value) for value in values]
    )
    assert line.count(b"\n") == 1
    assert copy_text.fields(line) == values


def test_bytea_is_hex() -> None:
    assert copy_text.escape_bytea(b"\x00\\\n") == rb"\\x005C0A"


def test_lines_with_unstorable_values_are_marked() -> None:
    text = b"1\tgood\n2\tnul \0\n3\t\xff\\n\n4\t\\N\n"
    (marked,) = storable(iter([Lines(4, text)]), ["id", "note"])
    assert marked == Lines(
        4,
        b"1\tgood\t\\N\n"
        b'2\t\\N\t{"note": {"$base64": "bnVsIAA="}}\n'
        b'3\t\\N\t{"note": {"$base64": "/wo="}}\n'
        b"4\t\\N\t\\N\n",
    )


def test_lines_that_are_all_good_are_marked_at_once() -> None:
    (marked,) = storable(iter([Lines(2, "1\té\n2\t🎁\n".encode())]), ["id", "note"])
    assert marked == Lines(2, "1\té\t\\N\n2\t🎁\t\\N\n".encode())
