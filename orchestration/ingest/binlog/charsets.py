"""Character sets: how text of each becomes UTF-8, exactly as the server itself converts it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import pymysql

from orchestration.ingest.binlog.fields import Recode

BINARY: Final = "binary"

_CACHED: Final = 4096
_SHORT: Final = 200
_UTF8: Final = {"utf8mb4", "utf8mb3", "utf8", "ascii"}
_CODECS: Final = {
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
}
_MYSQL_COLLATIONS: Final = """
select collations.id, sets.character_set_name, sets.maxlen
from information_schema.collations as collations
inner join information_schema.character_sets as sets
    on collations.character_set_name = sets.character_set_name
"""
# There are collations of several character sets here, which information_schema.collations lacks.
_MARIADB_COLLATIONS: Final = """
select collations.id, sets.character_set_name, sets.maxlen
from information_schema.collation_character_set_applicability as collations
inner join information_schema.character_sets as sets
    on collations.character_set_name = sets.character_set_name
"""


@dataclass(frozen=True)
class Charset:
    """A character set.

    Attributes:
        name: The server's name for it.
        most_bytes: Of one character.
        recode: Turns its text into UTF-8; None when it is UTF-8.
    """

    name: str
    most_bytes: int
    recode: Recode | None


class Charsets:
    """The server's character sets by the numbers of their collations.

    Args:
        connection: Stays open; asked again for text of a rare character set.
        is_mariadb: Which product it is.
    """

    def __init__(self, connection: pymysql.Connection[Any], *, is_mariadb: bool) -> None:
        self._connection = connection
        rows = self._fetch(_MARIADB_COLLATIONS if is_mariadb else _MYSQL_COLLATIONS)
        self._names = {number: (name, most_bytes) for number, name, most_bytes in rows}
        self._known: dict[str, Charset] = {}

    def of(self, collation: int) -> Charset:
        """Return the character set of a collation."""
        name, most_bytes = self._names[collation]
        if name not in self._known:
            self._known[name] = Charset(name, most_bytes, self._recode(name, most_bytes))
        return self._known[name]

    def _recode(self, name: str, most_bytes: int) -> Recode | None:
        if name == BINARY or name in _UTF8:
            return None
        if codec := _CODECS.get(name):
            return lambda text: text.decode(codec).encode()
        # The server's own answer: its tables differ from Python's where a standard left a choice.
        if most_bytes == 1:
            every = self._ask(name, bytes(range(256))).decode()
            return lambda text: text.decode("latin-1").translate(every).encode()
        ask = partial(self._ask, name)
        ask_once = lru_cache(_CACHED)(ask)
        return lambda text: (ask_once if len(text) <= _SHORT else ask)(text)

    def _ask(self, name: str, text: bytes) -> bytes:
        ((value,),) = self._fetch(
            f"select cast(convert(_{name} x'{text.hex()}' using utf8mb4) as binary)"
        )
        return bytes(value)

    def _fetch(self, query: str) -> tuple[tuple[Any, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return tuple(cursor.fetchall())
