"""The tables of schema `predictions`: written here, read by dbt as a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg

_TABLES: Final = """
create schema if not exists predictions;
comment on schema predictions is 'What softcart predict publishes; docs/modelling.md';

create table if not exists predictions.customer_lifetimes (
    person_key                char(32) primary key,
    prediction_days           integer not null,
    alive_probability         numeric(18, 8) not null,
    expected_purchase_count   numeric(18, 8) not null,
    expected_purchase_amount  numeric(18, 4) not null,
    predicted_at              timestamptz not null default now()
);
comment on table predictions.customer_lifetimes is
    'What each person is expected to buy in the days after predicted_at';
"""

COLUMNS: Final = (
    "person_key",
    "prediction_days",
    "alive_probability",
    "expected_purchase_count",
    "expected_purchase_amount",
)


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Create what is missing of schema `predictions`."""
    with connection.transaction():
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLES)


def publish(connection: psycopg.Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Let new predictions take the place of all there were, at once for every reader.

    Args:
        connection: In autocommit.
        rows: With a value for each of `COLUMNS`.
    """
    with connection.transaction(), connection.cursor() as cursor:
        # Not truncated: readers would have to wait.
        cursor.execute("delete from predictions.customer_lifetimes")
        columns = ", ".join(COLUMNS)
        with cursor.copy(f"copy predictions.customer_lifetimes ({columns}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
