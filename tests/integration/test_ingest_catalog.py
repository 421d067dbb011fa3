"""The catalogue's documents arrive in jsonb so that each can be had back as it was."""

from __future__ import annotations

import json
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from documents import DOCUMENTS
from ingest_shop import counts, from_postgres, ingest
from pymongo.collection import Collection

from orchestration.connections import connect_mongo
from orchestration.ingest import ejson
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


def test_documents_come_back_as_they_were(shop: Settings) -> None:
    collection = _collection(shop)
    collection.insert_many(DOCUMENTS)
    report = ingest(shop)["products"]
    assert counts(report) == (len(DOCUMENTS), 0, 0, 0)
    assert report.position is not None
    found = {
        key: repr(ejson.decode(document))
        for key, document in from_postgres(shop, "select _id, document from raw_catalog.products")
    }
    stored = [bson.decode(raw.raw, ejson.CODEC) for raw in _raw(shop)]
    assert len(stored) == len(DOCUMENTS)
    # Of equal text: jsonb orders keys in a way of its own.
    expected = {
        ejson.identifier(document["_id"]): repr(ejson.decode(_reordered(document)))
        for document in stored
    }
    assert found == expected
    assert counts(ingest(shop)["products"]) == (0, 0, 0, 0)


def test_a_collection_follows_its_source(shop: Settings) -> None:
    collection = _collection(shop)
    collection.insert_many([{"_id": sku, "n": 1} for sku in ("a", "b", "c")])
    assert counts(ingest(shop)["products"]) == (3, 0, 0, 0)
    collection.delete_one({"_id": "a"})
    collection.update_one({"_id": "b"}, {"$set": {"n": 1.0}})
    collection.insert_one({"_id": "d"})
    connect_mongo(shop)["brands"].insert_one({"_id": "x"})
    reports = ingest(shop)
    assert counts(reports["products"]) == (1, 1, 1, 0)
    assert counts(reports["brands"]) == (1, 0, 0, 0)
    collection.insert_one({"_id": "a", "n": 1})
    assert counts(ingest(shop)["products"]) == (0, 1, 0, 0)
    assert from_postgres(
        shop,
        "select _id, document -> 'n' from raw_catalog.products where _deleted_at is null"
        " order by 1",
    ) == [("a", 1), ("b", 1.0), ("c", 1), ("d", None)]


def test_documents_that_jsonb_cannot_hold_are_set_aside_whole(shop: Settings) -> None:
    collection = _collection(shop)
    collection.insert_many([{"_id": "good"}, {"_id": "nul", "deep": [{"v": "a\0b"}], "n": 1}])
    assert counts(ingest(shop)["products"]) == (1, 0, 0, 1)
    ((key, column, image),) = from_postgres(
        shop, "select row_key, column_name, row_image from ingest.raw_quarantine"
    )
    assert (key, column) == (["nul"], "document")
    assert image["document"] == '{"_id": "nul", "deep": [{"v": "a\\u0000b"}], "n": 1}'
    collection.update_one({"_id": "nul"}, {"$set": {"deep": []}})
    assert counts(ingest(shop)["products"]) == (1, 0, 0, 0)
    assert from_postgres(shop, "select count(*) from ingest.raw_quarantine") == [(0,)]


def test_a_collection_larger_than_a_batch_is_of_one_moment(shop: Settings) -> None:
    """Every document changes in one statement while they are read: none or all of it is seen."""
    collection = _collection(shop)
    collection.insert_many([{"_id": number, "n": 0} for number in range(5000)])

    def change(task: str, done: int, total: int | None = None) -> None:
        if 0 < done < 5000:
            collection.update_many({}, {"$inc": {"n": 1}})

    assert run_ingest(shop, report=change).succeeded
    assert from_postgres(
        shop, "select count(*), count(distinct document -> 'n') from raw_catalog.products"
    ) == [(5000, 1)]


def _collection(settings: Settings) -> Collection[dict[str, Any]]:
    return connect_mongo(settings)["products"]


def _raw(settings: Settings) -> list[Any]:
    options = ejson.CODEC.with_options(document_class=RawBSONDocument)
    return list(connect_mongo(settings)["products"].with_options(codec_options=options).find())


def _reordered(value: Any) -> Any:
    """Return a document's JSON with its keys as jsonb orders them: by length, then by bytes."""

    def ordered(item: Any) -> Any:
        if isinstance(item, dict):
            keys = sorted(item, key=lambda key: (len(key.encode()), key.encode()))
            return {key: ordered(item[key]) for key in keys}
        return [ordered(part) for part in item] if isinstance(item, list) else item

    return ordered(json.loads(ejson.encode(value)))
