"""The web events of a simulated history: made of its rows as they are written, day by day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from orchestration.simulator.bulk import Columns, Ints
from orchestration.simulator.generator import HistoryPlan
from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.visitors import (
    ADD,
    APP_SOURCES,
    CHECKOUT,
    KINDS,
    LANDING,
    LOGIN,
    PURCHASE,
    REMOVE,
    SEARCH,
    VIEW,
    WEB_SOURCES,
    Terms,
    reference_field,
    visit_fields,
)
from orchestration.simulator.web.visits import DAY, HOUR, MINUTE, OnlineOrders, Visits, make_visits

_PAGES: Final = {
    LANDING: ',"page_path":"/"',
    CHECKOUT: ',"page_path":"/checkout"',
    LOGIN: ',"page_path":"/account/login"',
}
# Shares of events that come late, whose device has a wrong clock, and that are sent twice.
_LATE, _WRONG, _TWICE = 0.01, 0.004, 0.005


class WebHistory:
    """Writes the web events of a history.

    Its chance is its own, so the shop's rows are the same with it and without.

    Args:
        plan: The history's.
        folder: Empty.

    Attributes:
        events: How many were written.
    """

    def __init__(self, plan: HistoryPlan, folder: EventFolder) -> None:
        self.events = 0
        self._plan = plan
        self._folder = folder
        self._terms = Terms(plan.products, plan.seed)
        # Other histories' events have other ids.
        name = f"{plan.scale!r} {plan.seed} {plan.end}"
        self._prefix = hashlib.sha256(name.encode()).hexdigest()[:10]
        self._month = 0
        self._references: dict[tuple[str, int], str] = {}
        self._orders: Columns = {}
        # Received after the month that made them.
        self._waiting: dict[int, list[str]] = {}

    def see(self, table: str, columns: Columns) -> None:
        """Look at rows of the shop, as `generate` yields them."""
        if table == "customer_identities":
            fields = ("channel", "external_reference", "customer_id")
            channels, references, customers = (list(columns[field]) for field in fields)
            for channel, reference, customer in zip(channels, references, customers, strict=True):
                if customer is not None and channel != "store":
                    self._references[str(channel), int(customer)] = str(reference)
        elif table == "orders":
            self._orders = columns
        elif table == "order_items":
            self._make_month(self._orders, columns)

    def finish(self) -> None:
        """Write what is left, when all rows were seen."""
        self._write_days(before=self._plan.end_second // (DAY // 1000) + 1)

    def _make_month(self, orders: Columns, items: Columns) -> None:
        rng = self._plan.rng("web", self._month)
        first_id = int(str(orders["order_id"][0]))
        channel = np.array(orders["channel"])
        is_online = channel != "store"
        ordered = np.array(orders["ordered_at"], dtype="datetime64[ms]").astype(np.int64)
        begins = ordered[0] // DAY * DAY
        line_order = np.array(items["order_id"], dtype=np.int64) - first_id
        lines = np.flatnonzero(is_online[line_order])
        if len(lines):
            chosen = np.flatnonzero(is_online)
            position = np.cumsum(is_online) - 1
            online = OnlineOrders(
                order_id=chosen + first_id,
                customer=np.array([each or 0 for each in orders["customer_id"]])[chosen],
                is_app=(channel == "app")[chosen],
                ordered=ordered[chosen] + rng.integers(0, 1000, len(chosen)),
                line_order=position[line_order[lines]],
                line_number=np.array(items["line_number"], dtype=np.int64)[lines],
            )
            visits = make_visits(rng, online, int(begins))
            countries = [orders["shipping_country_code"][i] for i in chosen.tolist()]
            numbers = [orders["order_number"][i] for i in chosen.tolist()]
            skus = [str(items["sku"][i]) for i in lines.tolist()]
            quantities = [items["quantity"][i] for i in lines.tolist()]
            bodies = self._bodies(rng, visits, countries, numbers, skus, quantities)
            self._write(rng, visits.occurred, bodies, int(begins))
        self._month += 1

    def _bodies(
        self,
        rng: np.random.Generator,
        visits: Visits,
        countries: Sequence[Any],
        numbers: Sequence[Any],
        skus: Sequence[str],
        quantities: Sequence[Any],
    ) -> list[str]:
        """Return each event without id and times."""
        visitors = [
            visit_fields("app" if is_app else "web", visitor, countries[order], is_robot=is_robot)
            for visitor, is_app, is_robot, order in zip(
                visits.visitor.tolist(),
                visits.is_app.tolist(),
                visits.is_robot.tolist(),
                visits.like_order.tolist(),
                strict=True,
            )
        ]
        logins = [
            reference_field(self._reference("app" if is_app else "web", customer))
            for is_app, customer in zip(
                visits.is_app.tolist(), visits.customer.tolist(), strict=True
            )
        ]
        knows = (visits.remembers[visits.visit] | visits.is_ending).tolist()
        draws = rng.random(len(visits.visit)).tolist()
        bodies = []
        for kind, visit, line, order, is_known, draw in zip(
            visits.kind.tolist(),
            visits.visit.tolist(),
            visits.line.tolist(),
            visits.order.tolist(),
            knows,
            draws,
            strict=True,
        ):
            if kind == VIEW:
                about = f',"page_path":"/p/{skus[line]}","sku":"{skus[line]}"'
            elif kind in (ADD, REMOVE):
                about = f',"page_path":"/cart","sku":"{skus[line]}","quantity":{quantities[line]}'
            elif kind == PURCHASE:
                about = f',"page_path":"/checkout/thanks","order_number":"{numbers[order]}"'
            elif kind == SEARCH:
                about = self._terms.fields(skus[line], draw)
            elif kind == LANDING:
                sources = APP_SOURCES if visits.is_app[visit] else WEB_SOURCES
                about = _PAGES[kind] + sources[int(draw * len(sources))]
            else:
                about = _PAGES[kind]
            login = logins[visit] if is_known else ""
            bodies.append(f'"event_type":"{KINDS[kind]}",{visitors[visit]}{login}{about}}}\n')
        return bodies

    def _reference(self, channel: str, customer: int) -> str | None:
        """Return what a channel calls a customer; in the app without a device of it, the login."""
        return self._references.get((channel, customer)) or self._references.get(("web", customer))

    def _write(
        self, rng: np.random.Generator, occurred: Ints, bodies: Sequence[str], begins: int
    ) -> None:
        """Write the events to the files of the days on which they are received."""
        count = len(bodies)
        event = np.arange(count)
        received = occurred + rng.integers(150, 2_500, count)
        is_late = rng.random(count) < _LATE
        received += np.where(is_late, rng.integers(HOUR, 3 * DAY, count), 0)
        is_wrong = rng.random(count) < _WRONG
        occurred = occurred + np.where(is_wrong, rng.integers(-3 * DAY, DAY, count), 0)
        again = np.flatnonzero(rng.random(count) < _TWICE)
        received = np.concatenate(
            [received, received[again] + rng.integers(MINUTE, 12 * HOUR, len(again))]
        )
        event = np.concatenate([event, again])
        # What nobody has received yet is in no file.
        arrived = np.flatnonzero(received < self._plan.end_second * 1000)
        arrived = arrived[np.argsort(received[arrived], kind="stable")]
        event, received = event[arrived], received[arrived]
        self.events += len(event)
        # A visit that began in the month before is late: the files of that one are written.
        day = np.maximum(received, begins) // DAY
        times = np.datetime_as_string(occurred[event].astype("datetime64[ms]")).tolist()
        receipts = np.datetime_as_string(received.astype("datetime64[ms]")).tolist()
        prefix = f'{{"event_id":"{self._prefix}-{self._month:02x}-'
        month = np.datetime64(begins // DAY, "D").astype("datetime64[M]")
        next_month = int((month + 1).astype("datetime64[D]").astype(np.int64))
        for number, at, receipt, on in zip(
            event.tolist(), times, receipts, day.tolist(), strict=True
        ):
            self._waiting.setdefault(on, []).append(
                f'{prefix}{number:06x}","occurred_at":"{at}Z","received_at":"{receipt}Z",'
                + bodies[number]
            )
        self._write_days(before=next_month)

    def _write_days(self, before: int) -> None:
        for on in sorted(self._waiting):
            if on < before:
                self._folder.write_day(str(np.datetime64(on, "D")), self._waiting.pop(on))
