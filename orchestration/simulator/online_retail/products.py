"""Online Retail's stock codes as catalogue documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from bson.decimal128 import Decimal128

from orchestration.connections import Document
from orchestration.simulator.online_retail.reading import Row

# Codes that are no goods: postage, fees, discounts, corrections.
SERVICE_CODES = frozenset(
    ["POST", "DOT", "C2", "M", "m", "D", "S", "B", "CRUK", "BANK CHARGES", "AMAZONFEE"]
)

# The data has no categories. The first rule with a word of the name decides; it is a guess that
# gives reports a shape, nothing more.
_CATEGORIES: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = tuple(
    (frozenset(words.split()), category)
    for words, category in (
        ("CHRISTMAS XMAS ADVENT SANTA REINDEER SNOWFLAKE BAUBLE", ("Seasonal", "Christmas")),
        ("EASTER VALENTINE", ("Seasonal", "Spring")),
        ("BAG BAGS SHOPPER PURSE LUGGAGE WALLET", ("Accessories", "Bags")),
        ("NECKLACE BRACELET EARRINGS RING BROOCH HAIR", ("Accessories", "Jewellery")),
        ("UMBRELLA SCARF GLOVES SLIPPERS", ("Accessories", "Clothing")),
        ("MUG MUGS CUP CUPS TEACUP TEAPOT SAUCER", ("Home", "Kitchen", "Mugs and Cups")),
        ("CAKE CAKESTAND BAKING JAM COOKIE CUTTER RECIPE", ("Home", "Kitchen", "Baking")),
        ("PLATE BOWL TRAY NAPKINS LUNCH BOTTLE JAR GLASS TEA", ("Home", "Kitchen", "Tableware")),
        ("LIGHT LIGHTS LAMP LANTERN CANDLE CANDLES T-LIGHT", ("Home", "Lighting")),
        ("CLOCK FRAME MIRROR SIGN CUSHION DOORMAT HOOK HANGER", ("Home", "Decoration")),
        ("BOX TIN STORAGE DRAWER CABINET BASKET", ("Home", "Storage")),
        ("GARDEN PLANT PLANTER BIRD WATERING PARASOL", ("Garden",)),
        ("CARD CARDS WRAP RIBBON RIBBONS TISSUE STICKERS", ("Stationery", "Gift Wrap")),
        ("PEN PENCIL PENCILS NOTEBOOK JOURNAL CHALK", ("Stationery", "Writing")),
        ("DOLL TOY GAME PUZZLE PLAYHOUSE SKITTLES JIGSAW", ("Toys",)),
        ("PARTY BUNTING BALLOONS", ("Party",)),
    )
)


@dataclass
class _Product:
    names: Counter[str] = field(default_factory=Counter)
    first_seen: str = "9999"
    last_seen: str = ""
    priced_at: str = ""
    price: int = 0


def product_documents(rows: Iterable[Row]) -> Iterator[Document]:
    """Yield one document per stock code, in order of code.

    The name is the most frequent description, the price the last one above zero; costs are not
    known, and left out.

    Args:
        rows: All rows of the file.
    """
    products: dict[str, _Product] = {}
    for row in rows:
        product = products.setdefault(row.stock_code, _Product())
        name = row.description.strip()
        if name:
            product.names[name] += 1
        product.first_seen = min(product.first_seen, row.moment)
        product.last_seen = max(product.last_seen, row.moment)
        if row.price > 0 and row.moment >= product.priced_at:
            product.priced_at, product.price = row.moment, row.price
    for code, product in sorted(products.items()):
        yield _document(code, product)


def _document(code: str, product: _Product) -> Document:
    names = sorted(product.names, key=lambda name: (-product.names[name], name))
    name = names[0] if names else code
    is_service = code in SERVICE_CODES
    return {
        "_id": code,
        "name": name,
        "brand": None,
        "type": "service" if is_service else "gift",
        "category": ["Services"] if is_service else list(_category(name)),
        "attributes": {"other_descriptions": names[1:]},
        "price": {
            "amount": Decimal128(Decimal(product.price).scaleb(-4).quantize(Decimal("0.0001"))),
            "currency": "GBP",
        },
        "status": "active",
        "variants": [],
        "tags": ["online retail"],
        "created_at": _utc(product.first_seen),
        "updated_at": _utc(product.last_seen),
    }


def _category(name: str) -> tuple[str, ...]:
    words = set(name.upper().replace(",", " ").split())
    for keywords, category in _CATEGORIES:
        if words & keywords:
            return category
    return ("Other Gifts",)


def _utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)
