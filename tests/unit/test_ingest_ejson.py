"""Documents survive the way into jsonb's JSON and back."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ingest.ejson import CODEC, decode, encode, identifier

_OID = ObjectId("65a1b2c3d4e5f60718293a4b")

VALUES = [
    ("string", "plain", '"plain"'),
    ("quotes and controls", 'a"b\\c\n\t\x01', '"a\\"b\\\\c\\n\\t\\u0001"'),
    ("emoji", "🎁", '"🎁"'),
    ("int", 42, "42"),
    ("long", Int64(2**63 - 1), "9223372036854775807"),
    ("double", 0.1, "0.1"),
    ("whole double", 5.0, "5.0"),
    ("last exact whole double", 2.0**53 - 1, "9007199254740991.0"),
    ("first inexact whole double", 2.0**53, '{"$numberDouble": "9007199254740992.0"}'),
    ("huge double", 1e300, '{"$numberDouble": "1e+300"}'),
    ("least double", 5e-324, "5e-324"),
    ("minus zero", -0.0, '{"$numberDouble": "-0.0"}'),
    ("infinity", math.inf, '{"$numberDouble": "Infinity"}'),
    ("minus infinity", -math.inf, '{"$numberDouble": "-Infinity"}'),
    ("bool", True, "true"),
    ("null", None, "null"),
    ("decimal", Decimal128("19.90"), '{"$numberDecimal": "19.90"}'),
    ("decimal of 34 digits", Decimal128("1E-6176"), '{"$numberDecimal": "1E-6176"}'),
    ("decimal NaN", Decimal128("NaN"), '{"$numberDecimal": "NaN"}'),
    ("object id", _OID, '{"$oid": "65a1b2c3d4e5f60718293a4b"}'),
    ("date", datetime(2026, 1, 2, 3, 4, 5, 678000), '{"$date": "2026-01-02T03:04:05.678Z"}'),
    ("last date of four digits", datetime(9999, 12, 31), '{"$date": "9999-12-31T00:00:00.000Z"}'),
    ("date before 1970", datetime(1969, 12, 31), '{"$date": {"$numberLong": "-86400000"}}'),
    ("date before Christ", DatetimeMS(-(2**62)), f'{{"$date": {{"$numberLong": "{-(2**62)}"}}}}'),
    ("date after 9999", DatetimeMS(2**62), f'{{"$date": {{"$numberLong": "{2**62}"}}}}'),
    ("bytes", b"\x00\xff", '{"$binary": {"base64": "AP8=", "subType": "00"}}'),
    (
        "uuid",
        Binary(UUID(int=1).bytes, 4),
        '{"$binary": {"base64": "AAAAAAAAAAAAAAAAAAAAAQ==", "subType": "04"}}',
    ),
    ("regex", Regex("^a.*", "im"), '{"$regularExpression": {"pattern": "^a.*", "options": "im"}}'),
    ("timestamp", Timestamp(5, 7), '{"$timestamp": {"t": 5, "i": 7}}'),
    ("code", Code("f()"), '{"$code": "f()"}'),
    ("code with scope", Code("f()", {"x": 1}), '{"$code": "f()", "$scope": {"x": 1}}'),
    ("min key", MinKey(), '{"$minKey": 1}'),
    ("max key", MaxKey(), '{"$maxKey": 1}'),
    ("reference", DBRef("brands", 1, "db"), '{"$ref": "brands", "$id": 1, "$db": "db"}'),
    ("array of mixed types", [1, 1.0, "1", None, [], {}], '[1, 1.0, "1", null, [], {}]'),
    ("empty document", {}, "{}"),
    ("keys that look like a type", {"$oid": "not one"}, '{"$literal": {"$oid": "not one"}}'),
    ("a literal of the shop's own", {"$literal": 1}, '{"$literal": {"$literal": 1}}'),
    ("other keys with a dollar", {"$set": 1}, '{"$set": 1}'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [v[1:] for v in VALUES], ids=[v[0] for v in VALUES])
def test_every_type_has_its_form_and_comes_back(value: object, expected: str) -> None:
    text = encode(_stored({"v": value}))
    assert text.decode() == f'{{"v": {expected}}}'
    assert _same(decode(json.loads(text)), _stored({"v": value}))


def test_a_nan_comes_back() -> None:
    assert math.isnan(decode(json.loads(encode({"v": math.nan})))["v"])


def test_missing_is_not_null() -> None:
    assert encode({"a": None}) == b'{"a": null}'
    assert encode({}) == b"{}"


def test_the_deepest_document_that_mongodb_stores_comes_back() -> None:
    document: dict[str, Any] = {}
    for _ in range(99):
        document = {"nested": [document]} if len(str(document)) % 2 else {"nested": document}
    assert decode(json.loads(encode(_stored(document)))) == document


@pytest.mark.parametrize("text", ["a\0b", b"\xff".decode("utf-8", "surrogateescape")])
def test_what_jsonb_refuses_is_an_escape_that_it_refuses(text: str) -> None:
    assert rb"\u" in encode({"v": text})


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.binary(),
    st.builds(DatetimeMS, st.integers(-(2**62), 2**62)),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(Decimal128.from_bid, st.binary(min_size=16, max_size=16)).filter(
        lambda decimal: "NaN" not in str(decimal) and Decimal128(str(decimal)) == decimal
    ),
)
_KEYS = st.sampled_from(["a", "b", "$oid", "$date", "$literal", "$binary", "é", ""])
_DOCUMENTS = st.dictionaries(
    _KEYS,
    st.recursive(
        _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner), max_leaves=15
    ),
)


@given(_DOCUMENTS)
def test_any_document_comes_back(document: dict[str, Any]) -> None:
    stored = _stored(document)
    assert _same(decode(json.loads(encode(stored))), stored)


IDENTIFIERS = [
    "5", 5, Int64(5), 5.0, Decimal128("5"), True, "true", None, "null", "", _OID, str(_OID),
    f'{{"$oid": "{_OID}"}}', '"', '"5"', b"5", datetime(2026, 1, 1), "2026-01-01", {"a": 1, "b": 2},
    {"b": 2, "a": 1}, {"a": "1"}, {"a": {"$oid": str(_OID)}}, {"a": _OID}, '{"a": 1, "b": 2}',
]  # fmt: skip


def test_no_two_identifiers_are_the_same_text() -> None:
    texts = [identifier(value) for value in IDENTIFIERS]
    assert len(set(texts)) == len(texts)
    assert identifier("MUG-1") == "MUG-1"
    assert identifier(_OID) == f'{{"$oid": "{_OID}"}}'


def _stored(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as a server gives it back."""
    return bson.decode(bson.encode(document), CODEC)


def _same(one: object, other: object) -> bool:
    """Whether two values are equal to the bit and the type, but for the width of an integer."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, int) and isinstance(other, int) and not isinstance(one, bool):
        return one == other
    return type(one) is type(other) and one == other and repr(one) == repr(other)
