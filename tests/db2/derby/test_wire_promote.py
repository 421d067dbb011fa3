"""Promote's own code over the wire: how it connects, loads, merges, and tells of faults."""

from __future__ import annotations

import re
import resource
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from derby.child import ChildDiedError
from derby.session import StatementError, Wire, told
from orchestration.promote.db2.apply import merge
from orchestration.promote.db2.connection import (
    Row,
    connect_db2,
    db2_session,
    execute,
    query,
    telling,
)
from orchestration.promote.db2.ddl import Table, create_table
from orchestration.promote.db2.load import ArrayInsert, Loader, ValuesInsert
from orchestration.promote.refined import Column, Relation
from orchestration.settings import Settings

_TABLE = Table(
    Relation(
        "staging",
        "stg_things",
        (
            Column("thing_id", "bigint"),
            Column("amount", "numeric(24,6)"),
            Column("name", "character varying(40)"),
            Column("note", "text"),
            Column("is_new", "boolean"),
            Column("made_on", "date"),
            Column("loaded_at", "timestamp(6) without time zone"),
        ),
        ("thing_id",),
    )
)
_SELECTION = (
    'SELECT "THING_ID", "AMOUNT", "NAME", CAST(SUBSTR("NOTE", 1, 4000) AS VARCHAR(4000)), "IS_NEW",'
    ' "MADE_ON", "LOADED_AT"'
)


def _row(key: int) -> Row:
    """Return a row as promote reads it from PostgreSQL."""
    return (
        str(key),
        f"-{key}234567.00000{key % 10}",
        None if key % 3 == 0 else f"Stück {key} 😀",
        ["", "a long text " * (key % 50), None][key % 3],
        key % 2 == 0,
        "2024-02-29",
        f"2024-02-29 23:59:59.{key:06}",
    )


def _as_read(row: Row) -> tuple[Any, ...]:
    """Return a row as the driver reads it."""
    key, amount, name, note, is_new, made_on, loaded_at = row
    return (
        int(str(key)),
        Decimal(str(amount)),
        name,
        note,
        int(bool(is_new)),
        date.fromisoformat(str(made_on)),
        datetime.fromisoformat(str(loaded_at)),
    )


def _settings(url: str) -> Settings:
    return Settings(_env_file=None, db2_url=SecretStr(url))


def _make(wire: Wire, *names: str) -> None:
    """Make tables of these names with promote's columns, less what Derby does not know."""
    for name in names:
        statement = create_table(name, _TABLE.columns, _TABLE.key)
        wire.run(re.sub(r" CODEUNITS32|(?<=TIMESTAMP)\(6\)", "", statement), "commit")


def _load(url: str, name: str, loader: Loader, rows: list[Row]) -> tuple[int, list[Any], int]:
    with told(), db2_session(_settings(url)) as connection:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        loaded = loader.load(connection, name, _TABLE.columns, iter(rows))
        mebibytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        found = query(connection, f'{_SELECTION} FROM {name} ORDER BY "THING_ID"')
        return loaded, found, mebibytes


def test_rows_are_loaded_as_they_are_in_bounded_memory(wire: Wire) -> None:
    """The driver sets room aside for the longest value of a type, for every row."""
    _make(wire, '"LOADED"')
    rows = [_row(key) for key in range(1, 1501)]
    loaded, found, mebibytes = wire.call(_load, '"LOADED"', ValuesInsert(), rows)
    assert loaded == len(rows)
    assert found == [_as_read(row) for row in rows]
    assert mebibytes < 300


def test_arrays_of_rows_do_not_run_here_and_never_by_halves(wire: Wire) -> None:
    """When this fails, arrays run over this wire, and should be tested here."""
    _make(wire, '"BY_ARRAY"')
    with pytest.raises((ChildDiedError, StatementError, AssertionError)):
        wire.call(_load_by_array, [_row(1), _row(2)])
    assert wire.run('select count(*) from "BY_ARRAY"') == [(0,)]


