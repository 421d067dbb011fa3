"""What does not run between IBM's driver and Derby: when one of these fails, more can be tested.

Nothing here is known to be so on Db2.
"""

from __future__ import annotations

import pytest

from derby.child import ChildDiedError
from derby.session import Row, StatementError, Wire, connect

_NO_PROTOCOL = "SQL30020N"


def test_an_array_of_rows_brings_the_driver_down(wire: Wire) -> None:
    with pytest.raises((ChildDiedError, StatementError)):
        wire.call(_insert_array)


def _insert_array(url: str) -> list[Row]:
    connection = connect(url)
    cursor = connection.cursor()
    try:
        cursor.execute("create table arrays (id integer not null)")
        cursor.executemany("insert into arrays values (?)", ((1,), (2,)))
        cursor.execute("select id from arrays order by id")
        rows: list[Row] = cursor.fetchall()
    except Exception as error:
        raise StatementError(str(error)) from None
    assert rows == [(1,), (2,)]
    return rows


def test_a_long_text_is_not_fetched_as_one(wire: Wire) -> None:
    with pytest.raises(StatementError, match=_NO_PROTOCOL):
        wire.run(
            "create table unread (v clob(1m))",
            ("insert into unread values (?)", ["a long text"]),
            "select v from unread",
        )


def test_a_blank_padded_text_is_not_described(wire: Wire) -> None:
    with pytest.raises(StatementError):
        wire.run("create table padded (v char(3))", "select v from padded")
