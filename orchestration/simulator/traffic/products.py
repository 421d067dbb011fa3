"""Events of the catalogue: prices and costs change, products come, go and come back."""

from __future__ import annotations

import random
from bisect import insort
from decimal import Decimal

from orchestration.simulator.catalogue import PRODUCT_TYPES, amount, make_document
from orchestration.simulator.traffic.live_shop import LiveShop, list_price

_FACTORS = [Decimal("0.85"), Decimal("0.95"), Decimal("1.04"), Decimal("1.12")]


def change_price(shop: LiveShop) -> bool:
    """A product gets another list price."""
    return _change_amount(shop, "price")


def change_cost(shop: LiveShop) -> bool:
    """A supplier asks another price."""
    return _change_amount(shop, "cost")


def add_product(shop: LiveShop) -> bool:
    """A new product goes on sale."""
    kind = shop.rng.choice(PRODUCT_TYPES)
    sku = f"{kind.name[:3].upper()}-{shop.rng.randrange(10**6, 10**7)}"
    return _list_product(shop, sku)


def discontinue_product(shop: LiveShop) -> bool:
    """A product is not sold any more; its document stays."""
    if len(shop.skus) < 10:
        return False
    sku = shop.rng.choice(shop.skus)
    shop.products.update_one(
        {"_id": sku}, {"$set": {"status": "discontinued", "updated_at": shop.utc_now}}
    )
    shop.skus.remove(sku)
    return True


def delete_product(shop: LiveShop) -> bool:
    """A product is really deleted from the catalogue, and its stock written off."""
    if len(shop.skus) < 10:
        return False
    sku = shop.rng.choice(shop.skus)
    for level in shop.rows(
        "select warehouse_id, quantity_on_hand from stock_levels where sku = %s"
        " and warehouse_id in %s order by warehouse_id for update",
        sku,
        shop.warehouses,
    ):
        if level["quantity_on_hand"] > 0:
            shop.move_stock(level["warehouse_id"], sku, -level["quantity_on_hand"], "write_off")
    shop.products.delete_one({"_id": sku})
    del shop.listed[sku]
    shop.skus.remove(sku)
    insort(shop.gone_skus, sku)
    return True


def bring_product_back(shop: LiveShop) -> bool:
    """A product that was deleted is listed again under its old key."""
    if not shop.gone_skus:
        return False
    sku = shop.rng.choice(shop.gone_skus)
    shop.gone_skus.remove(sku)
    return _list_product(shop, sku)


def _change_amount(shop: LiveShop, field: str) -> bool:
    sku = shop.rng.choice(shop.skus)
    document = shop.listed[sku]
    if not document.get(field):
        return False
    old: Decimal = document[field]["amount"].to_decimal()
    new = max(Decimal("0.01"), old * shop.rng.choice(_FACTORS))
    document[field] = amount(new, document[field]["currency"])
    shop.products.update_one(
        {"_id": sku}, {"$set": {field: document[field], "updated_at": shop.utc_now}}
    )
    return True


def _list_product(shop: LiveShop, sku: str) -> bool:
    by_prefix = [kind for kind in PRODUCT_TYPES if sku.startswith(f"{kind.name[:3].upper()}-")]
    kind = by_prefix[0] if by_prefix else PRODUCT_TYPES[0]
    low, high = kind.price_range
    cents = int(shop.rng.uniform(low, high)) * 100 + 99
    document = make_document(
        random.Random(shop.rng.random()),
        sku,
        kind,
        first_price_cents=cents,
        price_cents=cents,
        status="active",
        created_at=shop.utc_now,
        updated_at=shop.utc_now,
    )
    shop.products.replace_one({"_id": sku}, document, upsert=True)
    shop.listed[sku] = document
    if list_price(document) > 0 and sku not in shop.skus:
        insort(shop.skus, sku)
    return True
