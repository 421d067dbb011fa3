"""Db2's types, functions, registers and durations in PostgreSQL's words."""

from __future__ import annotations

from db2_standin.errors import Db2Error, not_emulated, unexpected
from db2_standin.lexing import (
    Token,
    Tokens,
    closing,
    code,
    folded,
    opening,
    render,
    says,
    split,
    top_level,
)

# Such a length is counted in octets: sql/1_types.sql.
_OCTETS = 1_000_000
_LONGEST = 32_672
_DIGITS = 31
_LONGEST_NAME = 63

_REGISTERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("CURRENT", "TIMESTAMP"), "current_moment()"),
    (("CURRENT_TIMESTAMP",), "current_moment()"),
    (("CURRENT", "DATE"), "current_moment()::date"),
    (("CURRENT_DATE",), "current_moment()::date"),
    (("CURRENT", "TIMEZONE"), "interval '0'"),
    (("CURRENT_TIMEZONE",), "interval '0'"),
    (("CURRENT", "SERVER"), "upper(current_database())"),
    (("CURRENT_SERVER",), "upper(current_database())"),
    (("CURRENT", "USER"), "upper(current_user)"),
    (("CURRENT_USER",), "upper(current_user)"),
    (("SESSION_USER",), "upper(current_user)"),
    (("CURRENT", "SCHEMA"), "upper(current_user)"),
)
# What ends a query and says how it is read, not what.
_READING = (
    ("WITH", "UR"),
    ("WITH", "CS"),
    ("WITH", "RS"),
    ("WITH", "RR"),
    ("FOR", "READ", "ONLY"),
    ("FOR", "FETCH", "ONLY"),
)
_RENAMED = {
    "TIMESTAMP": "timestamp_of",
    "DATE": "date_of",
    "VALUE": "coalesce",
    "GREATEST": "greatest_of",
    "LEAST": "least_of",
    "TO_CHAR": "varchar_format",
    "TO_DATE": "timestamp_format",
    "TO_TIMESTAMP": "timestamp_format",
}
_SEVERAL = {"MAX": "greatest_of", "MIN": "least_of"}
_CONVERTING = {
    "VARCHAR", "CHAR", "INTEGER", "INT", "BIGINT", "SMALLINT", "DECIMAL", "DEC", "DOUBLE", "FLOAT",
    "BOOLEAN",
}  # fmt: skip
_UNITS = {
    unit + plural: argument
    for unit, argument in {
        "YEAR": "years => ({})::integer",
        "MONTH": "months => ({})::integer",
        "DAY": "days => ({})::integer",
        "HOUR": "hours => ({})::integer",
        "MINUTE": "mins => ({})::integer",
        "SECOND": "secs => ({})::float",
        "MICROSECOND": "secs => ({})::float / 1000000",
    }.items()
    for plural in ("", "S")
}
_NAMED_TYPES = {
    "DOUBLE": "double precision",
    "FLOAT": "double precision",
    "REAL": "real",
    "DECFLOAT": "numeric",
    "INT": "integer",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "SMALLINT": "smallint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "DATETIME": "timestamp",
    "CLOB": "db2.clob",
    "BLOB": "bytea",
    "VARBINARY": "bytea",
    "BINARY": "bytea",
}


def translate(tokens: Tokens) -> list[Token]:
    """Return an expression, or a whole query, as PostgreSQL says it.

    Raises:
        Db2Error: Something that Db2 refuses, or that the stand-in does not emulate.
    """
    return _translate(_durations(list(tokens)))


def translated(tokens: Tokens) -> str:
    """Return SQL as PostgreSQL says it."""
    return render(translate(tokens))


