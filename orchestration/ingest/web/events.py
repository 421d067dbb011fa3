"""Events as lines of JSON, typed here so that PostgreSQL takes every line that it gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from orchestration.ingest.web.formats import BadLineError
from orchestration.ingest.web.tables import EVENTS

_NULL: Final = r"\N"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_REQUIRED: Final = ("event_id", "event_type", "occurred_at", "visitor_id")
_LONGEST_ID: Final = 64
_BIGINT: Final = 2**63
_USUAL_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?Z", re.ASCII)
# As JSON writes it: after an odd number of backslashes.
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_Read = Callable[[str, Any], str]


class EventFormat:
    """Makes COPY text of events.

    Args:
        types: Those of raw's columns by name. A column that somebody has widened to text takes
            values of any type.
    """

    def __init__(self, types: Mapping[str, str]) -> None:
        self._fields: list[tuple[str, _Read | None]] = []
        for column in EVENTS.columns:
            if column.name not in ("properties", "file_name", "line_number"):
                is_widened = types.get(column.name, column.type) == "text" != column.type
                read = _any_value if is_widened else _READERS[column.type]
                self._fields.append((column.name, read))
        self._names = [name for name, _ in self._fields]
        self._required = [(name, self._names.index(name)) for name in _REQUIRED]
        self._received = self._names.index("received_at")
        self._occurred = self._names.index("occurred_at")

    def skip(self, line: bytes) -> None:
        """Take note of nothing: events have their ids."""

    def is_whole(self, line: bytes) -> bool:
        """Return whether a last line is all there: a part of an object is none."""
        try:
            return isinstance(orjson.loads(line), dict)
        except orjson.JSONDecodeError:
            return False

    def read(self, line: bytes, number: int, file: str) -> tuple[str, str]:
        """Return an event as a line of COPY text, and when it occurred; see `Format`."""
        event = _object(line)
        fields: list[str | None] = []
        for name, read in self._fields:
            value = event.pop(name, None)
            if value is None:
                fields.append(None)
            elif read is not None:
                fields.append(read(name, value))
            elif type(value) is str:
                fields.append(value)
            else:
                raise BadLineError(name, "is not a text")
        for name, index in self._required:
            if not (fields[index] or "").strip():
                raise BadLineError(name, "is missing")
        occurred = fields[self._occurred] or ""
        if len(fields[0] or "") > _LONGEST_ID:
            raise BadLineError("event_id", f"is longer than {_LONGEST_ID} characters")
        # Whoever writes no such time has no clock but the device's.
        fields[self._received] = fields[self._received] or occurred
        fields.append(_properties(event))
        # Without a backslash in the JSON there is nothing to escape in its texts either.
        if b"\\" in line:
            if any("\0" in field for field in fields if field) or _NUL.search(fields[-1] or ""):
                raise BadLineError("line", "has a NUL character")
            fields = [field and field.translate(_ESCAPES) for field in fields]
        text = "\t".join([_NULL if field is None else field for field in fields])
        return f"{text}\t{file}\t{number}\n", occurred


def _object(line: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLineError("line", f"is not JSON: {error.msg}") from None
    if type(event) is not dict:
        raise BadLineError("line", "is not a JSON object")
    return event


def _properties(rest: dict[str, Any]) -> str:
    """Return what an event has besides the columns, as JSON; its own `properties` go first."""
    own = rest.pop("properties", None)
    if own is not None:
        if type(own) is not dict:
            raise BadLineError("properties", "is not a JSON object")
        rest |= own
    if not rest:
        return "{}"
    try:
        return orjson.dumps(rest).decode()
    except orjson.JSONEncodeError:
        raise BadLineError("properties", "is nested too deeply") from None


def _time(name: str, value: Any) -> str:  # noqa: ANN401
    if type(value) is str and len(value) > len("2026-01-02"):
        try:
            time = datetime.fromisoformat(value)
            if _USUAL_TIME.fullmatch(value):
                return value[:-1]
            # Without a zone it is UTC.
            return (time.astimezone(UTC) if time.tzinfo else time).replace(tzinfo=None).isoformat()
        except (ValueError, OverflowError):
            pass
    raise BadLineError(name, "is not a time such as 2026-01-02T03:04:05.678Z")


def _whole_number(name: str, value: Any) -> str:  # noqa: ANN401
    if type(value) is int and -_BIGINT <= value < _BIGINT:
        return str(value)
    raise BadLineError(name, "is not a whole number")


def _any_value(name: str, value: Any) -> str:  # noqa: ANN401
    return value if type(value) is str else orjson.dumps(value).decode()


_READERS: Final[dict[str, _Read | None]] = {
    "text": None,
    "bigint": _whole_number,
    "timestamp without time zone": _time,
}
