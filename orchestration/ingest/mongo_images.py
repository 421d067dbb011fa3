"""Which collections keep their documents' images, and an image made from what they keep."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from orchestration.connections import Document

KEEP_IMAGES: Final[dict[str, Any]] = {"changeStreamPreAndPostImages": {"enabled": True}}
"""Options of a collection whose updates a change stream gives with the document they made."""


def collections_without_images(database: Database[Document]) -> list[str]:
    """Return the names of the collections that keep no images."""
    return sorted(
        collection["name"]
        for collection in database.list_collections(filter={"type": "collection"})
        if not collection["name"].startswith("system.")
        and not collection["options"].get("changeStreamPreAndPostImages", {}).get("enabled")
    )


def keep_images(collection: Collection[Document]) -> None:
    """Have a collection keep images, where its server can; make it if it is missing."""
    database, name = collection.database, collection.name
    if name not in database.list_collection_names():
        database.create_collection(name)
    with suppress(OperationFailure):
        database.command({"collMod": name, **KEEP_IMAGES})


def keep_images_command(collection: str) -> str:
    """Return what an administrator enters in mongosh to have a collection keep images."""
    return (
        f'db.runCommand({{collMod: "{collection}", '
        "changeStreamPreAndPostImages: {enabled: true}})"
    )


def after_update(before: Document, description: Mapping[str, Any]) -> Document:
    """Return a document after an update.

    Args:
        before: The document before the update; changed in place.
        description: The `updateDescription` of a change event, with `disambiguatedPaths`.
    """
    exact_paths = description.get("disambiguatedPaths", {})

    def find(path: str) -> tuple[Any, Any]:
        """Return what holds a field, and the field's name or index in it."""
        parts = exact_paths.get(path)
        if parts is None:
            # Only what was there is described in part: what leads nowhere is a name with dots.
            is_name = path in before or path.partition(".")[0] not in before
            parts = [path] if is_name else path.split(".")
        *parents, last = parts
        holder: Any = before
        for parent in parents:
            holder = holder[_place(holder, parent)]
        return holder, _place(holder, last)

    for path in description.get("removedFields", ()):
        holder, place = find(path)
        del holder[place]
    for truncated in description.get("truncatedArrays", ()):
        holder, place = find(truncated["field"])
        del holder[place][truncated["newSize"] :]
    for path, value in description.get("updatedFields", {}).items():
        holder, place = find(path)
        if isinstance(holder, list):
            holder.extend([None] * (place + 1 - len(holder)))
        holder[place] = value
    return before


def _place(holder: object, part: str | int) -> str | int:
    return int(part) if isinstance(holder, list) else str(part)
