"""What Db2 refuses and PostgreSQL would take, with SQL that is refused and SQL that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from db2_standin.errors import Db2Error, not_emulated, unexpected
from db2_standin.functions import KNOWN, NO_FUNCTIONS
from db2_standin.lexing import Tokens, closing, says, top_level

# Finds the place of what is refused, or none.
Finder = Callable[[Tokens], Iterator[int]]


@dataclass(frozen=True)
class Refusal:
    """A form of SQL that Db2 refuses.

    Args:
        name: The rule, in a few words.
        finder: Yields where it is broken.
        bites: SQL that is refused, for the test.
        passes: SQL like it that is taken.
        sqlcode: Of Db2's error.
    """

    name: str
    finder: Finder
    bites: str
    passes: str
    sqlcode: int = -104

    def error(self, tokens: Tokens, place: int) -> Db2Error:
        """Return Db2's error for the token at `place`."""
        found = str(tokens[place])
        if self.sqlcode == -204:
            return Db2Error(-204, "42704", f'"{found.upper()}" is an undefined name.')
        if self.sqlcode == -440:
            return Db2Error(
                -440,
                "42884",
                f'No authorized routine named "{found.upper()}" with such arguments was found.',
            )
        return unexpected(found, self.name)


def refuse(tokens: Tokens) -> None:
    """Raise the error of the first rule that a statement breaks.

    Raises:
        Db2Error: It breaks one.
    """
    for refusal in REFUSALS:
        for place in refusal.finder(tokens):
            raise refusal.error(tokens, place)
    for token in tokens:
        if token.kind == "name" and "." in token.written:
            raise not_emulated("names with a dot")


def _words(*phrases: str) -> Finder:
    """Find any of these sequences of words and symbols, wherever it stands."""

    def finder(tokens: Tokens) -> Iterator[int]:
        for phrase in phrases:
            words = phrase.split()
            yield from (i for i in range(len(tokens)) if says(tokens, i, *words))

    return finder


def _leading_underscore(tokens: Tokens) -> Iterator[int]:
    yield from (
        i for i, token in enumerate(tokens) if token.kind == "word" and token.written[0] == "_"
    )


def _select_without_from(tokens: Tokens) -> Iterator[int]:
    if tokens and tokens[0].upper in ("GRANT", "REVOKE"):
        return
    for start, token in enumerate(tokens):
        if token.upper != "SELECT":
            continue
        for place, each in top_level(tokens, start + 1):
            if each.upper == "FROM" and not says(tokens, place - 1, "DISTINCT", "FROM"):
                break
            if each.written == ")" or each.upper in ("UNION", "EXCEPT", "INTERSECT", "MINUS"):
                yield place
                break
        else:
            yield len(tokens) - 1


def _bare_star(tokens: Tokens) -> Iterator[int]:
    for i, token in enumerate(tokens):
        if token.written != "*" or i == 0:
            continue
        follows = tokens[i - 1].upper
        if follows in ("SELECT", "DISTINCT", "ALL") and says(tokens, i + 1, ","):
            yield i
        if follows == "," and i + 1 < len(tokens) and tokens[i + 1].upper in (",", "FROM"):
            yield i


def _foreign_type(tokens: Tokens) -> Iterator[int]:
    types = {
        "TEXT",
        "JSON",
        "JSONB",
        "TIMESTAMPTZ",
        "BYTEA",
        "SERIAL",
        "UUID",
        "INT4",
        "INT8",
        "BOOL",
    }
    for i, token in enumerate(tokens):
        if token.kind == "word" and token.upper in types and i > 0:
            in_cast = tokens[i - 1].upper == "AS" and says(tokens, i + 1, ")")
            if in_cast or tokens[i - 1].written == "::":
                yield i


