"""Row events: images of rows as lines of COPY text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orchestration.ingest.batch import TOMBSTONE, UPSERT
from orchestration.ingest.binlog.events import HEADER_BYTES, Kind, inflate
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
_FIRST_COMPRESSED: Final = Kind.WRITE_ROWS_COMPRESSED_V1


class PartialImageError(Exception):
    """An event has not all columns of its rows."""


class RowReader:
    """Reads the row events of one table.

    Args:
        fields: What reads each column.
        key: Indices of the key's columns.
    """

    def __init__(self, fields: Sequence[Field], key: Sequence[int]) -> None:
        self._fields = [(1 << index, read) for index, read in enumerate(fields)]
        self._null_bytes = (len(fields) + 7) // 8
        self._all_present = (1 << len(fields)) - 1
        self._key = key

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
            event, start = inflate(event[start:]), 0
        if kind in UPDATES:
            return self._updates(event, start)
        changes = []
        code = _UPSERT if kind in WRITES else _TOMBSTONE
        size = len(event)
        key_of = self._key_of
        while start < size:
            image, start = self._image(event, start)
            changes.append(Change(key_of(image), code, b"\t".join(image) + b"\n"))
        return changes

    def _updates(self, event: bytes, start: int) -> list[Change]:
        changes = []
        size = len(event)
        key_of = self._key_of
        while start < size:
            before, start = self._image(event, start)
            after, start = self._image(event, start)
            old, new = key_of(before), key_of(after)
            if old != new:
                changes.append(Change(old, _TOMBSTONE, b"\t".join(before) + b"\n"))
            changes.append(Change(new, _UPSERT, b"\t".join(after) + b"\n"))
        return changes

    def _image(self, event: bytes, start: int) -> tuple[list[bytes], int]:
        end = start + self._null_bytes
        nulls = int.from_bytes(event[start:end], "little")
        values = []
        for bit, read in self._fields:
            if nulls & bit:
                values.append(NULL)
            else:
                value, end = read(event, end)
                values.append(value)
        return values, end

    def _key_of(self, image: list[bytes]) -> bytes:
        return b"\t".join([image[index] for index in self._key])

    def _require_all(self, event: bytes, start: int) -> int:
        end = start + self._null_bytes
        if int.from_bytes(event[start:end], "little") & self._all_present != self._all_present:
            raise PartialImageError
        return end
