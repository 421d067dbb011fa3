"""Db2's SQL as tokens: words, quoted names, texts, numbers, symbols; comments are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from db2_standin.errors import Db2Error, unexpected

Kind = Literal["word", "name", "text", "number", "symbol"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>[xX]?'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")+")
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$#@]*)
    |(?P<symbol>\|\||<>|<=|>=|!=|->>|->|::|=>|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A token as it was written, and whether space or a comment stood before it."""

    kind: Kind
    written: str
    spaced: bool

    @property
    def upper(self) -> str:
        """A word in upper case, as Db2 folds it; anything else as it was written."""
        return self.written.upper() if self.kind == "word" else self.written

    def __str__(self) -> str:
        return self.written


Tokens = Sequence[Token]


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of a statement, without comments.

    Raises:
        Db2Error: A text or a quoted name has no end.
    """
    tokens = []
    spaced = False
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == "space":
            spaced = True
            continue
        if kind == "symbol" and match[0] in "'\"":
            raise Db2Error(-10, "42603", "The string constant has no ending string delimiter.")
        tokens.append(Token(kind, match[0], spaced))  # type: ignore[arg-type]
        spaced = False
    return tokens


def render(tokens: Tokens) -> str:
    """Return tokens as SQL."""
    return "".join((" " if token.spaced else "") + token.written for token in tokens).strip()


def code(written: str, *, spaced: bool = True) -> Token:
    """Return SQL of our own as one token, which nothing translates again."""
    return Token("symbol", written, spaced)


def says(tokens: Tokens, start: int, *words: str) -> bool:
    """Whether the tokens from `start` on are these words or symbols, given in upper case."""
    return [token.upper for token in tokens[start : start + len(words)]] == list(words)


def begins(tokens: Tokens, *words: str) -> bool:
    """Whether the tokens begin with these words, given in upper case."""
    return says(tokens, 0, *words)


def find(tokens: Tokens, word: str, start: int = 0) -> int:
    """Return where a word is outside of parentheses, from `start` on, or -1."""
    return next((i for i, token in top_level(tokens, start) if token.upper == word), -1)


def top_level(tokens: Tokens, start: int = 0) -> Iterator[tuple[int, Token]]:
    """Yield the tokens in no parentheses, with their places, up to one that closes none."""
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token.written == ")":
            depth -= 1
            if depth < 0:
                yield place, token
                return
        elif depth == 0:
            yield place, token
        if token.written == "(":
            depth += 1


def closing(tokens: Tokens, opening: int) -> int:
    """Return where the parenthesis that opens at `opening` is closed.

    Raises:
        Db2Error: Nowhere.
    """
    depth = 0
    for place in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place].written, 0)
        if depth == 0:
            return place
    raise unexpected("END-OF-STATEMENT", "a parenthesis is not closed")


def opening(tokens: Tokens, closes: int) -> int:
    """Return where the parenthesis that closes at `closes` was opened."""
    depth = 0
    for place in range(closes, -1, -1):
        depth += {")": 1, "(": -1}.get(tokens[place].written, 0)
        if depth == 0:
            return place
    raise unexpected(")", "a parenthesis is not opened")


def split(tokens: Tokens, separator: str = ",") -> list[Tokens]:
    """Return the parts between separators that are in no parentheses."""
    parts = []
    start = 0
    for place, token in top_level(tokens):
        if token.written == separator:
            parts.append(tokens[start:place])
            start = place + 1
    return [*parts, tokens[start:]]


def take_name(tokens: Tokens, start: int) -> tuple[Tokens, int]:
    """Return the name at `start`, qualified or not, and where it ends.

    Raises:
        Db2Error: There is none.
    """
    end = start
    while end < len(tokens) and tokens[end].kind in ("word", "name"):
        end += 1
        if end >= len(tokens) or tokens[end].written != ".":
            return tokens[start:end], end
        end += 1
    raise unexpected(str(tokens[end]) if end < len(tokens) else "END-OF-STATEMENT", "no name")


def folded(token: Token) -> str:
    """Return a name as Db2 stores it."""
    if token.kind == "name":
        return token.written[1:-1].replace('""', '"')
    return token.upper