def _foreign_function(tokens: Tokens) -> Iterator[int]:
    for i, token in enumerate(tokens[:-1]):
        if token.kind != "word" or tokens[i + 1].written != "(" or token.upper in NO_FUNCTIONS:
            continue
        before = tokens[i - 1].upper if i else ""
        if before in (
            "AS",
            ".",
            "INTO",
            "TABLE",
            "VIEW",
            "INDEX",
            "REFERENCES",
            "ON",
            "CONSTRAINT",
        ):
            continue
        # A common table expression, or a table's alias, with names for its columns.
        if before in ("WITH", ",") and says(tokens, closing(tokens, i + 1) + 1, "AS", "("):
            continue
        if before == ")":
            continue
        if token.upper not in KNOWN:
            yield i


def _create_table_as(tokens: Tokens) -> Iterator[int]:
    if not says(tokens, 0, "CREATE", "TABLE"):
        return
    places = [i for i, token in top_level(tokens) if token.upper == "AS"]
    if not places:
        return
    start = places[0] + 1
    if not says(tokens, start, "("):
        yield min(start, len(tokens) - 1)
        return
    tail = closing(tokens, start) + 1
    known = (
        ("WITH", "DATA"),
        ("WITH", "NO", "DATA"),
        ("DEFINITION", "ONLY"),
        ("DATA", "INITIALLY"),
    )
    if not any(says(tokens, tail, *words) for words in known):
        yield len(tokens) - 1


def _drop_without(tokens: Tokens) -> Iterator[int]:
    if says(tokens, 0, "DROP") and tokens[-1].upper == "CASCADE":
        yield len(tokens) - 1
    if says(tokens, 0, "DROP", "SCHEMA") and tokens[-1].upper != "RESTRICT":
        yield len(tokens) - 1


def _if_exists(tokens: Tokens) -> Iterator[int]:
    if tokens and tokens[0].upper in ("CREATE", "DROP", "ALTER"):
        yield from (i for i in range(len(tokens)) if says(tokens, i, "IF", "EXISTS"))
        yield from (i for i in range(len(tokens)) if says(tokens, i, "IF", "NOT", "EXISTS"))


def _truncate(tokens: Tokens) -> Iterator[int]:
    if says(tokens, 0, "TRUNCATE") and tokens[-1].upper != "IMMEDIATE":
        yield len(tokens) - 1


def _renames(tokens: Tokens) -> Iterator[int]:
    if says(tokens, 0, "ALTER"):
        yield from (i for i in range(len(tokens)) if says(tokens, i, "RENAME", "TO"))
    if says(tokens, 0, "RENAME") and says(tokens, len(tokens) - 2, "."):
        yield len(tokens) - 2


def _several_statements(tokens: Tokens) -> Iterator[int]:
    yield from (i for i, token in enumerate(tokens[:-1]) if token.written == ";")


def _begin(tokens: Tokens) -> Iterator[int]:
    if len(tokens) == 1 and tokens[0].upper == "BEGIN":
        yield 0
    if says(tokens, 0, "START", "TRANSACTION") or says(tokens, 0, "BEGIN", "TRANSACTION"):
        yield 1


def _temporary(tokens: Tokens) -> Iterator[int]:
    if says(tokens, 0, "CREATE", "TEMP") or says(tokens, 0, "CREATE", "TEMPORARY"):
        yield 1
    if says(tokens, 0, "CREATE", "UNLOGGED"):
        yield 1


def _altering_with_commas(tokens: Tokens) -> Iterator[int]:
    if says(tokens, 0, "ALTER", "TABLE"):
        yield from (i for i, token in top_level(tokens) if token.written == ",")


def _window(tokens: Tokens) -> Iterator[int]:
    for i in range(len(tokens) - 2):
        if tokens[i].upper == "WINDOW" and says(tokens, i + 2, "AS", "("):
            yield i


def _interval(tokens: Tokens) -> Iterator[int]:
    for i in range(len(tokens) - 1):
        if tokens[i].upper == "INTERVAL" and tokens[i + 1].kind == "text":
            yield i


