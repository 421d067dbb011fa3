"""What statements for Db2 never say, besides what no portable query says (lint/denied.py).

Parsers of Db2's dialect read selects and changes of rows, not what makes tables: for that, this
list is all that speaks up before a server does.
"""

from __future__ import annotations

from collections.abc import Iterator

from lint.denied import Denied, find_rules

DENIED_DB2 = (
    Denied(
        "if exists, if not exists",
        r"\bif\s+(not\s+)?exists\b",
        "a look into the catalogue first; Db2 before 11.5.4 has no such form for all objects",
        "drop table if exists marts.t",
        "select a from t where not exists (select 1 from u)",
    ),
    Denied(
        "a table made of a query that is not in brackets, or with unsaid data",
        r"\bcreate\s+table\s+[\w.]+\s+as\s+(?!\()"
        r"|\bcreate\s+table\s+[\w.]+\s+as\s*\((?![\s\S]*\)\s*(with\s+(no\s+)?data|data\s+initially)\b)",
        "create table t as (...) with no data, then an insert",
        "create table marts.t as (select a from u)",
        "create table marts.t as (select a from u) with no data organize by row",
    ),
    Denied(
        "a kind of table of PostgreSQL's",
        r"\bcreate\s+(unlogged|temp|temporary)\b",
        "an ordinary table; dropped when it is not needed",
        "create unlogged table t (a integer)",
        "create table temporary_prices (a integer)",
    ),
    Denied(
        "create or replace table",
        r"\bcreate\s+or\s+replace\s+table\b",
        "drop and create: rows must not go before new ones are there",
        "create or replace table t (a integer)",
        "create or replace view v as select a from t",
    ),
    Denied(
        "drop ... cascade",
        r"\bdrop\b[^;]*\bcascade\b",
        "drop without it: views become inoperative and come back",
        "drop table t cascade",
        "drop table cascades",
    ),
    Denied(
        "truncate without immediate",
        r"\btruncate\s+(table\s+)?[\w.]+(?!.*\bimmediate\b)",
        "delete from t, or truncate table t immediate as the first statement of a transaction",
        "truncate table t",
        "truncate table t immediate",
    ),
    Denied(
        "on conflict",
        r"\bon\s+conflict\b",
        "merge, or a delete and an insert in one transaction",
        "insert into t values (1) on conflict do nothing",
        "select a from t inner join u on conflicts = a",
    ),
    Denied(
        "returning",
        r"\breturning\b",
        "select ... from final table (...)",
        "delete from t where a = 1 returning a",
        "select returning_customers from t",
    ),
    Denied(
        "delete ... using",
        r"\bdelete\s+from\s+[\w.]+(\s+as\s+\w+)?\s+using\b",
        "delete ... where exists (...)",
        "delete from t using u where t.a = u.a",
        "delete from t where exists (select 1 from u where u.a = t.a)",
    ),
    Denied(
        "several statements at once",
        r";\s*\S",
        "one statement each",
        "delete from t; insert into t values (1)",
        "delete from t;",
    ),
    Denied(
        "set local, set search_path",
        r"\bset\s+(local|session|search_path)\b",
        "names with their schema",
        "set local work_mem = '1GB'",
        "update t set local_price = 1",
    ),
    Denied(
        "vacuum, analyze",
        r"^\s*(vacuum|analyze)\b",
        "call sysproc.admin_cmd('runstats on table ...')",
        "analyze marts.t",
        "select analyze_count from t",
    ),
    Denied(
        "hash_md5",
        r"\bhash_(md5|sha1|sha256|crc32)\s*\(",
        "hash(x, 0): the others are of Db2 for z/OS and for i",
        "select hash_md5(a) from t",
        "select hash(a, 0) as hash_md5 from t",
    ),
    Denied(
        "a type without its size in a table",
        r"(?<=[(,])\s*\"?\w+\"?\s+(decimal|numeric|varchar)\s*(?=[,)]|not\s+null)",
        "decimal(p, s), varchar(n codeunits32): Db2 makes decimal(5, 0) of the one alone",
        "create table t (a decimal, b integer)",
        "create table t (a decimal(18, 4), b varchar(20 codeunits32))",
    ),
    Denied(
        "a type of PostgreSQL's in a table",
        r"(?<=[(,])\s*\"?\w+\"?\s+(text|timestamptz|jsonb?|bytea|uuid|(big)?serial|double\s+precision\[\])"
        r"\s*(?=[,)]|not\s+null)",
        "clob, timestamp, varchar(n), bigint",
        "create table t (a text not null)",
        "create table t (text_length integer, note clob)",
    ),
    Denied(
        "a grant without its kind of grantee",
        r"\bgrant\s+[^;]*\bto\s+(?!role\b|user\b|group\b|public\b)\w+",
        "grant ... to role r: the name alone may mean a user, or a group",
        "grant select on t to readers",
        "grant select on t to role readers",
    ),
    Denied(
        "a key that Db2 enforces on a mart",
        r"\badd\s+constraint\b(?!.*\bnot\s+enforced\b)",
        "not enforced trusted enable query optimization: the tests have proved it",
        "alter table t add constraint k primary key (a)",
        "alter table t add constraint k primary key (a) not enforced trusted",
    ),
)


def find_denied_db2(sql: str) -> Iterator[tuple[Denied, int]]:
    """Yield each denied form in a statement for Db2, with its line, from 1."""
    yield from find_rules(DENIED_DB2, sql)
