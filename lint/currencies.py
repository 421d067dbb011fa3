"""Amounts of several currencies are never added up as they are.

A column whose name ends in `_local` is in the currency of its row. It may be added up per currency,
per order or per payment (`assert_items_use_the_currency_of_their_order`), or once it is converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SUM = re.compile(r"\b(sum|avg)\s*\(")
_LOCAL = re.compile(r"\w+_local\b")
_CONVERTED = re.compile(r"\brate_to_reporting\b")
_ONE_CURRENCY = re.compile(r"\b(\w*currency_code|order_id|order_item_id|payment_id)\b")
_GROUP_BY = re.compile(r"\bgroup\s+by\b")
_FROM = re.compile(r"\bfrom\b")
_OVER = re.compile(r"\s*over\s*\(")


def mixed_sums(sql: str) -> Iterator[tuple[str, int]]:
    """Yield each sum that may mix currencies, with its line, from 1.

    Args:
        sql: In lower case, without Jinja.
    """
    for found in _SUM.finditer(sql):
        end = _closing(sql, found.end())
        summed = sql[found.end() : end]
        if not _LOCAL.search(summed) or _CONVERTED.search(summed):
            continue
        window = _OVER.match(sql, end + 1)
        if window:
            keys = sql[window.end() : _closing(sql, window.end())].partition("order by")[0]
        else:
            rest = _rest_of_select(sql, end + 1)
            group = _GROUP_BY.search(rest)
            keys = rest[group.end() :] if group else ""
        if not _ONE_CURRENCY.search(keys):
            yield sql[found.start() : end + 1], sql.count("\n", 0, found.start()) + 1


def _rest_of_select(sql: str, place: int) -> str:
    """Return the text from a place to the end of its select, out of the functions around it."""
    begin, end = place, _closing(sql, place)
    while end < len(sql) and not _FROM.search(sql[begin:end]):
        begin, end = end + 1, _closing(sql, end + 1)
    return sql[begin:end]


def _closing(sql: str, place: int) -> int:
    """Return where the bracket closes that is open at a place; the text's end if none is."""
    depth = 1
    for at in range(place, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            return at
    return len(sql)
