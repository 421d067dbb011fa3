"""PostgreSQL's COPY text format, for the rows that Python itself writes or looks into."""

from __future__ import annotations

import re
from binascii import b2a_hex
from typing import Final

NULL: Final = rb"\N"

# Backslash first, or it would double those of the others.
_ESCAPES: Final = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_SPECIAL: Final = re.compile(rb"[\\\t\n\r]")
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_UNESCAPES: Final = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def escape(value: bytes) -> bytes:
    """Return a value as a field of a COPY line."""
    if _SPECIAL.search(value):
        for plain, escaped in _ESCAPES:
            value = value.replace(plain, escaped)
    return value


def escape_bytea(value: bytes) -> bytes:
    r"""Return bytes as a field of a COPY line, in the form `\\x0A1B`."""
    # In capitals, as MySQL's hex() writes it: a row is the same bytes on each way.
    return rb"\\x" + b2a_hex(value).upper()


def fields(line: bytes) -> list[bytes | None]:
    """Return a COPY line's values, None for NULL; the line may end in its newline."""
    return [
        None
        if field == NULL
        else _ESCAPED.sub(lambda found: _UNESCAPES.get(found[1], found[1]), field)
        for field in line.removesuffix(b"\n").split(b"\t")
    ]


def line(values: list[bytes]) -> bytes:
    """Return fields, already escaped, as one line with its newline."""
    return b"\t".join(values) + b"\n"
