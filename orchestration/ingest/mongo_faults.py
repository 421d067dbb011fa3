"""Faults of MongoDB, told in a user's words."""

from __future__ import annotations

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from orchestration.errors import SoftcartError
from orchestration.ingest.faults import NOTHING_LOST, LogLostError, SourceLostError
from orchestration.settings import ServerUrl

_UNAUTHORIZED = {13}
_SNAPSHOT_GONE = {239, 246}
# The set works, but the stream must be opened anew: its member stepped down or forgot the cursor.
_STREAM_BROKEN_LABEL = "ResumableChangeStreamError"
_CURSOR_GONE = {43, 175, 237}
# The log has been overwritten, or has no event, or no collection, as the position names.
_LOG_LOST = {9, 136, 260, 280, 286, 40585, 40615, 40647, 50795, 50811}
_TOO_LARGE = 10334
_NO_LOG = {40573}
_TAKE_NEW_COPY = "A new copy is taken in its place; nothing needs doing"


def mongo_fault(error: PyMongoError, url: ServerUrl, collection: str | None) -> SoftcartError:
    """Return what to tell of a fault of the MongoDB server.

    Args:
        error: As pymongo raised it.
        url: The catalogue's server.
        collection: What was read when it happened, None if no collection.
    """
    subject = f"collection {collection}" if collection else "the database"
    code = error.code if isinstance(error, OperationFailure) else None
    if isinstance(error, ConnectionFailure):
        return SourceLostError(
            f"The MongoDB server at {url} went away while ingest was reading {subject}",
            remedy=f"See why in the server's log and start it. {NOTHING_LOST}",
        )
    if code in _UNAUTHORIZED:
        return SoftcartError(
            f"The user {url.user} of {url} may not read {subject}",
            remedy=f'As an administrator: db.grantRolesToUser("{url.user}", '
            f'[{{role: "read", db: "{url.database}"}}])',
        )
    if code in _SNAPSHOT_GONE:
        return SoftcartError(
            f"The MongoDB server at {url} forgot the moment that {subject} was read at",
            remedy="Raise minSnapshotHistoryWindowInSeconds on the server, then run ingest again",
        )
    return SoftcartError(
        f"The MongoDB server at {url} fails to read {subject} (error {code})",
        remedy="See the server's log",
    )


def stream_fault(error: PyMongoError, url: ServerUrl) -> SoftcartError:
    """Return what to tell of a fault of the MongoDB server while its change stream is read."""
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _CURSOR_GONE or error.has_error_label(_STREAM_BROKEN_LABEL):
        return SourceLostError(
            f"The MongoDB server at {url} closed the change stream",
            remedy="It is opened again where it stopped; see the server's log if it stays so",
        )
    if code in _LOG_LOST:
        return LogLostError(
            f"The MongoDB server at {url} no longer has the changes since the last run "
            f"(error {code})",
            remedy=f"{_TAKE_NEW_COPY}. Give the server a larger oplog (oplogMinRetentionHours) if "
            "runs may be this far apart",
        )
    if code == _TOO_LARGE:
        return LogLostError(
            f"A change at {url} is larger than the server can send",
            remedy=f"{_TAKE_NEW_COPY}. Documents of 16 MB are best split",
        )
    if code in _NO_LOG:
        return no_log_fault(url)
    if code in _UNAUTHORIZED:
        return SoftcartError(
            f"The user {url.user} of {url} may not read the database's change stream",
            remedy=f'As an administrator: db.grantRolesToUser("{url.user}", '
            f'[{{role: "read", db: "{url.database}"}}])',
        )
    return mongo_fault(error, url, None)


def no_log_fault(url: ServerUrl) -> SoftcartError:
    """Return what to tell of a server without change streams."""
    return SoftcartError(
        f"The MongoDB server at {url} is not part of a replica set, so it keeps no change log",
        remedy="Start it with --replSet and run rs.initiate() once: a set of one member will do",
    )


def another_log_fault(url: ServerUrl) -> LogLostError:
    """Return what to tell when the server has not got as far as we have read."""
    return LogLostError(
        f"The MongoDB server at {url} is older than what was read from it: it is another one, or "
        "was restored from a backup",
        remedy=_TAKE_NEW_COPY,
    )
