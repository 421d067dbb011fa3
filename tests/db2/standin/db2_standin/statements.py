"""Statements of Db2 as those of PostgreSQL: one may take several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from db2_standin.errors import Db2Error, not_emulated, unexpected
from db2_standin.expressions import swap_case, take_type, translate, translated
from db2_standin.lexing import (
    Token,
    Tokens,
    begins,
    closing,
    code,
    find,
    folded,
    render,
    says,
    split,
    take_name,
    top_level,
)

Statements = list[str]

# What says how a table is stored, after its columns. Only ORGANIZE BY is looked at.
_STORAGE = {"IN", "INDEX", "LONG", "ORGANIZE", "DISTRIBUTE", "COMPRESS", "NOT", "DATA", "CCSID"}
# Bytes of a comment.
_REMARK = 254
# ALTER TABLE's properties that nothing here depends on.
_PROPERTIES = {"VOLATILE", "NOT", "APPEND", "LOCKSIZE", "COMPRESS", "ACTIVATE", "PCTFREE"}


def plan(tokens: Tokens) -> Statements:
    """Return what PostgreSQL runs for a statement; the last gives its rows or their number.

    Raises:
        Db2Error: The statement is wrong, or not emulated.
    """
    for words, make in _STATEMENTS:
        if begins(tokens, *words):
            return make(tokens)
    if yields_rows(tokens) or tokens[0].upper in ("INSERT", "UPDATE", "DELETE"):
        return [translated(tokens)]
    raise not_emulated(f"statements that begin with {tokens[0].upper}")


def yields_rows(tokens: Tokens) -> bool:
    """Whether a statement has a result set."""
    return tokens[0].upper in ("SELECT", "WITH", "VALUES", "(")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _texts(values: Sequence[str]) -> str:
    return f"array[{', '.join(_text(value) for value in values)}]::text[]"


def _relation(tokens: Tokens, start: int) -> tuple[str, str, int]:
    """Return a relation's name, the same as a regclass, and where it ends."""
    name, end = take_name(tokens, start)
    if len(name) == 1:
        raise not_emulated(f"names without a schema, such as {name[0]}")
    written = translated(name)
    return written, f"{_text(written)}::regclass", end


def _columns(inside: Tokens) -> list[str]:
    """Return the names of a list of columns, as Db2 stores them."""
    return [folded(each[0]) for each in split(inside)]


def _create_schema(tokens: Tokens) -> Statements:
    return [f"create schema {translated(tokens[2:3])}"]


def _create_table(tokens: Tokens) -> Statements:
    name, relation, end = _relation(tokens, 2)
    if says(tokens, end, "AS"):
        return _create_table_as(name, relation, tokens[end + 1 :])
    if says(tokens, end, "LIKE"):
        like, _, _ = _relation(tokens, end + 1)
        return [f"create table {name} (like {like})"]
    closes = closing(tokens, end)
    columns = [_element(each) for each in split(tokens[end + 1 : closes])]
    _require_not_null(tokens[end + 1 : closes])
    return [
        f"create table {name} ({', '.join(columns)})",
        *_organized(relation, tokens[closes + 1 :]),
    ]


def _create_table_as(name: str, relation: str, rest: Tokens) -> Statements:
    closes = closing(rest, 0)
    query, tail = translated(rest[1:closes]), rest[closes + 1 :]
    if begins(tail, "DATA", "INITIALLY", "DEFERRED", "REFRESH"):
        # A materialized query table, empty and not to be read until it is refreshed.
        return [f"create materialized view {name} as {query} with no data"]
    filled = "with data" if begins(tail, "WITH", "DATA") else "with no data"
    words = 3 if begins(tail, "WITH", "NO") else 2
    return [f"create table {name} as {query} {filled}", *_organized(relation, tail[words:])]


def _organized(relation: str, tail: Tokens) -> Statements:
    if tail and tail[0].upper not in _STORAGE:
        raise unexpected(str(tail[0]))
    place = find(tail, "ORGANIZE")
    if place >= 0 and says(tail, place, "ORGANIZE", "BY", "COLUMN"):
        return [f"insert into db2.column_organized values ({relation})"]
    return []


