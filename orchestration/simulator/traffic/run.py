"""Run live traffic: draw events, one transaction each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pymysql
import pymysql.cursors
from pymongo.errors import PyMongoError
from pymysql.constants import CLIENT

from orchestration.connections import connect_mongo, connect_mysql
from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.schema import apply_schema
from orchestration.simulator.shop import PRODUCTS
from orchestration.simulator.traffic import customers, goods, orders, products, rates
from orchestration.simulator.traffic.live_shop import LiveShop
from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.live import LiveVisits

Event = Callable[[LiveShop], bool]

# How often each event happens, relative to the others.
_EVENTS: dict[str, tuple[Event, float]] = {
    "order placed": (orders.place_order, 30),
    "order edited": (orders.edit_order, 6),
    "order paid": (orders.pay_order, 10),
    "order cancelled": (orders.cancel_order, 3),
    "order deleted": (orders.delete_order, 1.5),
    "parcel shipped": (goods.ship, 22),
    "parcel delivered": (goods.deliver, 18),
    "return requested": (goods.request_return, 5),
    "return received": (goods.receive_return, 4),
    "return refunded": (goods.refund_return, 4),
    "return rejected": (goods.reject_return, 0.5),
    "goods received": (goods.receive_goods, 4),
    "stock corrected": (goods.correct_stock, 2),
    "customer registered": (customers.register_customer, 4),
    "customer changed": (customers.change_customer, 4),
    "account closed": (customers.close_account, 1),
    "customer deleted": (customers.delete_customer, 1),
    "price changed": (products.change_price, 5),
    "cost changed": (products.change_cost, 2),
    "product added": (products.add_product, 1),
    "product discontinued": (products.discontinue_product, 0.5),
    "product deleted": (products.delete_product, 1),
    "product brought back": (products.bring_product_back, 0.7),
}
_NAMES = list(_EVENTS)
_WEIGHTS = [weight for _, weight in _EVENTS.values()]
_DEADLOCK = 1213
_LOCK_WAIT = 1205


@dataclass(frozen=True)
class TrafficSummary:
    """What happened in a piece of traffic.

    Attributes:
        events: How often each event happened.
        begins: The shop's clock before the first, UTC.
        ends: The shop's clock at the last, UTC.
        seconds: How long it took.
    """

    events: dict[str, int]
    begins: datetime
    ends: datetime
    seconds: float


def simulate_traffic(
    settings: Settings,
    *,
    events: int,
    seed: int,
    report: ReportProgress = no_progress,
    rate: float | None = None,
) -> TrafficSummary:
    """Let things happen in the shop, one transaction each.

    The shop's clock goes on from the last thing that happened in it, so the same shop and the same
    arguments lead to the same shop; only `updated_at` is the server's own time.

    Args:
        settings: Where the shop's servers are.
        events: How many things happen.
        seed: Decides, with the shop's state, what happens.
        report: Told of the events.
        rate: Events per second; as fast as can be if None.

    Raises:
        SoftcartError: The shop has nothing to sell, or a server fails; all events up to the one
            that failed are whole.
    """
    started = time.monotonic()
    catalogue = connect_mongo(settings)
    connection = connect_mysql(
        settings,
        autocommit=False,
        cursorclass=pymysql.cursors.DictCursor,
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    happened: Counter[str] = Counter()
    try:
        apply_schema(connection)
        shop = LiveShop.open(connection, catalogue[PRODUCTS], seed)
        if settings.web_dir:
            shop.visits = LiveVisits(EventFolder(settings.web_dir))
        begins = shop.now
        for count in range(1, events + 1):
            if rate:
                time.sleep(max(0.0, started + count / rate - time.monotonic()))
            shop.now += timedelta(seconds=shop.rng.randint(5, 60))
            happened[_let_happen(shop)] += 1
            report("events", count, events)
    except pymysql.MySQLError as error:
        raise _failed(settings, "mysql", sum(happened.values())) from error
    except PyMongoError as error:
        raise _failed(settings, "mongo", sum(happened.values())) from error
    finally:
        if connection.open:
            connection.close()
        catalogue.client.close()
    return TrafficSummary(dict(happened), begins, shop.now, time.monotonic() - started)


def _let_happen(shop: LiveShop) -> str:
    """Draw events until one finds what it needs, and return its name."""
    if rates.publish_rates(shop):
        shop.commit()
        return "exchange rates published"
    while True:
        (name,) = shop.rng.choices(_NAMES, _WEIGHTS)
        try:
            if _EVENTS[name][0](shop):
                shop.commit()
                return name
        except pymysql.OperationalError as error:
            if error.args[0] not in (_DEADLOCK, _LOCK_WAIT):
                raise
        shop.rollback()


def _failed(settings: Settings, server: str, done: int) -> SoftcartError:
    url = settings.url("mysql" if server == "mysql" else "mongo")
    return SoftcartError(
        f"The server at {url} failed after {done:,} events, all of them whole",
        remedy="See to the server (`softcart doctor`), then run the command again",
    )
