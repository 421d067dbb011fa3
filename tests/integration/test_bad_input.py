"""What a user gets wrong, or a server does, as `softcart` tells it: one message, no trace."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestration.connections import connect_mysql, connect_postgres
from orchestration.settings import Settings
from orchestration.warehouse.locks import sole_writer

SOFTCART = Path(sys.executable).with_name("softcart")
SECRET = "hunter2-do-not-print"
URLS = ("SOFTCART_POSTGRES_URL", "SOFTCART_MYSQL_URL", "SOFTCART_MONGO_URL")

pytestmark = pytest.mark.servers


def softcart(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SOFTCART, *arguments],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def assert_told(result: subprocess.CompletedProcess[str], *texts: str) -> None:
    """Assert that a command failed as a user should see it fail."""
    said = " ".join((result.stdout + result.stderr).split())
    assert result.returncode == 1, said
    assert "Traceback" not in said
    assert SECRET not in said
    for text in texts:
        assert text in said


def with_secret(url: str) -> str:
    """Return a URL with a password that no server knows."""
    scheme, rest = url.split("://", 1)
    user = rest.split(":", 1)[0]
    return f"{scheme}://{user}:{SECRET}@{rest.rsplit('@', 1)[1]}"


@pytest.mark.parametrize("name", URLS)
def test_a_wrong_password_is_told_by_server_and_setting(
    name: str, shop_environment: dict[str, str]
) -> None:
    environment = shop_environment | {name: with_secret(shop_environment[name])}
    result = softcart(environment, "ingest")
    assert_told(result, "refuses the user or the password", f"Correct user and password in {name}")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("SOFTCART_POSTGRES_URL", f"postgresql://me:{SECRET}@127.0.0.1:1/softcart"),
        ("SOFTCART_MYSQL_URL", f"mysql://me:{SECRET}@127.0.0.1:1/softcart"),
    ],
)
def test_a_server_that_does_not_answer_is_named(
    name: str, url: str, shop_environment: dict[str, str]
) -> None:
    result = softcart(shop_environment | {name: url}, "ingest")
    assert_told(result, "127.0.0.1:1", "softcart up", name)


@pytest.mark.parametrize(
    "url", [f"me:{SECRET}@host", f"ftp://me:{SECRET}@host/db", f"mysql://me:{SECRET}@host:port/db"]
)
def test_a_malformed_url_is_told_by_its_setting_alone(
    url: str, shop_environment: dict[str, str]
) -> None:
    result = softcart(shop_environment | {"SOFTCART_MYSQL_URL": url}, "ingest")
    assert_told(result, "SOFTCART_MYSQL_URL is not a URL of the form mysql://")


def test_a_database_that_does_not_exist_is_named(shop_environment: dict[str, str]) -> None:
    url = shop_environment["SOFTCART_POSTGRES_URL"].rsplit("/", 1)[0] + "/nowhere"
    result = softcart(shop_environment | {"SOFTCART_POSTGRES_URL": url}, "run")
    assert_told(result, "/nowhere has no such database")


@pytest.fixture
def filled_environment(shop_environment: dict[str, str]) -> dict[str, str]:
    """The environment of a small shop."""
    filled = softcart(shop_environment, "simulate", "history", "--scale", "0.001")
    assert filled.returncode == 0, filled.stderr
    return shop_environment


def test_an_unknown_table_is_told_with_the_nearest_names(
    filled_environment: dict[str, str],
) -> None:
    assert_told(softcart(filled_environment, "ingest", "--table", "order_item"), "order_items")


@pytest.mark.parametrize(("lock", "command"), [("ingest", "ingest"), ("dbt build", "run")])
def test_a_second_run_is_told_of_the_first(
    lock: str, command: str, shop: Settings, filled_environment: dict[str, str]
) -> None:
    with connect_postgres(shop, autocommit=True) as first, sole_writer(first, lock):
        assert_told(softcart(filled_environment, command), f"Another {lock}", "Wait until it ends")


def test_the_shop_is_not_filled_twice(filled_environment: dict[str, str]) -> None:
    result = softcart(filled_environment, "simulate", "history", "--scale", "0.001")
    assert_told(result, "is not empty", "softcart simulate traffic")


@pytest.mark.parametrize(
    "arguments",
    [("history", "--if-empty"), ("history", "--replace"), ("traffic", "--events", "1")],
)
def test_nothing_is_simulated_in_a_shop_that_is_not_simulated(
    arguments: tuple[str, ...], shop: Settings, shop_environment: dict[str, str]
) -> None:
    with connect_mysql(shop, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("create table orders (order_id bigint primary key)")
        cursor.execute("insert into orders values (1)")
        assert_told(softcart(shop_environment, "simulate", *arguments), "Table orders")
        assert cursor.execute("show tables") == 1
        assert cursor.execute("select * from orders") == 1


@pytest.fixture
def malformed_csv(tmp_path: Path) -> Path:
    """Online Retail with one good line and one whose quantity is no number."""
    file = tmp_path / "retail.csv"
    file.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,71053,METAL LANTERN,six,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
    )
    return file


def test_a_malformed_line_is_told_and_the_good_one_loaded(
    malformed_csv: Path, shop_environment: dict[str, str]
) -> None:
    result = softcart(shop_environment, "load", "online-retail", str(malformed_csv))
    said = " ".join(result.stdout.split())
    assert result.returncode == 0, result.stderr
    assert "line 3" in said.lower()
    assert "quantity" in said.lower()


def test_strict_loads_nothing_of_a_malformed_file(
    malformed_csv: Path, shop_environment: dict[str, str]
) -> None:
    arguments = ("load", "online-retail", str(malformed_csv))
    assert_told(
        softcart(shop_environment, *arguments, "--strict"),
        "Line 3 of",
        "Quantity is not a whole number",
    )
    # Nothing was written: without --strict, the shop is still empty enough to load into.
    assert softcart(shop_environment, *arguments).returncode == 0


def test_a_missing_file_is_named(shop_environment: dict[str, str]) -> None:
    assert_told(softcart(shop_environment, "load", "online-retail", "nowhere.csv"), "nowhere.csv")


@pytest.mark.parametrize("command", ["ui", "docs"])
def test_a_port_in_use_is_named(command: str, shop_environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = softcart(shop_environment, command, "--port", str(port))
    assert_told(result, f"Port {port} on 127.0.0.1 is in use", f"softcart {command} --port")


def test_a_debugged_fault_shows_its_trace_and_still_no_secret(
    shop_environment: dict[str, str],
) -> None:
    name = "SOFTCART_MYSQL_URL"
    environment = shop_environment | {name: with_secret(shop_environment[name])}
    result = softcart(environment, "--debug", "simulate", "traffic")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert SECRET not in result.stdout + result.stderr
