"""Where SoftCart sells and stores: markets, currencies, tax, warehouses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Market:
    """A country SoftCart sells to.

    Attributes:
        tax_rate: Standard rate of sales tax, in 1/10,000.
        reduced_tax_rate: Rate for books and food, in 1/10,000.
        weight: Share of customers, relative to the other markets.
        warehouses: Ids of the distribution centres that serve it, the usual one first.
        store: Id of the store there, or None.
        language: Key of the names and streets in `people`.
        cities: City names with a postal code each.
    """

    country_code: str
    currency_code: str
    tax_rate: int
    reduced_tax_rate: int
    weight: float
    warehouses: tuple[int, int]
    store: int | None
    language: str
    phone_prefix: str
    cities: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Currency:
    """A currency of the shop.

    Attributes:
        list_factor: Units per euro in price lists, in 1/10,000; moves only when prices are made.
        start_rate: Units per euro on the first day of the history.
        daily_volatility: Standard deviation of the daily change of the rate's logarithm.
    """

    currency_code: str
    list_factor: int
    start_rate: float
    daily_volatility: float


@dataclass(frozen=True)
class Warehouse:
    """A place that holds stock: a distribution centre, or a store served by one (`served_by`)."""

    warehouse_id: int
    warehouse_code: str
    warehouse_name: str
    city: str
    country_code: str
    is_active: bool
    opened_on: str
    served_by: int | None


WAREHOUSES = (
    Warehouse(
        1, "LEJ-DC", "Leipzig distribution centre", "Leipzig", "DE", True, "2017-03-01", None
    ),
    Warehouse(
        2, "BHX-DC", "Birmingham distribution centre", "Birmingham", "GB", True, "2018-09-01", None
    ),
    Warehouse(3, "POZ-DC", "Poznań distribution centre", "Poznań", "PL", True, "2020-02-01", None),
    Warehouse(4, "EWR-DC", "Newark distribution centre", "Newark", "US", True, "2021-06-01", None),
    Warehouse(5, "BER-ST", "Berlin store", "Berlin", "DE", True, "2019-05-11", 1),
    Warehouse(6, "LON-ST", "London store", "London", "GB", True, "2019-10-05", 2),
    Warehouse(7, "PAR-ST", "Paris store", "Paris", "FR", True, "2021-04-17", 1),
    Warehouse(8, "STO-ST", "Stockholm store", "Stockholm", "SE", True, "2022-08-20", 3),
    Warehouse(9, "LYS-DC", "Lyon distribution centre", "Lyon", "FR", False, "2016-01-15", None),
)

CURRENCIES = (
    Currency("EUR", 10_000, 1.0, 0.0),
    Currency("GBP", 8_600, 0.8420, 0.0035),
    Currency("USD", 11_000, 1.0840, 0.0045),
    Currency("SEK", 114_000, 11.5200, 0.0042),
    Currency("PLN", 43_500, 4.3500, 0.0035),
    Currency("CHF", 9_700, 0.9420, 0.0030),
    # Only suppliers are paid in it; customers are not.
    Currency("CNY", 78_000, 7.7200, 0.0045),
)

MARKETS = (
    Market(
        "DE", "EUR", 1900, 700, 24, (1, 3), 5, "de", "+49",
        (("Berlin", "10115"), ("Hamburg", "20095"), ("München", "80331"), ("Köln", "50667"),
         ("Leipzig", "04103"), ("Nürnberg", "90402")),
    ),
    Market(
        "GB", "GBP", 2000, 0, 20, (2, 1), 6, "en", "+44",
        (("London", "EC1A 1BB"), ("Manchester", "M1 1AE"), ("Leeds", "LS1 4DY"),
         ("Glasgow", "G1 1XQ"), ("Bristol", "BS1 4DJ")),
    ),
    Market(
        "FR", "EUR", 2000, 550, 13, (1, 3), 7, "fr", "+33",
        (("Paris", "75001"), ("Lyon", "69001"), ("Marseille", "13001"), ("Orléans", "45000"),
         ("Besançon", "25000")),
    ),
    Market(
        "US", "USD", 0, 0, 12, (4, 2), None, "en", "+1",
        (("New York", "10001"), ("Boston", "02108"), ("Chicago", "60601"),
         ("Philadelphia", "19103"), ("Newark", "07102")),
    ),
    Market(
        "NL", "EUR", 2100, 900, 7, (1, 2), None, "nl", "+31",
        (("Amsterdam", "1012 AB"), ("Utrecht", "3511 AA"), ("'s-Hertogenbosch", "5211 AB")),
    ),
    Market(
        "PL", "PLN", 2300, 500, 6, (3, 1), None, "pl", "+48",
        (("Warszawa", "00-001"), ("Kraków", "30-001"), ("Łódź", "90-001"), ("Poznań", "60-001")),
    ),
    Market(
        "SE", "SEK", 2500, 600, 6, (3, 1), 8, "sv", "+46",
        (("Stockholm", "111 20"), ("Göteborg", "411 03"), ("Malmö", "211 19"),
         ("Umeå", "903 26")),
    ),
    Market(
        "ES", "EUR", 2100, 400, 5, (1, 3), None, "es", "+34",
        (("Madrid", "28001"), ("Barcelona", "08001"), ("A Coruña", "15001")),
    ),
    Market(
        "AT", "EUR", 2000, 1000, 3, (1, 3), None, "de", "+43",
        (("Wien", "1010"), ("Graz", "8010"), ("Sankt Pölten", "3100")),
    ),
    Market(
        "CH", "CHF", 810, 260, 3, (1, 3), None, "de", "+41",
        (("Zürich", "8001"), ("Genève", "1201"), ("Bern", "3011")),
    ),
    Market(
        "IE", "EUR", 2300, 0, 1, (2, 1), None, "en", "+353",
        (("Dublin", "D01 F5P2"), ("Cork", "T12 W8AF")),
    ),
)  # fmt: skip

CURRENCY_INDEX = {currency.currency_code: i for i, currency in enumerate(CURRENCIES)}
MARKET_BY_COUNTRY = {market.country_code: market for market in MARKETS}
