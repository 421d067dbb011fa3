"""Requests as Apache's combined log writes them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from orchestration.ingest.web.formats import BadLineError

_NULL: Final = r"\N"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

# Quoted fields have backslashes before quotes. More fields may follow, which nobody reads.
_COMBINED: Final = re.compile(
    r'(\S+) \S+ (.+?) \[([^\]]{26})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d{1,18}|-)'
    r' "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"(?: .*)?'
)
_TIME: Final = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_REQUEST: Final = re.compile(r"(\S+) (\S+) (HTTP/\S+)")
_REMEMBERED: Final = 50_000


class RequestFormat:
    """Makes COPY text of the requests of one file, from its first line on.

    A request is known by its line and, among equal lines of a file, by its place: two equal
    requests within a second are two, and the same log read twice is one.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}

    def skip(self, line: bytes) -> None:
        """Take note of a line that was read in an earlier run."""
        if line and not line.isspace():
            self.identify(line)

    def is_whole(self, line: bytes) -> bool:
        """Return False: nothing tells a whole line from a part of one."""
        return False

    def identify(self, line: bytes) -> str:
        """Return the id of the next line of the file.

        Equal lines that are more than some ten thousands of others apart are a copy, and no
        second request: they have the same second.
        """
        digest = hashlib.blake2b(line, digest_size=16).digest()
        ordinal = self._recent.get(digest) or self._older.get(digest, 0)
        self._recent[digest] = ordinal + 1
        if len(self._recent) >= _REMEMBERED:
            self._recent, self._older = {}, self._recent
        return f"{digest.hex()}-{ordinal}" if ordinal else digest.hex()

    def read(self, line: bytes, number: int, file: str) -> tuple[str, str]:
        """Return a request as a line of COPY text, and when it came; see `Format`."""
        identity = self.identify(line)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise BadLineError("line", "is not UTF-8") from None
        if "\0" in text:
            raise BadLineError("line", "has a NUL character")
        found = _COMBINED.fullmatch(text)
        if not found:
            raise BadLineError("line", "is not in Apache's combined log format")
        host, user, logged, request, status, nbytes, referrer, agent = found.groups()
        time = _time(logged)
        parts = _REQUEST.fullmatch(request)
        method, target, protocol = parts.groups() if parts else (None, request, None)
        path, has_query, query = target.partition("?")
        fields: list[str | None] = [
            identity,
            host,
            _null_if_absent(user),
            time,
            method,
            path,
            query if has_query else None,
            protocol,
            status,
            _null_if_absent(nbytes),
            _null_if_absent(referrer),
            _null_if_absent(agent),
        ]
        if "\\" in text or "\t" in text or "\r" in text:
            fields = [field and field.translate(_ESCAPES) for field in fields]
        row = "\t".join([_NULL if field is None else field for field in fields])
        return f"{row}\t{file}\t{number}\n", time


@lru_cache(maxsize=1)
def _time(logged: str) -> str:
    """Return a time such as 21/Nov/2026:17:46:17 +0100 in UTC; requests of a second share it."""
    found = _TIME.fullmatch(logged)
    if found:
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        number = _MONTHS.find(month) // 3 + 1
        try:
            time = datetime.fromisoformat(
                f"{year}-{number:02}-{day}T{hour}:{minute}:{second}{sign}{hours}:{minutes}"
            )
            return time.astimezone(UTC).replace(tzinfo=None).isoformat()
        except (ValueError, OverflowError):
            pass
    raise BadLineError("requested_at", "is not a time such as 21/Nov/2026:17:46:17 +0100")


def _null_if_absent(field: str) -> str | None:
    return None if field in ("-", "") else field
