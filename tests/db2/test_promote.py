"""The refined layer on Db2: every value, every change, every difference."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from promoted import (
    OpenDb2,
    OpenShop,
    differing_tables,
    from_db2,
    ingest,
    manifest,
    on_db2,
    tables,
    view_as,
)
from statements import on_mysql, on_postgres

from orchestration.connections import connect_mongo, connect_postgres
from orchestration.defs import dbt_project
from orchestration.errors import SoftcartError
from orchestration.promote.changes import refined_snapshot
from orchestration.promote.db2 import load
from orchestration.promote.db2.connection import db2_session
from orchestration.promote.db2.run import LOCK, promote
from orchestration.promote.report import PromoteReport, TableReport
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.transform import run_dbt
from orchestration.warehouse.locks import LockedError, sole_writer

pytestmark = [pytest.mark.servers, pytest.mark.slow]

EMOJI = "😀" * 200
LONG = "ä" * 9_000 + "\t\\N\n" + "😀" * 100


@pytest.fixture(scope="module")
def shop(
    open_shop: OpenShop, open_standin: OpenDb2, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A shop with values at every bound, refined and promoted."""
    with (
        open_shop(tmp_path_factory.mktemp("promote")) as opened,
        open_standin(opened) as settings,
    ):
        simulate_history(settings, scale=0.002, seed=3)
        _add_bounds(settings)
        ingest(settings)
        run_dbt(
            settings,
            ["build", "--selector", "refined", "--exclude-resource-type", "unit_test", "test"],
        ).raise_for_failures()
        assert all(table.is_first for table in promote(settings).tables)
        yield settings


def _add_bounds(settings: Settings) -> None:
    on_mysql(
        settings,
        "insert into promotions values "
        f"(9001, 'EMOJI', '{EMOJI}', 'percent', 0.01, null, null, 1, "
        "'1000-01-01 00:00:00', '9999-12-31 23:59:59.999999', default), "
        "(9002, 'EMPTY', '', 'amount', null, 999999999999.9999, 'EUR', 0, "
        "'2026-01-01 00:00:00.000001', '2026-01-01 00:00:00.1', default), "
        "(9003, 'SMALL', ' x ', 'amount', null, -0.0001, 'EUR', 0, "
        "'2026-01-01', '2026-01-01', default)",
        "insert into warehouses values "
        "(901, 'FIRST', 'tab\\tand\\\\line\\n', '\\'\"|', 'NL', 0, '1000-01-01', default), "
        "(902, 'LAST', 'NULL', '', 'NL', 1, '9999-12-31', default)",
        "insert into exchange_rates values ('1999-01-04', 'ZZZ', 0.00000001, default)",
        "insert into stock_levels values (901, 'a|b', 1, 1, default)",
    )
    connect_mongo(settings)["products"].insert_many(
        [
            {"_id": "LONG", "name": "long", "attributes": {"text": LONG}},
            {"_id": "BARE"},
        ]
    )


def by_name(report: PromoteReport) -> dict[str, TableReport]:
    return {table.name: table for table in report.tables}


def changed(report: PromoteReport) -> dict[str, tuple[int, int]]:
    """Return rows written and removed of the tables that changed; ingest's own is always one."""
    return {
        table.name: (table.rows_upserted, table.rows_deleted)
        for table in report.tables
        if table.changed and table.name != "stg_ingest__tables"
    }


def test_every_value_is_the_same_on_both_sides(shop: Settings) -> None:
    assert differing_tables(shop) == []
    named: dict[str, str] = dict(
        from_db2(
            shop,
            "SELECT PROMOTION_CODE, PROMOTION_NAME FROM STAGING.STG_OLTP__PROMOTIONS"
            " WHERE PROMOTION_ID > 9000",
        )
    )
    assert named == {"EMOJI": EMOJI, "EMPTY": "", "SMALL": " x "}
    amounts = from_db2(
        shop,
        "SELECT AMOUNT_OFF, PERCENT_OFF, STARTS_AT, ENDS_AT FROM STAGING.STG_OLTP__PROMOTIONS"
        " WHERE PROMOTION_ID IN (9001, 9002) ORDER BY PROMOTION_ID",
    )
    assert [(amount, percent) for amount, percent, _, _ in amounts] == [
        (None, Decimal("0.01")),
        (Decimal("999999999999.9999"), None),
    ]
    assert amounts[0][3] == datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert amounts[1][2:] == (
        datetime(2026, 1, 1, 0, 0, 0, 1),
        datetime(2026, 1, 1, 0, 0, 0, 100000),
    )
    assert from_db2(
        shop,
        "SELECT WAREHOUSE_NAME, CITY, IS_ACTIVE, OPENED_ON FROM STAGING.STG_OLTP__WAREHOUSES"
        " WHERE WAREHOUSE_ID > 900 ORDER BY WAREHOUSE_ID",
    ) == [
        ("tab\tand\\line\n", "'\"|", False, date(1000, 1, 1)),
        ("NULL", "", True, date(9999, 12, 31)),
    ]
    products: dict[str, str | None] = dict(
        from_db2(shop, "SELECT SKU, ATTRIBUTES FROM STAGING.STG_CATALOG__PRODUCTS")
    )
    assert LONG[:100] in (products["LONG"] or "")
    assert products["BARE"] is None


