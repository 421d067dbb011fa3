"""The change stream of the catalogue's MongoDB database.

It is read by its two commands, `aggregate` and `getMore`, and not by pymongo's `ChangeStream`,
which opens a broken stream again by itself: here that is an error, and reading goes on from a
position that the warehouse has committed.

The image of an update is the server's post-image, the document as that update left it, where the
collection keeps those. Elsewhere it is the document as it is when the stream comes to the update,
if it is still there: raw is right as soon as the stream has passed, the history may miss states.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from bson.timestamp import Timestamp
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from orchestration.connections import Document, connect_mongo
from orchestration.errors import SoftcartError
from orchestration.ingest import copy_text, ejson
from orchestration.ingest.batch import TOMBSTONE, UPSERT, Position
from orchestration.ingest.changes import (
    HEARTBEAT_SECONDS,
    Change,
    Commit,
    Event,
    Heartbeat,
    RowChanges,
    TableAltered,
    TableDropped,
)
from orchestration.ingest.mongo_faults import another_log_fault, no_log_fault, stream_fault
from orchestration.ingest.mongo_images import (
    after_update,
    collections_without_images,
    keep_images_command,
)
from orchestration.ingest.mongo_reader import MongoSource, collection_schema, key, line
from orchestration.settings import Settings

_UPSERT: Final = UPSERT.encode()
_TOMBSTONE: Final = TOMBSTONE.encode()
_MAJORITY: Final = ReadConcern("majority")
_ROW_EVENTS: Final = {"insert", "update", "replace", "delete"}
# Collections that the server writes for itself, some of them to rename them when they are whole.
_INTERNAL: Final = ("system.", "tmp.agg_out.", "tmp.mr.")
# What the description of a new view or time series has, which are no collections to be copied.
_NO_COLLECTION: Final = {"viewOn", "timeseries"}
_BATCH_EVENTS: Final = 1000
# Milliseconds. Short at first: only an empty batch tells that a transaction has no more events.
_SHORTEST_WAIT: Final = 10
_LONGEST_WAIT: Final = round(HEARTBEAT_SECONDS * 1000 / 2)
# SecantusDB's post-images are the documents as they are now; its pre-images are what they say.
_FEIGNS_POST_IMAGES: Final = "secantusVersion"


class _Batch(NamedTuple):
    """An answer of the server.

    Attributes:
        events: In order; none when there is nothing more to read.
        token: From which a stream goes on after them.
        known_time: The cluster's time before the server was asked.
    """

    events: list[Document]
    token: Document
    known_time: Timestamp


class MongoChangeLog:
    """The changes of all collections of the catalogue's database.

    Raises:
        SoftcartError: The server cannot be reached, refuses the user, is too old or keeps no log.
    """

    name = MongoSource.name

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = connect_mongo(settings)
        try:
            with self._told():
                self._feigns_images = _FEIGNS_POST_IMAGES in self._database.client.server_info()
                self._without_images = collections_without_images(self._database)
            self.present()
        except SoftcartError:
            self.close()
            raise

    @property
    def warnings(self) -> list[str]:
        """What the user should know; see `ChangeLog`."""
        if not self._without_images:
            return []
        return [
            f"Of collections {', '.join(self._without_images)} the server keeps no post-images: an "
            "update is read as its document is by then, so the history may miss states. In "
            f"mongosh: {keep_images_command(self._without_images[0])}"
        ]

    def present(self) -> Position:
        """Return the time of the server's last operation; see `ChangeLog`."""
        with self._told():
            now = self._database.command("ping").get("operationTime")
        if now is None:
            raise no_log_fault(self._settings.url("mongo"))
        return _position(now, is_exact=False)

    def includes(self, position: Position, other: Position) -> bool:
        """Return whether a position's time is not before another's; see `ChangeLog`."""
        return bool(_time(position) >= _time(other))

    @contextmanager
    def read(self, position: Position) -> Iterator[Iterator[Event]]:
        """Read the change stream; see `ChangeLog`."""
        # The server gives a stream's batches to the session that opened it, and to no other.
        with (
            self._database.client.start_session(causal_consistency=False) as session,
            closing(self._events(position, session)) as events,
        ):
            yield events

    def close(self) -> None:
        """Close the connection."""
        with suppress(PyMongoError):
            self._database.client.close()

    def _events(self, position: Position, session: ClientSession) -> Generator[Event, None, None]:
        """Yield events forever: when the database is dropped, from the stream that follows."""
        while True:
            last: Document = {}
            is_told = True
            with closing(self._batches(position, session)) as batches:
                for batch in batches:
                    looked_up = self._look_up(batch.events, session)
                    for (time, collection, is_row), run in groupby(batch.events, _place):
                        # Events of one transaction, and of no other, have the same cluster time.
                        if not is_told and time != last["clusterTime"]:
                            yield _commit(last)
                            is_told = True
                        events = list(run)
                        last = events[-1]
                        for event in (
                            self._row_changes(collection, events, looked_up)
                            if is_row
                            else _definition_changes(collection, events)
                        ):
                            yield event
                            is_told = False
                    if not batch.events:
                        if not is_told:
                            yield _commit(last)
                            is_told = True
                        yield Heartbeat(_position(batch.known_time, batch.token))
            if not is_told:
                yield _commit(last)
            position = _position(last["clusterTime"], last["_id"])

    def _batches(self, position: Position, session: ClientSession) -> Generator[_Batch, None, None]:
        """Yield the server's answers until it ends the stream."""
        with self._told():
            opened = self._ask(session, self._open(position))
        stream, known_time = opened["cursor"], opened["operationTime"]
        if opened["$clusterTime"]["clusterTime"] < _time(position):
            raise another_log_fault(self._settings.url("mongo"))
        wait = _SHORTEST_WAIT
        try:
            while stream["id"]:
                with self._told():
                    answer = self._ask(
                        session,
                        {
                            "getMore": stream["id"],
                            "collection": stream["ns"].partition(".")[2],
                            "batchSize": _BATCH_EVENTS,
                            "maxTimeMS": wait,
                        },
                    )
                stream = answer["cursor"]
                events = stream["nextBatch"]
                yield _Batch(events, stream["postBatchResumeToken"], known_time)
                known_time = answer["operationTime"]
                wait = _SHORTEST_WAIT if events else min(2 * wait, _LONGEST_WAIT)
        except GeneratorExit:
            with suppress(PyMongoError):
                collection = stream["ns"].partition(".")[2]
                self._ask(session, {"killCursors": collection, "cursors": [stream["id"]]})
            raise

    def _open(self, position: Position) -> Document:
        """Return the command that opens the stream."""
        options: Document = {"showExpandedEvents": True}
        if "token" in position:
            # Unlike `resumeAfter` it goes on after the end of a database, too.
            options["startAfter"] = position["token"]
        else:
            # The time is the first to read. Of an exact position it is the last that was read.
            increment = position["increment"] + (1 if position["exact"] else 0)
            options["startAtOperationTime"] = Timestamp(position["time"], increment)
        pipeline: list[Document] = [{"$changeStream": options}]
        if self._feigns_images:
            options["fullDocumentBeforeChange"] = "whenAvailable"
        else:
            options["fullDocument"] = "whenAvailable"
            # With it, an event might be larger than a server can send.
            pipeline.append({"$unset": "updateDescription"})
        return {
            "aggregate": 1,
            "pipeline": pipeline,
            "cursor": {"batchSize": 0},
            "readConcern": _MAJORITY.document,
        }

    def _ask(self, session: ClientSession, command: Document) -> Document:
        """Run a command once: pymongo repeats none of these when a connection breaks."""
        return self._database.command(command, session=session, codec_options=ejson.CODEC)

    def _look_up(
        self, events: Sequence[Document], session: ClientSession
    ) -> dict[tuple[str, bytes], Document]:
        """Return the documents, as they are now, of the updates that have no image."""
        identifiers: defaultdict[str, list[Any]] = defaultdict(list)
        image = "fullDocumentBeforeChange" if self._feigns_images else "fullDocument"
        for event in events:
            if event["operationType"] == "update" and event[image] is None:
                identifiers[event["ns"]["coll"]].append(event["documentKey"]["_id"])
        found: dict[tuple[str, bytes], Document] = {}
        for name, wanted in identifiers.items():
            # As the stream itself: what a majority of the set's members has.
            collection = self._database[name].with_options(ejson.CODEC, read_concern=_MAJORITY)
            with self._told():
                for document in collection.find({"_id": {"$in": wanted}}, session=session):
                    found[name, key(document["_id"])] = document
        return found

    def _row_changes(
        self,
        collection: str,
        events: Sequence[Document],
        looked_up: Mapping[tuple[str, bytes], Document],
    ) -> Iterator[Event]:
        changes = []
        for event in events:
            row = key(event["documentKey"]["_id"])
            if event["operationType"] == "delete":
                changes.append(Change(row, _TOMBSTONE, copy_text.line([row, copy_text.NULL])))
                continue
            document = self._image(event) or looked_up.get((collection, row))
            # One that was deleted since is left to the event that says so.
            if document is not None:
                changes.append(Change(row, _UPSERT, line(document)))
        if changes and not collection.startswith(_INTERNAL):
            yield RowChanges(collection_schema(collection), changes)

    def _image(self, event: Document) -> Document | None:
        """Return the document as an event left it, None if the server did not keep it."""
        image: Document | None
        if event["operationType"] == "update" and self._feigns_images:
            image = event["fullDocumentBeforeChange"]
            return image and after_update(image, event["updateDescription"])
        image = event["fullDocument"]
        return image

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except PyMongoError as error:
            raise stream_fault(error, self._settings.url("mongo")) from error


