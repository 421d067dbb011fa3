"""Rows that raw cannot hold are set aside whole, and never in the way of the others."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from ingest_shop import by_name, counts, from_postgres, ingest
from statements import on_mysql, on_postgres
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.ingest.run import run_ingest
from orchestration.ingest.stream.run import run_changes
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

_PEOPLE = "create table people (id int primary key, born date, note varchar(50), info json)"
_LENIENT = "set sql_mode = ''"


@pytest.mark.parametrize(
    ("column", "kind", "value", "reason"),
    [
        ("born", "date", "'0000-00-00'", 'date/time field value out of range: "0000-00-00"'),
        ("born", "date", "'2026-02-00'", 'date/time field value out of range: "2026-02-00"'),
        ("born", "date not null", "0", 'date/time field value out of range: "0000-00-00"'),
        ("at", "datetime(6)", "'0000-00-00'", "date/time field value out of range: "),
        ("at", "timestamp", "0", "date/time field value out of range: "),
        ("note", "varchar(20)", r"'a\0b'", "has a NUL character or is not UTF-8"),
        ("note", "varchar(20)", "_utf8mb4 x'EDA080'", "has a NUL character or is not UTF-8"),
        ("note", "text", r"'\0'", "has a NUL character or is not UTF-8"),
        ("info", "json", r"""'{"a": "\\u0000"}'""", "unsupported Unicode escape sequence"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_others_go_on(
    shop: Settings, column: str, kind: str, value: str, reason: str
) -> None:
    good = "'{}'" if kind == "json" else "'2026-01-02'"
    on_mysql(
        shop,
        _LENIENT,
        f"create table t (id int primary key, `{column}` {kind}, other varchar(9))",
        f"insert into t values (1, {value}, 'bad')",
        f"insert into t values (2, {good}, 'good')",
    )
    assert run_ingest(shop).succeeded
    assert from_postgres(shop, "select id from raw_oltp.t") == [(2,)]
    ((key, at_fault, told, image, position),) = from_postgres(
        shop,
        "select row_key, column_name, reason, row_image, position from ingest.raw_quarantine",
    )
    assert (key, at_fault) == (["1"], column)
    assert told.startswith(reason)
    assert (image["id"], image["other"]) == ("1", "bad")
    assert position["server"] == "MariaDB"


def test_the_whole_row_can_be_had_back(shop: Settings) -> None:
    on_mysql(
        shop,
        _LENIENT,
        "create table t "
        "(id int primary key, a date, b varchar(50), c varbinary(9), d decimal(9,2))",
        r"insert into t values (1, 0, 'tab\t \\ \'q\' 😀', x'00ff', 1.50)",
        r"insert into t values (2, null, 'x\0y', '', null)",
    )
    assert ingest(shop)["t"].quarantined_columns == {"a": 1, "b": 1}
    assert from_postgres(shop, "select row_image from ingest.raw_quarantine order by row_key") == [
        ({"id": "1", "a": "0000-00-00", "b": "tab\t \\ 'q' 😀", "c": "\\x00FF", "d": "1.50"},),
        (
            {
                "id": "2",
                "a": None,
                "b": {"$base64": b64encode(b"x\0y").decode()},
                "c": "\\x",
                "d": None,
            },
        ),
    ]


def test_a_row_that_turns_bad_keeps_its_last_good_image(shop: Settings) -> None:
    on_mysql(shop, _PEOPLE, "insert into people (id, born, note) values (1, '2000-01-02', 'a')")
    ingest(shop)
    on_mysql(shop, _LENIENT, "update people set born = 0, note = 'b'")
    for _ in range(2):  # on the fast way first, then straight to the careful one
        report = ingest(shop)["people"]
        assert counts(report) == (0, 0, 0, 1)
        assert report.unchanged == 0
        assert _people(shop) == [(1, "2000-01-02", "a", None)]
    ((first, last),) = from_postgres(
        shop, "select first_seen_at, last_seen_at from ingest.raw_quarantine"
    )
    assert first < last


def test_a_bad_row_can_be_deleted(shop: Settings) -> None:
    """The log has its last image with the deletion, and that is no better than it was."""
    on_mysql(
        shop,
        "create table t (id int primary key, day date)",
        "insert into t values (1, '2026-01-02')",
    )
    ingest(shop)
    on_mysql(shop, "set sql_mode = ''", "update t set day = '0000-00-00'")
    assert run_changes(shop).succeeded
    assert _quarantined(shop) == [["1"]]
    assert from_postgres(shop, "select day::text, _deleted_at from raw_oltp.t") == [
        ("2026-01-02", None)
    ]

    on_mysql(shop, "delete from t")
    assert run_changes(shop).succeeded
    assert _quarantined(shop) == []
    assert from_postgres(shop, "select _deleted_at is not null from raw_oltp.t") == [(True,)]


def test_a_row_that_is_mended_leaves_quarantine(shop: Settings) -> None:
    on_mysql(shop, _LENIENT, _PEOPLE, "insert into people (id, born) values (1, 0), (2, 0), (3, 0)")
    assert counts(ingest(shop)["people"]) == (0, 0, 0, 3)
    on_mysql(
        shop,
        "update people set born = '2000-01-02' where id = 1",
        "delete from people where id = 2",
    )
    assert counts(ingest(shop)["people"]) == (1, 0, 0, 1)
    assert _quarantined(shop) == [["3"]]
    on_mysql(shop, "update people set born = null")
    assert counts(ingest(shop)["people"]) == (1, 1, 0, 0)
    assert _quarantined(shop) == []


def test_a_key_that_raw_cannot_hold_is_set_aside_too(shop: Settings) -> None:
    on_mysql(
        shop,
        _LENIENT,
        "create table t (day date, name varchar(9), n int, primary key (day, name))",
        r"insert into t values ('2026-01-02', 'a', 1), (0, 'a', 2), ('2026-01-02', 'b\0', 3)",
    )
    assert counts(ingest(shop)["t"]) == (1, 0, 0, 2)
    assert counts(ingest(shop)["t"]) == (0, 0, 0, 2)
    assert _quarantined(shop) == [
        ["0000-00-00", "a"],
        ["2026-01-02", {"$base64": b64encode(b"b\0").decode()}],
    ]


def test_a_replay_takes_in_what_raw_can_hold_now(shop: Settings) -> None:
    on_mysql(
        shop,
        _LENIENT,
        _PEOPLE,
        r"insert into people (id, born, note) values (1, 0, 'a'), (2, 0, 'b\0'), (3, null, 'c')",
    )
    ingest(shop)
    report = run_ingest(shop, replay_quarantine=True)
    assert counts(by_name(report)["people"]) == (0, 0, 0, 1)

    on_postgres(shop, "alter table raw_oltp.people alter column born type text")
    assert run_ingest(shop, replay_quarantine=True, tables=["others"]).tables == []
    report = run_ingest(shop, replay_quarantine=True, tables=["people"])
    assert counts(by_name(report)["people"]) == (1, 0, 0, 0)
    assert _people(shop) == [(1, "0000-00-00", "a", None), (3, None, "c", None)]
    assert _quarantined(shop) == [["2"]]
    # The next copy of the source agrees, and sees nothing new.
    assert counts(ingest(shop)["people"]) == (0, 0, 0, 1)


def test_the_command_tells_of_bad_rows_without_their_data(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_mysql(
        shop, _LENIENT, _PEOPLE, "insert into people (id, born, note) values (1, 0, 'secret note')"
    )
    for server in ("postgres", "mysql", "mongo"):
        url: Any = getattr(shop, f"{server}_url")
        monkeypatch.setenv(f"SOFTCART_{server.upper()}_URL", url.get_secret_value())
    result = CliRunner().invoke(app, ["ingest", "--table", "people"])
    assert result.exit_code == 0, result.output
    assert "oltp.people: 1 rows are in quarantine because of column born" in " ".join(
        result.output.split()
    )
    assert "secret note" not in result.output
    assert CliRunner().invoke(app, ["ingest", "--replay-quarantine"]).exit_code == 0


def _people(settings: Settings) -> list[tuple[Any, ...]]:
    return from_postgres(
        settings, "select id, born::text, note, _deleted_at from raw_oltp.people order by id"
    )


def _quarantined(settings: Settings) -> list[Any]:
    query = "select row_key from ingest.raw_quarantine order by row_key"
    return [row[0] for row in from_postgres(settings, query)]