def test_personal_columns_stay_and_the_others_are_described(shop: Settings) -> None:
    columns = from_db2(
        shop,
        "SELECT COLNAME, REMARKS FROM SYSCAT.COLUMNS WHERE TABSCHEMA = 'STAGING'"
        " AND TABNAME = 'STG_OLTP__CUSTOMERS'",
    )
    assert [name for name, _ in columns] == [
        "CUSTOMER_ID",
        "EMAIL_KEY",
        "PHONE_KEY",
        "PHONE_NAME_KEY",
        "COUNTRY_CODE",
        "CUSTOMER_STATUS",
        "HAS_MARKETING_CONSENT",
        "REGISTERED_AT",
        "UPDATED_AT",
        "LOADED_AT",
    ]
    assert ("CUSTOMER_STATUS", "active or closed.") in columns


def test_a_run_without_changes_writes_nothing(shop: Settings) -> None:
    promote(shop)
    before = from_db2(shop, "SELECT * FROM PROMOTE.POSITIONS ORDER BY 1, 2")
    assert not any(table.changed for table in promote(shop).tables)
    assert from_db2(shop, "SELECT * FROM PROMOTE.POSITIONS ORDER BY 1, 2") == before
    assert _work_tables(shop) == []


def test_changed_new_and_deleted_rows_come_over_and_nothing_else(shop: Settings) -> None:
    promote(shop)
    on_mysql(
        shop,
        "update orders set shipping_amount = shipping_amount + 1 where order_id in (1, 2)",
        "delete from order_items where order_id = 3 limit 1",
        "insert into exchange_rates values ('1999-01-05', 'ZZZ', 2, default)",
        "delete from exchange_rates where rate_date = '1999-01-04' and currency_code = 'ZZZ'",
        "delete from stock_levels where sku = 'a|b'",
    )
    ingest(shop, "orders", "order_items", "exchange_rates", "stock_levels")
    report = promote(shop)
    assert changed(report) == {
        "stg_oltp__orders": (2, 0),
        "stg_oltp__orders_history": (2, 0),
        "stg_oltp__order_items": (0, 1),
        "stg_oltp__exchange_rates": (1, 1),
        "stg_oltp__stock_levels": (0, 1),
        "stg_oltp__deletions": (2, 0),
        "stg_oltp__reference_deletions": (1, 0),
    }
    assert report.succeeded
    assert by_name(report)["stg_oltp__orders"].reconciliation is not None
    assert differing_tables(shop) == []


def test_a_row_that_comes_back_is_no_longer_told_of_as_deleted(shop: Settings) -> None:
    on_mysql(shop, "delete from warehouses where warehouse_id = 901")
    ingest(shop, "warehouses")
    promote(shop)
    gone = (
        "SELECT ROW_KEY FROM STAGING.STG_OLTP__REFERENCE_DELETIONS WHERE TABLE_NAME = 'warehouses'"
    )
    assert from_db2(shop, gone) == [("901",)]
    on_mysql(
        shop,
        "insert into warehouses values (901, 'BACK', 'b', 'c', 'NL', 0, '2020-01-01', default)",
    )
    ingest(shop, "warehouses")
    assert promote(shop).succeeded
    assert from_db2(shop, gone) == []
    assert differing_tables(shop) == []


def test_a_state_that_has_ended_is_replaced_with_the_one_that_follows(shop: Settings) -> None:
    promote(shop)
    on_mysql(shop, "update customers set country_code = 'FR' where customer_id = 1")
    ingest(shop, "customers")
    run_dbt(shop, ["snapshot"]).raise_for_failures()
    report = promote(shop)
    assert changed(report)["snap_oltp__customers"][0] >= 2
    assert report.succeeded
    assert differing_tables(shop) == []


def test_a_seed_that_differs_comes_whole(shop: Settings) -> None:
    promote(shop)
    on_postgres(shop, "update seeds.channels set channel_name = 'Shop' where channel = 'store'")
    assert changed(promote(shop)) == {"channels": (3, 0)}
    on_postgres(shop, "delete from seeds.channels where channel = 'store'")
    promote(shop)
    assert differing_tables(shop) == []


