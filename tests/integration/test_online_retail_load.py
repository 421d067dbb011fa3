"""Online Retail in the shop: each row of the real file is there once, each total is its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from shop_rules import broken_rules
from statements import from_mysql

from orchestration.connections import connect_mongo
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.online_retail import load_online_retail
from orchestration.simulator.online_retail.reading import COLUMNS
from orchestration.simulator.traffic import simulate_traffic

pytestmark = pytest.mark.servers

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

    assert from_mysql(
        shop,
        "select order_number, customer_id, shipping_country_code, currency_code, total_amount"
        " from orders order by order_number",
    ) == [
        ("536365", 17850, "GB", "GBP", Decimal("55.9800")),
        ("536366", None, "IE", "GBP", Decimal("0.0010")),
        ("536370", 12583, "XX", "GBP", Decimal("0.0000")),
    ]
    assert from_mysql(
        shop,
        "select return_number, order_item_id is null, customer_id, sku, quantity, refund_amount"
        " from returns order by return_number",
    ) == [
        ("C536368-1", 0, 17850, "71053", 2, Decimal("6.7800")),
        ("C536369-1", 1, 14527, "D", 1, Decimal("27.5000")),
    ]
    assert from_mysql(
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
    assert from_mysql(shop, "select count(*) from order_items") == [(5,)]
    again = load_online_retail(shop, small, replace=True)
    assert again.rows == 9
    assert from_mysql(shop, "select count(*) from order_items") == [(5,)]


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
