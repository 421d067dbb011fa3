"""Documents of every BSON type and of every shape that was ever hard to copy."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp


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
