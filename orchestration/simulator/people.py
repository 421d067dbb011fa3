"""Made-up people: names, addresses and ways to reach them that belong to nobody."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from orchestration.simulator.bulk import Ints
from orchestration.simulator.geography import MARKETS

_T = TypeVar("_T")

_FIRST_NAMES = {
    "de": "Anna Lukas Leonie Jürgen Sabine Jonas Käthe Felix Greta Björn Mia Emil Lena Paul Zoë",
    "en": "Olivia Noah Amelia George Isla Arthur Ava Lily Leo Freya Harry Grace Owen Zara",
    "fr": "Jade Gabriel Louise Raphaël Chloé Noël Zoé Léo Inès Hugo Aurélie Jules Maëlle Anaïs",
    "nl": "Emma Daan Sanne Sem Tess Bram Fleur Lotte Thijs Noor Joost Femke Ruben Maartje Koen",
    "pl": "Zuzanna Antoni Julia Jakub Łucja Stanisław Hanna Michał Małgorzata Paweł Józef",
    "sv": "Alice William Maja Elsa Åke Björn Linnéa Oskar Märta Göran Ebba Sven Astrid Nils Örjan",
    "es": "Lucía Hugo Sofía Mateo Martina José Begoña Íñigo Carmen Álvaro Paula Iván Nuria Andrés",
}
_LAST_NAMES = {
    "de": "Müller Schmidt Weiß Fischer Groß Becker Schäfer Koch Richter Wolf Krüger Vogel Böhm",
    "en": "Smith O'Neill Taylor Brown Williams Khan Evans Patel Walker Wright Clarke Hughes Lee",
    "fr": "Martin Lefèvre Dubois Moreau Leroy Roux Gauthier D'Angelo Perrin Fournier Bézard",
    "nl": "de-Jong Jansen de-Vries Bakker Visser Smit Meijer van-Dijk Mulder Bos van-den-Berg",
    "pl": "Nowak Kowalska Wiśniewski Wójcik Kamiński Zieliński Szymańska Woźniak Dąbrowski Król",
    "sv": "Andersson Johansson Öberg Lindström Åberg Nilsson Sjögren Berg Holmström Ek Lund",
    "es": "García Muñoz Rodríguez López Núñez Pérez Ibáñez Vázquez Romero Peña Gil Ortega",
}
_STREETS = {
    "de": "{street}straße {number}",
    "en": "{number} {street} Road",
    "fr": "{number}, rue {street}",
    "nl": "{street}straat {number}",
    "pl": "ul. {street} {number}",
    "sv": "{street}gatan {number}",
    "es": "Calle {street}, {number}",
}
_STREET_NAMES = ["Linden", "Station", "Park", "Mill", "Garden", "Market", "Bridge", "Rose", "River"]
_DOMAINS = ("example.com", "example.org", "example.net")

FIRST_NAMES = {language: names.split() for language, names in _FIRST_NAMES.items()}
LAST_NAMES = {
    language: [name.replace("-", " ") for name in names.split()]
    for language, names in _LAST_NAMES.items()
}


def plain(name: str) -> str:
    """Return a name as an e-mail address would spell it: lower case ASCII letters."""
    spelled = name.replace("ß", "ss").replace("ł", "l").replace("Ł", "l")
    folded = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in folded.lower() if letter.isascii() and letter.isalnum())


@dataclass(frozen=True)
class People:
    """Personal data of a number of people, one list cell each.

    The e-mail address carries the person's number, so no two are the same.
    """

    first_names: list[str]
    last_names: list[str]
    emails: list[str]
    phones: list[str | None]
    birth_dates: list[str | None]
    street_addresses: list[str]
    cities: list[str]
    postal_codes: list[str]


def make_people(rng: np.random.Generator, numbers: Ints, markets: Ints) -> People:
    """Make up people.

    Args:
        rng: Source of chance.
        numbers: A number for each person, unique in the shop.
        markets: Index into `MARKETS` of each person's country, shape as `numbers`.
    """
    count = len(numbers)
    first_draw, last_draw, city_draw, street_draw = rng.random((4, count)).tolist()
    house = rng.integers(1, 180, count).tolist()
    phone_digits = rng.integers(10**5, 10**6, count).tolist()
    has_phone, has_birth_date = (rng.random((2, count)) < [[0.7], [0.55]]).tolist()
    birth_days = np.datetime64("1940-01-01") + rng.integers(0, 68 * 365, count)
    births = np.datetime_as_string(birth_days).tolist()
    domain = rng.integers(0, len(_DOMAINS), count).tolist()

    people = People([], [], [], [], [], [], [], [])
    for i, number in enumerate(numbers.tolist()):
        market = MARKETS[markets[i]]
        first = _pick(FIRST_NAMES[market.language], first_draw[i])
        last = _pick(LAST_NAMES[market.language], last_draw[i])
        city, postal_code = _pick(market.cities, city_draw[i])
        street = _pick(_STREET_NAMES, street_draw[i])
        people.first_names.append(first)
        people.last_names.append(last)
        people.emails.append(f"{_PLAIN[first]}.{_PLAIN[last]}{number}@{_DOMAINS[domain[i]]}")
        phone = f"{market.phone_prefix} 555 {phone_digits[i]}"
        people.phones.append(phone if has_phone[i] else None)
        people.birth_dates.append(births[i] if has_birth_date[i] else None)
        people.street_addresses.append(
            _STREETS[market.language].format(street=street, number=house[i])
        )
        people.cities.append(city)
        people.postal_codes.append(postal_code)
    return people


def guest_emails(rng: np.random.Generator, numbers: Ints, markets: Ints) -> list[str]:
    """Make up e-mail addresses of guests; arguments as for `make_people`."""
    draws = rng.random((2, len(numbers))).tolist()
    emails = []
    for i, (number, market) in enumerate(zip(numbers.tolist(), markets.tolist(), strict=True)):
        language = MARKETS[market].language
        first = _PLAIN[_pick(FIRST_NAMES[language], draws[0][i])]
        last = _PLAIN[_pick(LAST_NAMES[language], draws[1][i])]
        emails.append(f"{first}{last}.{number}@{_DOMAINS[number % len(_DOMAINS)]}")
    return emails


def _pick(choices: Sequence[_T], draw: float) -> _T:
    return choices[int(draw * len(choices))]


_PLAIN = {
    name: plain(name)
    for names in (FIRST_NAMES, LAST_NAMES)
    for language in names.values()
    for name in language
}
