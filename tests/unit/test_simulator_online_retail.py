"""Online Retail's lines as rows, and its rows as what they are to a shop."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR
from orchestration.simulator.online_retail.countries import COUNTRY_CODES
from orchestration.simulator.online_retail.mapping import Shop, map_rows
from orchestration.simulator.online_retail.products import product_documents
from orchestration.simulator.online_retail.reading import COLUMNS, Rejected, Row, read_rows

HEADER = ",".join(COLUMNS)
GOOD = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def shop_of(*rows: str) -> Shop:
    """Map rows given as `invoice code quantity day price customer [country]`."""
    parsed = []
    for line, text in enumerate(rows, start=2):
        invoice, code, quantity, day, price, customer, *country = text.split(" ", 6)
        parsed.append(
            Row(
                line,
                invoice,
                code,
                f"THE {code}",
                int(quantity),
                f"2011-01-{int(day):02} 10:00:00",
                int(Decimal(price) * 10_000),
                None if customer == "-" else int(customer),
                country[0] if country else "EIRE",
            )
        )
    return map_rows(parsed)


def taken_back(shop: Shop) -> list[int | None]:
    """Return the file line of the order line that each return takes back."""
    return [returned.line.row.line if returned.line else None for returned in shop.returns]


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv", GOOD, '536366,71053,"A ""B"", C",-2,2010-12-01 08:28:00,0.001,,EIRE'
    )
    assert list(read_rows(file)) == [
        Row(2, "536365", "85123A", "WHITE HEART", 6, "2010-12-01 08:26:00", 25_500, 17850,
            "United Kingdom"),
        Row(3, "536366", "71053", 'A "B", C', -2, "2010-12-01 08:28:00", 10, None, "EIRE"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "1 fields instead of 8"),
        ("536365,85123A,WHITE", "3 fields instead of 8"),
        (GOOD + ",more", "9 fields instead of 8"),
        (GOOD.replace("WHITE HEART", "WHITE, HEART"), "9 fields instead of 8"),
        (GOOD.replace("WHITE", '"WHITE'), "the quotes do not match"),
        (GOOD.replace(",6,", ",six,"), "Quantity is not a whole number"),
        (GOOD.replace(",6,", ",6.5,"), "Quantity is not a whole number"),
        (GOOD.replace(",6,", ",0,"), "Quantity is zero"),
        (GOOD.replace(",6,", ",99999999999,"), "Quantity is zero or too large"),
        (GOOD.replace("2.55", "2,55"), "9 fields instead of 8"),
        (GOOD.replace("2.55", "cheap"), "UnitPrice is not a number"),
        (GOOD.replace("2.55", "NaN"), "UnitPrice is not a number"),
        (GOOD.replace("2.55", "1e99"), "UnitPrice is not a number of usual size"),
        (GOOD.replace("2.55", "0.00001"), "UnitPrice has more than 4 decimals"),
        (GOOD.replace("2010-12-01", "2010-13-01"), "InvoiceDate"),
        (GOOD.replace("2010-12-01 08:26:00", "12/1/10 8:26"), "InvoiceDate"),
        (GOOD.replace("17850.0", "17850.5"), "CustomerID"),
        (GOOD.replace("17850.0", "Smith"), "CustomerID"),
        (GOOD.replace("536365", ""), "InvoiceNo is empty"),
        (GOOD.replace("85123A", ""), "StockCode is empty"),
        (GOOD.replace("85123A", "X" * 65), "StockCode is empty or longer than 64"),
        (GOOD.replace("United Kingdom", ""), "Country is empty"),
    ],
)
def test_a_malformed_line_is_named_and_stops_no_other(
    tmp_path: Path, line: str, reason: str
) -> None:
    first, rejected, last = read_rows(write(tmp_path / "a.csv", GOOD, line, GOOD))
    assert isinstance(first, Row)
    assert isinstance(rejected, Rejected)
    assert rejected.line == 3
    assert rejected.reason.startswith(reason)
    assert isinstance(last, Row)
    assert last.line == 4


def test_bytes_that_are_not_utf_8_spoil_their_own_line_only(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    lines = [HEADER, GOOD.replace("HEART", "£"), GOOD.replace("HEART", "@"), GOOD]
    file.write_bytes("\r\n".join(lines).encode().replace(b"@", b"\xa3"))
    kinds = [type(line) for line in read_rows(file)]
    assert kinds == [Row, Rejected, Row]


def test_compressed_files_are_read_like_plain_ones(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", GOOD, GOOD)
    packed = tmp_path / "a.csv.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    zipped = tmp_path / "a.csv.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_rows(plain)) == list(read_rows(packed)) == list(read_rows(zipped))


@pytest.mark.parametrize("compress", [lzma.compress, gzip.compress])
def test_a_file_cut_short_is_refused(tmp_path: Path, compress: object) -> None:
    assert callable(compress)
    file = tmp_path / ("a.csv.xz" if compress is lzma.compress else "a.csv.gz")
    content = compress("\n".join([HEADER, *[GOOD] * 1000]).encode())
    file.write_bytes(content[: len(content) - 12])
    with pytest.raises(SoftcartError, match="cannot be read"):
        list(read_rows(file))


@pytest.mark.parametrize("content", ["", "a,b,c\n", HEADER.replace("Country", "Land") + "\n"])
def test_another_header_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(content)
    with pytest.raises(SoftcartError, match="not the known header"):
        list(read_rows(file))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SoftcartError, match="cannot be read"):
            list(read_rows(path))


def test_each_row_is_one_thing() -> None:
    shop = shop_of(
        "1 A 2 1 1.50 7",
        "1 B 1 1 0 7",
        "2 A 1 1 1.50 -",
        "C3 A -1 2 1.50 7",
        "A4 B 1 3 11062.06 -",
        "5 B 1 3 -11062.06 -",
        "6 A -30 4 0 -",
        "7 A -1 4 2.00 -",
        "C8 A 1 4 1.50 7",
        "2 A 1 1 1.50 9",
    )
    assert [line.row.line for line in shop.lines] == [2, 3, 4]
    assert [(order.first.invoice, order.total) for order in shop.orders.values()] == [
        ("1", 30_000),
        ("2", 15_000),
    ]
    assert taken_back(shop) == [2]
    assert [row.line for row in shop.adjustments] == [6, 7]
    assert [row.line for row in shop.write_offs] == [8]
    assert [line.line for line in shop.rejected] == [9, 10, 11]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (["1 A 5 1 2 7", "C2 A -5 2 2 7"], [2]),
        (["1 A 5 1 2 7", "C2 A -6 2 2 7"], [None]),
        (["1 A 5 1 2 7", "C2 A -3 2 2 7", "C3 A -3 3 2 7", "C4 A -2 3 2 7"], [2, None, 2]),
        (["1 A 5 1 2 7", "C2 A -5 2 2 8"], [None]),
        (["1 A 5 1 2 7", "C2 a -5 2 2 7"], [None]),
        (["1 A 5 1 2 -", "C2 A -5 2 2 -"], [None]),
        (["1 A 5 3 2 7", "C2 A -5 2 2 7"], [None]),
        (["1 A 5 2 2 7", "C2 A -5 2 2 7"], [2]),
        (["1 A 5 1 2 7", "2 A 5 2 2 7", "C3 A -5 3 2 7", "C4 A -5 3 2 7"], [3, 2]),
        (["1 A 5 1 2 7", "2 A 5 2 3 7", "C3 A -5 3 2 7"], [2]),
        (["1 A 5 1 2 7", "C2 A -5 2 9 7"], [2]),
    ],
    ids=[
        "whole line",
        "more than was sold",
        "until nothing is left",
        "another customer",
        "another code",
        "guests are nobody",
        "not before the sale",
        "in the same minute",
        "latest line first",
        "own price before latest",
        "another price if none fits",
    ],
)
def test_a_cancellation_takes_back_the_line_it_fits(
    rows: Iterable[str], lines: list[int | None]
) -> None:
    assert taken_back(shop_of(*rows)) == lines


def test_return_numbers_are_unique_within_an_invoice() -> None:
    shop = shop_of("C2 A -1 2 2 7", "C2 B -1 2 2 7", "C3 A -1 2 2 7")
    assert [returned.return_number for returned in shop.returns] == ["C2-1", "C2-2", "C3-1"]


def test_unknown_countries_are_counted_and_go_to_no_country() -> None:
    shop = shop_of("1 A 1 1 1 7 Atlantis", "2 A 1 1 1 7 EIRE")
    assert shop.unknown_countries == {"Atlantis": 1}


def test_country_codes_are_one_to_one_and_known_to_the_warehouse() -> None:
    assert len(set(COUNTRY_CODES.values())) == len(COUNTRY_CODES) == 38
    seed = (PROJECT_DIR / "seeds" / "countries.csv").read_text(encoding="utf-8")
    known = {line.split(",")[0] for line in seed.splitlines()[1:]}
    assert set(COUNTRY_CODES.values()) <= known


def test_products_take_the_most_frequent_name_and_the_last_price() -> None:
    rows = [
        Row(2, "1", "22423", "CAKESTAND 3 TIER", 1, "2011-01-01 10:00:00", 127_500, 7, "EIRE"),
        Row(3, "2", "22423", "REGENCY CAKESTAND", 1, "2011-01-02 10:00:00", 109_500, 7, "EIRE"),
        Row(4, "3", "22423", "REGENCY CAKESTAND", 1, "2011-01-03 10:00:00", 0, 7, "EIRE"),
        Row(5, "3", "POST", "", 1, "2011-01-03 10:00:00", 180_000, 7, "EIRE"),
    ]
    cake, post = product_documents(rows)
    assert cake["_id"] == "22423"
    assert cake["name"] == "REGENCY CAKESTAND"
    assert cake["attributes"] == {"other_descriptions": ["CAKESTAND 3 TIER"]}
    assert cake["price"]["amount"].to_decimal() == Decimal("10.95")
    assert cake["category"] == ["Home", "Kitchen", "Baking"]
    assert cake["created_at"] < cake["updated_at"]
    assert (post["name"], post["type"], post["category"]) == ("POST", "service", ["Services"])
