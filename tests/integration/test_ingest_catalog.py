"""The catalogue's documents arrive in jsonb so that each can be had back as it was."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

import bson
import pytest
from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp
from bson.raw_bson import RawBSONDocument
from ingest_shop import counts, from_postgres, ingest
from pymongo.collection import Collection

from orchestration.connections import connect_mongo
from orchestration.ingest import ejson
from orchestration.ingest.run import run_ingest
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


def _deep(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"bottom": Decimal128("0.10")}
    for level in range(levels):
        document = {"in": document} if level % 2 else {"in": [document]}
    return document


DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "text", "v": "a\\b\t\n\r\x01 \"q\" 'q' 🎁 \\N \\."},
    {"_id": "empty text", "v": ""},
    {"_id": "null", "v": None},
    {"_id": "missing"},
    {"_id": "decimals", "v": [Decimal128(text) for text in ("0.10", "1E+3", "-0", "9" * 34)]},
    {"_id": "dates", "v": [datetime(2026, 1, 2, 3, 4, 5, 678000), datetime(1066, 10, 14)]},
    {"_id": "integers", "v": [0, -1, 2**31, Int64(7), 2**63 - 1, -(2**63)]},
    {"_id": "doubles", "v": [0.1, 5.0, -0.0, 1e300, 5e-324, 2.0**53, 2.0**53 - 1, math.inf, 1 / 3]},
    {"_id": "mixed", "v": [1, "1", 1.5, True, None, {"v": 1}, [1], ObjectId(b"twelve bytes")]},
    {"_id": "others", "v": [b"\0\xff", Binary(b"x", 128), Regex("a\\d", "i"), Timestamp(1, 2)]},
    {"_id": "deep", "v": _deep(60)},
    {"_id": "odd keys", "": 1, "a b": 2, "é": {"x.y": 3}},
    {"_id": "keys like types", "v": {"$oid": "x"}},
    {"_id": ObjectId(b"twelve bytes"), "v": 1},
    {"_id": 5, "v": 1},
    {"_id": "5", "v": 2},
    {"_id": {"a": 1, "b": "x"}, "v": 1},
    {"_id": datetime(2026, 1, 2), "v": 1},
    {"_id": '{"$oid": "74776f2d62797465732121"}', "v": 1},
]  # fmt: skip


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
