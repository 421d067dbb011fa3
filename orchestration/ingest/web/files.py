"""Files of the folder, and their whole lines from any place on, gunzipped, in bounded memory."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from orchestration.ingest.web.tables import table_of

LONGEST_LINE: Final = 32 * 1024 * 1024
"""Bytes; a longer line is set aside without what is in it."""

_BLOCK: Final = 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class WebFile:
    """A file as it lies in the folder.

    Attributes:
        name: Its path within the folder.
        path: Its whole path.
        table: Name of the table that it feeds.
        size: In bytes, as it is stored.
        modified_ns: When it was last changed, in nanoseconds since 1970.
    """

    name: str
    path: Path
    table: str
    size: int
    modified_ns: int


class LineBlock(NamedTuple):
    """Lines of a file that follow each other, without their ends.

    Attributes:
        first: Number of the first, from 1.
        lines: None for a line that is too long to be held.
        size: In bytes of the file's content.
    """

    first: int
    lines: Sequence[bytes | None]
    size: int


def find_files(folder: Path) -> list[WebFile]:
    """Return the files of a folder and the folders below that are ours by their names, by name."""
    found = []
    for path in folder.rglob("*"):
        table = table_of(path.name)
        if table and path.is_file():
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # renamed just now: the next run finds it
            # A name may have bytes that are no text.
            name = str(path.relative_to(folder)).encode(errors="backslashreplace").decode()
            found.append(WebFile(name, path, table.name, state.st_size, state.st_mtime_ns))
    return sorted(found, key=lambda file: file.name)


def length_of(path: Path) -> int:
    """Return the length of a file's content modulo 4 GiB; of several gzips in one, of the last."""
    with path.open("rb") as file:
        is_gzip = file.read(len(_GZIP)) == _GZIP
        size = file.seek(0, os.SEEK_END)
        if not is_gzip:
            return size % 2**32
        file.seek(max(0, size - 4))
        return int.from_bytes(file.read(), "little")


def digest_of(path: Path) -> str:
    """Return the digest of a file's whole content, as far as it can be read."""
    digest = hashlib.sha256()
    try:
        for block in _blocks(path):
            digest.update(block)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        pass
    return digest.hexdigest()


class LineReader:
    """Reads a file's lines, and knows how far.

    Args:
        path: The file.
        is_whole: Says of a last line without its newline whether it is all there. If not, it is
            left for when the file has grown.

    Attributes:
        offset: Up to where lines were read, in bytes of the content.
        newlines: How many lines ended before that.
        fault: Why the rest cannot be read, None if it can.
    """

    def __init__(self, path: Path, is_whole: Callable[[bytes], bool]) -> None:
        self.offset = 0
        self.newlines = 0
        self.fault: str | None = None
        self._is_whole = is_whole
        self._digest = hashlib.sha256()
        self._blocks = self._readable(_blocks(path))
        self._ahead = b""

    @property
    def digest(self) -> str:
        """Of the content up to `offset`."""
        return self._digest.hexdigest()

    def skip(
        self, offset: int, newlines: int, digest: str, skipped: Callable[[bytes], object]
    ) -> bool:
        """Go on from where an earlier reading ended, if the file is still the same up to there.

        Args:
            offset: Where that was.
            newlines: Lines that ended before it.
            digest: Of the content before it.
            skipped: Called with each line before it.

        Returns:
            Whether it is the same; if not, this reader is spent.
        """
        held = b""
        while self.offset < offset:
            block = next(self._blocks, b"")
            if not block:
                return False
            head, self._ahead = block[: offset - self.offset], block[offset - self.offset :]
            *lines, held = self._split(held + head)
            self._pass(head)
            for line in lines:
                skipped(line)
            held = b"" if len(held) > LONGEST_LINE else held
        skipped(held)
        self.newlines = newlines
        return self.digest == digest

    def read(self) -> Iterator[LineBlock]:
        """Yield the lines from there on; the reader has passed those that it has yielded."""
        held: list[bytes] = []
        length = 0
        is_dropping = False
        for block in chain((self._ahead,), self._blocks):
            if is_dropping:
                dropped, newline, block = block.partition(b"\n")  # noqa: PLW2901
                self._pass(dropped + newline)
                is_dropping = not newline
            held.append(block)
            length += len(block)
            if b"\n" in block:
                content, newline, rest = b"".join(held).rpartition(b"\n")
                yield self._take(content + newline)
                held, length = [rest], len(rest)
            elif length > LONGEST_LINE:
                yield LineBlock(self.newlines + 1, [None], length)
                self._pass(b"".join(held))
                held, length, is_dropping = [], 0, True
        last = b"".join(held)
        if self._is_whole(last):
            yield self._take(last)

    def _take(self, content: bytes) -> LineBlock:
        block = LineBlock(self.newlines + 1, self._split(content), len(content))
        self._pass(content)
        return block

    def _split(self, content: bytes) -> list[bytes]:
        if not self.offset:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        return content.replace(b"\r\n", b"\n").split(b"\n")

    def _pass(self, content: bytes) -> None:
        self._digest.update(content)
        self.offset += len(content)
        self.newlines += content.count(b"\n")

    def _readable(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield blocks up to where they cannot be read."""
        try:
            yield from blocks
        except EOFError:
            self.fault = "ends within its compressed data; the rest is read when it is there"
        except (gzip.BadGzipFile, zlib.error):
            self.fault = "has damaged compressed data, which is not read"


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's content, gunzipped whatever its name is."""
    with path.open("rb") as plain:
        is_gzip = plain.read(len(_GZIP)) == _GZIP
        plain.seek(0)
        if not is_gzip:
            while block := plain.read(_BLOCK):
                yield block
            return
        with gzip.open(plain) as unzipped:
            # Not `read`, which throws away what comes before a fault.
            while block := unzipped.read1(_BLOCK):
                yield block
