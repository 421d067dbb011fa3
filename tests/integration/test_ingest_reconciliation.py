"""Source and copy, measured by both servers: equal under live traffic, different when they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from orchestration.connections import connect_mongo, connect_mysql, connect_postgres
from orchestration.ingest.batch import TableSchema
from orchestration.ingest.comparison import Comparison
from orchestration.ingest.reconciliation import compare_mongo, compare_mysql
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings
from orchestration.simulator.history import simulate_history
from orchestration.simulator.traffic import simulate_traffic

OpenShop = Callable[[Path], AbstractContextManager[Settings]]

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def copied(open_shop: OpenShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with open_shop(tmp_path_factory.mktemp("reconciled")) as settings:
        simulate_history(settings, scale=0.002, seed=3)
        assert run_ingest(settings).succeeded
        yield settings


def measured(settings: Settings, table: str, spoil: str | None = None) -> Comparison:
    """Compare `oltp.orders`, or another, after a statement that is undone again."""
    source, name = table.split(".")
    schema = TableSchema(source, name, (), ())
    with connect_postgres(settings) as warehouse:
        if spoil:
            warehouse.execute(spoil.encode())
        try:
            if source == "catalog":
                database = connect_mongo(settings)
                with database.client:
                    return compare_mongo(database, None, warehouse, schema, checksums=True)
            with closing(connect_mysql(settings)) as mysql:
                return compare_mysql(mysql, warehouse, schema, checksums=True)
        finally:
            warehouse.rollback()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("oltp.customers", 14),
        ("oltp.exchange_rates", 4),
        ("oltp.orders", 14),
        ("oltp.payments", 11),
        ("oltp.warehouses", 8),
        ("catalog.products", 13),
    ],
)
def test_a_true_copy_is_equal_in_every_column(copied: Settings, table: str, columns: int) -> None:
    comparison = measured(copied, table)
    assert comparison.source_rows == comparison.raw_rows > 0
    assert (comparison.columns, comparison.different) == (columns, ())


@pytest.mark.parametrize(
    ("table", "spoil", "different"),
    [
        ("oltp.payments", "set amount = amount + 0.0001", ("amount.sum",)),
        ("oltp.payments", "set paid_at = paid_at + interval '1 microsecond'", ("paid_at.sum",)),
        ("oltp.payments", "set order_id = null", ("order_id.count", "order_id.sum")),
        ("oltp.customers", "set city = left(city, -1)", ("city.sum",)),
        ("oltp.customers", "set birth_date = birth_date + 1", ("birth_date.sum",)),
        (
            "catalog.products",
            """set document = jsonb_set(document, '{price,amount,$numberDecimal}', '"0.01"')""",
            ("price.sum",),
        ),
        ("catalog.products", "set document = document - 'brand'", ("brand.count", "brand.sum")),
    ],
)
def test_a_copy_that_differs_says_in_which_columns(
    copied: Settings, table: str, spoil: str, different: tuple[str, ...]
) -> None:
    comparison = measured(copied, table, f"update raw_{table} {spoil}")
    assert comparison.source_rows == comparison.raw_rows
    # A brand is no amount, so that field's sum is 0 on the one side and missing on the other.
    assert comparison.different == different


@pytest.mark.parametrize("table", ["oltp.orders", "catalog.products"])
def test_a_tombstone_is_no_row(copied: Settings, table: str) -> None:
    comparison = measured(copied, table, f"update raw_{table} set _deleted_at = now()")
    assert comparison.raw_rows == 0 < comparison.source_rows


def test_traffic_while_tables_are_read_makes_no_difference(copied: Settings) -> None:
    is_over = threading.Event()
    faults: list[Exception] = []

    def trade() -> None:
        seed = 0
        try:
            while not is_over.is_set():
                simulate_traffic(copied, events=20, seed=(seed := seed + 1))
        except Exception as error:
            faults.append(error)

    trader = threading.Thread(target=trade)
    trader.start()
    try:
        reports = [run_ingest(copied, compare="checksums") for _ in range(4)]
    finally:
        is_over.set()
        trader.join()
    assert faults == []
    # There was traffic between the copies, or this proves nothing.
    assert sum(table.changed for report in reports for table in report.tables) > 0
    for report in reports:
        assert report.succeeded
        for table in report.tables:
            if table.source == "oltp":
                assert table.comparison is not None
            if table.comparison is not None:
                assert table.comparison.source_rows == table.comparison.raw_rows
                assert table.comparison.different == (), table.name
