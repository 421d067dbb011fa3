"""What makes rows of lines, and how it says that a line is none."""

from __future__ import annotations

from typing import Protocol


class BadLineError(ValueError):
    """Why a line is no row.

    Attributes:
        column: The field at fault, `line` if it is all of it.
        reason: What is wrong, without any of the line's data.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column} {reason}")
        self.column = column
        self.reason = reason


class Format(Protocol):
    """Makes COPY text of the lines of a file, from the first on."""

    def read(self, line: bytes, number: int, file: str) -> tuple[str, str]:
        """Return a line as one of COPY text, and the time it tells of, ISO 8601 in UTC.

        Args:
            line: As it stands in the file, not blank.
            number: Its number there, from 1.
            file: The file's name as a field of COPY text.

        Raises:
            BadLineError: It is no row.
        """

    def skip(self, line: bytes) -> None:
        """Take note of a line that was read in an earlier run."""

    def is_whole(self, line: bytes) -> bool:
        """Return whether a last line that no newline ends is all there."""
