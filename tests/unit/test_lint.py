"""The portable lint: every rule bites, and none bites what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.currencies import mixed_sums
from lint.dbt_jinja.render import ENGINES, PROJECT_DIR, Engine, Renderer
from lint.denied import DENIED, DENIED_JINJA, Denied, find_denied, find_denied_jinja
from lint.dialects import parse_faults
from lint.layers import misreadings
from lint.project import check_project, portability_faults
from lint.properties import shape_faults

SEEDS = frozenset({"countries"})


@pytest.mark.parametrize("rule", DENIED, ids=lambda rule: rule.name)
def test_denied_sql_is_found_and_its_neighbour_is_not(rule: Denied) -> None:
    assert rule in [found for found, _ in find_denied(rule.bites)]
    assert list(find_denied(rule.passes)) == []


@pytest.mark.parametrize("rule", DENIED_JINJA, ids=lambda rule: rule.name)
def test_denied_jinja_is_found_and_its_neighbour_is_not(rule: Denied) -> None:
    assert rule in [found for found, _ in find_denied_jinja(rule.bites)]
    assert list(find_denied_jinja(rule.passes)) == []


def test_comments_and_texts_are_nobodys_business() -> None:
    sql = "select 'it''s :: now()' as note -- limit 5\n/* true\n */ from t\nwhere a::int = 1"
    assert [(rule.name, line) for rule, line in find_denied(sql)] == [("::", 4)]
    assert list(find_denied_jinja("{# target.type\n #}")) == []


@pytest.mark.parametrize(
    ("sql", "engine", "what"),
    [
        ("select a from t where", "spark", "unparsable"),
        ("select a from t group a", "spark", "unparsable"),
        ("select a from t limit 3 offset 2 rows fetch", "ibmdb2", "unparsable"),
        ("select 1 as a", "ibmdb2", "select without from"),
        ("with u as (\n    select 1 as a\n)\n\nselect a from u", "ibmdb2", "select without from"),
    ],
)
def test_what_an_engine_refuses_is_found(sql: str, engine: Engine, what: str) -> None:
    assert any(what in fault for fault, _ in parse_faults(sql + "\n", engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_every_engine_takes_passes(engine: Engine) -> None:
    sql = "with u as (\n    select sum(a) as a from t group by b\n)\n\nselect a from u\n"
    assert list(parse_faults(sql, engine)) == []


@pytest.mark.parametrize(
    ("layer", "refs", "sources", "faults"),
    [
        ("marts", {"stg_oltp__orders", "dim_dates", "countries", "snap_oltp__customers"}, set(), 0),
        ("marts", {"base_oltp__customers"}, set(), 1),
        ("marts", set(), {"oltp.orders"}, 1),
        ("intermediate", set(), {"oltp.orders"}, 1),
        ("staging", {"base_oltp__customers"}, {"oltp.orders"}, 0),
        ("staging", {"stg_oltp__orders", "dim_dates"}, set(), 2),
        ("snapshots", {"stg_oltp__orders"}, {"oltp.customers"}, 2),
    ],
)
def test_layers_read_what_they_may(
    layer: str, refs: set[str], sources: set[str], faults: int
) -> None:
    assert len(list(misreadings(layer, refs, sources, SEEDS))) == faults


def test_only_live_views_read_the_clock_and_by_the_macro_alone(tmp_path: Path) -> None:
    for name in ("macros", "dbt_project.yml"):
        (tmp_path / name).symlink_to(PROJECT_DIR / name)
    for area, day, bites in (
        ("live", "{{ current_date_utc() }}", False),
        ("live", "current_date", True),
        ("operations", "{{ current_timestamp_utc() }}", False),
        ("sales", "{{ current_date_utc() }}", True),
    ):
        model = tmp_path / "models" / "marts" / area / "sales_by_day.sql"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_text(f"select order_id from orders where order_date = {day}\n")
        faults = portability_faults(tmp_path, model)
        assert any("the clock" in fault.what for fault in faults) is bites, (area, day)


def test_each_engine_gets_its_own_macro() -> None:
    added = {
        engine: Renderer(engine, PROJECT_DIR).context["date_add_days"]("order_date", 7).strip()
        for engine in ENGINES
    }
    assert added == {
        "postgres": "(order_date + cast(7 as integer))",
        "ibmdb2": "(order_date + (7) days)",
        "spark": "date_add(order_date, cast(7 as int))",
    }


def test_a_project_with_every_kind_of_fault_is_told_of_each(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "vars: {}",
        "macros/one.sql": "{% macro one() %}{% if target.name == 'x' %}1{% endif %}{% endmacro %}",
        "models/staging/stg_oltp__orders.sql": "select * from {{ ref('dim_dates') }}",
        "models/marts/dim_dates.sql": "select a::int as a from {{ source('oltp', 'orders') }}",
        "models/intermediate/int_orders_counted.sql": "select order_id from orders group order_id",
        "snapshots/_snapshots.yml": (
            "snapshots: [{name: snap_oltp__orders, relation: \"ref('stg_oltp__orders')\"}]"
        ),
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    found = [str(fault) for fault in check_project(tmp_path)]
    for start in (
        "snapshots/_snapshots.yml:1: snap_oltp__orders: snapshots must not read stg_oltp__orders",
        "macros/one.sql:1: target.type, target.name: use adapter.dispatch",
        "models/staging/stg_oltp__orders.sql:1: staging must not read dim_dates",
        "models/marts/dim_dates.sql:1: marts must not read source oltp.orders",
        "models/marts/dim_dates.sql:1: :: (ibmdb2): use cast",
        "models/intermediate/int_orders_counted.sql:1: spark cannot read it: ",
    ):
        assert any(fault.startswith(start) for fault in found), (start, found)


def test_misplaced_keys_are_found(tmp_path: Path) -> None:
    file = tmp_path / "_core__models.yml"
    file.write_text(
        """
        models:
          - name: dim_dates
            tests: [unique]
            columns:
              - name: date_day
                meta: {personal: true}
                data_tests:
                  - not_null
                  - accepted_values: {values: [1]}
                  - relationships: {arguments: {to: ref('x'), field: y}}
        seeds:
          - name: channels
            config: {column_types: {channel: varchar(16)}}
            columns: [{name: channel}, {name: is_online}]
        sources:
          - name: oltp
            freshness: {warn_after: {count: 1, period: day}}
            tables: [{name: orders, tags: [x]}]
        """
    )
    assert sorted(fault.split(":")[0] for fault in shape_faults(file)) == [
        "channels.is_online",
        "dim_dates",
        "dim_dates.date_day",
        "dim_dates.date_day, test accepted_values",
        "dim_dates.date_day, test relationships",
        "oltp",
        "orders",
    ]


@pytest.mark.parametrize(
    ("sql", "mixed"),
    [
        ("select sum(net_amount_local) from t", ["sum(net_amount_local)"]),
        ("select sku, avg(price_local) from t group by sku", ["avg(price_local)"]),
        (
            "select a from (select sum(case when b then (c_local) end) as a from t group by d) as u"
            " group by currency_code",
            ["sum(case when b then (c_local) end)"],
        ),
        (
            "select sum(a_local) over (partition by sku order by currency_code) from t",
            ["sum(a_local)"],
        ),
        ("select sum(a_local) over (partition by order_id order by paid_at) from t", []),
        ("select currency_code, sum(a_local) from t group by sku, currency_code", []),
        ("select sum(a_local) from t group by order_id", []),
        ("select cast(sum(a_local) as int) as a from t group by currency_code", []),
        ("select cast(sum(a_local) as int) as a from t group by sku", ["sum(a_local)"]),
        ("select sum(cast(round(a_local * r.rate_to_reporting, 4) as decimal(18, 4))) from t", []),
        ("select sum(net_amount), max(a_local) from t", []),
    ],
)
def test_currencies_are_not_added_up(sql: str, mixed: list[str]) -> None:
    assert [what for what, _ in mixed_sums(sql)] == mixed