def _load_by_array(url: str, rows: list[Row]) -> None:
    settings = _settings(url)
    with told(), db2_session(settings) as connection, telling(settings.url("db2"), "loading"):
        ArrayInsert().load(connection, '"BY_ARRAY"', _TABLE.columns, iter(rows))
        assert query(connection, 'SELECT COUNT(*) FROM "BY_ARRAY"') == [(2,)]


def test_staged_rows_are_merged_in_one_transaction(wire: Wire) -> None:
    wire.run("create schema staging", "create schema promote", "commit")
    _make(wire, _TABLE.name, _TABLE.work_name)
    kept, changed = [_row(key) for key in (1, 2)], [(*_row(2)[:1], "7.000000", *_row(2)[2:])]
    added = [_row(key) for key in range(3, 40)]
    wire.call(_load, _TABLE.name, ValuesInsert(), kept)
    wire.call(_load, _TABLE.work_name, ValuesInsert(), [*changed, *added])
    assert wire.call(_merge) == (
        38,
        [_as_read(row) for row in kept],
        [_as_read(row) for row in (kept[0], *changed, *added)],
    )


def _merge(url: str) -> tuple[int, list[Any], list[Any]]:
    rows = f'{_SELECTION} FROM {_TABLE.name} ORDER BY "THING_ID"'
    with db2_session(_settings(url)) as connection:
        execute(connection, merge(_TABLE))
        connection.rollback()
        before = query(connection, rows)
        written = execute(connection, merge(_TABLE))
        connection.commit()
        return written, before, query(connection, rows)


def _connect(url: str) -> None:
    with told():
        connect_db2(_settings(url)).close()


@pytest.mark.parametrize(
    ("pattern", "instead", "told"),
    [
        (r":[^:@]+@", ":wrong@", "refuses the user or the password"),
        (r"/WIRE$", "/NOWHERE", "has no database NOWHERE"),
        (r":\d+/WIRE$", ":1/WIRE", "No answer from Db2"),
    ],
)
def test_why_there_is_no_connection_is_told_in_a_users_words(
    wire: Wire, pattern: str, instead: str, told: str
) -> None:
    url = re.sub(pattern, instead, wire.derby.url)
    with pytest.raises(StatementError, match=told) as raised:
        wire.child.run(_connect, url)
    assert wire.derby.password not in str(raised.value)


def test_a_connection_that_breaks_between_chunks_is_mended_by_the_driver(wire: Wire) -> None:
    """The request that met the break is the first of its transaction: the driver sends it again."""
    _make(wire, '"BROKEN"')
    rows = [_row(key) for key in range(1, 1001)]
    wire.derby.proxy.after(60_000, wire.derby.proxy.cut)
    assert wire.call(_load_anew, '"BROKEN"', rows) == len(rows)


def test_a_load_whose_server_is_killed_is_told_and_a_repeat_finishes(wire: Wire) -> None:
    _make(wire, '"KILLED"')
    rows = [_row(key) for key in range(1, 1001)]
    wire.derby.proxy.after(60_000, wire.derby.kill)
    with pytest.raises(StatementError, match=r"No answer from Db2 .* while loading"):
        wire.call(_load_anew, '"KILLED"', rows)
    wire.derby.start()
    assert wire.call(_load_anew, '"KILLED"', rows) == len(rows)


def _load_anew(url: str, name: str, rows: list[Row]) -> int:
    """Load from the beginning, as promote does: what is there of an earlier try goes first."""
    at = _settings(url).url("db2")
    with told(), db2_session(_settings(url)) as connection, telling(at, f"loading {name}"):
        execute(connection, f"DELETE FROM {name}")
        connection.commit()
        ValuesInsert().load(connection, name, _TABLE.columns, iter(rows))
        ((found,),) = query(connection, f"SELECT COUNT(*) FROM {name}")
        return int(found)
