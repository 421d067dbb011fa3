"""Online Retail in the shop: each row of the real file is there once, each total is its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop_rules import broken_rules

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.simulator.online_retail import load_online_retail
from orchestration.simulator.online_retail.reading import COLUMNS
from orchestration.simulator.schema import filled_tables
from orchestration.simulator.shop import PRODUCTS
from orchestration.simulator.traffic import simulate_traffic

pytestmark = pytest.mark.servers

DATA = PROJECT_DIR.parent / "shared" / "data" / "online_retail.csv.xz"

SMALL = """\
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,WHITE LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,WHITE LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536366,71053,WHITE LANTERN,1,2010-12-02 08:26:00,0.001,,EIRE
536367,71053,WHITE LANTERN,one,2010-12-02 08:26:00,3.39,,EIRE
C536368,71053,WHITE LANTERN,-2,2010-12-03 08:26:00,3.39,17850.0,United Kingdom
C536369,D,Discount,-1,2010-12-03 08:26:00,27.5,14527.0,United Kingdom
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,United Kingdom
536589,71053,,-10,2010-12-01 16:50:00,0.0,,United Kingdom
536370,71053,WHITE LANTERN,2,2010-12-04 08:26:00,0.0,12583.0,Atlantis
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.csv"
    file.write_text(",".join(COLUMNS) + "\n" + SMALL, encoding="utf-8")
    return file