def _element(tokens: Tokens) -> str:
    """Return a column or a constraint of CREATE TABLE."""
    if tokens[0].upper in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        if find(tokens, "ENFORCED") >= 0:
            raise not_emulated("NOT ENFORCED in CREATE TABLE; say it in ALTER TABLE")
        return translated(tokens)
    return _column(tokens)


def _column(tokens: Tokens) -> str:
    kind, end = take_type(tokens, 1)
    options = list(tokens[end:])
    if says(options, 0, "WITH", "DEFAULT"):
        options = options[1:]
    return f"{translated(tokens[:1])} {kind} {render(translate(options))}"


def _require_not_null(inside: Tokens) -> None:
    """Refuse keys of columns that may be null: Db2 does not make them NOT NULL by itself."""
    elements = split(inside)
    sure = {
        folded(each[0])
        for each in elements
        if any(says(each, place, "NOT", "NULL") for place in range(len(each)))
    }
    for each in elements:
        for place, token in top_level(each):
            if token.upper not in ("PRIMARY", "UNIQUE"):
                continue
            opens = place + (2 if token.upper == "PRIMARY" else 1)
            named = says(each, opens, "(")
            keys = _columns(each[opens + 1 : closing(each, opens)]) if named else [folded(each[0])]
            for key in keys:
                if key not in sure:
                    raise _nullable(key)


def _nullable(column: str) -> Db2Error:
    return Db2Error(
        -542,
        "42831",
        f'The column named "{column}" cannot be a column of a primary key or unique key constraint '
        "because it can contain null values.",
    )


def _create_view(tokens: Tokens) -> Statements:
    replaces = begins(tokens, "CREATE", "OR", "REPLACE")
    name, _, end = _relation(tokens, 4 if replaces else 2)
    schema, view = _parts(tokens, 4 if replaces else 2)
    made_by = f"create view {name} {translated(tokens[end:])}"
    return [
        *([f"select db2.replace_view({_text(name)})"] if replaces else []),
        made_by,
        f"insert into db2.views values ({_text(schema)}, {_text(view)}, {_texts([made_by])})",
    ]


def _parts(tokens: Tokens, start: int) -> list[str]:
    name, _ = take_name(tokens, start)
    return [folded(part) for part in name if part.written != "."]


def _create_index(tokens: Tokens) -> Statements:
    unique = tokens[1].upper == "UNIQUE"
    start = 3 if unique else 2
    index, end = take_name(tokens, start)
    name, relation, opens = _relation(tokens, end + 1)
    columns = translated(tokens[opens : closing(tokens, opens) + 1])
    return [
        f"select db2.require_row_organized({relation})",
        f"create {'unique ' if unique else ''}index {translated(index[-1:])} on {name} {columns}",
    ]


def _drop_index(tokens: Tokens) -> Statements:
    return [translated(tokens)]


def _drop_table(tokens: Tokens) -> Statements:
    _, relation, _ = _relation(tokens, 2)
    return [f"select db2.drop_table({relation})"]


def _drop_view(tokens: Tokens) -> Statements:
    name, _, _ = _relation(tokens, 2)
    return [f"select db2.drop_view({_text(name)})"]


def _drop_schema(tokens: Tokens) -> Statements:
    return [f"drop schema {translated(tokens[2:3])}"]


def _rename(tokens: Tokens) -> Statements:
    start = 2 if tokens[1].upper == "TABLE" else 1
    _, relation, end = _relation(tokens, start)
    new = swap_case(folded(tokens[end + 1]))
    return [f"select db2.rename_table({relation}, {_text(new)})"]


def _truncate(tokens: Tokens) -> Statements:
    name, _, _ = _relation(tokens, 2 if tokens[1].upper == "TABLE" else 1)
    return [f"truncate table {name}"]


def _refresh(tokens: Tokens) -> Statements:
    name, _, _ = _relation(tokens, 2)
    return [f"refresh materialized view {name}"]


