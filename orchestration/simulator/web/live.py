"""Visits that lead to the orders of live traffic."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.visitors import (
    APP_SOURCES,
    WEB_SOURCES,
    reference_field,
    visit_fields,
)


class LiveVisits:
    """Adds the events of visits to the folder, when what they led to holds.

    An order's visit follows from the order alone, so the shop goes on as it would without.

    Args:
        folder: Of web events.
    """

    def __init__(self, folder: EventFolder) -> None:
        self._folder = folder
        self._unwritten: list[tuple[str, str]] = []

    def add_order(
        self,
        order_number: str,
        lines: Sequence[tuple[str, int]],
        *,
        channel: str,
        country: str,
        customer: int | None,
        reference: str | None,
        ordered_at: datetime,
    ) -> None:
        """Think of the visit in which somebody orders, and perhaps of one that leads to nothing.

        Args:
            order_number: The order's.
            lines: SKU and quantity of each line.
            channel: `web` or `app`.
            country: ISO 3166 alpha-2.
            customer: Its id, None of a guest.
            reference: What the channel calls the customer.
            ordered_at: UTC without zone.
        """
        rng = random.Random(order_number)
        visitor = customer * 4 if customer else rng.getrandbits(60)
        visit = visit_fields(channel, visitor, country)
        sources = APP_SOURCES if channel == "app" else WEB_SOURCES
        login = reference_field(reference)
        steps = [f'"page_view",{visit},"page_path":"/"{rng.choice(sources)}']
        for sku, quantity in lines:
            steps += [
                f'"product_view",{visit},"page_path":"/p/{sku}","sku":"{sku}"',
                f'"add_to_cart",{visit},"page_path":"/cart","sku":"{sku}","quantity":{quantity}',
            ]
        steps.append(f'"checkout_start",{visit},"page_path":"/checkout"')
        if login:
            steps.append(f'"login",{visit}{login},"page_path":"/account/login"')
        steps.append(
            f'"purchase",{visit}{login},"page_path":"/checkout/thanks",'
            f'"order_number":"{order_number}"'
        )
        self._think(rng, f"{order_number}-a", steps, ordered_at)
        if rng.random() < 0.5:
            idle = visit_fields(channel, rng.getrandbits(60), country)
            sku, quantity = rng.choice(lines)
            cart = f'"page_path":"/cart","sku":"{sku}","quantity":{quantity}'
            steps = [
                f'"page_view",{idle},"page_path":"/"{rng.choice(sources)}',
                f'"product_view",{idle},"page_path":"/p/{sku}","sku":"{sku}"',
                f'"add_to_cart",{idle},{cart}',
            ]
            self._think(rng, f"{order_number}-b", steps[: rng.randint(1, 3)], ordered_at)

    def write(self) -> None:
        """Write what was thought of: the order holds."""
        for day, line in self._unwritten:
            self._folder.append(day, line)
        self._unwritten.clear()

    def forget(self) -> None:
        """Forget what was thought of: there is no such order."""
        self._unwritten.clear()

    def _think(
        self, rng: random.Random, name: str, steps: Sequence[str], ends_at: datetime
    ) -> None:
        gaps = [rng.uniform(4, 90) for _ in steps]
        at = ends_at - timedelta(seconds=sum(gaps[1:]))
        for number, (step, gap) in enumerate(zip(steps, [*gaps[1:], 0.0], strict=True)):
            received = at + timedelta(milliseconds=rng.randint(150, 2_500))
            line = (
                f'{{"event_id":"{name}{number}","occurred_at":"{at.isoformat()}Z",'
                f'"received_at":"{received.isoformat()}Z","event_type":{step}}}\n'
            )
            self._unwritten.append((f"{received:%Y-%m-%d}", line))
            at += timedelta(seconds=gap)
