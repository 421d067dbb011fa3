"""Row events: images of rows as lines of COPY text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from orchestration.ingest.batch import TOMBSTONE, UPSERT
from orchestration.ingest.binlog.compression import inflated
from orchestration.ingest.binlog.events import HEADER_BYTES, Kind
from orchestration.ingest.binlog.fields import Field
from orchestration.ingest.binlog.table_map import lenenc
from orchestration.ingest.changes import Change
from orchestration.ingest.copy_text import NULL

_UPSERT: Final = UPSERT.encode()
_TOMBSTONE: Final = TOMBSTONE.encode()

WRITES: Final = frozenset(
    {
        Kind.WRITE_ROWS_V1,
        Kind.WRITE_ROWS,
        Kind.WRITE_ROWS_COMPRESSED_V1,
        Kind.WRITE_ROWS_COMPRESSED,
    }
)
UPDATES: Final = frozenset(
    {
        Kind.UPDATE_ROWS_V1,
        Kind.UPDATE_ROWS,
        Kind.UPDATE_ROWS_COMPRESSED_V1,
        Kind.UPDATE_ROWS_COMPRESSED,
    }
)
DELETES: Final = frozenset(
    {
        Kind.DELETE_ROWS_V1,
        Kind.DELETE_ROWS,
        Kind.DELETE_ROWS_COMPRESSED_V1,
        Kind.DELETE_ROWS_COMPRESSED,
    }
)
ROWS: Final = WRITES | UPDATES | DELETES
_WITH_EXTRA_DATA: Final = frozenset(
    {
        Kind.WRITE_ROWS,
        Kind.UPDATE_ROWS,
        Kind.DELETE_ROWS,
        Kind.WRITE_ROWS_COMPRESSED,
        Kind.UPDATE_ROWS_COMPRESSED,
        Kind.DELETE_ROWS_COMPRESSED,
    }
)
# Ways over rows that are kept, by which of their columns are NULL.
_CACHED: Final = 1024
_FIRST_COMPRESSED: Final = Kind.WRITE_ROWS_COMPRESSED_V1


class _Step(NamedTuple):
    """A part of the way over a row: bytes to leave out, then text of some length or a key column.

    Attributes:
        distance: The bytes.
        length_bytes: Of the text's length, 0 when no text comes.
        key_index: Of the key's column, None when none comes.
    """

    distance: int
    length_bytes: int
    key_index: int | None


class PartialImageError(Exception):
    """An event has not all columns of its rows."""


class RowReader:
    """Reads the row events of one table.

    Args:
        fields: What reads each column.
        key: Indices of the key's columns.
    """

    def __init__(self, fields: Sequence[Field], key: Sequence[int]) -> None:
        self._fields = fields
        self._readers = [(1 << index, field.read) for index, field in enumerate(fields)]
        self._null_bytes = (len(fields) + 7) // 8
        self._all_present = (1 << len(fields)) - 1
        self._key = key
        self._steps = lru_cache(_CACHED)(self._steps_over)

    def changes(self, event: bytes) -> list[Change]:
        """Return the changes of a row event.

        Raises:
            PartialImageError: The images are not full.
        """
        kind = event[4]
        start = HEADER_BYTES + 8
        if kind in _WITH_EXTRA_DATA:
            start += int.from_bytes(event[start : start + 2], "little")
        _, start = lenenc(event, start)
        start = self._require_all(event, start)
        if kind in UPDATES:
            start = self._require_all(event, start)
        if kind >= _FIRST_COMPRESSED:
            event, start = inflated(event[start:]), 0
        if kind in UPDATES:
            return self._updates(event, start)
        return self._writes(event, start) if kind in WRITES else self._deletes(event, start)

    def _writes(self, event: bytes, start: int) -> list[Change]:
        changes = []
        while start < len(event):
            key, line, start = self._image(event, start)
            changes.append(Change(key, _UPSERT, line))
        return changes

    def _deletes(self, event: bytes, start: int) -> list[Change]:
        changes = []
        while start < len(event):
            key, start = self._key_alone(event, start)
            changes.append(self._tombstone(key))
        return changes

    def _updates(self, event: bytes, start: int) -> list[Change]:
        changes = []
        while start < len(event):
            old, start = self._key_alone(event, start)
            new, line, start = self._image(event, start)
            if old != new:
                changes.append(self._tombstone(old))
            changes.append(Change(new, _UPSERT, line))
        return changes

    def _image(self, event: bytes, start: int) -> tuple[bytes, bytes, int]:
        """Return the key and the line of the row that starts there, and where it ends."""
        end = start + self._null_bytes
        nulls = int.from_bytes(event[start:end], "little")
        values = []
        for bit, read in self._readers:
            if nulls & bit:
                values.append(NULL)
            else:
                value, end = read(event, end)
                values.append(value)
        key = b"\t".join([values[index] for index in self._key])
        return key, b"\t".join(values) + b"\n", end

    def _key_alone(self, event: bytes, start: int) -> tuple[bytes, int]:
        """Return the key of the row that starts there, and where it ends, and read no more."""
        end = start + self._null_bytes
        nulls = int.from_bytes(event[start:end], "little")
        key = {}
        for distance, length_bytes, index in self._steps(nulls):
            end += distance
            if index is not None:
                key[index], end = self._fields[index].read(event, end)
            elif length_bytes:
                begin = end + length_bytes
                end = begin + int.from_bytes(event[end:begin], "little")
        return b"\t".join([key[index] for index in self._key]), end

    def _steps_over(self, nulls: int) -> list[_Step]:
        """Return how to pass over a row with these NULLs, stopping at its key's columns only."""
        steps, distance = [], 0
        for index, field in enumerate(self._fields):
            if nulls >> index & 1:
                continue
            if index in self._key:
                steps.append(_Step(distance, 0, index))
            elif field.is_fixed:
                distance += field.size
                continue
            else:
                steps.append(_Step(distance, field.size, None))
            distance = 0
        return [*steps, _Step(distance, 0, None)]

    def _tombstone(self, key: bytes) -> Change:
        values = [NULL] * len(self._fields)
        for index, value in zip(self._key, key.split(b"\t"), strict=True):
            values[index] = value
        return Change(key, _TOMBSTONE, b"\t".join(values) + b"\n")

    def _require_all(self, event: bytes, start: int) -> int:
        end = start + self._null_bytes
        if int.from_bytes(event[start:end], "little") & self._all_present != self._all_present:
            raise PartialImageError
        return end
