"""The two raw tables that files of the web feed, and which files feed which."""

from __future__ import annotations

import re
from typing import Final

from orchestration.ingest.batch import Column, Precedence, TableSchema

SOURCE: Final = "web"

_TIME: Final = "timestamp without time zone"

EVENTS: Final = TableSchema(
    SOURCE,
    "events",
    (
        Column("event_id", "text"),
        Column("event_type", "text"),
        Column("occurred_at", _TIME),
        Column("received_at", _TIME),
        Column("channel", "text"),
        Column("visitor_id", "text"),
        Column("user_reference", "text"),
        Column("user_agent", "text"),
        Column("ip_address", "text"),
        Column("country_code", "text"),
        Column("page_path", "text"),
        Column("page_title", "text"),
        Column("referrer", "text"),
        Column("utm_source", "text"),
        Column("utm_medium", "text"),
        Column("utm_campaign", "text"),
        Column("search_term", "text"),
        Column("search_result_count", "bigint"),
        Column("sku", "text"),
        Column("quantity", "bigint"),
        Column("order_number", "text"),
        Column("properties", "jsonb"),
        Column("file_name", "text"),
        Column("line_number", "bigint"),
    ),
    ("event_id",),
)

REQUESTS: Final = TableSchema(
    SOURCE,
    "requests",
    (
        Column("request_id", "text"),
        Column("remote_host", "text"),
        Column("remote_user", "text"),
        Column("requested_at", _TIME),
        Column("method", "text"),
        Column("path", "text"),
        Column("query_string", "text"),
        Column("protocol", "text"),
        Column("status", "integer"),
        Column("response_bytes", "bigint"),
        Column("referrer", "text"),
        Column("user_agent", "text"),
        Column("file_name", "text"),
        Column("line_number", "bigint"),
    ),
    ("request_id",),
)

TABLES: Final = {table.name: table for table in (EVENTS, REQUESTS)}

_ASIDE: Final = ("file_name", "line_number")
PRECEDENCE: Final = {
    EVENTS.name: Precedence("received_at", aside=_ASIDE),
    REQUESTS.name: Precedence("requested_at", aside=_ASIDE),
}
"""The image of an event that stays, whatever the order of its files; that of a request is its
line."""

_KINDS: Final = (
    (re.compile(r"\.(ndjson|jsonl)(\.gz)?", re.IGNORECASE), EVENTS),
    # With what rotation adds: access.log.1, access.log-20260131.gz.
    (re.compile(r"\.log([.-]\d+)?(\.gz)?", re.IGNORECASE), REQUESTS),
)


def table_of(name: str) -> TableSchema | None:
    """Return the table that a file feeds by its name, None if it is none of ours."""
    for ending, table in _KINDS:
        if re.search(f"(?:{ending.pattern})$", name, re.IGNORECASE):
            return table
    return None
