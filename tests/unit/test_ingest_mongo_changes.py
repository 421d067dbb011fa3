"""The parts of the change stream's reader that need no server."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo.errors import AutoReconnect, CursorNotFound, OperationFailure, PyMongoError

from orchestration.errors import SoftcartError
from orchestration.ingest.faults import LogLostError, SourceLostError
from orchestration.ingest.mongo_faults import stream_fault
from orchestration.ingest.mongo_images import after_update
from orchestration.settings import ServerUrl

_URL = ServerUrl("mongo", "mongodb", "db", 27017, "u", SecretStr("p"), "catalog", SecretStr(""))

_BEFORE: dict[str, Any] = {
    "_id": 1,
    "n": 1,
    "list": [1, 2, 3],
    "in": {"x": {"y": 1}, "list": [{"a": 1}]},
    "dotted.name": 1,
    "0": {"1": 1},
}


@pytest.mark.parametrize(
    ("description", "changed"),
    [
        ({}, {}),
        ({"updatedFields": {"n": 2, "new": None}}, {"n": 2, "new": None}),
        ({"updatedFields": {"list.1": "x"}}, {"list": [1, "x", 3]}),
        ({"updatedFields": {"list.4": "x"}}, {"list": [1, 2, 3, None, "x"]}),
        (
            {"truncatedArrays": [{"field": "list", "newSize": 1}], "updatedFields": {"list.0": 9}},
            {"list": [9]},
        ),
        (
            {"removedFields": ["in.x.y"], "updatedFields": {"in.list.0.b": 2}},
            {"in": {"x": {}, "list": [{"a": 1, "b": 2}]}},
        ),
        ({"updatedFields": {"dotted.name": 2}}, {"dotted.name": 2}),
        ({"updatedFields": {"dots.in.new": 2}}, {"dots.in.new": 2}),
        ({"updatedFields": {"0.1": 2}}, {"0": {"1": 2}}),
        (
            {"updatedFields": {"in.z.z": 2}, "disambiguatedPaths": {"in.z.z": ["in", "z.z"]}},
            {"in": {"x": {"y": 1}, "list": [{"a": 1}], "z.z": 2}},
        ),
        (
            {
                "updatedFields": {"in.list.0": 2},
                "disambiguatedPaths": {"in.list.0": ["in", "list", 0]},
            },
            {"in": {"x": {"y": 1}, "list": [2]}},
        ),
    ],
)
def test_an_image_is_what_an_update_says_upon_what_was_before(
    description: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert after_update(copy.deepcopy(_BEFORE), description) == {**_BEFORE, **changed}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AutoReconnect("gone"), SourceLostError),
        (CursorNotFound("cursor not found", 43), SourceLostError),
        (
            OperationFailure("stepped down", 189, {"errorLabels": ["ResumableChangeStreamError"]}),
            SourceLostError,
        ),
        *[(OperationFailure("lost", code), LogLostError) for code in (136, 260, 280, 286, 10334)],
        (OperationFailure("no replica set", 40573), SoftcartError),
        (OperationFailure("not authorized", 13), SoftcartError),
        (OperationFailure("anything else", 8), SoftcartError),
    ],
)
def test_a_fault_of_the_server_tells_what_helps(
    error: PyMongoError, kind: type[SoftcartError]
) -> None:
    fault = stream_fault(error, _URL)
    assert type(fault) is kind
    assert fault.remedy