def ask(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    with connect_mysql(settings) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def test_each_row_goes_to_its_place(shop: Settings, small: Path) -> None:
    report = load_online_retail(shop, small)
    assert [(kind.table, kind.rows, kind.amount) for kind in report.kinds] == [
        ("order_items", 4, Decimal("55.98")),
        ("order_items", 1, Decimal("0.001")),
        ("returns", 1, Decimal("-6.78")),
        ("returns", 1, Decimal("-27.50")),
        ("payments", 1, Decimal("-11062.06")),
        ("inventory_movements", 1, Decimal(0)),
    ]
    assert [(line.line, line.reason) for line in report.rejected] == [
        (6, "Quantity is not a whole number")
    ]
    assert (report.rows, report.duplicates, report.orders) == (9, 1, 3)
    assert report.unknown_countries == {"Atlantis": 1}

    assert ask(
        shop,
        "select order_number, customer_id, shipping_country_code, currency_code, total_amount"
        " from orders order by order_number",
    ) == [
        ("536365", 17850, "GB", "GBP", Decimal("55.9800")),
        ("536366", None, "IE", "GBP", Decimal("0.0010")),
        ("536370", 12583, "XX", "GBP", Decimal("0.0000")),
    ]
    assert ask(
        shop,
        "select return_number, order_item_id is null, customer_id, sku, quantity, refund_amount"
        " from returns order by return_number",
    ) == [
        ("C536368-1", 0, 17850, "71053", 2, Decimal("6.7800")),
        ("C536369-1", 1, 14527, "D", 1, Decimal("27.5000")),
    ]
    assert ask(
        shop, "select payment_type, count(*), sum(amount) from payments group by 1 order by 1"
    ) == [
        ("charge", 2, Decimal("55.9810")),
        ("refund", 2, Decimal("-34.2800")),
        ("adjustment", 1, Decimal("-11062.0600")),
    ]
    assert broken_rules(shop) == {}


def test_strict_refuses_a_malformed_line_and_loads_nothing(shop: Settings, small: Path) -> None:
    with pytest.raises(SoftcartError, match=r"Line 6 of .*Quantity is not a whole number"):
        load_online_retail(shop, small, strict=True)
    assert connect_mongo(shop).list_collection_names() == []


def test_a_shop_that_is_not_empty_is_left_as_it_is(shop: Settings, small: Path) -> None:
    load_online_retail(shop, small)
    with pytest.raises(SoftcartError, match="not empty"):
        load_online_retail(shop, small)
    assert ask(shop, "select count(*) from order_items") == [(5,)]
    again = load_online_retail(shop, small, replace=True)
    assert again.rows == 9
    assert ask(shop, "select count(*) from order_items") == [(5,)]


def test_a_file_without_a_good_row_changes_nothing(shop: Settings, tmp_path: Path) -> None:
    file = tmp_path / "none.csv"
    file.write_text(",".join(COLUMNS) + "\nnonsense\n")
    with pytest.raises(SoftcartError, match="no row that can be loaded"):
        load_online_retail(shop, file, replace=True)


def test_traffic_goes_on_in_a_real_shop(shop: Settings, small: Path) -> None:
    lines = "".join(
        f"6{i:05},1000{i % 9},THING,1,2010-12-05 09:00:00,{i % 7 + 1}.5,{15000 + i},France\n"
        for i in range(60)
    )
    small.write_text(small.read_text(encoding="utf-8") + lines, encoding="utf-8")
    load_online_retail(shop, small)
    simulate_traffic(shop, events=150, seed=1)
    assert broken_rules(shop) == {}


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA.name} in ../shared/data/")
def test_real_file_is_in_the_shop_to_the_row_and_to_the_penny(shop: Settings) -> None:
    report = load_online_retail(shop, DATA)
    assert (report.rows, report.rejected, report.unknown_countries) == (541_909, (), {})
    assert (report.quantity, report.amount) == (5_176_450, Decimal("9747747.9340"))
    assert (report.duplicates, report.customers, report.products) == (5_268, 4_372, 4_070)

    with connect_mysql(shop) as connection:
        tables = filled_tables(connection)
    assert tables == [
        "warehouses",
        "exchange_rates",
        "customers",
        "orders",
        "order_items",
        "returns",
        "payments",
        "inventory_movements",
        "stock_levels",
    ]
    ((lines, line_quantity, line_amount),) = ask(
        shop, "select count(*), sum(quantity), sum(quantity * unit_price) from order_items"
    )
    ((returns, return_quantity, refunds, invoices),) = ask(
        shop,
        "select count(*), sum(quantity), sum(refund_amount),"
        " count(distinct substring_index(return_number, '-', 1)) from returns",
    )
    ((adjustments, adjusted),) = ask(
        shop, "select count(*), sum(amount) from payments where payment_type = 'adjustment'"
    )
    ((write_offs, written_off),) = ask(
        shop,
        "select count(*), sum(quantity) from inventory_movements where movement_type = 'write_off'",
    )
    assert (returns, invoices, adjustments, write_offs) == (9_288, 3_836, 3, 1_336)
    assert lines + returns + adjustments + write_offs == 541_909
    # The three adjustments count 1 each.
    assert line_quantity - return_quantity + written_off + 3 == 5_176_450
    assert line_amount - refunds + adjusted == Decimal("9747747.9340")

    # The fact sheet's countries include cancellations and adjustments.
    by_country = dict(
        ask(
            shop,
            """
            select country_code, sum(amount) from (
                select shipping_country_code as country_code, quantity * unit_price as amount
                from order_items inner join orders using (order_id)
                union all
                select country_code, -refund_amount from returns
                union all
                select 'GB', amount from payments where payment_type = 'adjustment'
            ) as rows_of_the_file group by country_code""",
        )
    )
    assert len(by_country) == 38
    cent = Decimal("0.01")
    assert by_country["GB"].quantize(cent) == Decimal("8187806.36")
    assert by_country["NL"].quantize(cent) == Decimal("284661.54")
    assert by_country["IE"].quantize(cent) == Decimal("263276.82")
    assert by_country["DE"].quantize(cent) == Decimal("221698.21")
    assert by_country["FR"].quantize(cent) == Decimal("197403.90")

    ((unknown,),) = ask(
        shop,
        "select count(*) from returns inner join order_items as item using (order_item_id)"
        " inner join orders using (order_id) where returns.sku <> item.sku"
        " or returns.customer_id <> orders.customer_id or requested_at < ordered_at",
    )
    assert unknown == 0
    assert connect_mongo(shop)[PRODUCTS].count_documents({}) == 4_070
    assert broken_rules(shop) == {}
