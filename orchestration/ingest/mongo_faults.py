"""Faults of MongoDB, told in a user's words."""

from __future__ import annotations

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from orchestration.errors import SoftcartError
from orchestration.ingest.faults import NOTHING_LOST, SourceLostError
from orchestration.settings import ServerUrl

_UNAUTHORIZED = {13}
_SNAPSHOT_GONE = {239, 246}


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
