"""Statements of the log that change tables, recognised without a grammar of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*|--(?=\s|$)[^\n]*|/\*(?!M?!)(?:.*?)\*/)
    |(?P<open>/\*M?!\d*)            # what is in such a comment is executed
    |(?P<close>\*/)
    |(?P<name>`(?:[^`]|``)*`)
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<word>[\w$@]+)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DATA: Final = {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "CALL", "WITH", "MERGE"}


@dataclass
class Effect:
    """What a statement does to the tables of one database.

    Attributes:
        altered: Created, altered, or under a new name.
        emptied: Without rows.
        dropped: Gone, or gone to another name.
        all_dropped: The database is gone.
        writes_rows: It changes rows, and the log does not say which.
    """

    altered: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    all_dropped: bool = False
    writes_rows: bool = False


@dataclass(frozen=True)
class _Token:
    text: str
    is_name: bool

    @property
    def word(self) -> str:
        return "" if self.is_name else self.text.upper()


class _Statement:
    """A statement's tokens, taken from the left."""

    def __init__(self, text: str, database: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._database = database

    @property
    def word(self) -> str:
        """The next word in upper case, empty at the end or before a quoted name."""
        return self._tokens[self._at].word if self._at < len(self._tokens) else ""

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._tokens)

    def step(self) -> None:
        self._at += 1

    def take(self, *words: str) -> bool:
        """Take one of some words, if it is next."""
        if self.word in words:
            self.step()
            return True
        return False

    def take_all(self, *words: str) -> bool:
        """Take a row of words, if they are next."""
        following = [token.word for token in self._tokens[self._at : self._at + len(words)]]
        if following == list(words):
            self._at += len(words)
            return True
        return False

    def table(self) -> tuple[str, str]:
        """Take a table's name; return its database and it."""
        first = self._name()
        return (first, self._name()) if self.take(".") else (self._database, first)

    def _name(self) -> str:
        token = self._tokens[self._at]
        self.step()
        return token.text


def effect_of(text: str, database: str, ours: str) -> Effect:
    """Return what a statement does to the tables of a database.

    Args:
        text: The statement.
        database: The session's, of names without one.
        ours: The database of interest.
    """
    effect = Effect()
    found: list[tuple[list[str], tuple[str, str]]] = []
    statement = _Statement(text, database)
    if statement.take_all("SET", "STATEMENT"):
        while not statement.is_done and not statement.take("FOR"):
            statement.step()
    try:
        _read(statement, effect, found, ours)
    except IndexError:
        return effect  # ends where a name should be: nothing that a server would have executed
    for names, (of_database, table) in found:
        if of_database == ours and table not in names:
            names.append(table)
    return effect


def _read(
    statement: _Statement,
    effect: Effect,
    found: list[tuple[list[str], tuple[str, str]]],
    ours: str,
) -> None:
    if statement.word in _DATA or statement.word == "(":
        effect.writes_rows = True
    elif statement.take("TRUNCATE"):
        statement.take("TABLE")
        found.append((effect.emptied, statement.table()))
    elif statement.take("CREATE"):
        statement.take_all("OR", "REPLACE")
        if statement.take("TABLE"):
            statement.take_all("IF", "NOT", "EXISTS")
            found.append((effect.altered, statement.table()))
    elif statement.take("DROP"):
        if statement.take("TABLE", "TABLES"):
            statement.take_all("IF", "EXISTS")
            found.append((effect.dropped, statement.table()))
            while statement.take(","):
                found.append((effect.dropped, statement.table()))
        elif statement.take("DATABASE", "SCHEMA"):
            statement.take_all("IF", "EXISTS")
            effect.all_dropped = statement.table()[1] == ours
    elif statement.take("RENAME"):
        if statement.take("TABLE", "TABLES"):
            _read_renames(statement, effect, found)
    elif statement.take("ALTER"):
        statement.take("ONLINE")
        statement.take("IGNORE")
        if statement.take("TABLE"):
            _read_alter(statement, effect, found)


def _read_renames(
    statement: _Statement, effect: Effect, found: list[tuple[list[str], tuple[str, str]]]
) -> None:
    """Of a chain of renames only what is there before and after it counts."""
    gone: list[tuple[str, str]] = []
    there: list[tuple[str, str]] = []
    while True:
        statement.take_all("IF", "EXISTS")
        old = statement.table()
        if statement.take("WAIT"):
            statement.step()
        statement.take("NOWAIT")
        if not statement.take("TO"):
            break
        new = statement.table()
        if old in there:
            there.remove(old)
        else:
            gone.append(old)
        there.append(new)
        if not statement.take(","):
            break
    found += [(effect.dropped, table) for table in gone if table not in there]
    found += [(effect.altered, table) for table in there]


def _read_alter(
    statement: _Statement, effect: Effect, found: list[tuple[list[str], tuple[str, str]]]
) -> None:
    statement.take_all("IF", "EXISTS")
    table = statement.table()
    depth = 0
    is_first = True
    while not statement.is_done:
        if statement.word == "(":
            depth += 1
        elif statement.word == ")":
            depth -= 1
        elif depth == 0 and statement.take_all("WITH", "TABLE"):
            found.append((effect.altered, statement.table()))  # EXCHANGE PARTITION
            continue
        elif depth == 0 and is_first and statement.take("RENAME"):
            if statement.word in ("COLUMN", "INDEX", "KEY"):
                continue
            statement.take("TO", "AS", "=")
            found.append((effect.dropped, table))
            table = statement.table()
            continue
        is_first = statement.word == ","
        statement.step()
    found.append((effect.altered, table))


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "name":
            yield _Token(found[0][1:-1].replace("``", "`"), is_name=True)
        elif found.lastgroup in ("word", "mark"):
            yield _Token(found[0], is_name=False)
        elif found.lastgroup == "text":
            yield _Token(found[0], is_name=True)
