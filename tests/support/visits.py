"""Visits to a shop's site, as files of web events: such that what comes later changes what was."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any, Final

from orchestration.connections import connect_mysql
from orchestration.settings import Settings

Event = dict[str, Any]

_KINDS: Final = ("page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "login")
# Around the 30 minutes that end a session.
_PAUSES: Final = (0, 5, 1500, 1799, 1800, 1801)
_DAYS_BEFORE: Final = (0, 0, 1, 8, 29, 30, 31)
_TAGS: Final = (
    ("google", "cpc", "Frühling"),
    ("newsletter", "email", None),
    ("poster", None, None),
)
_HOSTS: Final = ("https://www.google.de/", "https://t.co/x", "https://www.softcart.example/a")
_TERMS: Final = ("Größe 42", " groesse  42", "mug", "😀" * 200)
_AGENTS: Final = ("Mozilla/5.0 (X11; Linux x86_64)",) * 9 + ("Googlebot/2.1",)


def write_visits(settings: Settings, seed: int) -> None:
    """Write a file of events around orders of the shop, out of order, some of them twice.

    The file of another seed has visits of the same visitors in between: sessions grow, meet and
    split, orders get other touches, carts other ends. The shop's `web_dir` must be set.
    """
    chance = random.Random(seed)  # noqa: S311 - tests, no secrets
    with connect_mysql(settings) as shop, shop.cursor() as cursor:
        cursor.execute(
            "select order_number, customer_id, ordered_at from orders"
            " where channel <> 'store' order by order_id"
        )
        orders = [order for order in cursor.fetchall() if chance.random() < 0.3]
        cursor.execute("select distinct sku from order_items order by sku limit 20")
        skus = [sku for (sku,) in cursor.fetchall()]
    events: list[Event] = []
    for number, customer, ordered_at in orders:
        visitor = f"device {customer}" if customer else f"guest {number}"
        for days in chance.choices(_DAYS_BEFORE, k=2):
            start = ordered_at - timedelta(days=days, minutes=chance.randint(0, 90))
            events += _visit(chance, visitor, customer, start, skus)
        bought = _event("purchase", visitor, ordered_at, user_reference=_login(customer))
        events.append(bought | {"order_number": number, "page_path": "/thanks"})
    for ordinal, event in enumerate(events):
        event["event_id"] = f"{seed}-{ordinal}"
    events += chance.sample(events, len(events) // 20)
    chance.shuffle(events)
    assert settings.web_dir and events
    settings.web_dir.mkdir(exist_ok=True)
    text = "".join(json.dumps(event) + "\n" for event in events)
    (settings.web_dir / f"visits-{seed}.ndjson").write_text(text, encoding="utf-8")


def _visit(
    chance: random.Random, visitor: str, customer: int | None, at: datetime, skus: list[str]
) -> list[Event]:
    # A person may come with a device that nothing else knows.
    if chance.random() < 0.2:
        visitor = f"phone {customer}"
    agent = chance.choice(_AGENTS)
    events = []
    for kind in chance.choices(_KINDS, k=chance.randint(1, 5)):
        event = _event(kind, visitor, at, page_path=f"/{kind}", user_agent=agent)
        if kind == "search":
            event |= {"search_term": chance.choice(_TERMS), "search_result_count": at.second % 3}
        elif kind == "login":
            event |= {"user_reference": _login(customer)}
        elif kind != "page_view":
            event |= {"sku": chance.choice(skus), "quantity": chance.choice((None, 1, 3))}
        events.append(event)
        at += timedelta(seconds=chance.choice(_PAUSES))
    if chance.random() < 0.5:
        source, medium, campaign = chance.choice(_TAGS)
        events[0] |= {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
    elif chance.random() < 0.5:
        events[0] |= {"referrer": chance.choice(_HOSTS)}
    return events


def _event(kind: str, visitor: str, at: datetime, **fields: str | None) -> Event:
    time = at.isoformat() + "Z"
    told = {"event_type": kind, "visitor_id": visitor, "occurred_at": time, "received_at": time}
    return told | {"channel": "web", "country_code": "DE"} | fields


def _login(customer: int | None) -> str | None:
    return f"login {customer}" if customer else None