def _comment(tokens: Tokens) -> Statements:
    for token in tokens:
        if token.kind == "text" and len(token.written[1:-1].replace("''", "'").encode()) > _REMARK:
            raise Db2Error(-102, "54002", f'The constant "{token.written[:20]}..." is too long.')
    place = find(tokens, "IS")
    remark = translated(tokens[place + 1 :])
    if tokens[2].upper == "TABLE":
        _, relation, _ = _relation(tokens, 3)
        return [f"select db2.comment_on({relation}, {remark})"]
    if tokens[2].upper in ("COLUMN", "SCHEMA"):
        return [f"comment on {tokens[2]} {translated(tokens[3:place])} is {remark}"]
    name, _, opens = _relation(tokens, 2)
    if not says(tokens, opens, "("):
        raise not_emulated(f"COMMENT ON {tokens[2].upper}")
    return [
        f"comment on column {name}.{translated(each)}"
        for each in split(tokens[opens + 1 : closing(tokens, opens)])
    ]


def _alter_table(tokens: Tokens) -> Statements:
    name, relation, end = _relation(tokens, 2)
    starts = [
        place
        for place, token in top_level(tokens, end)
        if (token.upper in ("ADD", "ALTER", "DROP", "RENAME") and not _within_clause(tokens, place))
    ]
    if not starts or starts[0] != end:
        if tokens[end].upper in _PROPERTIES:
            return []
        raise unexpected(str(tokens[end]))
    statements: Statements = []
    for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True):
        statements += _alteration(name, relation, tokens[start:stop])
    return statements


def _within_clause(tokens: Tokens, place: int) -> bool:
    """Whether a word continues a clause: `ALTER COLUMN c DROP NOT NULL`, `... SET ...`."""
    before = [token.upper for token in tokens[max(place - 3, 0) : place]]
    return tokens[place].upper == "DROP" and (before[-2:-1] == ["COLUMN"] and before[0] == "ALTER")


def _alteration(name: str, relation: str, tokens: Tokens) -> Statements:
    verb, what = tokens[0].upper, tokens[1].upper
    if what in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        if verb == "ADD":
            return _add_constraint(name, relation, tokens[1:])
        if what == "PRIMARY":
            return [f"select db2.drop_key({relation})"]
        return [f"select db2.drop_constraint({relation}, {_text(folded(tokens[-1]))})"]
    return _alter_column(verb, name, relation, tokens[2:] if what == "COLUMN" else tokens[1:])


def _alter_column(verb: str, name: str, relation: str, rest: Tokens) -> Statements:
    if verb == "ADD":
        return [f"alter table {name} add column {_column(rest)}"]
    column, action = translated(rest[:1]), rest[1:]
    # PostgreSQL changes no column that a view shows; Db2's views have to be made valid again.
    invalidated = f"select db2.invalidate({relation})"
    if verb == "DROP":
        return [invalidated, f"alter table {name} drop column {column} cascade"]
    if verb == "RENAME":
        return [invalidated, f"alter table {name} rename column {column} to {translated(rest[2:])}"]
    if begins(action, "SET", "DATA", "TYPE"):
        kind, _ = take_type(action, 3)
        return [invalidated, f"alter table {name} alter column {column} type {kind}"]
    return [f"alter table {name} alter column {column} {translated(action)}"]


def _add_constraint(name: str, relation: str, tokens: Tokens) -> Statements:
    named = tokens[0].upper == "CONSTRAINT"
    constraint = folded(tokens[1]) if named else "SQL" + str(abs(hash(render(tokens))))[:15]
    body = tokens[2:] if named else tokens
    enforced = find(body, "ENFORCED")
    informational = enforced > 0 and body[enforced - 1].upper == "NOT"
    if body[0].upper == "CHECK":
        if informational:
            return []
        return [f"alter table {name} add constraint {swap_case(constraint)} {translated(body)}"]
    opens = next(place for place, token in enumerate(body) if token.written == "(")
    closes = closing(body, opens)
    keys = _columns(body[opens + 1 : closes])
    kind = {"PRIMARY": "p", "UNIQUE": "u", "FOREIGN": "f"}[body[0].upper]
    parent, parent_keys = "null", "null"
    if kind == "f":
        _, parent, end = _relation(body, find(body, "REFERENCES") + 1)
        if says(body, end, "("):
            parent_keys = _texts(_columns(body[end + 1 : closing(body, end)]))
    if not informational:
        checked = f"select db2.require_key({relation}, {_texts(keys)})"
        return [
            *([checked] if kind != "f" else []),
            f'alter table {name} add constraint "{swap_case(constraint)}" {translated(body)}',
        ]
    rest = body[enforced + 1 :]
    trusted = not begins(rest, "NOT", "TRUSTED")
    optimizes = not any(says(rest, place, "DISABLE", "QUERY") for place in range(len(rest)))
    return [
        f"select db2.add_informational({relation}, {_text(constraint)}, '{kind}', {_texts(keys)},"
        f" {parent}, {parent_keys}, {trusted}, {optimizes})"
    ]


