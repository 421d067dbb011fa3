"""What the binary log of a real server yields: whole transactions, in order, from any position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ingest_shop import on_each_server, read_log
from statements import on_mysql

from orchestration.connections import connect_mysql
from orchestration.ingest.binlog import MysqlChangeLog
from orchestration.ingest.changes import (
    Commit,
    Event,
    Heartbeat,
    RowChanges,
    TableAltered,
    TableDropped,
    TableEmptied,
)
from orchestration.ingest.faults import LogLostError
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
    """Return events in a short form: a commit is a bar, but one of nothing is left out.

    A server may have other databases, whose transactions are such.
    """
    short: list[object] = []
    for event in events:
        if isinstance(event, RowChanges):
            short += [(change.code.decode(), change.line.decode()) for change in event.changes]
        elif isinstance(event, Commit):
            short += ["|"] if short and short[-1] != "|" else []
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


def test_transactions_of_other_databases_only_move_the_position(logged_shop: Settings) -> None:
    other = f"{logged_shop.url('mysql').database}_other"
    with opened(logged_shop) as log:
        start = log.present()
        on_mysql(logged_shop, f"create database {other}")
        try:
            on_mysql(
                logged_shop,
                f"create table {other}.t (id int primary key)",
                f"insert into {other}.t values (1)",
            )
        finally:
            on_mysql(logged_shop, f"drop database {other}")
        events = read_log(log, start)
        assert shown(events) == []
        assert {type(event) for event in events} == {Commit}


def test_an_event_of_many_packets_is_whole(logged_shop: Settings) -> None:
    on_mysql(logged_shop, "create table t (id int primary key, v longtext)")
    with opened(logged_shop) as log:
        start = log.present()
        sizes = [16_777_100, 16_777_215, 16_777_216, 2**25, 3]
        for number, size in enumerate(sizes):
            on_mysql(logged_shop, f"insert into t values ({number}, repeat('x', {size}))")
        lines = [
            change.line
            for event in read_log(log, start)
            if isinstance(event, RowChanges)
            for change in event.changes
        ]
    assert [len(line) - 3 for line in lines] == sizes


def test_a_silent_source_is_told_from_a_dead_one(logged_shop: Settings) -> None:
    with opened(logged_shop) as log, log.read(log.present()) as events:
        assert isinstance(next(events), Heartbeat)
        assert isinstance(next(events), Heartbeat)


def test_a_transaction_in_two_phases_counts_when_it_is_committed(logged_shop: Settings) -> None:
    """Its rows are in the log long before, and perhaps in vain."""
    on_mysql(logged_shop, "create table t (id int primary key)")
    name = logged_shop.url("mysql").database
    with opened(logged_shop) as log, connect_mysql(logged_shop) as mysql, mysql.cursor() as cursor:
        start = log.present()
        for number, phases in enumerate(
            (["prepare", "commit"], ["prepare", "rollback"], ["commit one phase"])
        ):
            xid = f"'{name}{number}'"
            cursor.execute(f"xa start {xid}")
            cursor.execute(f"insert into t values ({number})")
            cursor.execute(f"xa end {xid}")
            for phase in phases:
                verb, _, rest = phase.partition(" ")
                cursor.execute(f"xa {verb} {xid} {rest}")
        events = read_log(log, start)
        expected = [TableAltered("t"), "|", ("u", "2\n"), "|"]
        assert shown(events) == expected
        # A reader that begins between the phases knows by its position what to look at.
        commits = [event for event in events if isinstance(event, Commit)]
        prepared = next(commit.position for commit in commits if "prepared" in commit.position)
        assert shown(read_log(log, prepared)) == expected
        with pytest.raises(LogLostError):
            read_log(log, {**prepared, "prepared": {}})
