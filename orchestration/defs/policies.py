"""How fresh data must be, how work is retried, and what must not run at the same time."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

# Of raw tables and marts. The windows follow the hourly job: one run may fail and the next make it
# good before anybody is warned; after four the data counts as stale. Whole hours, as the UI shows.
FRESHNESS = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=3), fail_window=timedelta(hours=5)
)

# Waits of about 20, 60 and 140 seconds outlast a server's restart.
RETRY = dg.RetryPolicy(
    max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)

# dagster.yaml lets one run at a time into each pool. It holds for every way to start one: a
# schedule, a backfill, a click on a single asset.
POOL = "warehouse"
