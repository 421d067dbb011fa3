"""Fill an empty shop with a made-up history, all or nothing."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import date

from orchestration.console import ReportProgress, no_progress
from orchestration.errors import SoftcartError
from orchestration.settings import Settings
from orchestration.simulator.bulk import BulkWriter
from orchestration.simulator.generator import HistoryPlan, generate
from orchestration.simulator.shop import filling
from orchestration.simulator.web.event_files import EventFolder
from orchestration.simulator.web.history import WebHistory

DEFAULT_END = date(2026, 11, 1)
_MAX_SCALE = 100.0


@dataclass(frozen=True)
class HistorySummary:
    """What a simulated history put into the shop.

    Attributes:
        rows: Number of rows per table of MySQL.
        products: Number of catalogue documents.
        web_events: Number of web events in files, 0 where SOFTCART_WEB_DIR names no folder.
        first_day: First day of the history.
        end: Day after the last.
        seconds: How long it took.
        bulk_loaded: Whether the server allowed `LOAD DATA LOCAL INFILE`.
    """

    rows: dict[str, int]
    products: int
    web_events: int
    first_day: date
    end: date
    seconds: float
    bulk_loaded: bool


def simulate_history(
    settings: Settings,
    *,
    scale: float,
    seed: int,
    report: ReportProgress = no_progress,
    end: date = DEFAULT_END,
    replace: bool = False,
) -> HistorySummary:
    """Fill the shop with two years of made-up sales.

    The same arguments give the same rows, documents and web events, to the byte. All rows of MySQL
    are written in one transaction: an interrupted call leaves an empty shop.

    Args:
        settings: Where the shop's servers are.
        scale: Size; 1.0 is 1,000,000 order lines.
        seed: Any whole number from 0.
        report: Told of the order lines written.
        end: Day after the last day of the history.
        replace: Empty a shop that is not empty, at once and for good.

    Raises:
        SoftcartError: The shop is not empty, or an argument or a server is not usable.
    """
    if not 0 < scale <= _MAX_SCALE:
        raise SoftcartError(
            f"A history of scale {scale:g} cannot be made",
            remedy=f"Choose a scale above 0 and up to {_MAX_SCALE:g}; 1.0 is 1,000,000 order lines",
        )
    if seed < 0:
        raise SoftcartError(
            f"Seed {seed} is below zero", remedy="Choose a whole number from 0 as the seed"
        )
    started = time.monotonic()
    plan = HistoryPlan(scale=scale, seed=seed, end=end)
    written: Counter[str] = Counter()
    folder = EventFolder(settings.web_dir) if settings.web_dir else None
    web = WebHistory(plan, folder) if folder else None
    with filling(settings, replace=replace) as shop:
        writer = BulkWriter(shop.connection)
        report("order lines", 0, plan.lines)
        for table, columns in generate(plan):
            written[table] += writer.write(table, columns)
            report("order lines", written["order_items"], plan.lines)
            if web:
                web.see(table, columns)
        if web:
            web.finish()
        products = shop.add_products(plan.catalogue(), report)
    if folder:
        folder.show()
    return HistorySummary(
        rows=dict(written),
        products=products,
        web_events=web.events if web else 0,
        first_day=plan.start,
        end=end,
        seconds=time.monotonic() - started,
        bulk_loaded=writer.loads_files,
    )
