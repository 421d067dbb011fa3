"""Who visits, with what, from where, and what they look for."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from orchestration.simulator.catalogue import PRODUCT_TYPES, Products

KINDS: Final = (
    "page_view",
    "search",
    "product_view",
    "add_to_cart",
    "remove_from_cart",
    "checkout_start",
    "login",
    "purchase",
)
LANDING, SEARCH, VIEW, ADD, REMOVE, CHECKOUT, LOGIN, PURCHASE = range(len(KINDS))

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"

# As often as each is met; a visitor keeps to one.
WEB_AGENTS: Final = (
    *[f"{_WINDOWS} {_WEBKIT} Chrome/140.0.0.0 Safari/537.36"] * 4,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    *["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.6 Safari/605.1.15"] * 2,
    f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36",
    *["Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Mobile Safari/604.1"]
    * 3,
    *[f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_WEBKIT} Chrome/140.0 Mobile Safari/537.36"] * 3,
    f"Mozilla/5.0 (Linux; Android 15; SM-X710) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) Version/18.6 Mobile/15E148 Safari/604.1",
)
APP_AGENTS: Final = (
    *["SoftCart/5.2 (iPhone; iOS 18.6)"] * 7,
    *["SoftCart/5.2 (Android 15; Mobile)"] * 7,
    "SoftCart/5.1 (iPad; iPadOS 18.6)",
    "SoftCart/5.1 (Android 14; Tablet)",
)
ROBOT_AGENTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "python-requests/2.32.5",
)


def _source(referrer: str | None, *utm: str) -> str:
    fields = dict(zip(("utm_source", "utm_medium", "utm_campaign"), utm, strict=False))
    if referrer:
        fields = {"referrer": referrer, **fields}
    return "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in fields.items())


# What the landing tells of where a visit comes from, as often as each is met.
WEB_SOURCES: Final = (
    *[_source(None)] * 6,
    *[_source("https://www.google.com/")] * 5,
    *[_source("https://www.google.com/", "google", "cpc", "brand")] * 2,
    _source("https://www.bing.com/"),
    *[_source(None, "newsletter", "email", "weekly")] * 2,
    _source("https://l.instagram.com/", "instagram", "paid_social", "lookbook"),
    _source("https://m.facebook.com/", "facebook", "paid_social", "retargeting"),
    _source("https://www.mydealz.example/deals/mugs", "mydealz", "affiliate", "deals"),
    _source("https://blog.example.org/best-mugs"),
)
APP_SOURCES: Final = (*[_source(None)] * 7, _source(None, "app", "push", "weekly"))

# What people look for and the shop does not have.
_NOT_SOLD: Final = ("lawn mower", "gift card", "crème brûlée set", "xbox", "yoga mat", "USB stick")


@dataclass(frozen=True)
class Term:
    """What somebody types, as the fields of an event."""

    fields: str

    @classmethod
    def of(cls, text: str, results: int) -> Term:
        """Return the fields of a search.

        Args:
            text: As typed.
            results: Number of products found.
        """
        term = json.dumps(text, ensure_ascii=False)
        return cls(
            f',"page_path":"/search?q={quote_plus(text)}","search_term":{term},'
            f'"search_result_count":{results}'
        )


class Terms:
    """What may be typed when a product is looked for.

    Args:
        products: Of the shop.
        seed: Of the history: it decides what products are called.
    """

    def __init__(self, products: Products, seed: int) -> None:
        nouns = {
            sku: random.Random(f"{seed} {sku}").choice(PRODUCT_TYPES[kind].nouns)
            for sku, kind in zip(products.skus, products.type_index.tolist(), strict=True)
        }
        found = Counter(nouns.values())
        spelled = {
            noun: [
                *[Term.of(noun.lower(), found[noun])] * 6,
                *[Term.of(noun, found[noun])] * 2,
                Term.of(f" {noun.upper()} ", found[noun]),
                Term.of(f"{noun.lower()}s", found[noun]),
                # A letter forgotten, and nothing is found.
                Term.of(noun[:2].lower() + noun[3:].lower(), 0),
            ]
            for noun in found
        }
        self._by_sku = {sku: spelled[noun] for sku, noun in nouns.items()}
        self._not_sold = [Term.of(text, 0) for text in _NOT_SOLD]

    def fields(self, sku: str, draw: float) -> str:
        """Return the fields of a search for a product.

        Args:
            sku: The product.
            draw: From 0 to below 1; decides how it is typed, or that something else is.
        """
        if draw < 0.06:
            return self._not_sold[int(draw / 0.06 * len(self._not_sold))].fields
        choices = self._by_sku[sku]
        return choices[int((draw - 0.06) / 0.94 * len(choices))].fields


def reference_field(reference: str | None) -> str:
    """Return the field that names who has logged in."""
    return f',"user_reference":{json.dumps(reference)}' if reference else ""


def visit_fields(channel: str, visitor: int, country: str, *, is_robot: bool = False) -> str:
    """Return the fields that all events of a visit have.

    Args:
        channel: `web` or `app`.
        visitor: Number of the cookie or device; decides what it is and where.
        country: ISO 3166 alpha-2.
        is_robot: Whether it is nobody.
    """
    mixed = visitor * 0x9E3779B97F4A7C15 % 2**64
    agents = ROBOT_AGENTS if is_robot else APP_AGENTS if channel == "app" else WEB_AGENTS
    # Addresses of RFC 5737, which belong to nobody.
    network = "192.0.2" if is_robot else "198.51.100" if mixed & 1 else "203.0.113"
    return (
        f'"channel":"{channel}","visitor_id":"{mixed:016x}",'
        f'"user_agent":"{agents[(mixed >> 20) % len(agents)]}",'
        f'"ip_address":"{network}.{mixed >> 32 & 255}","country_code":"{country}"'
    )
