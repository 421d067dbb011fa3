"""What the binary log of a real server yields: whole transactions, in order, from any position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ingest_shop import on_each_server, on_mysql, read_log

from orchestration.ingest.binlog import MysqlChangeLog
from orchestration.ingest.changes import (
    Commit,
    Event,
    RowChanges,
    TableAltered,
    TableDropped,
    TableEmptied,
)
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


@pytest.fixture(params=["mariadb", "mysql"])
def logged_shop(request: pytest.FixtureRequest, shop: Settings) -> Iterator[Settings]:
    with on_each_server(shop, request.param) as settings:
        yield settings


@contextmanager
def opened(settings: Settings) -> Iterator[MysqlChangeLog]:
    log = MysqlChangeLog(settings)
    try:
        yield log
    finally:
        log.close()


def shown(events: list[Event]) -> list[object]:
    """Return events in a short form: a commit is a bar."""
    short: list[object] = []
    for event in events:
        if isinstance(event, RowChanges):
            short += [(change.code.decode(), change.line.decode()) for change in event.changes]
        elif isinstance(event, Commit):
            short.append("|")
        else:
            short.append(event)
    return short


def test_changes_come_in_order_and_in_whole_transactions(logged_shop: Settings) -> None:
    with opened(logged_shop) as log:
        start = log.present()
        on_mysql(logged_shop, "create table t (id int primary key, name varchar(9))")
        on_mysql(
            logged_shop,
            "insert into t values (1, 'a\\tb'), (2, null)",
            "delete from t where id = 2",
        )
        on_mysql(logged_shop, "update t set id = 5", "update t set name = 'c'")
        on_mysql(logged_shop, "truncate t")
        on_mysql(logged_shop, "rename table t to u, u to w")
        on_mysql(logged_shop, "drop table w")
        assert shown(read_log(log, start)) == [
            *(TableAltered("t"), "|"),
            *(("u", "1\ta\\tb\n"), ("u", "2\t\\N\n"), ("d", "2\t\\N\n"), "|"),
            *(("d", "1\t\\N\n"), ("u", "5\ta\\tb\n"), ("u", "5\tc\n"), "|"),
            *(TableEmptied("t"), "|"),
            *(TableDropped("t"), TableAltered("w"), "|"),
            *(TableDropped("w"), "|"),
        ]


def test_reading_goes_on_from_every_position(logged_shop: Settings) -> None:
    on_mysql(logged_shop, "create table t (id int primary key)")
    with opened(logged_shop) as log:
        start = log.present()
        for number in range(5):
            on_mysql(logged_shop, f"insert into t values ({number})")
        whole = read_log(log, start)
        for index, event in enumerate(whole):
            if isinstance(event, Commit):
                assert shown(read_log(log, event.position)) == shown(whole[index + 1 :])