def _place(event: Document) -> tuple[Timestamp, str, bool]:
    """Return what events that are told together have in common."""
    return (
        event["clusterTime"],
        event.get("ns", {}).get("coll", ""),
        event["operationType"] in _ROW_EVENTS,
    )


def _definition_changes(collection: str, events: Sequence[Document]) -> Iterator[Event]:
    """Yield what happened to a collection as a whole; indexes and options are not copied."""
    is_internal = collection.startswith(_INTERNAL)
    for event in events:
        operation = event["operationType"]
        description = event.get("operationDescription", {})
        if operation in ("drop", "rename") and not is_internal:
            yield TableDropped(collection)
        if operation == "rename" and event["to"]["db"] == event["ns"]["db"]:
            yield TableAltered(event["to"]["coll"])
        # Its rows follow, but raw may have those of a collection that had the name before.
        if operation == "create" and not is_internal and _NO_COLLECTION.isdisjoint(description):
            yield TableAltered(collection)


def _commit(last: Document) -> Commit:
    """Return the end of a transaction, by its last event."""
    time = last["clusterTime"]
    wall: datetime | None = last.get("wallTime")
    committed_at = wall.replace(tzinfo=UTC) if wall else time.as_datetime()
    return Commit(_position(time, last["_id"]), committed_at)


def _position(time: Timestamp, token: Document | None = None, *, is_exact: bool = True) -> Position:
    position = {
        "server": "MongoDB",
        "time": time.time,
        "increment": time.inc,
        "exact": is_exact,
    }
    return position if token is None else {**position, "token": token}


def _time(position: Position) -> Timestamp:
    return Timestamp(position["time"], position["increment"])