def test_a_row_changed_by_hand_is_found_by_its_range_and_repaired(shop: Settings) -> None:
    promote(shop)
    on_db2(
        shop,
        "UPDATE STAGING.STG_OLTP__ORDERS SET SHIPPING_AMOUNT = SHIPPING_AMOUNT + 0.0001"
        " WHERE ORDER_ID = 5",
        "DELETE FROM STAGING.STG_CATALOG__PRODUCTS WHERE SKU = 'LONG'",
        "UPDATE SNAPSHOTS.SNAP_OLTP__CUSTOMERS SET DBT_VALID_TO = DBT_VALID_FROM",
        "UPDATE STAGING.STG_OLTP__PROMOTIONS SET PROMOTION_NAME = NULL WHERE PROMOTION_NAME = ''",
    )
    assert promote(shop).succeeded  # it has touched nothing, so it has compared nothing
    report = promote(shop, full=True)
    assert not report.succeeded
    told = list(report.differences)
    assert any(
        text.startswith("staging.stg_oltp__orders, order_id -9999 to 9999: of ") for text in told
    )
    assert any("stg_catalog__products, keys whose MD5 begins with" in text for text in told)
    assert {text.partition(",")[0] for text in told} == {
        "staging.stg_oltp__orders",
        "staging.stg_catalog__products",
        "snapshots.snap_oltp__customers",
        "staging.stg_oltp__promotions",
    }
    on_db2(
        shop,
        "CREATE SCHEMA INCREMENTAL",
        "CREATE TABLE INCREMENTAL.WATERMARKS (MODEL VARCHAR(128))",
        "INSERT INTO INCREMENTAL.WATERMARKS VALUES ('fct_orders')",
    )
    healed = promote(shop, repair=True)
    assert healed.succeeded
    repaired = {table.name for table in healed.tables if table.rows_repaired}
    assert repaired == {
        "stg_oltp__orders",
        "stg_catalog__products",
        "snap_oltp__customers",
        "stg_oltp__promotions",
    }
    assert from_db2(shop, "SELECT * FROM INCREMENTAL.WATERMARKS") == []
    assert differing_tables(shop) == []


def test_a_repair_of_nothing_leaves_the_marts_alone(shop: Settings) -> None:
    promote(shop, repair=True)
    on_db2(shop, "INSERT INTO INCREMENTAL.WATERMARKS VALUES ('fct_orders')")
    assert promote(shop, repair=True).succeeded
    assert from_db2(shop, "SELECT * FROM INCREMENTAL.WATERMARKS") == [("fct_orders",)]


