"""MongoDB documents as JSON that jsonb gives back exactly: Extended JSON v2, relaxed.

Relaxed means that numbers, strings, booleans, arrays and documents are plain JSON, and that every
other type is an object of one `$` key, such as {"$date": "2026-01-02T03:04:05.678Z"}. Two things go
beyond the standard, both so that nothing changes on the way:

- A double that jsonb would give back as an integer or not at all (whole from 2^53 on, -0.0, NaN and
  the infinities) keeps its type: {"$numberDouble": "-0.0"}.
- A document of the shop's own whose keys look like such an object is wrapped: {"$literal": {...}}.

jsonb keeps neither the order of keys nor the width of an integer, which are not data here.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from json.encoder import encode_basestring
from typing import Any, Final

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

# Out-of-range dates as DatetimeMS; a string that is no UTF-8 reaches us with what is wrong in it.
CODEC: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    unicode_decode_error_handler="surrogateescape",
)

_LITERAL: Final = "$literal"
_WRAPPERS: Final = frozenset(
    {
        _LITERAL,
        "$binary",
        "$code",
        "$date",
        "$maxKey",
        "$minKey",
        "$numberDecimal",
        "$numberDouble",
        "$numberInt",
        "$numberLong",
        "$oid",
        "$ref",
        "$regularExpression",
        "$timestamp",
    }
)
_FIRST_INEXACT_WHOLE: Final = 2.0**53
_EPOCH: Final = datetime(1970, 1, 1)
_REGEX_FLAGS: Final = {"i": 2, "l": 4, "m": 8, "s": 16, "u": 32, "x": 64}


def encode(document: Mapping[str, Any]) -> bytes:
    r"""Return a document as JSON in UTF-8, on one line.

    What UTF-8 or jsonb cannot hold (NUL, half a surrogate pair) is left as a `\u` escape, which
    jsonb then refuses: such a document is quarantined as it stands.

    Raises:
        RecursionError: It is nested deeper than any server stores.
    """
    return _document(document).encode("utf-8", "backslashreplace")


def identifier(value: object) -> str:
    """Return an `_id` as text, distinct for each distinct `_id` of any type.

    A string is itself, all else canonical Extended JSON: {"$oid": ...}, {"$numberInt": ...}.
    A string that could be taken for one of those is written as a JSON string, with its quotes.
    """
    if isinstance(value, str):
        is_ambiguous = value.startswith(("{", '"')) or value in ("true", "false", "null")
        return encode_basestring(value) if is_ambiguous else value
    return _canonical(value)


def decode(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return what `encode` was given, from its parsed JSON."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    keys = value.keys()
    if keys == {_LITERAL}:
        return {key: decode(item) for key, item in value[_LITERAL].items()}
    for wrapper, unwrap in _DECODERS.items():
        if wrapper in keys:
            return unwrap(value)
    return {key: decode(item) for key, item in value.items()}


def _document(document: Mapping[str, Any]) -> str:
    body = ", ".join(
        [f"{_string(key)}: {_ENCODERS[type(item)](item)}" for key, item in document.items()]
    )
    return _wrapped(f"{{{body}}}", document)


def _wrapped(text: str, document: Mapping[str, Any]) -> str:
    return text if _WRAPPERS.isdisjoint(document) else f'{{"{_LITERAL}": {text}}}'


def _array(items: list[Any]) -> str:
    return f"[{', '.join([_ENCODERS[type(item)](item) for item in items])}]"


def _double(number: float) -> str:
    if math.isfinite(number):
        is_exact = abs(number) < _FIRST_INEXACT_WHOLE and (number or math.copysign(1, number) > 0)
        return repr(number) if is_exact or not number.is_integer() else _typed_double(number)
    return _typed_double(number)


def _typed_double(number: float) -> str:
    text = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number)
    return f'{{"$numberDouble": "{text or ("NaN" if math.isnan(number) else repr(number))}"}}'


def _date(date: datetime) -> str:
    if date.year < _EPOCH.year:
        return _milliseconds(round((date - _EPOCH) / timedelta(milliseconds=1)))
    return f'{{"$date": "{date.isoformat(timespec="milliseconds")}Z"}}'


def _milliseconds(count: int) -> str:
    return f'{{"$date": {{"$numberLong": "{count}"}}}}'


def _binary(value: bytes) -> str:
    subtype = value.subtype if isinstance(value, Binary) else 0
    base64 = b64encode(value).decode()
    return f'{{"$binary": {{"base64": "{base64}", "subType": "{subtype:02x}"}}}}'


def _regex(value: Regex[Any]) -> str:
    options = "".join(letter for letter, flag in _REGEX_FLAGS.items() if value.flags & flag)
    pattern = value.pattern if isinstance(value.pattern, str) else value.pattern.decode()
    return f'{{"$regularExpression": {{"pattern": {_string(pattern)}, "options": "{options}"}}}}'


def _code(value: Code) -> str:
    if value.scope is None:
        return f'{{"$code": {_string(str(value))}}}'
    return f'{{"$code": {_string(str(value))}, "$scope": {_document(value.scope)}}}'


def _reference(value: DBRef) -> str:
    parts = ", ".join(
        f"{_string(key)}: {_ENCODERS[type(item)](item)}" for key, item in value.as_doc().items()
    )
    return f"{{{parts}}}"


def _canonical(value: Any) -> str:  # noqa: ANN401 - any BSON type
    kind = type(value)
    if kind is Int64:
        return f'{{"$numberLong": "{value}"}}'
    if kind is int:
        return f'{{"$numberInt": "{value}"}}'
    if kind is float:
        return _typed_double(value)
    if kind is dict:
        inner = [
            f"{_string(key)}: {_string(item) if isinstance(item, str) else _canonical(item)}"
            for key, item in value.items()
        ]
        return _wrapped(f"{{{', '.join(inner)}}}", value)
    return _ENCODERS[kind](value)


_string: Callable[[str], str] = encode_basestring

_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {
    str: _string,
    int: str,
    Int64: int.__repr__,
    float: _double,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    dict: _document,
    list: _array,
    ObjectId: lambda value: f'{{"$oid": "{value}"}}',
    Decimal128: lambda value: f'{{"$numberDecimal": "{value}"}}',
    datetime: _date,
    DatetimeMS: lambda value: _milliseconds(int(value)),
    bytes: _binary,
    Binary: _binary,
    Regex: _regex,
    Code: _code,
    Timestamp: lambda value: f'{{"$timestamp": {{"t": {value.time}, "i": {value.inc}}}}}',
    DBRef: _reference,
    MinKey: lambda _: '{"$minKey": 1}',
    MaxKey: lambda _: '{"$maxKey": 1}',
}


def _decode_date(value: dict[str, Any]) -> datetime | DatetimeMS:
    date = value["$date"]
    if isinstance(date, str):
        return datetime.fromisoformat(date).replace(tzinfo=None)
    return DatetimeMS(int(date["$numberLong"])).as_datetime(CODEC)


def _decode_binary(value: dict[str, Any]) -> bytes:
    subtype = int(value["$binary"]["subType"], 16)
    data = b64decode(value["$binary"]["base64"])
    return Binary(data, subtype) if subtype else data


def _decode_regex(value: dict[str, Any]) -> Regex[str]:
    regex = value["$regularExpression"]
    return Regex(regex["pattern"], sum(_REGEX_FLAGS[letter] for letter in regex["options"]))


def _decode_code(value: dict[str, Any]) -> Code:
    return Code(value["$code"], decode(value["$scope"]) if "$scope" in value else None)


def _decode_reference(value: dict[str, Any]) -> DBRef:
    rest = {key: decode(item) for key, item in value.items() if key not in ("$ref", "$id", "$db")}
    return DBRef(value["$ref"], decode(value["$id"]), value.get("$db"), rest)


_DECODERS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "$oid": lambda value: ObjectId(value["$oid"]),
    "$numberDecimal": lambda value: Decimal128(value["$numberDecimal"]),
    "$numberDouble": lambda value: float(value["$numberDouble"]),
    "$numberInt": lambda value: int(value["$numberInt"]),
    "$numberLong": lambda value: Int64(value["$numberLong"]),
    "$date": _decode_date,
    "$binary": _decode_binary,
    "$regularExpression": _decode_regex,
    "$timestamp": lambda value: Timestamp(value["$timestamp"]["t"], value["$timestamp"]["i"]),
    "$code": _decode_code,
    "$ref": _decode_reference,
    "$minKey": lambda _: MinKey(),
    "$maxKey": lambda _: MaxKey(),
}