REFUSALS = (
    Refusal(
        "several statements in one execute",
        _several_statements,
        "delete from a.t; delete from a.u",
        "delete from a.t;",
    ),
    Refusal(
        "a name that starts with an underscore",
        _leading_underscore,
        "select _a from a.t",
        'select "_a", a_b from a.t',
    ),
    Refusal(
        "SELECT without FROM",
        _select_without_from,
        "select 1 as x from a.t where exists (select 1)",
        "select 1 as x from sysibm.sysdummy1 union all select 2 as x from a.t",
    ),
    Refusal(
        "* beside other columns",
        _bare_star,
        "select *, 1 as x from a.t",
        "select t.*, 1 as x from a.t as t",
    ),
    Refusal("::", _words("::"), "select a::integer from a.t", "select cast(a as integer) from a.t"),
    Refusal(
        "ILIKE",
        _words("ILIKE"),
        "select a from a.t where a ilike 'x'",
        "select a from a.t where a like 'x'",
    ),
    Refusal(
        "DISTINCT ON",
        _words("DISTINCT ON"),
        "select distinct on (a) a from a.t",
        "select distinct a from a.t",
    ),
    Refusal(
        "FILTER",
        _words("FILTER ("),
        "select count(*) filter (where a = 1) from a.t",
        "select filter from a.t",
    ),
    Refusal(
        "INTERVAL", _interval, "select a + interval '1 day' from a.t", "select a + 1 day from a.t"
    ),
    Refusal(
        "ON CONFLICT",
        _words("ON CONFLICT"),
        "insert into a.t values (1) on conflict do nothing",
        "insert into a.t values (1)",
    ),
    Refusal(
        "QUALIFY",
        _words("QUALIFY"),
        "select a from a.t qualify row_number() over (order by a) = 1",
        "select row_number() over (order by a) as n from a.t",
    ),
    Refusal(
        "AT TIME ZONE",
        _words("AT TIME ZONE"),
        "select a at time zone 'UTC' from a.t",
        "select at from a.t",
    ),
    Refusal(
        "JSON operators", _words("->", "->>"), "select a ->> 'b' from a.t", "select a - 1 from a.t"
    ),
    Refusal("arrays", _words("ARRAY [", "["), "select array[1] from a.t", "select array from a.t"),
    Refusal(
        "RETURNING",
        _words("RETURNING"),
        "delete from a.t returning a",
        "delete from a.t",
    ),
    Refusal(
        "regular expression operators",
        _words("~"),
        "select a from a.t where a ~ 'x'",
        "select '~' from a.t",
    ),
    Refusal(
        "WINDOW",
        _window,
        "select sum(a) over w from a.t window w as (order by a)",
        "select window from a.t",
    ),
    Refusal(
        "CREATE TABLE AS needs (fullselect) WITH DATA",
        _create_table_as,
        "create table a.u as select a from a.t",
        "create table a.u as (select a from a.t) with data",
    ),
    Refusal(
        "IF EXISTS",
        _if_exists,
        "create table if not exists a.t (a integer)",
        "create table a.t (a integer)",
    ),
    Refusal(
        "temporary and unlogged tables",
        _temporary,
        "create temporary table t (a integer)",
        "create table a.t (a integer)",
    ),
    Refusal(
        "DROP ... CASCADE, DROP SCHEMA without RESTRICT",
        _drop_without,
        "drop table a.t cascade",
        "drop table a.t",
    ),
    Refusal(
        "TRUNCATE without IMMEDIATE",
        _truncate,
        "truncate table a.t",
        "truncate table a.t immediate",
    ),
    Refusal(
        "the new name of RENAME is not qualified",
        _renames,
        "rename table a.t to a.u",
        "rename table a.t to u",
    ),
    Refusal(
        "commas in ALTER TABLE",
        _altering_with_commas,
        "alter table a.t add column b integer, add column c integer",
        "alter table a.t add column b decimal(5, 2) add column c integer",
    ),
    Refusal("BEGIN TRANSACTION", _begin, "begin transaction", "commit"),
    Refusal(
        "a type of another engine",
        _foreign_type,
        "select cast(a as text) from a.t",
        "select a as text from a.t",
        -204,
    ),
    Refusal(
        "a function that Db2 lacks, or the stand-in",
        _foreign_function,
        "select string_agg(a, ',') from a.t",
        "select max(a) from a.t where a in (1) and (a > 2) order by coalesce(a, 2)",
        -440,
    ),
)