def test_a_view_that_is_made_otherwise_is_loaded_anew(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(shop)
    wider = copy.deepcopy(manifest(shop))
    node = wider["nodes"]["model.softcart.stg_oltp__warehouses"]
    node["columns"]["climate"] = copy.deepcopy(node["columns"]["city"])
    node["columns"]["climate"]["description"] = "Climate."
    monkeypatch.setattr(dbt_project, "load_manifest", lambda folder: wider)
    more = (
        "select w.*, cast('mild' as varchar(4)) as climate, cast('x' as varchar(4)) as secret"
        " from ({was}) as w"
    )
    with view_as(shop, "staging.stg_oltp__warehouses", more):
        report = promote(shop)
        assert [table.name for table in report.tables if table.is_first] == ["stg_oltp__warehouses"]
        assert report.warnings == [
            "staging.stg_oltp__warehouses: secret stays in PostgreSQL, because no YAML says what "
            "it is and whether it is personal."
        ]
        assert set(from_db2(shop, "SELECT CLIMATE FROM STAGING.STG_OLTP__WAREHOUSES")) == {
            ("mild",)
        }
        wider_text = more.replace("varchar(4)) as climate", "varchar(40)) as climate")
    with view_as(shop, "staging.stg_oltp__warehouses", wider_text):
        assert by_name(promote(shop))["stg_oltp__warehouses"].is_first
    monkeypatch.undo()
    promote(shop)
    assert differing_tables(shop) == []


def test_a_new_description_is_told_without_loading_anything(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(shop)
    other = copy.deepcopy(manifest(shop))
    other["nodes"]["seed.softcart.channels"]["description"] = "Ways to sell."
    with monkeypatch.context() as patched:
        patched.setattr(dbt_project, "load_manifest", lambda folder: other)
        assert changed(promote(shop)) == {}
    assert from_db2(
        shop, "SELECT REMARKS FROM SYSCAT.TABLES WHERE TABSCHEMA = 'SEEDS' AND TABNAME = 'CHANNELS'"
    ) == [("Ways to sell.",)]


def test_a_relation_that_is_gone_goes_and_comes_again_when_it_is_there(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(shop)
    fewer = copy.deepcopy(manifest(shop))
    del fewer["nodes"]["seed.softcart.channels"]
    with monkeypatch.context() as patched:
        patched.setattr(dbt_project, "load_manifest", lambda folder: fewer)
        assert [table.name for table in promote(shop).tables if table.is_gone] == ["channels"]
    there = "SELECT TABNAME FROM SYSCAT.TABLES WHERE TABSCHEMA = 'SEEDS' ORDER BY TABNAME"
    assert from_db2(shop, there) == [
        ("COUNTRIES",),
        ("CURRENCIES",),
        ("TIME_ZONE_OFFSETS",),
    ]
    assert by_name(promote(shop))["channels"].is_first
    assert differing_tables(shop) == []


def test_a_table_that_somebody_has_dropped_is_made_again(shop: Settings) -> None:
    promote(shop)
    on_db2(shop, "DROP TABLE STAGING.STG_OLTP__RETURNS")
    report = promote(shop)
    assert [table.name for table in report.tables if table.is_first] == ["stg_oltp__returns"]
    assert differing_tables(shop) == []


def test_a_warehouse_that_was_restored_is_loaded_anew(shop: Settings) -> None:
    promote(shop)
    on_db2(shop, "UPDATE PROMOTE.POSITIONS SET LOADED_THROUGH = '2999-01-01 00:00:00'")
    report = promote(shop)
    assert by_name(report)["stg_oltp__orders"].is_first
    assert report.succeeded
    assert report.position is not None
    assert report.position < datetime.now(UTC).replace(tzinfo=None)


def test_a_server_that_refuses_files_is_loaded_by_arrays(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BULK_ROWS", 1)
    on_db2(shop, "DROP TABLE SEEDS.COUNTRIES")
    report = promote(shop)
    assert by_name(report)["countries"].way == "array"
    assert any(
        warning.startswith("seeds.countries was loaded by array, not by file: the server refuses")
        for warning in report.warnings
    )
    assert differing_tables(shop) == []


def test_rows_of_values_load_the_same(shop: Settings) -> None:
    table = next(table for table in tables(shop) if table.plain_name == "STG_OLTP__PROMOTIONS")
    on_db2(shop, f"CREATE TABLE PROMOTE.COPIED LIKE {table.name}")
    with db2_session(shop) as db2:
        rows: list[tuple[Any, ...]] = [
            ("1", "A", "😀", "amount", None, "1.5000", "EUR", True, *["2026-01-02 03:04:05.6"] * 4),
            ("2", "B", "", "amount", None, None, None, False, *["2026-01-02"] * 4),
        ] * 200
        assert load.ValuesInsert().load(db2, "PROMOTE.COPIED", table.columns, iter(rows)) == 400
    assert from_db2(
        shop,
        "SELECT PROMOTION_NAME, AMOUNT_OFF, IS_ACTIVE, COUNT(*) FROM PROMOTE.COPIED"
        " GROUP BY PROMOTION_NAME, AMOUNT_OFF, IS_ACTIVE ORDER BY 1",
    ) == [("", None, False, 200), ("😀", Decimal("1.5000"), True, 200)]
    promote(shop)
    assert _work_tables(shop) == []


def test_two_promotes_do_not_run_at_once(shop: Settings) -> None:
    with (
        connect_postgres(shop, autocommit=True) as other,
        sole_writer(other, LOCK),
        pytest.raises(LockedError) as error,
    ):
        promote(shop)
    assert "Another promote or dbt build on Db2 is running" in error.value.what


def test_a_seed_is_not_emptied_while_it_is_read(shop: Settings) -> None:
    """TRUNCATE shows in transactions that began before it, so it waits for them."""
    with (
        refined_snapshot(shop, [("seeds", "channels"), ("seeds", "not_built_yet")]),
        connect_postgres(shop) as other,
    ):
        other.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("truncate seeds.channels")


@pytest.mark.parametrize(
    ("part", "replaced", "what"),
    [
        ("password", "wrong-password", "refuses the user or the password"),
        ("port", "1", "No answer from Db2"),
        ("database", "nowhere", "has no database nowhere"),
    ],
)
def test_a_db2_that_cannot_be_used_is_told_of(
    shop: Settings, part: str, replaced: str, what: str
) -> None:
    url = shop.url("db2")
    parts = {
        "user": url.user,
        "password": url.password.get_secret_value(),
        "port": str(url.port),
        "database": url.database,
        part: replaced,
    }
    wrong = shop.with_urls(
        {"db2": "db2://{user}:{password}@127.0.0.1:{port}/{database}".format(**parts)}
    )
    with pytest.raises(SoftcartError) as error:
        promote(wrong)
    assert what in error.value.what
    assert "wrong-password" not in str(error.value)


def _work_tables(settings: Settings) -> list[tuple[Any, ...]]:
    return from_db2(
        settings,
        "SELECT TABNAME FROM SYSCAT.TABLES WHERE TABSCHEMA = 'PROMOTE' AND TABNAME <> 'POSITIONS'",
    )
