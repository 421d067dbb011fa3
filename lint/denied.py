"""What SQL that must run on PostgreSQL, Db2 and Spark never says, and what to say instead.

A parser takes most of it: it reads a dialect's grammar loosely, and functions of any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Denied:
    """A form that an engine refuses, or reads otherwise.

    Args:
        name: The form, as a message shows it.
        pattern: Finds it in SQL in lower case without comments, with every text literal emptied.
        instead: What to write.
        bites: SQL that it finds, for the test of the pattern.
        passes: SQL like it that is right, for the same.
    """

    name: str
    pattern: str
    instead: str
    bites: str
    passes: str


DENIED = (
    Denied("::", r"::", "cast(x as type)", "select a::int from t", "select cast(a as int) from t"),
    Denied(
        "qualify",
        r"\bqualify\b",
        "a CTE with row_number() and a where",
        "select a from t qualify row_number() over (order by a) = 1",
        "select a as qualified from t",
    ),
    Denied(
        "distinct on",
        r"\bdistinct\s+on\b",
        "a CTE with row_number() and a where",
        "select distinct on (a) a, b from t",
        "select distinct one from t",
    ),
    Denied(
        "filter (where ...)",
        r"\bfilter\s*\(\s*where\b",
        "an aggregate over a case",
        "select sum(a) filter (where a > 0) from t",
        "select sum(case when a > 0 then a end) from t",
    ),
    Denied(
        "ilike",
        r"\bilike\b",
        "like on lower(x)",
        "select a from t where a ilike 'x%'",
        "select a from t where lower(a) like 'ilike%'",
    ),
    Denied(
        "interval",
        r"\binterval\s*'",
        "date_add_days()",
        "select a + interval '1 day' from t",
        "select price_interval from t",
    ),
    Denied(
        "-> and ->>",
        r"->",
        "a column made in staging, where JSON is unwrapped",
        "select a ->> 'b' from t",
        "select a from t where a - 1 > 0",
    ),
    Denied(
        "~",
        r"(?<!<)[!]?~",
        "like",
        "select a from t where a ~ 'x'",
        "select replace(a, '~', '~0') from t",
    ),
    Denied(
        "generate_series",
        r"\bgenerate_series\s*\(",
        "numbers() or dim_dates",
        "select d from generate_series(1, 2) as d",
        "select generate_series_id from t",
    ),
    Denied(
        "string_agg, array_agg, listagg",
        r"\b(string_agg|array_agg|listagg|collect_list)\s*\(",
        "one row per value; engines order and cut joined texts differently",
        "select string_agg(a, ',') from t",
        "select max(a) from t",
    ),
    Denied(
        "limit",
        r"\blimit\s+\d",
        "row_number() in a CTE",
        "select a from t limit 5",
        "select credit_limit from t",
    ),
    Denied(
        "true and false",
        r"(?<![\w.])(true|false)(?!\w)",
        "bool_true() and bool_false()",
        "select a from t where b = true",
        "select is_true, false_positives from t",
    ),
    Denied(
        "the clock",
        r"\b(now\s*\(|current_date\b|current_timestamp\b|current date\b|current timestamp\b"
        r"|localtimestamp\b|sysdate\b|getdate\s*\()",
        "as_of() or as_of_date(), so that a run can be repeated; in live views, current_date_utc()"
        " or current_timestamp_utc()",
        "select a from t where d < current_date",
        "select current_dates, snow(a) from t",
    ),
    Denied(
        "a name that starts with an underscore",
        r"(?<![\w.\"])_\w+",
        "a plain name; Db2 refuses it",
        "select _loaded_at from t",
        "select loaded_at from t",
    ),
    Denied(
        "is true, is not false",
        r"\bis\s+(not\s+)?(true|false)\b",
        "= bool_true()",
        "select a from t where b is not false",
        "select a from t where b is not null",
    ),
    Denied(
        "is distinct from",
        r"\bis\s+(not\s+)?distinct\s+from\b",
        "a comparison and an `is null` for each side",
        "select a from t where a is not distinct from b",
        "select distinct a from b",
    ),
    Denied(
        "lateral",
        r"\blateral\b",
        "a join",
        "select a from t cross join lateral (select 1 from t) as u",
        "select collateral from t",
    ),
    Denied(
        "using in a join",
        r"\bjoin\s+[\w.]+(\s+as\s+\w+)?\s+using\s*\(",
        "on with qualified columns",
        "select a from t inner join u using (a)",
        "select t.a from t inner join u on t.a = u.a",
    ),
    Denied(
        "a quoted name",
        r"\"",
        "a plain name; quotes fix its case, and engines fold it differently",
        'select "Name" from t',
        "select customer_name from t",
    ),
    Denied(
        "timestamp '...' and date '...'",
        r"\b(timestamp|date)\s*''",
        "timestamp_literal() and date_literal()",
        "select a from t where d < date '2024-01-01'",
        "select cast('2024-01-01' as date) as update_date from t",
    ),
    Denied(
        "text, jsonb and arrays",
        r"\bas\s+(text|jsonb?|bytea|uuid|timestamptz)\b|\barray\s*\[|\[\]",
        "varchar(n), and columns made in staging",
        "select cast(a as text) from t",
        "select a as text_length from t",
    ),
    Denied(
        "varchar without a length",
        r"\bas\s+(varchar|decimal|numeric|char)\b\s*(?![(\s])",
        "varchar(n), decimal(p, s): Db2 takes none, or makes decimal(5, 0) of it",
        "select cast(a as varchar) from t",
        "select cast(a as varchar(10)), b as charged from t",
    ),
    Denied(
        "a long varchar counted in bytes",
        r"\bas\s+varchar\s*\(\s*\d{3,}\s*\)",
        "type_varchar(n): names hold more than ASCII, and Db2 cuts them at n bytes",
        "select cast(a as varchar(120)) from t",
        "select cast(a as varchar(120 codeunits32)), cast(b as varchar(64)) from t",
    ),
    Denied(
        "a time or an amount as it prints",
        r"\bcast\(\s*(\w+\.)?\w*(_at|_date|_day|_amount|_price|_cost|_rate)(_local)?"
        r"\s+as\s+(var)?char",
        "format_timestamp() or format_date(); amounts do not belong in keys",
        "select md5(cast(ordered_at as varchar(30))) from t",
        "select cast(customer_id as varchar(20)), cast(ordered_at as date) from t",
    ),
    Denied(
        "a name of more than 128 bytes",
        r"\b\w{129,}",
        "a shorter name",
        f"select {'a' * 129} from t",  # noqa: S608 - lint's own example
        f"select {'a' * 128} from t",  # noqa: S608
    ),
)

# What a file must not say before Jinja: the macro is wrong on an engine, or cannot be repeated.
DENIED_JINJA = (
    Denied(
        "target.type, target.name",
        r"\btarget\s*(\.\s*(type|name|profile_name)|\[)",
        "adapter.dispatch('<macro>', 'softcart')",
        "{% if target.type == 'postgres' %}",
        "{{ ref('budget_targets') }}",
    ),
    Denied(
        "dbt.dateadd, dbt.datediff",
        r"\bdbt\.(dateadd|datediff|date_trunc|current_timestamp|hash|concat|string_agg|listagg)\b"
        r"|\{\{\s*(dateadd|datediff|current_timestamp)\s*\(",
        "date_add_days(), date_diff_days(), ..., surrogate_key(), as_of()",
        "{{ dbt.datediff('a', 'b', 'day') }}",
        "{{ date_diff_days('a', 'b') }} as datediff",
    ),
    Denied(
        "dispatch without the project's name",
        r"adapter\.dispatch\(\s*'[^']*'\s*\)",
        "adapter.dispatch('<macro>', 'softcart')",
        "{{ adapter.dispatch('surrogate_key')(x) }}",
        "{{ adapter.dispatch('surrogate_key', 'softcart')(x) }}",
    ),
)


def find_denied(sql: str) -> Iterator[tuple[Denied, int]]:
    """Yield each denied form in SQL that Jinja has rendered, with its line, from 1."""
    yield from find_rules(DENIED, sql)


def find_rules(rules: tuple[Denied, ...], sql: str) -> Iterator[tuple[Denied, int]]:
    """Yield each form of `rules` in SQL that Jinja has rendered, with its line, from 1."""
    yield from _find(rules, _bare(sql))


def find_denied_jinja(text: str) -> Iterator[tuple[Denied, int]]:
    """Yield each denied form in a file before Jinja, with its line, from 1."""
    yield from _find(DENIED_JINJA, re.sub(r"{#.*?#}", _blank, text, flags=re.DOTALL))


def _find(rules: tuple[Denied, ...], text: str) -> Iterator[tuple[Denied, int]]:
    for rule in rules:
        for match in re.finditer(rule.pattern, text):
            yield rule, text.count("\n", 0, match.start()) + 1


def _bare(sql: str) -> str:
    """Return SQL in lower case, its comments gone and its text literals emptied, line for line."""
    without = re.sub(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", _blank_or_empty, sql, flags=re.DOTALL)
    return without.lower()


def _blank_or_empty(match: re.Match[str]) -> str:
    return ("''" if match[0].startswith("'") else "") + _blank(match)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")
