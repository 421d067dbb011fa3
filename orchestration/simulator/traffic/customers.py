"""Events of customers: registered, changed, closed, deleted."""

from __future__ import annotations

import numpy as np

from orchestration.simulator.geography import MARKETS
from orchestration.simulator.people import make_people
from orchestration.simulator.traffic.live_shop import LiveShop, SqlRow


def register_customer(shop: LiveShop) -> bool:
    """Somebody opens an account on the web."""
    country = shop.rng.choice(MARKETS).country_code
    number = shop.rng.randrange(10**9, 10**10)
    person = _person(shop, number, country)
    customer_id = shop.insert_numbered(
        "customers",
        **person,
        country_code=country,
        has_marketing_consent=shop.rng.randrange(2),
        registered_at=shop.now,
    )
    shop.insert(
        "customer_identities",
        channel="web",
        external_reference=person["email"],
        customer_id=customer_id,
        created_at=shop.now,
    )
    return True


def change_customer(shop: LiveShop) -> bool:
    """A customer moves, or changes their mind about marketing."""
    customer = _active_customer(shop)
    if not customer:
        return False
    if shop.rng.random() < 0.4:
        shop.change(
            "update customers set has_marketing_consent = 1 - has_marketing_consent"
            " where customer_id = %s",
            customer["customer_id"],
        )
        return True
    country = customer["country_code"]
    if shop.rng.random() < 0.2:
        country = shop.rng.choice(MARKETS).country_code
    person = _person(shop, customer["customer_id"], country)
    shop.change(
        "update customers set street_address = %s, city = %s, postal_code = %s, phone = %s,"
        " country_code = %s where customer_id = %s",
        person["street_address"],
        person["city"],
        person["postal_code"],
        person["phone"],
        country,
        customer["customer_id"],
    )
    return True


def close_account(shop: LiveShop) -> bool:
    """A customer closes the account: the row stays, the person in it goes."""
    customer = _active_customer(shop)
    if not customer:
        return False
    shop.change(
        "update customers set customer_status = 'closed', has_marketing_consent = 0,"
        " email = null, first_name = null, last_name = null, phone = null, birth_date = null,"
        " street_address = null, city = null, postal_code = null where customer_id = %s",
        customer["customer_id"],
    )
    _forget_identities(shop, customer["customer_id"])
    return True


def delete_customer(shop: LiveShop) -> bool:
    """A customer is really deleted; the orders stay, with the number of nobody any more."""
    customer = _active_customer(shop)
    if not customer:
        return False
    _forget_identities(shop, customer["customer_id"])
    shop.change("delete from customers where customer_id = %s", customer["customer_id"])
    return True


def _active_customer(shop: LiveShop) -> SqlRow | None:
    """Return a customer with an open account, locked."""
    return shop.row(
        "select customer_id, country_code from customers"
        " where customer_id >= %s and customer_status = 'active'"
        " order by customer_id limit 1 for update",
        shop.random_id("customers", "customer_id"),
    )


def _forget_identities(shop: LiveShop, customer_id: int) -> None:
    shop.change("delete from customer_identities where customer_id = %s", customer_id)


def _person(shop: LiveShop, number: int, country: str) -> SqlRow:
    chance = np.random.default_rng(shop.rng.randrange(2**32))
    market = MARKETS.index(shop.market(country))
    person = make_people(chance, np.array([number]), np.array([market]))
    return {
        "email": person.emails[0],
        "first_name": person.first_names[0],
        "last_name": person.last_names[0],
        "phone": person.phones[0],
        "birth_date": person.birth_dates[0],
        "street_address": person.street_addresses[0],
        "city": person.cities[0],
        "postal_code": person.postal_codes[0],
    }
