"""IBM's driver over Db2's protocol: connections, transactions, and servers that go away."""

from __future__ import annotations

import re

import pytest

from derby.session import Row, StatementError, Step, Wire, connect, run


def test_the_driver_connects_and_answers(wire: Wire) -> None:
    assert wire.run("select 1 from sysibm.sysdummy1") == [(1,)]


def test_a_wrong_password_is_refused_as_such(wire: Wire) -> None:
    url = wire.derby.url.replace(wire.derby.password, "wrong")
    with pytest.raises(StatementError, match=r"SQL30082N .*USERNAME AND/OR PASSWORD INVALID"):
        wire.child.run(run, url)


def test_a_database_that_is_not_there_is_named(wire: Wire) -> None:
    with pytest.raises(StatementError, match=r"SQL30061N .*NOWHERE"):
        wire.child.run(run, re.sub(r"/WIRE$", "/NOWHERE", wire.derby.url))


def test_tables_are_part_of_a_transaction(wire: Wire) -> None:
    wire.run("create table ddl_gone (id integer not null)", "rollback")
    with pytest.raises(StatementError, match="42X05"):
        wire.run("select id from ddl_gone")
    wire.run("create table ddl_kept (id integer not null)", "commit")
    assert wire.run("select id from ddl_kept") == []


def test_what_is_committed_stays_and_what_is_not_goes(wire: Wire) -> None:
    wire.run("create table kept (id integer not null)", "insert into kept values (1)", "commit")
    wire.run("insert into kept values (2)", "rollback", "insert into kept values (3)")
    assert wire.run("select id from kept order by id") == [(1,)]


def test_merge_updates_what_matches_and_adds_what_does_not(wire: Wire) -> None:
    rows = wire.run(
        "create table merged (id bigint not null primary key, note varchar(10))",
        "create table merging (id bigint not null, note varchar(10))",
        "insert into merged values (1, 'as it was'), (2, 'old')",
        "insert into merging values (2, 'new'), (3, '')",
        "merge into merged as t using merging as s on t.id = s.id"
        " when matched then update set note = s.note"
        " when not matched then insert (id, note) values (s.id, s.note)",
        "select id, note from merged order by id",
    )
    assert rows == [(1, "as it was"), (2, "new"), (3, "")]


def test_a_table_is_renamed_in_a_transaction(wire: Wire) -> None:
    wire.run("create table draft (id integer not null)", "insert into draft values (7)", "commit")
    wire.run("rename table draft to final", "rollback")
    assert wire.run("select id from draft") == [(7,)]
    wire.run("rename table draft to final", "commit")
    assert wire.run("select id from final") == [(7,)]


def test_a_statement_that_touches_no_row_is_no_error(wire: Wire) -> None:
    wire.run("create table few (id integer not null)", "commit")
    rows = wire.run(
        "insert into few values (1)",
        "delete from few where id = 2",
        "update few set id = 3 where id = 2",
        "insert into few select id from few where id = 2",
        "select id from few",
    )
    assert rows == [(1,)]


def test_an_error_leaves_the_connection_usable(wire: Wire) -> None:
    wire.run("create table once (id integer not null primary key)", "commit")
    assert wire.call(_insert_twice) == ("23505", [(5,)])


def _insert_twice(url: str) -> tuple[str, list[Row]]:
    connection = connect(url)
    cursor = connection.cursor()
    cursor.execute("insert into once values (?)", (5,))
    state = ""
    try:
        cursor.execute("insert into once values (?)", (5,))
    except Exception as error:
        found = re.search(r"SQLSTATE=(\w+)", str(error))
        state = found[1] if found else str(error)
    cursor.execute("select id from once")
    return state, cursor.fetchall()


_ROWS = 3000
# Which of them depends on what the driver is doing when the connection goes.
_LOST = r"SQL30081N|SQL30108N|CLI0108E"


def test_a_load_whose_server_is_killed_leaves_nothing_and_a_repeat_finishes(wire: Wire) -> None:
    wire.run("create table loaded (id integer not null primary key, v varchar(20))", "commit")
    wire.derby.proxy.after(30_000, wire.derby.kill)
    with pytest.raises(StatementError, match=_LOST):
        wire.run(*_load("loaded"))
    with pytest.raises(StatementError, match="SQL30081N"):
        wire.run("select 1 from sysibm.sysdummy1")

    wire.derby.start()
    assert wire.run("select count(*) from loaded") == [(0,)]
    wire.run(*_load("loaded"))
    assert wire.run("select count(*), min(id), max(v) from loaded") == [(_ROWS, 0, "v99")]


def test_a_load_whose_connection_breaks_leaves_nothing_and_a_repeat_finishes(wire: Wire) -> None:
    wire.run("create table broken (id integer not null primary key, v varchar(20))", "commit")
    wire.derby.proxy.after(30_000, wire.derby.proxy.cut)
    with pytest.raises(StatementError, match=_LOST):
        wire.run(*_load("broken"))
    assert wire.run("select count(*) from broken") == [(0,)]
    wire.run(*_load("broken"))
    assert wire.run("select count(*) from broken") == [(_ROWS,)]


def _load(table: str, chunk: int = 100) -> list[Step]:
    insert = f"insert into {table} values {', '.join(['(?, ?)'] * chunk)}"
    chunks = (range(start, start + chunk) for start in range(0, _ROWS, chunk))
    return [
        *((insert, [value for key in keys for value in (key, f"v{key % 100}")]) for keys in chunks),
        "commit",
    ]
