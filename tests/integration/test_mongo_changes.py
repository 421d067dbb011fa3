"""The change stream says exactly what happened, from any place at which it is taken up."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Decimal128
from documents import DOCUMENTS
from ingest_shop import from_postgres
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from orchestration.connections import connect_mongo
from orchestration.errors import SoftcartError
from orchestration.ingest import copy_text, ejson
from orchestration.ingest.batch import Position
from orchestration.ingest.changes import (
    Change,
    ChangeLog,
    Commit,
    Event,
    Heartbeat,
    RowChanges,
    TableAltered,
    TableDropped,
)
from orchestration.ingest.faults import LogLostError, SourceLostError
from orchestration.ingest.mongo_changes import MongoChangeLog
from orchestration.ingest.mongo_images import KEEP_IMAGES
from orchestration.ingest.mongo_reader import MongoSource, line
from orchestration.ingest.stream.run import run_changes
from orchestration.local.stack import down, private_servers, up
from orchestration.settings import Settings

pytestmark = pytest.mark.servers

Catalogue = Database[dict[str, Any]]
Rows = dict[str, dict[bytes, bytes]]


@pytest.fixture
def catalogue(shop: Settings) -> Iterator[Catalogue]:
    """A database whose collections keep images."""
    database = connect_mongo(shop)
    for name in ("products", "makers"):
        database.create_collection(name, **KEEP_IMAGES)
    with database.client:
        yield database


def test_every_operation_is_told_in_order(shop: Settings, catalogue: Catalogue) -> None:
    products = catalogue["products"]
    begin = _here(shop)
    products.insert_one({"_id": "a", "n": 1})
    products.update_one({"_id": "a"}, {"$set": {"n": 2}})
    products.replace_one({"_id": "a"}, {"m": 3})
    products.insert_many([{"_id": "b"}, {"_id": "c"}])
    products.update_many({}, {"$set": {"all": True}})
    products.delete_one({"_id": "b"})
    products.find_one_and_delete({"_id": "never there"})
    catalogue.create_collection("brands")
    catalogue.command({"create": "cheap", "viewOn": "products", "pipeline": []})
    products.create_index("n")
    products.rename("goods")
    catalogue["goods"].delete_many({})
    catalogue["goods"].drop()
    assert _told(_read(shop, begin)) == [
        ["products u a {n: 1}"],
        ["products u a {n: 2}"],
        ["products u a {m: 3}"],
        ["products u b {}"],
        ["products u c {}"],
        ["products u a {m: 3, all: true}"],
        ["products u b {all: true}"],
        ["products u c {all: true}"],
        ["products d b"],
        ["altered brands"],
        ["dropped products", "altered goods"],
        ["goods d a"],
        ["goods d c"],
        ["dropped goods"],
    ]


def test_lines_are_those_of_the_snapshot_for_every_type(
    shop: Settings, catalogue: Catalogue
) -> None:
    begin = _here(shop)
    catalogue["products"].insert_many(DOCUMENTS)
    catalogue["products"].update_many({}, {"$set": {"touched": 1}})
    for document in DOCUMENTS:
        catalogue["products"].replace_one({"_id": document["_id"]}, document)
    followed = _follow(_read(shop, begin))
    assert len(followed["products"]) == len(DOCUMENTS)
    assert followed == _snapshot(shop)[1]


def test_an_update_s_image_is_the_document_as_that_update_left_it(
    shop: Settings, catalogue: Catalogue
) -> None:
    """Read when all is over, when the document looks otherwise or is gone."""
    draw = _chance(1)
    products = catalogue["products"]
    products.insert_one({"_id": 1, "list": [1, 2, 3], "in": {"x": {"y": 1}}, "0": {"1": 1}})
    begin = _here(shop)
    expected: list[bytes] = []
    for count in range(300):
        products.update_one({"_id": 1}, _any_update(draw, count))
        found = bson.decode(bson.encode(products.find_one({"_id": 1}) or {}), ejson.CODEC)
        if not expected or expected[-1] != line(found):
            expected.append(line(found))
    products.delete_one({"_id": 1})
    changes = [
        change for event in _read(shop, begin) if isinstance(event, RowChanges)
        for change in event.changes
    ]  # fmt: skip
    assert [change.line for change in changes if change.code == b"u"] == expected
    assert changes[-1].code == b"d"


def test_a_transaction_is_one_commit_of_whatever_size(shop: Settings, catalogue: Catalogue) -> None:
    catalogue.create_collection("brands")
    begin = _here(shop)
    with catalogue.client.start_session() as session:
        with session.start_transaction():
            catalogue["products"].insert_one({"_id": "first"}, session=session)
            catalogue["products"].insert_many(
                [{"_id": number} for number in range(2500)], session=session
            )
            catalogue["products"].insert_one({"_id": "outside"})
            catalogue["brands"].insert_one({"_id": "x"}, session=session)
            catalogue["products"].delete_one({"_id": "first"}, session=session)
        with session.start_transaction():
            catalogue["products"].insert_one({"_id": "next"}, session=session)
    with catalogue.client.start_session() as session, session.start_transaction():
        catalogue["products"].insert_one({"_id": "undone"}, session=session)
        session.abort_transaction()
    outside, transaction, following = _told(_read(shop, begin))
    assert outside == ["products u outside {}"]
    assert len(transaction) == 2503
    assert (transaction[0], transaction[-2:]) == (
        "products u first {}",
        ["brands u x {}", "products d first"],
    )
    assert following == ["products u next {}"]


def test_reading_goes_on_from_every_commit_as_if_it_had_never_stopped(
    shop: Settings, catalogue: Catalogue
) -> None:
    begin = _here(shop)
    _happen(catalogue, _chance(2), 40)
    whole = _read(shop, begin)
    ends = [place for place, event in enumerate(whole) if isinstance(event, Commit)]
    assert len(ends) > 30
    for place in ends:
        commit = whole[place]
        assert isinstance(commit, Commit)
        assert _read(shop, commit.position) == whole[place + 1 :]


def test_reading_goes_on_where_it_was_left_in_mid_stream(
    shop: Settings, catalogue: Catalogue
) -> None:
    """The same connection, whose reader stops after each commit without reading to the end."""
    begin = _here(shop)
    _happen(catalogue, _chance(3), 20)
    whole = [event for event in _read(shop, begin) if isinstance(event, Commit)]
    position = begin
    with closing(MongoChangeLog(shop)) as log:
        for expected in whole:
            with log.read(position) as events:
                commit = next(event for event in events if isinstance(event, Commit))
            assert commit == expected
            position = commit.position


def test_a_snapshot_and_what_follows_it_are_the_present(
    shop: Settings, catalogue: Catalogue
) -> None:
    """While the shop writes, in transactions and without."""
    draw = _chance(4)
    _happen(catalogue, draw, 50)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            _happen(catalogue, draw, 5)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        snapshots = [_snapshot(shop) for _ in range(10)]
    finally:
        stop.set()
        writer.join()
    _, present = _snapshot(shop)
    for position, rows in snapshots:
        assert _as_json(_follow(_read(shop, position), rows)) == _as_json(present)


def test_commit_times_are_those_of_the_server_s_clock(shop: Settings, catalogue: Catalogue) -> None:
    begin = _here(shop)
    before = datetime.now(UTC)
    catalogue["products"].insert_one({"_id": 1})
    after = datetime.now(UTC)
    (commit,) = [event for event in _read(shop, begin) if isinstance(event, Commit)]
    # To the millisecond, as BSON keeps it.
    assert before - timedelta(milliseconds=1) <= commit.committed_at <= after


def test_an_idle_database_is_read_to_the_present_although_others_are_busy(
    shop: Settings, catalogue: Catalogue
) -> None:
    position = _here(shop)
    for number in range(3):
        catalogue.client["elsewhere"]["busy"].insert_one({"number": number})
        present = _present(shop)
        with closing(MongoChangeLog(shop)) as log, log.read(position) as events:
            heartbeat = _last_heartbeat(log, events, present)
        assert heartbeat["token"] != position.get("token")
        position = heartbeat
    catalogue["products"].insert_one({"_id": "a"})
    assert _told(_read(shop, position)) == [["products u a {}"]]
    catalogue.client.drop_database("elsewhere")


def test_a_database_that_is_dropped_is_followed_into_its_next_life(
    shop: Settings, catalogue: Catalogue
) -> None:
    begin = _here(shop)
    with closing(MongoChangeLog(shop)) as log, log.read(begin) as events:
        catalogue["products"].insert_one({"_id": "a"})
        catalogue.client.drop_database(catalogue)
        catalogue["products"].insert_one({"_id": "b"})
        live = list(_until(log, events, _present(shop)))
    expected = [
        ["products u a {}"],
        ["dropped makers"],
        ["dropped products"],
        ["products u b {}"],
    ]
    assert _told(live) == expected
    whole = _read(shop, begin)
    assert _told(whole) == expected
    for place, event in enumerate(whole):
        if isinstance(event, Commit):
            assert _told(_read(shop, event.position)) == _told(whole[place + 1 :])


def test_raw_follows_collections_that_come_go_and_change_their_names(
    shop: Settings, catalogue: Catalogue
) -> None:
    for name in ("products", "makers", "old"):
        catalogue[name].insert_many([{"_id": "a", "of": name}, {"_id": "b", "of": name}])
    _follow_to_present(shop)
    catalogue["products"].drop()
    # Made again by writing to it, of which SecantusDB's log says nothing.
    catalogue["products"].insert_one({"_id": "b", "of": "its second life"})
    catalogue["makers"].drop()
    catalogue.create_collection("makers")
    catalogue["makers"].insert_one({"_id": "c"})
    catalogue["old"].rename("new")
    catalogue["new"].update_one({"_id": "a"}, {"$set": {"of": "new"}})
    catalogue["fresh"].insert_one({"_id": "a"})
    _follow_to_present(shop)
    catalogue["products"].insert_one({"_id": "c"})
    catalogue["new"].delete_one({"_id": "b"})
    _follow_to_present(shop)
    for name in ("products", "makers", "new", "fresh"):
        found = from_postgres(
            shop, f"select document from raw_catalog.{name} where _deleted_at is null order by _id"
        )
        assert [document for (document,) in found] == list(catalogue[name].find().sort("_id"))


def test_without_images_an_update_is_read_as_its_document_is_by_then(shop: Settings) -> None:
    plain = connect_mongo(shop)["plain"]
    plain.insert_many([{"_id": "stays", "n": 0}, {"_id": "goes", "n": 0}])
    begin = _here(shop)
    for number in (1, 2):
        plain.update_many({}, {"$set": {"n": number}})
    plain.delete_one({"_id": "goes"})
    assert _told(_read(shop, begin)) == [
        ["plain u stays {n: 2}"],
        ["plain u stays {n: 2}"],
        ["plain d goes"],
    ]
    with closing(MongoChangeLog(shop)) as log:
        (warning,) = log.warnings
    assert "collections plain" in warning
    assert 'collMod: "plain"' in warning


def test_no_warning_where_all_collections_keep_images(shop: Settings, catalogue: Catalogue) -> None:
    with closing(MongoChangeLog(shop)) as log:
        assert log.warnings == []


def test_a_position_that_the_log_does_not_know_is_told_as_lost(
    shop: Settings, catalogue: Catalogue
) -> None:
    begin = _here(shop)
    catalogue["products"].insert_one({"_id": 1})
    (commit,) = [event for event in _read(shop, begin) if isinstance(event, Commit)]
    unreadable = {**commit.position, "token": {"_data": "8265"}}
    of_another = {**commit.position, "time": commit.position["time"] + 3600}
    for position in (unreadable, of_another):
        with pytest.raises(LogLostError):
            _read(shop, position)


def test_a_user_without_the_right_is_told_the_grant(shop: Settings, catalogue: Catalogue) -> None:
    admin = catalogue.client.admin
    roles = [{"role": "read", "db": "elsewhere"}]
    admin.command("createUser", "limited", pwd="secret-of-limited", roles=roles)
    url = shop.url("mongo")
    limited = shop.with_urls(
        {
            "mongo": f"mongodb://limited:secret-of-limited@{url.host}:{url.port}/{url.database}"
            "?authSource=admin&directConnection=true"
        }
    )
    try:
        with pytest.raises(SoftcartError) as raised:
            _read(limited, _present(shop))
    finally:
        admin.command("dropUser", "limited")
    assert 'grantRolesToUser("limited"' in raised.value.remedy
    assert "secret-of-limited" not in str(raised.value)


def test_a_server_that_is_killed_is_read_on_from_the_last_commit() -> None:
    with tempfile.TemporaryDirectory(prefix="softcart-tests-killed-") as folder:
        Path(folder).chmod(0o755)
        nowhere = SecretStr("none://")
        bare = Settings(
            _env_file=None, home=Path(folder) / "home", postgres_url=nowhere, mysql_url=nowhere
        )
        try:
            settings = up(bare)
            with connect_mongo(settings).client as client:
                for name in ("products", "makers"):
                    client.get_default_database().create_collection(name, **KEEP_IMAGES)
            begin = _here(settings)
            read: list[Event] = []
            for life in range(4):
                writer = threading.Thread(target=_write_until_lost, args=(settings, life))
                with (
                    closing(MongoChangeLog(settings)) as log,
                    log.read(_last_position(read, begin)) as events,
                    pytest.raises(SourceLostError),
                ):
                    writer.start()
                    for event in events:
                        if not isinstance(event, Heartbeat):
                            read.append(event)
                        if len(read) == 200 * (life + 1):
                            _kill(bare)
                writer.join()
                settings = up(bare)
                while not isinstance(read[-1], Commit):
                    read.pop()
            read += _read(settings, _last_position(read, begin))
            assert _as_json(_follow(read)) == _as_json(_snapshot(settings)[1])
            assert read == _read(settings, begin)
        finally:
            down(bare, delete_data=True)


def _follow_to_present(settings: Settings) -> None:
    report = run_changes(settings)
    assert report.succeeded, report.faults


def _here(settings: Settings) -> Position:
    """Return the position of a reader that has read all there is."""
    with closing(MongoChangeLog(settings)) as log:
        present = log.present()
        with log.read(present) as events:
            return _last_heartbeat(log, events, present)


def _present(settings: Settings) -> Position:
    with closing(MongoChangeLog(settings)) as log:
        return log.present()


def _last_heartbeat(log: ChangeLog, events: Iterator[Event], present: Position) -> Position:
    return next(
        event.position
        for event in events
        if isinstance(event, Heartbeat)
        and event.position is not None
        and log.includes(event.position, present)
    )


def _read(settings: Settings, position: Position) -> list[Event]:
    """Return what is told from a position up to now."""
    with closing(MongoChangeLog(settings)) as log, log.read(position) as events:
        return list(_until(log, events, log.present()))


def _until(log: ChangeLog, events: Iterator[Event], present: Position) -> Iterator[Event]:
    for event in events:
        if not isinstance(event, Heartbeat):
            yield event
        if isinstance(event, Heartbeat | Commit) and log.includes(event.position or {}, present):
            return


def _last_position(events: Sequence[Event], begin: Position) -> Position:
    return next((event.position for event in events[::-1] if isinstance(event, Commit)), begin)


def _told(events: Sequence[Event]) -> list[list[str]]:
    """Return each transaction as short texts: `products u a {n: 1}`."""
    told: list[list[str]] = [[]]
    for event in events:
        if isinstance(event, RowChanges):
            told[-1] += [f"{event.table.name} {_short(change)}" for change in event.changes]
        elif isinstance(event, TableDropped):
            told[-1].append(f"dropped {event.name}")
        elif isinstance(event, TableAltered):
            told[-1].append(f"altered {event.name}")
        elif isinstance(event, Commit):
            told.append([])
    assert not told.pop(), "what is told belongs to a transaction"
    return told


def _short(change: Change) -> str:
    key, document = copy_text.fields(change.line)
    assert key == change.key
    if document is None:
        return f"d {key.decode()}"
    fields = {name: value for name, value in json.loads(document).items() if name != "_id"}
    return f"{change.code.decode()} {key.decode()} {json.dumps(fields)}".replace('"', "")


def _follow(events: Sequence[Event], rows: Rows | None = None) -> Rows:
    """Return the rows that a copy has after changes."""
    copy = {name: dict(lines) for name, lines in (rows or {}).items()}
    for event in events:
        if isinstance(event, RowChanges):
            lines = copy.setdefault(event.table.name, {})
            for change in event.changes:
                if change.code == b"u":
                    lines[change.key] = change.line
                else:
                    lines.pop(change.key, None)
    return {name: lines for name, lines in copy.items() if lines}


def _as_json(rows: Rows) -> dict[str, dict[bytes, Any]]:
    """Return what jsonb makes of rows: the order of keys is none of it."""
    return {
        name: {key: json.loads(copy_text.fields(text)[1] or b"") for key, text in lines.items()}
        for name, lines in rows.items()
    }


def _snapshot(settings: Settings) -> tuple[Position, Rows]:
    """Return a copy as the snapshot reader makes it, and its position."""
    with closing(MongoSource(settings)) as source:
        names = source.table_names()
        with source.snapshot() as snapshot:
            rows: Rows = {}
            for name in names:
                for block in snapshot.read(snapshot.describe(name)):
                    for text in block.text.splitlines(keepends=True):
                        rows.setdefault(name, {})[text.partition(b"\t")[0]] = text
            assert snapshot.position is not None
            return snapshot.position, rows


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def _happen(catalogue: Catalogue, draw: random.Random, count: int) -> None:
    """Let things happen to a few documents of two collections, some of them together."""
    with catalogue.client.start_session() as session:
        for _ in range(count):
            if draw.random() < 0.3:
                with session.start_transaction():
                    for _ in range(draw.randint(1, 4)):
                        _change(catalogue, draw, session)
            else:
                _change(catalogue, draw, None)


def _change(catalogue: Catalogue, draw: random.Random, session: ClientSession | None) -> None:
    collection = catalogue[draw.choice(["products", "makers"])]
    row, value = {"_id": draw.randrange(6)}, draw.randrange(10**9)
    kind = draw.random()
    if kind < 0.2:
        collection.delete_one(row, session=session)
    elif kind < 0.4:
        collection.replace_one(row, {"replaced": value}, upsert=True, session=session)
    else:
        change = {"$set": {"value": value}, "$push": {"list": value}}
        collection.update_one(row, change, upsert=True, session=session)


def _any_update(draw: random.Random, count: int) -> Any:
    value = draw.choice([count, str(count), {"deep": [count, {"x": count}]}, Decimal128("0.10")])
    place = draw.randrange(3)
    dotted = {"field": {"$literal": "dotted.name"}, "input": "$$ROOT", "value": count}
    return draw.choice(
        [
            {"$set": {"n": value}},
            {"$set": {"in.x.y": value, "in.new": count}},
            {"$set": {f"in.{count}": value}},
            {"$unset": {"n": 1, "in.x.y": 1}},
            {"$unset": {"in": 1}},
            {"$push": {"list": value}},
            {"$push": {"list": {"$each": [value, count], "$position": 0, "$slice": 4}}},
            {"$pop": {"list": 1}},
            {"$pop": {"list": -1}},
            {"$pull": {"list": {"$gt": count - 3}}},
            {"$set": {f"list.{place}": value}},
            {"$set": {"list": [{"a": count, "b": [1, 2, 3]}, {"a": 0}, count]}},
            {"$set": {"0.1": value}},
            {"$set": {"list.5": value}},
            {"$inc": {"counter": 1}},
            {"$rename": {"counter": "renamed"}},
            [{"$replaceWith": {"$setField": dotted}}],
            [{"$set": {"doubled": {"$concatArrays": ["$list", "$list"]}}}],
        ]
    )


def _write_until_lost(settings: Settings, seed: int) -> None:
    url = settings.url("mongo").full.get_secret_value()
    client = MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=100)
    with suppress(PyMongoError), client:
        while True:
            _happen(client.get_default_database(), _chance(seed), 10)


def _kill(settings: Settings) -> None:
    (mongo,) = [server for server in private_servers(settings) if server.key == "mongo"]
    process = mongo.processes(mongo.folder).server()
    if process is not None:
        os.kill(process.pid, signal.SIGKILL)
