"""The real data set, all of it, from file to marts: each row accounted for, each total to the cent.

What is expected is counted from the file itself, here, without the loader, and the file is checked
against the published facts first.
"""

from __future__ import annotations

import csv
import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, LiteralString

import numpy as np
import psycopg
import pytest
from online_retail_customers import Order, cohorts, fifths, orders_by_customer
from statements import from_mysql

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.ingest.run import run_ingest
from orchestration.predict.beta_geometric import BetaGeometric, Purchases
from orchestration.predict.lifetime import predict_lifetimes
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.simulator.online_retail import load_online_retail
from orchestration.simulator.schema import filled_tables
from orchestration.simulator.shop import PRODUCTS
from orchestration.transform import run_dbt

DATA = PROJECT_DIR.parent / "shared" / "data" / "online_retail.csv.xz"
CENT = Decimal("0.01")

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA.name} in ../shared/data/"),
]


@dataclass
class Kind:
    """Rows of one kind, counted from the file."""

    rows: int = 0
    quantity: int = 0
    amount: Decimal = Decimal(0)
    invoices: set[str] = field(default_factory=set)


@dataclass
class Facts:
    """The file's own totals."""

    kinds: dict[str, Kind]
    countries: dict[str, Decimal]
    invoices: int
    skus: int
    customers: int
    surplus_copies: int
    guest_line_rows: int

    @property
    def rows(self) -> int:
        return sum(kind.rows for kind in self.kinds.values())

    @property
    def quantity(self) -> int:
        return sum(kind.quantity for kind in self.kinds.values())

    @property
    def amount(self) -> Decimal:
        return sum((kind.amount for kind in self.kinds.values()), Decimal(0))


def _kind_of(invoice: str, quantity: int) -> str:
    if invoice.startswith("C"):
        return "cancellation"
    if invoice.startswith("A"):
        return "adjustment"
    return "line" if quantity > 0 else "stock correction"


def _count(path: Path) -> Facts:
    kinds: dict[str, Kind] = defaultdict(Kind)
    countries: dict[str, Decimal] = defaultdict(Decimal)
    invoices, skus, customers = set(), set(), set()
    copies: Counter[tuple[str, ...]] = Counter()
    guest_lines = 0
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            quantity, price = int(row["Quantity"]), Decimal(row["UnitPrice"])
            kind = _kind_of(row["InvoiceNo"], quantity)
            kinds[kind].rows += 1
            kinds[kind].quantity += quantity
            kinds[kind].amount += quantity * price
            kinds[kind].invoices.add(row["InvoiceNo"])
            countries[row["Country"]] += quantity * price
            invoices.add(row["InvoiceNo"])
            skus.add(row["StockCode"])
            if row["CustomerID"]:
                customers.add(row["CustomerID"])
            elif kind == "line":
                guest_lines += 1
            copies[tuple(row.values())] += 1
    return Facts(
        kinds=dict(kinds),
        countries=dict(countries),
        invoices=len(invoices),
        skus=len(skus),
        customers=len(customers),
        surplus_copies=sum(count - 1 for count in copies.values()),
        guest_line_rows=guest_lines,
    )


@pytest.fixture(scope="module")
def facts() -> Facts:
    return _count(DATA)