def take_type(tokens: Tokens, start: int) -> tuple[str, int]:
    """Return PostgreSQL's name for the type at `start`, and where the type ends.

    Raises:
        Db2Error: Not a type of Db2's, or without a length that it must have.
    """
    name = tokens[start].upper if start < len(tokens) else "END-OF-STATEMENT"
    end = start + 1
    if says(tokens, start, "CHARACTER", "VARYING") or says(tokens, start, "CHAR", "VARYING"):
        name, end = "VARCHAR", start + 2
    elif says(tokens, start, "DOUBLE", "PRECISION"):
        end = start + 2
    arguments: list[Token] = []
    if end < len(tokens) and tokens[end].written == "(":
        closes = closing(tokens, end)
        arguments = list(tokens[end + 1 : closes])
        end = closes + 1
    if name == "VARCHAR":
        return _varchar(arguments), end
    if name in ("CHAR", "CHARACTER"):
        return f"char({arguments[0] if arguments else 1})", end
    if name in ("DECIMAL", "DEC", "NUMERIC", "NUM"):
        return _decimal(arguments), end
    if name == "TIMESTAMP" and arguments:
        return f"timestamp({arguments[0]})", end
    if name in _NAMED_TYPES:
        return _NAMED_TYPES[name], end
    raise Db2Error(-204, "42704", f'"{name}" is an undefined name.')


