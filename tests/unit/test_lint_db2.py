"""What is read of Db2's SQL without a Db2: every rule bites, every kind of statement is there."""

from __future__ import annotations

import pytest

from lint.db2 import (
    Statement,
    model_statements,
    promote_statements,
    query_of,
    singular_test_statements,
    statement_faults,
)
from lint.db2_denied import DENIED_DB2, find_denied_db2
from lint.dbt_jinja.render import PROJECT_DIR
from lint.denied import Denied


@pytest.mark.parametrize("rule", DENIED_DB2, ids=lambda rule: rule.name)
def test_what_db2_refuses_is_found_and_its_neighbour_is_not(rule: Denied) -> None:
    assert rule in [found for found, _ in find_denied_db2(rule.bites)]
    assert list(find_denied_db2(rule.passes)) == []


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        ("select a from t", "select a from t"),
        ("-- why\n\nselect a from t", "-- why\n\nselect a from t"),
        ("  merge into t using u on a = b", "  merge into t using u on a = b"),
        ("create table s.t as (select a from u) with no data organize by row", "select a from u"),
        (
            "create table t as (select (a) as a from u) data initially deferred refresh deferred",
            "select (a) as a from u",
        ),
        ("create view s.v as select a from t", "select a from t"),
        ("create table t (a integer)", None),
        ("drop table t", None),
    ],
)
def test_the_query_of_a_statement_is_found(sql: str, query: str | None) -> None:
    assert query_of(sql) == query


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("create table t as (select 1 as a) with no data", "select without from"),
        ("delete from t where (a) in (select a::int from u)", "cast(x as type)"),
        ("insert into t (a) select a from u where", "unparsable"),
        ("drop table if exists t", "if exists"),
    ],
)
def test_a_fault_is_told_with_the_statement_it_is_in(sql: str, fault: str) -> None:
    faults = statement_faults(Statement("fct_orders, first build", sql))
    assert any(fault in line for line in faults)
    assert all(line.startswith("fct_orders, first build:1: ") for line in faults)


def test_promotes_own_names_may_be_quoted_but_not_what_db2_lacks() -> None:
    sql = 'select hash_md5("A") from "STAGING"."T" where "B" = true'
    (fault,) = statement_faults(Statement("promote, sums", sql, is_portable=False))
    assert "hash(x, 0)" in fault


def test_singular_tests_and_promotes_statements_are_read_too() -> None:
    origins = {
        each.origin for each in [*singular_test_statements(PROJECT_DIR), *promote_statements()]
    }
    assert "assert_orders_tie_to_order_items" in origins
    assert "assert_raw_money_ties_to_staging" not in origins
    assert "promote, sums of ranges" in origins


def test_first_builds_and_builds_on_changes_are_compiled_with_all_they_send() -> None:
    statements = list(model_statements(PROJECT_DIR))
    of_items = {
        statement.origin.partition(", ")[2]: statement.sql
        for statement in statements
        if statement.origin.startswith("fct_order_items, ")
    }
    staged = "select staged.order_item_id from incremental.keys_of_fct_order_items"
    assert staged not in of_items["first build"]
    assert staged in of_items["build on changes"]
    sent = [sql for what, sql in of_items.items() if what.startswith("statement")]
    for start in (
        "update incremental.watermarks",
        "insert into incremental.changes_in_fct_order_items",
        "delete from incremental.changes_in_fct_order_items",
        "delete from marts.fct_order_items",
        "insert into marts.fct_order_items",
    ):
        assert any(sql.strip().startswith(start) for sql in sent), start
    assert not any("{" in statement.sql for statement in statements)