@pytest.fixture(scope="module")
def warehouse(
    open_shop: Callable[[Path], AbstractContextManager[Settings]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Load the file into an empty shop and run everything."""
    with open_shop(tmp_path_factory.mktemp("online-retail")) as settings:
        loaded = load_online_retail(settings, DATA)
        assert (loaded.rows, loaded.rejected, loaded.unknown_countries) == (541_909, (), {})
        assert (loaded.quantity, loaded.amount) == (5_176_450, Decimal("9747747.9340"))
        assert (loaded.duplicates, loaded.customers, loaded.products) == (5_268, 4_372, 4_070)
        assert run_ingest(settings).succeeded
        variables = {"reporting_currency": "GBP", "as_of": "2011-12-10 00:00:00"}
        report = run_dbt(
            settings,
            ["build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(variables)],
        )
        report.raise_for_failures()
        yield settings


@pytest.fixture(scope="module")
def marts(warehouse: Settings) -> Iterator[psycopg.Connection]:
    with connect_postgres(warehouse) as connection:
        yield connection


def _one(marts: psycopg.Connection, query: LiteralString) -> tuple[Any, ...]:
    row = marts.execute(query).fetchone()
    assert row is not None
    return row


LINES = "select count(*), sum(quantity), sum(gross_amount) from marts.fct_order_items"
RETURNS = "select count(*), -sum(quantity), -sum(refund_amount) from marts.fct_returns"
ADJUSTMENTS = """
    select count(*), count(*), sum(amount) from marts.fct_payments
    where payment_type = 'adjustment'
"""
# A negative quantity that cancels nothing is stock written off, at no price.
CORRECTIONS = """
    select count(*), sum(quantity), 0.0 from marts.fct_inventory_movements
    where movement_type = 'write_off'
"""


def test_the_file_is_the_published_one(facts: Facts) -> None:
    assert facts.rows == 541_909
    assert facts.invoices == 25_900
    assert facts.skus == 4_070
    assert facts.customers == 4_372
    assert len(facts.countries) == 38
    assert facts.surplus_copies == 5_268
    assert facts.amount.quantize(CENT) == Decimal("9747747.93")
    assert facts.quantity == 5_176_450
    assert facts.kinds["cancellation"].rows == 9_288
    assert len(facts.kinds["cancellation"].invoices) == 3_836
    assert facts.kinds["adjustment"].rows == 3


def test_the_shop_has_each_row_of_the_file_once(warehouse: Settings) -> None:
    with connect_mysql(warehouse) as connection:
        assert filled_tables(connection) == [
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
    ((lines, line_quantity, line_amount),) = from_mysql(
        warehouse, "select count(*), sum(quantity), sum(quantity * unit_price) from order_items"
    )
    ((returns, return_quantity, refunds, invoices),) = from_mysql(
        warehouse,
        "select count(*), sum(quantity), sum(refund_amount),"
        " count(distinct substring_index(return_number, '-', 1)) from returns",
    )
    ((adjustments, adjusted),) = from_mysql(
        warehouse, "select count(*), sum(amount) from payments where payment_type = 'adjustment'"
    )
    ((write_offs, written_off),) = from_mysql(
        warehouse,
        "select count(*), sum(quantity) from inventory_movements where movement_type = 'write_off'",
    )
    assert (returns, invoices, adjustments, write_offs) == (9_288, 3_836, 3, 1_336)
    assert lines + returns + adjustments + write_offs == 541_909
    # The three adjustments count 1 each.
    assert line_quantity - return_quantity + written_off + 3 == 5_176_450
    assert line_amount - refunds + adjusted == Decimal("9747747.9340")
    assert connect_mongo(warehouse)[PRODUCTS].count_documents({}) == 4_070


@pytest.mark.parametrize(
    ("kind", "place", "query"),
    [
        ("line", "fct_order_items", LINES),
        ("cancellation", "fct_returns", RETURNS),
        ("adjustment", "fct_payments", ADJUSTMENTS),
        ("stock correction", "fct_inventory_movements", CORRECTIONS),
    ],
)
def test_each_kind_arrives_whole(
    marts: psycopg.Connection,
    facts: Facts,
    kind: str,
    place: str,
    query: LiteralString,
    record_property: Callable[[str, object], None],
) -> None:
    rows, quantity, amount = _one(marts, query)
    expected = facts.kinds[kind]
    record_property(
        f"Online Retail, {kind}", f"{rows:,} rows in {place}, quantity {quantity:,}, {amount:,} GBP"
    )
    assert (rows, quantity) == (expected.rows, expected.quantity)
    assert amount == expected.amount


def test_the_grand_totals_tie(
    marts: psycopg.Connection, facts: Facts, record_property: Callable[[str, object], None]
) -> None:
    totals = [_one(marts, query) for query in (LINES, RETURNS, ADJUSTMENTS, CORRECTIONS)]
    rows, quantities, amounts = zip(*totals, strict=True)
    assert sum(rows) == facts.rows == 541_909
    assert sum(quantities) == facts.quantity == 5_176_450
    assert sum(amounts) == facts.amount
    record_property(
        "Online Retail, all",
        f"{sum(rows):,} rows, {facts.surplus_copies:,} of them surplus copies; "
        f"quantity {sum(quantities):,}, {sum(amounts):,} GBP",
    )


def test_invoices_customers_and_products_are_all_there(
    marts: psycopg.Connection, facts: Facts
) -> None:
    (orders,) = _one(marts, "select count(*) from marts.fct_orders")
    assert orders == len(facts.kinds["line"].invoices)
    (customers,) = _one(
        marts, "select count(distinct customer_id) from marts.dim_customers where is_current"
    )
    assert customers == facts.customers
    (products,) = _one(marts, "select count(*) from marts.dim_products where is_current")
    # The unknown product is a member of the dimension besides the file's own.
    assert products == facts.skus + 1
    (guest_lines,) = _one(
        marts, "select count(*) from marts.fct_order_items where customer_id is null"
    )
    assert guest_lines == facts.guest_line_rows


@pytest.mark.parametrize(
    ("country", "code", "published"),
    [
        ("United Kingdom", "GB", "8187806.36"),
        ("Netherlands", "NL", "284661.54"),
        ("EIRE", "IE", "263276.82"),
        ("Germany", "DE", "221698.21"),
        ("France", "FR", "197403.90"),
    ],
)
def test_the_countries_tie(
    marts: psycopg.Connection, facts: Facts, country: str, code: str, published: str
) -> None:
    assert facts.countries[country].quantize(CENT) == Decimal(published)
    row = marts.execute(
        """
        select
            (select sum(gross_amount) from marts.fct_order_items where country_code = %(code)s)
            - (select sum(refund_amount) from marts.fct_returns where country_code = %(code)s)
        """,
        {"code": code},
    ).fetchone()
    assert row is not None
    # Bad debt is booked without a country; the file has it in the United Kingdom.
    adjustments = facts.kinds["adjustment"].amount if code == "GB" else 0
    assert row[0] + adjustments == facts.countries[country]


def test_returns_name_the_line_they_cancel_where_there_is_one(marts: psycopg.Connection) -> None:
    matched, unmatched, wrong = _one(
        marts,
        """
        select
            count(*) filter (where returned.is_matched),
            count(*) filter (where not returned.is_matched),
            count(*) filter (
                where returned.is_matched and (
                    line.sku <> returned.sku
                    or line.customer_id is distinct from returned.customer_id
                    or line.ordered_at > returned.requested_at
                )
            )
        from marts.fct_returns as returned
        left join marts.fct_order_items as line using (order_item_id)
        """,
    )
    assert wrong == 0
    assert matched > unmatched > 0
    (over_returned,) = _one(
        marts,
        """
        select count(*) from (
            select order_item_id from marts.fct_returns where order_item_id is not null
            group by order_item_id
            having sum(quantity) > (
                select line.quantity from marts.fct_order_items as line
                where line.order_item_id = fct_returns.order_item_id
            )
        ) as over_returned
        """,
    )
    assert over_returned == 0


# Of the year before `as_of`; no order near either end was placed where it was another day.
FIRST_DAY, LAST_DAY = "2010-12-10", "2011-12-09"
# Postage, fees, samples and corrections by hand, as the data's readers list them.
NO_GOODS = {
    *("POST", "DOT", "D", "M", "m", "S", "B", "C2", "CRUK", "AMAZONFEE", "BANK CHARGES"),
}


@pytest.fixture(scope="module")
def baskets() -> list[set[str]]:
    """Return the goods of each invoice of the year, counted from the file."""
    found: dict[str, set[str]] = defaultdict(set)
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            is_of_the_year = FIRST_DAY <= row["InvoiceDate"][:10] <= LAST_DAY
            kind = _kind_of(row["InvoiceNo"], int(row["Quantity"]))
            if kind == "line" and is_of_the_year and row["StockCode"] not in NO_GOODS:
                found[row["InvoiceNo"]].add(row["StockCode"])
    return [codes for codes in found.values() if len(codes) <= 50]


def test_what_is_bought_together_is_what_the_invoices_say(
    marts: psycopg.Connection,
    baskets: list[set[str]],
    record_property: Callable[[str, object], None],
) -> None:
    single = Counter(code for codes in baskets for code in codes)
    pairs: Counter[tuple[str, str]] = Counter()
    for codes in baskets:
        pairs.update(combinations(sorted(codes), 2))
    expected = {
        pair: (
            together,
            single[pair[0]],
            single[pair[1]],
            _share(together, len(baskets)),
            _share(together, single[pair[0]]),
            _share(together * len(baskets), single[pair[0]] * single[pair[1]]),
        )
        for (one, other), together in pairs.items()
        if together >= 5
        for pair in ((one, other), (other, one))
    }
    found = {
        (sku, other): tuple(measures)
        for sku, other, *measures in marts.execute(
            """
            select sku, other_sku, pair_order_count, order_count, other_order_count,
                support, confidence, lift
            from marts.product_affinity
            """
        )
    }
    assert _one(marts, "select distinct basket_count from marts.product_affinity") == (
        len(baskets),
    )
    assert found == expected
    best = max(pairs, key=lambda pair: (pairs[pair], pair))
    record_property(
        "Online Retail, bought together",
        f"{len(baskets):,} baskets, {len(expected) // 2:,} pairs; {best[0]} and {best[1]} in "
        f"{pairs[best]:,}",
    )


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(Decimal("1e-8"), ROUND_HALF_UP)


def test_nothing_is_recommended_to_those_who_have_it(marts: psycopg.Connection) -> None:
    recommended, bought = _one(
        marts,
        """
        with bought as materialized (
            select distinct customer_id, sku from marts.fct_order_items
        )
        select count(*), count(bought.sku)
        from marts.customer_recommendations as recommendations
        left join bought
            on recommendations.customer_id = bought.customer_id
            and recommendations.recommended_sku = bought.sku
        where recommendations.customer_id is not null
        """,
    )
    assert bought == 0
    (buyers,) = _one(
        marts,
        """
        select count(distinct customer_id) from marts.fct_order_items
        where order_date between date '2010-12-10' and date '2011-12-09'
        """,
    )
    # Fewer than five only for the few who have bought nearly all that sells.
    assert 0.99 * 5 * buyers < recommended <= 5 * buyers


@pytest.fixture(scope="module")
def orders() -> dict[int, list[Order]]:
    found = orders_by_customer(DATA)
    # As its readers publish them.
    assert len(found) == 4_339
    return found


@pytest.fixture(scope="module")
def persons(marts: psycopg.Connection) -> dict[str, int]:
    """Return whose customer number each person has."""
    rows = marts.execute(
        "select person_key, customer_id from marts.dim_customers"
        " where is_current and customer_id is not null"
    )
    return dict(rows.fetchall())


def test_segments_are_those_of_the_invoices(
    marts: psycopg.Connection, orders: dict[int, list[Order]], persons: dict[str, int]
) -> None:
    known = {person: orders[number] for person, number in persons.items() if number in orders}
    latest = {person: max(each.ordered_at for each in bought) for person, bought in known.items()}
    worth = {person: sum(each.amount for each in bought) for person, bought in known.items()}
    scores = [
        fifths(sorted(known, key=lambda person: (latest[person], person))),
        fifths(sorted(known, key=lambda person: (len(known[person]), worth[person], person))),
        fifths(sorted(known, key=lambda person: (worth[person], len(known[person]), person))),
    ]
    found = marts.execute(
        """
        select person_key, order_count, net_amount, recency_days,
            recency_score, frequency_score, monetary_score
        from marts.customer_rfm
        """
    )
    assert {person: tuple(measures) for person, *measures in found} == {
        person: (
            len(bought),
            worth[person],
            (date(2011, 12, 10) - max(each.day for each in bought)).days,
            *(score[person] for score in scores),
        )
        for person, bought in known.items()
    }


def test_cohorts_are_those_of_the_invoices(
    marts: psycopg.Connection, orders: dict[int, list[Order]]
) -> None:
    found = marts.execute(
        """
        select cohort_month_date, order_month_date, customer_count, active_customer_count,
            order_count, net_amount, retention_rate
        from marts.customer_cohorts
        """
    )
    assert {(first, month): tuple(measures) for first, month, *measures in found} == {
        months: (*measures, _share(measures[1], measures[0]))
        for months, measures in cohorts(orders, date(2011, 12, 1)).items()
    }


def test_what_is_predicted_starts_from_what_the_invoices_say(
    warehouse: Settings,
    marts: psycopg.Connection,
    orders: dict[int, list[Order]],
    persons: dict[str, int],
    record_property: Callable[[str, object], None],
) -> None:
    found = marts.execute(
        "select person_key, repeat_count, recency_days, age_days"
        " from intermediate.int_person_purchases"
    )
    expected = {
        number: (len(days) - 1, (days[-1] - days[0]).days, (date(2011, 12, 10) - days[0]).days)
        for number, days in _days(orders).items()
    }
    assert {persons[person]: tuple(measures) for person, *measures in found} == expected

    predicted = predict_lifetimes(warehouse, days=90)
    # The fit of these customers that the data's readers publish, by another library: r 0.83,
    # alpha 68.9, a 0.00, b 6.75, of the day before.
    model = predicted.purchase_model
    assert model.r == pytest.approx(0.83, abs=0.01)
    assert model.alpha == pytest.approx(68.9, abs=0.8)
    assert model.a < 0.005
    assert predicted.persons == len(orders)
    published = _one(
        marts,
        """
        select count(*), sum(expected_purchase_count),
            sum(expected_purchase_count * expected_purchase_amount)
        from predictions.customer_lifetimes
        """,
    )
    assert [float(each) for each in published] == pytest.approx(
        [predicted.persons, predicted.expected_purchases, predicted.expected_amount], rel=1e-5
    )
    record_property(
        "Online Retail, 90 days more",
        f"{predicted.expected_purchases:,.0f} purchases of {predicted.persons:,} customers worth "
        f"{predicted.expected_amount:,.0f} GBP expected",
    )


def test_who_buys_in_half_a_year_was_predicted_better_than_by_going_on_as_before(
    orders: dict[int, list[Order]], record_property: Callable[[str, object], None]
) -> None:
    until, last = date(2011, 6, 9), date(2011, 12, 9)
    known = {
        number: (seen, len(days) - len(seen))
        for number, days in _days(orders).items()
        if (seen := [day for day in days if day <= until])
    }
    purchases = Purchases(
        *np.array(
            [
                (len(seen) - 1, (seen[-1] - seen[0]).days, (until - seen[0]).days)
                for seen, _ in known.values()
            ],
            dtype=np.float64,
        ).T
    )
    came = np.array([later for _, later in known.values()])
    ahead = (last - until).days
    predicted = BetaGeometric.fit(purchases).expected_purchases(purchases, ahead)
    as_before = ahead * purchases.repeats / np.maximum(purchases.age, 1)
    record_property(
        "Online Retail, half a year predicted",
        f"{predicted.sum():,.0f} purchases of {len(known):,} customers expected, {came.sum():,} "
        f"came; off by {np.abs(predicted - came).mean():.2f} a customer, going on as before by "
        f"{np.abs(as_before - came).mean():.2f}",
    )
    assert abs(predicted.sum() / came.sum() - 1) < 0.1
    assert abs(predicted.sum() - came.sum()) < abs(as_before.sum() - came.sum())
    assert np.abs(predicted - came).mean() < np.abs(as_before - came).mean()


def _days(orders: dict[int, list[Order]]) -> dict[int, list[date]]:
    return {number: sorted({each.day for each in bought}) for number, bought in orders.items()}
