"""The files that are to be read into a table, as rows, batch by batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from orchestration.ingest import copy_text
from orchestration.ingest.batch import LineBlocks, Lines
from orchestration.ingest.web.bad_lines import BadLines
from orchestration.ingest.web.files import (
    LineBlock,
    LineReader,
    WebFile,
    digest_of,
    length_of,
)
from orchestration.ingest.web.formats import BadLineError, Format
from orchestration.ingest.web.ledger import NotedFile

BATCH_BYTES: Final = 256 * 1024 * 1024
"""Of content; after these what was read is committed, in the middle of a file too."""

# As the noted size of a file that is to be looked at again, whatever its size is then.
_UNFINISHED: Final = -1


class FileQueue:
    """Files, one after the other. A batch may end within one; the next goes on there.

    Args:
        files: To read, of one table.
        noted: The ledger as it was, by file name.
        new_format: Makes the format of a file's lines.

    Attributes:
        warnings: What the user should know of files that cannot be read.
    """

    def __init__(
        self,
        files: Iterable[WebFile],
        noted: Mapping[str, NotedFile],
        new_format: Callable[[], Format],
    ) -> None:
        self.warnings: list[str] = []
        self._files = deque(files)
        self._noted = noted
        self._new_format = new_format
        self._by_digest: dict[str, NotedFile] = {}
        self._lengths: set[int] = set()
        for file in noted.values():
            self._know(file)
        self._current: _Reading | None = None
        self._touched: list[NotedFile] = []

    @property
    def is_waiting(self) -> bool:
        """Whether there is more to read."""
        return bool(self._files)

    def take_touched(self) -> list[NotedFile]:
        """Return how far the files of the batch are; to be called when it is read."""
        touched, self._touched = self._touched, []
        return touched

    def read(self, bad: BadLines) -> LineBlocks:
        """Yield the rows of the next batch.

        Args:
            bad: Takes the lines that are no rows.
        """
        left = BATCH_BYTES
        while self._files and left > 0:
            file = self._files[0]
            try:
                self._current = self._current or self._open(file)
                while left > 0 and self._current and (block := self._current.next_block()):
                    left -= block.size
                    yield self._current.rows(block, bad)
            except OSError as error:
                self.warnings.append(f"File {file.name} cannot be read: {error.strerror}")
                self._close(is_done=False)
            else:
                if left > 0:
                    self._close(is_done=True)
        if self._current:
            self._touched.append(self._current.noted(is_done=False))

    def _open(self, file: WebFile) -> _Reading | None:
        """Return a file at the place from which to read it, None if it has nothing new."""
        before = self._noted.get(file.name)
        if before:
            reading = _Reading(file, before, self._new_format())
            if reading.skip():
                return reading
        elif same := self._same_as(file):
            self._touched.append(
                replace(
                    same,
                    file_name=file.name,
                    file_size=file.size,
                    modified_ns=file.modified_ns,
                    rows_read=0,
                    quarantined=0,
                    same_as=same.file_name,
                )
            )
            return None
        return _Reading(file, NotedFile(file.name, file.table), self._new_format())

    def _close(self, *, is_done: bool) -> None:
        """Have done with the first file, for now or for good."""
        self._files.popleft()
        if self._current:
            noted = self._current.noted(is_done=is_done)
            self._touched.append(noted)
            if noted.fault:
                self.warnings.append(f"File {noted.file_name} {noted.fault}")
            self._know(noted)
            self._current = None

    def _know(self, file: NotedFile) -> None:
        if file.bytes_read and not file.same_as:
            self._by_digest.setdefault(file.digest, file)
            self._lengths.add(file.bytes_read % 2**32)

    def _same_as(self, file: WebFile) -> NotedFile | None:
        """Return the file that had the same content, which few need to be read for."""
        if length_of(file.path) not in self._lengths:
            return None
        return self._by_digest.get(digest_of(file.path))


class _Reading:
    """A file that is being read.

    Args:
        file: The file.
        before: What the ledger has of it; a new line if nothing.
        lines_of: The format of its lines.
    """

    def __init__(self, file: WebFile, before: NotedFile, lines_of: Format) -> None:
        self._file = file
        self._noted = replace(before, same_as=None, fault=None)
        self._format = lines_of
        self._reader = LineReader(file.path, lines_of.is_whole)
        self._blocks = self._reader.read()
        # As a field of COPY text.
        self._name = copy_text.escape(file.name.encode()).decode()

    def skip(self) -> bool:
        """Go on from where the ledger says; return whether the file is the same up to there."""
        noted = self._noted
        return self._reader.skip(
            noted.bytes_read, noted.lines_read, noted.digest, self._format.skip
        )

    def next_block(self) -> LineBlock | None:
        """Return the next lines, None at the end."""
        return next(self._blocks, None)

    def rows(self, block: LineBlock, bad: BadLines) -> Lines:
        """Return the rows that lines are; those that are none go to `bad`."""
        rows: list[str] = []
        times: list[str] = []
        for number, line in enumerate(block.lines, block.first):
            if line is None:
                fault = BadLineError("line", "is too long to be held")
                self._set_aside(bad, None, number, fault)
            elif line and not line.isspace():
                try:
                    row, time = self._format.read(line, number, self._name)
                except BadLineError as error:
                    self._set_aside(bad, line, number, error)
                else:
                    rows.append(row)
                    times.append(time)
        noted = self._noted
        if rows:
            noted.rows_read += len(rows)
            noted.first_event_at = min(noted.first_event_at or times[0], *times)
            noted.last_event_at = max(noted.last_event_at or times[0], *times)
        return Lines(len(rows), "".join(rows).encode())

    def noted(self, *, is_done: bool) -> NotedFile:
        """Return the file's line of the ledger.

        Args:
            is_done: It need not be looked at again before it is written again.
        """
        return replace(
            self._noted,
            file_size=self._file.size if is_done else _UNFINISHED,
            modified_ns=self._file.modified_ns,
            digest=self._reader.digest,
            bytes_read=self._reader.offset,
            lines_read=self._reader.newlines,
            fault=self._reader.fault,
        )

    def _set_aside(
        self, bad: BadLines, line: bytes | None, number: int, fault: BadLineError
    ) -> None:
        self._noted.quarantined += 1
        bad.add(line, number, self._file.name, fault)
