"""The products: what the order lines need of them as arrays, and their catalogue documents."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from bson.decimal128 import Decimal128
from numpy.typing import NDArray

from orchestration.connections import Document
from orchestration.simulator.bulk import Ints
from orchestration.simulator.seasons import DAY, Floats

PRICE_CHANGES = 4
_MAX_PRODUCTS = 60_000
_COLORS = ["black", "white", "navy", "olive", "sand", "terracotta", "petrol blue", "rosé"]
_MATERIALS = ["cotton", "linen", "merino wool", "recycled polyester", "bamboo viscose"]
_BRANDS = [
    "Nordlicht", "Fjällvind", "Casa Brío", "Oakham & Sons", "Łąka", "Maison Lune", "Volt9",
    "Kettlewick", "Praia", "Tidewater", "Grün&Gut", "Papillon", "Harbour Mill", "Stella Rosé",
]  # fmt: skip
_ADJECTIVES = ["Classic", "Compact", "Everyday", "Heritage", "Light", "Nomad", "Pure", "Studio"]


@dataclass(frozen=True)
class ProductType:
    """A kind of product.

    Attributes:
        categories: Category paths, 1 to 4 levels, root first.
        nouns: What a product of the type is called.
        price_range: Lowest and highest first list price, EUR.
        return_rate: Share of delivered lines that come back.
        is_reduced_tax: Whether the reduced rate of sales tax holds.
        season: Weight of the demand in each month, January first.
        attributes: Makes the type's own part of the document.
    """

    name: str
    categories: tuple[tuple[str, ...], ...]
    nouns: tuple[str, ...]
    price_range: tuple[float, float]
    return_rate: float
    is_reduced_tax: bool
    season: tuple[float, ...]
    attributes: Callable[[random.Random], Document]


def _apparel(rng: random.Random) -> Document:
    return {
        "material": [
            {"fibre": fibre, "percent": percent}
            for fibre, percent in zip(rng.sample(_MATERIALS, 2), (70, 30), strict=True)
        ],
        "fit": rng.choice(["slim", "regular", "relaxed"]),
        "care": {"wash_celsius": rng.choice([30, 40]), "tumble_dry": rng.random() < 0.4},
    }


def _footwear(rng: random.Random) -> Document:
    return {
        "sole": rng.choice(["rubber", "EVA", "leather"]),
        "heel_mm": rng.choice([10, 25, 40]),
        "is_waterproof": rng.random() < 0.3,
    }


def _electronics(rng: random.Random) -> Document:
    attributes: Document = {
        "power": {"watt": rng.choice([5, 20, 65, 900]), "voltage": "100-240 V"},
        "connectivity": rng.sample(["USB-C", "Bluetooth 5.3", "Wi-Fi 6", "HDMI"], 2),
        "warranty_months": rng.choice([12, 24, 36]),
        "dimensions_mm": {axis: rng.randint(20, 480) for axis in ("width", "height", "depth")},
    }
    if rng.random() < 0.5:
        attributes["battery"] = {"mah": rng.choice([800, 3000, 10000]), "is_removable": False}
    return attributes


def _book(rng: random.Random) -> Document:
    return {
        "author": rng.choice(["M. Ashdown", "Ł. Wrona", "C. d'Aubigné", "R. Öberg", "T. Ahmad"]),
        "pages": rng.randint(80, 900),
        "isbn": f"979-8-{rng.randint(10**7, 10**8 - 1)}-{rng.randint(0, 9)}",
        "language": rng.choice(["en", "de", "fr", "pl"]),
        "edition": {"number": rng.randint(1, 6), "year": rng.randint(1998, 2026)},
    }


def _kitchen(rng: random.Random) -> Document:
    return {
        "capacity_ml": rng.choice([250, 350, 1000, 2500]),
        "material": rng.choice(["stoneware", "steel", "glass", "cast iron"]),
        "is_dishwasher_safe": rng.random() < 0.7,
    }


def _furniture(rng: random.Random) -> Document:
    return {
        "dimensions": {"unit": "cm", "size": [rng.randint(30, 220) for _ in range(3)]},
        "weight_kg": round(rng.uniform(2, 80), 1),
        "assembly": {"is_required": True, "minutes": rng.choice([15, 40, 90])},
        "wood": {"species": rng.choice(["oak", "beech", "pine"]), "certificate": "FSC"},
    }


def _toy(rng: random.Random) -> Document:
    return {
        "age": {"from": rng.choice([1, 3, 6, 10]), "to": None},
        "players": rng.choice([1, "2-4", "2-6"]),
        "safety": ["EN 71", "CE"],
    }


def _beauty(rng: random.Random) -> Document:
    return {
        "volume_ml": rng.choice([30, 50, 100, 250]),
        "ingredients": rng.sample(["aqua", "glycerin", "shea butter", "squalane", "parfum"], 3),
        "is_vegan": rng.random() < 0.8,
    }


def _food(rng: random.Random) -> Document:
    return {
        "net_weight_g": rng.choice([100, 250, 500, 1000]),
        "nutrition_per_100_g": {
            "energy_kj": rng.randint(100, 2500),
            "sugar_g": round(rng.uniform(0, 60), 1),
        },
        "allergens": rng.sample(["gluten", "milk", "nuts", "soy"], rng.randint(0, 2)),
        "origin": rng.choice(["IT", "ES", "PE", "ET"]),
    }


def _garden(rng: random.Random) -> Document:
    return {
        "light": rng.choice(["full sun", "half shade", "shade"]),
        "hardiness": {"minimum_celsius": rng.choice([-20, -10, 0])},
        "bloom_months": sorted(rng.sample(range(3, 11), 3)),
    }


_EVEN = (1.0,) * 12
_SUMMER = (0.4, 0.6, 1.2, 1.8, 2.0, 1.6, 1.3, 1.0, 0.9, 0.6, 0.4, 0.3)
_CHRISTMAS = (0.6, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.1, 1.9, 2.4)

PRODUCT_TYPES = (
    ProductType(
        "apparel",
        (("Clothing", "Women", "Tops", "Shirts"), ("Clothing", "Men", "Tops", "T-Shirts"),
         ("Clothing", "Women", "Dresses"), ("Clothing", "Kids")),
        ("Shirt", "Tee", "Jumper", "Dress", "Jacket"), (12, 140), 0.16, False, _EVEN, _apparel,
    ),
    ProductType(
        "footwear",
        (("Clothing", "Shoes", "Sneakers"), ("Clothing", "Shoes", "Boots")),
        ("Sneaker", "Boot", "Loafer"), (35, 190), 0.20, False, _EVEN, _footwear,
    ),
    ProductType(
        "electronics",
        (("Electronics", "Audio", "Headphones"),
         ("Electronics", "Computing", "Accessories", "Hubs"),
         ("Electronics", "Kitchen Appliances"), ("Electronics", "Wearables")),
        ("Headphones", "Charger", "Speaker", "Kettle", "Watch"), (15, 420), 0.08, False,
        _CHRISTMAS, _electronics,
    ),
    ProductType(
        "book",
        (("Books", "Fiction"), ("Books", "Non-Fiction", "Cooking"), ("Books", "Children")),
        ("Novel", "Cookbook", "Atlas", "Picture Book"), (6, 45), 0.02, True, _CHRISTMAS, _book,
    ),
    ProductType(
        "kitchen",
        (("Home", "Kitchen", "Mugs"), ("Home", "Kitchen", "Cookware", "Pans"), ("Home", "Dining")),
        ("Mug", "Pan", "Carafe", "Bowl"), (5, 95), 0.05, False, _EVEN, _kitchen,
    ),
    ProductType(
        "furniture",
        (("Home", "Furniture", "Living Room", "Chairs"), ("Home", "Furniture", "Bedroom"),
         ("Home", "Furniture", "Office", "Desks")),
        ("Chair", "Shelf", "Desk", "Bedside Table"), (40, 650), 0.07, False, _EVEN, _furniture,
    ),
    ProductType(
        "toy",
        (("Toys", "Games"), ("Toys", "Building"), ("Toys", "Soft Toys")),
        ("Board Game", "Puzzle", "Bear", "Block Set"), (7, 80), 0.04, False, _CHRISTMAS, _toy,
    ),
    ProductType(
        "beauty",
        (("Beauty", "Skin Care", "Face"), ("Beauty", "Hair")),
        ("Cream", "Serum", "Shampoo", "Balm"), (6, 70), 0.02, False, _EVEN, _beauty,
    ),
    ProductType(
        "food",
        (("Food", "Coffee"), ("Food", "Sweets", "Chocolate"), ("Food", "Oils")),
        ("Espresso Beans", "Chocolate", "Olive Oil", "Tea"), (3, 35), 0.01, True, _EVEN, _food,
    ),
    ProductType(
        "garden",
        (("Garden",), ("Garden", "Plants", "Perennials"), ("Garden", "Tools")),
        ("Lavender", "Planter", "Secateurs", "Seed Set"), (3, 60), 0.03, False, _SUMMER, _garden,
    ),
)  # fmt: skip

_TYPE_SHARES = (0.20, 0.08, 0.12, 0.12, 0.13, 0.06, 0.09, 0.08, 0.06, 0.06)


@dataclass(frozen=True)
class Products:
    """All products, one array cell each.

    Attributes:
        skus: The SKU of each product.
        type_index: Index into `PRODUCT_TYPES`.
        launched: First second of sale, since 1970.
        retired: Second from which it is not sold any more; far in the future if it still is.
        popularity: Share of demand, relative to the others: a long tail.
        price_changed: Seconds at which the list price changes, ascending, shape (n, PRICE_CHANGES).
        prices: List price before the first change, after it, and so on: cents of EUR,
            shape (n, PRICE_CHANGES + 1).
        is_draft: Whether it is not on sale yet.
    """

    skus: list[str]
    type_index: Ints
    launched: Ints
    retired: Ints
    popularity: Floats
    price_changed: Ints
    prices: Ints
    is_draft: NDArray[np.bool_]

    def price_at(self, product: Ints, moment: Ints) -> Ints:
        """Return list prices (cents of EUR) of products at moments (seconds), both shape (n,)."""
        step = (self.price_changed[product] <= moment[:, None]).sum(axis=1)
        prices: Ints = self.prices[product, step]
        return prices


def product_count(scale: float) -> int:
    """Return how many products a shop of a scale has: 4,000 at 1.0, 600 at 0.1, 40 at least."""
    return min(_MAX_PRODUCTS, max(40, round(4000 * float(scale**0.824))))


def make_products(rng: np.random.Generator, count: int, start: int, end: int) -> Products:
    """Make products.

    Args:
        rng: Source of chance.
        count: How many.
        start: First second of the history, since 1970.
        end: Second after the history; no price changes from then on.
    """
    type_index = rng.choice(len(PRODUCT_TYPES), size=count, p=_TYPE_SHARES)
    low, high = np.array([product_type.price_range for product_type in PRODUCT_TYPES]).T
    first_price = np.exp(
        rng.normal(
            np.log(low[type_index] * high[type_index]) / 2,
            np.log(high[type_index] / low[type_index]) / 5,
        )
    )
    factor = np.cumprod(
        np.concatenate(
            [np.ones((count, 1)), rng.choice([0.9, 0.95, 1.03, 1.06, 1.1], (count, PRICE_CHANGES))],
            axis=1,
        ),
        axis=1,
    )
    # Prices end in 9 cents, as they do in shops.
    prices = np.maximum(1, np.round(first_price[:, None] * factor * 10).astype(np.int64)) * 10 - 1
    rank = rng.permutation(count)
    older = rng.random(count) < 0.72
    launched = np.where(
        older, start - rng.integers(30, 900, count) * DAY, rng.integers(start, end, count)
    )
    retired = np.where(
        rng.random(count) < 0.06, rng.integers((start + end) // 2, end, count), end + 10_000 * DAY
    )
    is_draft = rng.random(count) < 0.015
    is_draft[rank < count // 2] = False
    is_draft[rank == count - 1] = True
    return Products(
        skus=[
            f"{PRODUCT_TYPES[kind].name[:3].upper()}-{10_000 + i}"
            for i, kind in enumerate(type_index.tolist())
        ],
        type_index=type_index.astype(np.int64),
        launched=launched // 60 * 60,
        retired=np.maximum(retired, launched + 90 * DAY) // 60 * 60,
        popularity=np.where(is_draft, 0.0, 1.0 / (rank + 8.0) ** 0.85),
        price_changed=np.sort(rng.integers(start, end, (count, PRICE_CHANGES)), axis=1),
        prices=prices,
        is_draft=is_draft,
    )


def documents(products: Products, seed: int, end: int) -> Iterator[Document]:
    """Yield the catalogue document of each product as it stands at `end` (seconds since 1970)."""
    for i, sku in enumerate(products.skus):
        launched = int(products.launched[i])
        changes = products.price_changed[i][products.price_changed[i] > launched].tolist()
        retired = int(products.retired[i])
        is_retired = retired < end
        status = "draft" if products.is_draft[i] else "discontinued" if is_retired else "active"
        yield make_document(
            random.Random(f"{seed} {sku}"),
            sku,
            PRODUCT_TYPES[products.type_index[i]],
            first_price_cents=int(products.prices[i, 0]),
            price_cents=int(products.prices[i, -1]),
            status=status,
            created_at=datetime.fromtimestamp(launched, UTC),
            updated_at=datetime.fromtimestamp(
                max([launched, *changes, *([retired] if is_retired else [])]), UTC
            ),
        )


def make_document(
    rng: random.Random,
    sku: str,
    product_type: ProductType,
    *,
    first_price_cents: int,
    price_cents: int,
    status: str,
    created_at: datetime,
    updated_at: datetime,
) -> Document:
    """Make one catalogue document.

    Args:
        rng: Source of chance; the same state gives the same document.
        sku: The product's key.
        product_type: Decides name, category and attributes.
        first_price_cents: First list price, cents of EUR; the cost follows from it.
        price_cents: List price now, cents of EUR.
        status: `active`, `discontinued` or `draft`.
        created_at: Time the product was listed.
        updated_at: Time of its last change.
    """
    noun = rng.choice(product_type.nouns)
    attributes = product_type.attributes(rng)
    cost_currency, units_per_euro = rng.choices(
        [("EUR", 1.0), ("USD", 1.1), ("CNY", 7.8)], weights=[6, 2, 2]
    )[0]
    cost = first_price_cents / 100 * rng.uniform(0.38, 0.66) * units_per_euro
    return {
        "_id": sku,
        "name": f"{rng.choice(_ADJECTIVES)} {noun} {sku.rsplit('-', 1)[-1]}",
        "brand": rng.choice(_BRANDS),
        "type": product_type.name,
        "category": list(rng.choice(product_type.categories)),
        "attributes": attributes,
        "price": amount(Decimal(price_cents) / 100, "EUR"),
        "cost": amount(Decimal(f"{cost:.2f}"), cost_currency),
        "status": status,
        "variants": _variants(rng, sku, product_type.name),
        "tags": sorted(rng.sample(["new", "gift", "eco", "bestseller", "outlet", "made in EU"], 2)),
        "created_at": created_at,
        "updated_at": updated_at,
    }


def amount(value: Decimal, currency: str) -> dict[str, Any]:
    """Return an amount as the catalogue holds it: exact, with its currency."""
    return {"amount": Decimal128(value.quantize(Decimal("0.01"))), "currency": currency}


def _variants(rng: random.Random, sku: str, product_type: str) -> list[Document]:
    if product_type == "apparel":
        colors = rng.sample(_COLORS, 2)
        return [
            {"sku": f"{sku}-{color[:3].upper()}-{size}", "color": color, "size": size}
            for color in colors
            for size in ("S", "M", "L")
        ]
    if product_type == "footwear":
        return [{"sku": f"{sku}-{size}", "size_eu": size} for size in range(37, 45)]
    if product_type in ("electronics", "furniture"):
        return [
            {"sku": f"{sku}-{color[:3].upper()}", "color": color}
            for color in rng.sample(_COLORS, 2)
        ]
    return []