def _varchar(arguments: Tokens) -> str:
    if not arguments:
        raise Db2Error(-604, "42611", 'The length of "VARCHAR" is not specified.')
    length = int(arguments[0].written)
    unit = arguments[1].upper if len(arguments) > 1 else "OCTETS"
    if unit not in ("OCTETS", "CODEUNITS32"):
        raise unexpected(unit)
    if length > (_LONGEST if unit == "OCTETS" else _LONGEST // 4):
        raise Db2Error(-604, "42611", f'The length {length} of "VARCHAR" is not valid.')
    return f"varchar({_OCTETS + length if unit == 'OCTETS' else length})"


def _decimal(arguments: Tokens) -> str:
    digits = [int(each[0].written) for each in split(arguments)] if arguments else [5]
    if digits[0] > _DIGITS:
        raise Db2Error(-604, "42611", f'The precision {digits[0]} of "DECIMAL" is not valid.')
    return f"decimal({digits[0]}, {digits[1] if len(digits) > 1 else 0})"


def _translate(tokens: Tokens) -> list[Token]:
    out: list[Token] = []
    place = 0
    while place < len(tokens):
        made, place = _step(tokens, place)
        out += made
    return out


def _step(tokens: Tokens, place: int) -> tuple[list[Token], int]:
    """Return what the token at `place` becomes, and where to go on."""
    token = tokens[place]
    if token.kind != "word":
        return [_name_or_constant(token)], place + 1
    if len(token.written) > _LONGEST_NAME:
        raise not_emulated(f"names of more than {_LONGEST_NAME} characters")
    if place > 0 and tokens[place - 1].written == ".":
        return [token], place + 1
    calls = place + 1 < len(tokens) and tokens[place + 1].written == "("
    return _phrase(tokens, place) or (calls and _call(tokens, place)) or ([_word(token)], place + 1)


def _name_or_constant(token: Token) -> Token:
    if token.kind == "text" and token.written[0] in "xX":
        raise not_emulated("hexadecimal constants")
    if token.kind == "name":
        return code(f'"{swap_case(folded(token))}"', spaced=token.spaced)
    return token


def _word(token: Token) -> Token:
    if token.upper == "MINUS":
        return code("except")
    return token


def _phrase(tokens: Tokens, place: int) -> tuple[list[Token], int] | None:
    """Translate the special register at `place`, or leave out what says how a query is read."""
    for words, instead in _REGISTERS:
        if says(tokens, place, *words):
            return [code(instead, spaced=tokens[place].spaced)], place + len(words)
    for words in _READING:
        if says(tokens, place, *words):
            return [], place + len(words)
    if tokens[place].upper in ("CODEUNITS32", "OCTETS") and says(tokens, place - 1, ","):
        return [code(f"'{tokens[place].upper}'")], place + 1
    if says(tokens, place, "OPTIMIZE", "FOR"):
        return [], place + len(["OPTIMIZE", "FOR", "n", "ROWS"])
    return None


def _call(tokens: Tokens, place: int) -> tuple[list[Token], int] | None:
    """Translate the function at `place`, if it is one that PostgreSQL names otherwise."""
    token = tokens[place]
    closes = closing(tokens, place + 1)
    inside = tokens[place + 2 : closes]
    if token.upper == "CAST":
        return [_cast(inside, spaced=token.spaced)], closes + 1
    if token.upper in _CONVERTING:
        return [_convert(token.upper, split(inside), spaced=token.spaced)], closes + 1
    name = _RENAMED.get(token.upper)
    if token.upper in _SEVERAL and len(split(inside)) > 1:
        name = _SEVERAL[token.upper]
    if name is None:
        return None
    return [
        code(f"{name}(", spaced=token.spaced),
        *_translate(inside),
        code(")", spaced=False),
    ], closes + 1


def _cast(inside: Tokens, *, spaced: bool) -> Token:
    places = [place for place, token in top_level(inside) if token.upper == "AS"]
    if not places:
        raise unexpected(")", "CAST without AS")
    kind, end = take_type(inside, places[-1] + 1)
    if end != len(inside):
        raise unexpected(str(inside[end]))
    return _cast_to(kind, render(_translate(inside[: places[-1]])), spaced=spaced)


def _cast_to(kind: str, expression: str, *, spaced: bool = True) -> Token:
    if kind.startswith(("varchar", "char")):
        expression = f"text_of({expression})"
    return code(f"cast({expression} as {kind})", spaced=spaced)


def _convert(name: str, arguments: list[Tokens], *, spaced: bool) -> Token:
    value = render(_translate(arguments[0]))
    rest = [render(each) for each in arguments[1:]]
    if name in ("VARCHAR", "CHAR"):
        if not rest:
            return code(f"text_of({value})", spaced=spaced)
        kind = f"varchar({_OCTETS + int(rest[0])})" if name == "VARCHAR" else f"char({rest[0]})"
        return _cast_to(kind, value, spaced=spaced)
    if name in ("DECIMAL", "DEC"):
        digits = rest or ["15"]
        kind = f"decimal({digits[0]}, {digits[1] if len(digits) > 1 else 0})"
        return _cast_to(kind, value, spaced=spaced)
    return _cast_to(_NAMED_TYPES[name], value, spaced=spaced)


def _durations(tokens: list[Token]) -> list[Token]:
    """Make `+ <value> DAYS` into `+ make_interval(days => <value>)`."""
    place = 0
    while place < len(tokens):
        if _is_unit(tokens, place):
            start = _start_of_value(tokens, place - 1)
            if start > 0 and tokens[start - 1].written in "+-":
                before, after = _UNITS[tokens[place].upper].split("{}")
                tokens[start : place + 1] = [
                    code(f"make_interval({before}"),
                    *tokens[start:place],
                    code(f"{after})", spaced=False),
                ]
                place += 1
        place += 1
    return tokens


def _is_unit(tokens: Tokens, place: int) -> bool:
    return (
        place > 1
        and tokens[place].upper in _UNITS
        and not says(tokens, place + 1, "(")
        and not says(tokens, place + 1, ".")
        and (
            tokens[place - 1].kind in ("number", "word", "name")
            or tokens[place - 1].written in ")?"
        )
    )


def _start_of_value(tokens: Tokens, end: int) -> int:
    start = opening(tokens, end) if tokens[end].written == ")" else end
    if tokens[end].written == ")" and start > 0 and tokens[start - 1].kind == "word":
        start -= 1
    while start > 1 and tokens[start - 1].written == ".":
        start -= 2
    return start


def swap_case(name: str) -> str:
    """Return a name as the other engine stores it: each folds unquoted ones its own way."""
    return "".join(
        letter.swapcase() if letter.isascii() and letter.isalpha() else letter for letter in name
    )
