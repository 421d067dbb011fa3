"""Compound blocks: what dbt-db2 and this project use of SQL PL, run statement by statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from db2_standin.errors import Db2Error, not_emulated, unexpected
from db2_standin.lexing import Token, Tokens, begins, closing, code, render, says, tokenize


class Runs(Protocol):
    """What a block needs of a session."""

    def run(self, tokens: Tokens) -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""

    def names(self) -> list[str]:
        """Return the names of the columns of the last rows."""


Row = Mapping[str, object]


def is_block(tokens: Tokens) -> bool:
    """Whether a statement is a compound block."""
    return begins(tokens, "BEGIN") and len(tokens) > 1 and tokens[1].upper != "TRANSACTION"


def run_block(tokens: Tokens, session: Runs) -> None:
    """Run a compound block.

    Raises:
        Db2Error: A statement in it fails, or it has a form that is not emulated.
    """
    stop = len(tokens) - (1 if tokens[-1].written == ";" else 0)
    if tokens[stop - 1].upper != "END":
        raise unexpected("END-OF-STATEMENT", "BEGIN without END")
    _Block(session).run(tokens[1 : stop - 1], {})


class _Block:
    """A block at work: its prepared statements and what it does about errors."""

    def __init__(self, session: Runs) -> None:
        self._session = session
        self._prepared: dict[str, str] = {}
        self._survives: set[str] = set()

    def run(self, tokens: Tokens, row: Row) -> None:
        """Run what a block, a branch or a loop holds; names of `row` stand for its values."""
        place = 0
        while place < len(tokens):
            end = _end_of_statement(tokens, place)
            self._one(tokens[place:end], row)
            place = end + 1

    def _one(self, tokens: Tokens, row: Row) -> None:
        if begins(tokens, "IF"):
            self._branch(tokens, row)
        elif begins(tokens, "FOR"):
            self._loop(tokens)
        elif begins(tokens, "PREPARE"):
            self._prepared[tokens[1].upper] = self._text(tokens[3:], row)
        elif begins(tokens, "EXECUTE", "IMMEDIATE"):
            self._execute(tokenize(self._text(tokens[2:], row)))
        elif begins(tokens, "EXECUTE"):
            self._execute(tokenize(self._prepared[tokens[1].upper]))
        elif begins(tokens, "DECLARE", "CONTINUE", "HANDLER", "FOR", "SQLSTATE"):
            self._survives.add(
                next(token for token in tokens if token.kind == "text").written[1:-1]
            )
        elif begins(tokens, "DECLARE", "CONTINUE", "HANDLER", "FOR", "SQLEXCEPTION"):
            self._survives.add("")
        elif begins(tokens, "DECLARE"):
            raise not_emulated("variables in compound blocks")
        elif tokens:
            self._execute(_with_values(tokens, row))

    def _execute(self, tokens: Tokens) -> None:
        try:
            self._session.run(tokens)
        except Db2Error as error:
            if not self._survives & {error.sqlstate, ""}:
                raise

    def _branch(self, tokens: Tokens, row: Row) -> None:
        negated = says(tokens, 1, "NOT", "EXISTS")
        if not (negated or says(tokens, 1, "EXISTS")):
            raise not_emulated("IF of anything but EXISTS in compound blocks")
        opens = 3 if negated else 2
        closes = closing(tokens, opens)
        if not says(tokens, closes + 1, "THEN"):
            raise unexpected(str(tokens[closes + 1]))
        found = bool(self._session.run(_with_values(tokens[opens + 1 : closes], row)))
        body = tokens[closes + 2 : -2]
        otherwise = next(
            (place for place in range(1, len(body)) if says(body, place - 1, ";", "ELSE")),
            len(body),
        )
        if found != negated:
            self.run(body[:otherwise], row)
        else:
            self.run(body[otherwise + 1 :], row)

    def _loop(self, tokens: Tokens) -> None:
        variable = tokens[1].upper
        do = next(place for place, token in enumerate(tokens) if token.upper == "DO")
        rows = self._session.run(tokens[3:do])
        names = self._session.names()
        for values in rows:
            self.run(
                tokens[do + 1 : -2],
                {f"{variable}.{name}": value for name, value in zip(names, values, strict=True)},
            )

    def _text(self, tokens: Tokens, row: Row) -> str:
        """Return the value of an expression."""
        query = [code("VALUES"), code("("), *_with_values(tokens, row), code(")")]
        return str(self._session.run(query)[0][0])


def _with_values(tokens: Tokens, row: Row) -> list[Token]:
    """Return tokens with `variable.COLUMN` replaced by the value that it stands for."""
    out: list[Token] = []
    place = 0
    while place < len(tokens):
        name = render(tokens[place : place + 3]).upper()
        if says(tokens, place + 1, ".") and name in row:
            out.append(Token("text", "'" + str(row[name]).replace("'", "''") + "'", spaced=True))
            place += 3
        else:
            out.append(tokens[place])
            place += 1
    return out


def _end_of_statement(tokens: Tokens, start: int) -> int:
    """Return where the semicolon of the statement at `start` is, past those inside of it."""
    depth = 0
    for place in range(start, len(tokens)):
        word = tokens[place].upper
        if word in ("IF", "FOR", "BEGIN", "CASE") and not says(tokens, place - 1, "END", word):
            # DECLARE ... HANDLER FOR opens nothing.
            depth += 0 if word == "FOR" and says(tokens, place - 1, "HANDLER", "FOR") else 1
        elif word == "END":
            depth -= 1
        elif word == ";" and depth == 0:
            return place
    return len(tokens)