def _grant(tokens: Tokens) -> Statements:
    gives = tokens[0].upper == "GRANT"
    on, to = find(tokens, "ON"), find(tokens, "TO" if gives else "FROM")
    if on < 0 or tokens[on + 1].upper in ("DATABASE", "SCHEMA"):
        raise not_emulated("grants of roles, on schemas and on the database")
    _, relation, _ = _relation(tokens, on + 2 if tokens[on + 1].upper == "TABLE" else on + 1)
    privileges = _texts([render(each).upper() for each in split(tokens[1:on])])
    function = "grant_on" if gives else "revoke_on"
    return [
        f"select db2.{function}({relation}, {privileges}, '{kind}', {_text(grantee)})"
        for kind, grantee in _grantees(split(tokens[to + 1 :]))
    ]


def _grantees(each: list[Tokens]) -> Iterator[tuple[str, str]]:
    kinds = {"USER": "U", "ROLE": "R", "GROUP": "G"}
    for grantee in each:
        if len(grantee) > 1 and grantee[0].upper in kinds:
            yield kinds[grantee[0].upper], folded(grantee[1])
        else:
            yield "G" if grantee[0].upper == "PUBLIC" else "U", folded(grantee[0])


def _create_role(tokens: Tokens) -> Statements:
    return [f"insert into db2.roles values ({_text(folded(tokens[2]))})"]


def _drop_role(tokens: Tokens) -> Statements:
    return [f"delete from db2.roles where rolename = {_text(folded(tokens[2]))}"]


def _lock(tokens: Tokens) -> Statements:
    name, _, end = _relation(tokens, 2)
    mode = "share" if says(tokens, end, "IN", "SHARE") else "exclusive"
    return [f"lock table {name} in {mode} mode"]


def _call(tokens: Tokens) -> Statements:
    return [translated([code("select"), *tokens[1:]])]


def _merge(tokens: Tokens) -> Statements:
    words: list[Token] = list(tokens)
    if says(words, len(words) - 2, "ELSE", "IGNORE"):
        words = words[:-2]
    return [translated(words)]


def _nothing(_: Tokens) -> Statements:
    return []


_STATEMENTS: tuple[tuple[tuple[str, ...], Callable[[Tokens], Statements]], ...] = (
    (("CREATE", "SCHEMA"), _create_schema),
    (("CREATE", "TABLE"), _create_table),
    (("CREATE", "VIEW"), _create_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), _create_view),
    (("CREATE", "INDEX"), _create_index),
    (("CREATE", "UNIQUE", "INDEX"), _create_index),
    (("CREATE", "ROLE"), _create_role),
    (("DROP", "ROLE"), _drop_role),
    (("DROP", "TABLE"), _drop_table),
    (("DROP", "VIEW"), _drop_view),
    (("DROP", "INDEX"), _drop_index),
    (("DROP", "SCHEMA"), _drop_schema),
    (("RENAME",), _rename),
    (("TRUNCATE",), _truncate),
    (("REFRESH", "TABLE"), _refresh),
    (("COMMENT", "ON"), _comment),
    (("ALTER", "TABLE"), _alter_table),
    (("GRANT",), _grant),
    (("REVOKE",), _grant),
    (("LOCK", "TABLE"), _lock),
    (("CALL",), _call),
    (("MERGE",), _merge),
    (("SET", "CURRENT"), _nothing),
    (("SET", "SESSION"), _nothing),
)
