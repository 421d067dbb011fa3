"""The catalogue's MongoDB database, read whole at one moment where the server can hold one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final, cast

import bson
import psycopg
from bson.timestamp import Timestamp
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from orchestration.connections import Document, connect_mongo
from orchestration.ingest import copy_text, ejson
from orchestration.ingest.batch import Column, LineBlocks, Lines, Position, TableSchema
from orchestration.ingest.comparison import Comparison
from orchestration.ingest.mongo_faults import mongo_fault
from orchestration.ingest.reconciliation import compare_mongo
from orchestration.settings import Settings

_BATCH_DOCUMENTS: Final = 2000
# Errors of a server that keeps no history to read a moment from, such as a standalone one.
_NO_SNAPSHOT: Final = {20, 72, 123, 246, 263}
# SecantusDB says that it holds a snapshot and does not; a transaction it does hold. MongoDB itself
# ends transactions after a minute, so they are not the way for all.
_FEIGNS_SNAPSHOTS: Final = "secantusVersion"
_QUIET_TRIES: Final = 5
_QUIET_MILLISECONDS: Final = 100


@cache
def collection_schema(name: str) -> TableSchema:
    """Return a collection's shape in raw, the same for all: `_id` as text, the whole document."""
    columns = (Column("_id", "text"), Column("document", "jsonb"))
    return TableSchema(MongoSource.name, name, columns, ("_id",))


def key(identifier: object) -> bytes:
    """Return an `_id` as a field of COPY text."""
    text = ejson.identifier(identifier)
    return copy_text.escape(text.encode("utf-8", "surrogateescape"))


def line(document: Document) -> bytes:
    """Return a document as a line of COPY text."""
    return copy_text.line([key(document["_id"]), copy_text.escape(ejson.encode(document))])


class MongoSource:
    """The catalogue's database, connected.

    Raises:
        SoftcartError: The server cannot be reached, refuses the user, or is too old.
    """

    name = "catalog"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = connect_mongo(settings)

    def table_names(self) -> list[str]:
        """Return the names of the database's collections, views and the server's own left out."""
        with self._told(None):
            found = self._database.list_collections(filter={"type": "collection"})
            names = sorted(str(collection["name"]) for collection in found)
        return [name for name in names if not name.startswith("system.")]

    @contextmanager
    def snapshot(self) -> Iterator[MongoSnapshot]:
        """Hold all collections at one moment, or read them as they are if the server cannot."""
        client = self._database.client
        with self._told(None):
            is_feigned = _FEIGNS_SNAPSHOTS in client.server_info()
        with client.start_session(snapshot=not is_feigned) as session:
            with self._told(None):
                if is_feigned:
                    holds_moment, position = True, self._begin_transaction(session)
                else:
                    # Before the moment, so that what a stream then repeats is all it can do.
                    before = self._operation_time()
                    holds_moment = self._fix_moment(session)
                    exact = getattr(session, "_snapshot_time", None)
                    position = _position(exact or before, is_exact=exact is not None)
            yield MongoSnapshot(
                self,
                self._database,
                session if holds_moment else None,
                position,
            )

    def close(self) -> None:
        """Close the connection."""
        with suppress(PyMongoError):
            self._database.client.close()

    def _operation_time(self) -> Timestamp | None:
        time: Timestamp | None = self._database.command("ping").get("operationTime")
        return time

    def _begin_transaction(self, session: ClientSession) -> Position | None:
        """Begin a transaction, if possible at a moment when nothing is written, and say when.

        The server's time may be later than that of a write which is still to be committed, so it is
        exact only if none shows up.
        """
        time = None
        for _ in range(_QUIET_TRIES):
            with self._database.watch(max_await_time_ms=_QUIET_MILLISECONDS) as stream:
                time = self._operation_time()
                session.start_transaction(read_concern=ReadConcern("snapshot"))
                self._fix_moment(session)
                if stream.try_next() is None:
                    return _position(time, is_exact=True)
            session.abort_transaction()
        session.start_transaction(read_concern=ReadConcern("snapshot"))
        self._fix_moment(session)
        return _position(time and Timestamp(time.time - 1, 0), is_exact=False)

    def _fix_moment(self, session: ClientSession) -> bool:
        """Return whether the server can hold a moment; the session's first read fixes it."""
        try:
            self._database.get_collection("system.softcart").find_one({}, session=session)
        except OperationFailure as error:
            if error.code not in _NO_SNAPSHOT:
                raise
            return False
        return True

    @contextmanager
    def _told(self, collection: str | None) -> Iterator[None]:
        try:
            yield
        except PyMongoError as error:
            raise mongo_fault(error, self._settings.url("mongo"), collection) from error


class MongoSnapshot:
    """All collections of the catalogue's database at one moment."""

    def __init__(
        self,
        source: MongoSource,
        database: Database[Document],
        session: ClientSession | None,
        position: Position | None,
    ) -> None:
        self.position = position
        self.warnings: list[str] = []
        self._source = source
        self._database = database
        self._session = session
        self._counts: dict[str, int] = {}
        if session is None:
            self.warnings.append(
                "The server holds no snapshots, so documents that change while they are read may "
                "be of slightly different moments: run it as a replica set"
            )
        if position is None:
            self.warnings.append(
                "The server keeps no change log, so no position is noted and change capture cannot "
                "start from this copy: run it as a replica set"
            )

    def describe(self, name: str) -> TableSchema:
        """Return a collection's shape in raw, which is always the same."""
        return collection_schema(name)

    def expected_rows(self, name: str) -> int | None:
        """Return the server's count of a collection."""
        with self._source._told(name):
            self._counts[name] = self._database[name].estimated_document_count()
        return self._counts[name]

    def read(self, table: TableSchema) -> LineBlocks:
        """Yield all documents of a collection; see `Snapshot`."""
        collection = self._database[table.name]
        with self._source._told(table.name):
            batches = collection.find_raw_batches(
                {}, batch_size=_BATCH_DOCUMENTS, session=self._session
            )
            for batch in batches:
                documents = bson.decode_all(cast(bytes, batch), ejson.CODEC)
                yield Lines(len(documents), b"".join([line(document) for document in documents]))

    def compare(
        self, table: TableSchema, warehouse: psycopg.Connection[Any], *, checksums: bool
    ) -> Comparison | None:
        """Measure a collection and its copy; see `Snapshot`."""
        has_moment = self._session is not None
        with self._source._told(table.name):
            comparison = compare_mongo(
                self._database,
                self._session,
                warehouse,
                table,
                checksums=checksums and has_moment,
            )
        # Without a moment to go back to, only a collection that stood still can be compared.
        stood_still = comparison.source_rows == self._counts.get(table.name)
        return comparison if has_moment or stood_still else None


def _position(time: Timestamp | None, *, is_exact: bool) -> Position | None:
    """Return the time from which a change stream misses nothing that a snapshot has not."""
    if time is None:
        return None
    return {"server": "MongoDB", "time": time.time, "increment": time.inc, "exact": is_exact}
