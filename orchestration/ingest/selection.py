"""Which tables of which source a run copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from orchestration.errors import SoftcartError

_MOST_SUGGESTIONS = 3


def may_be_in(source: str, wanted: Sequence[str] | None, sources: Sequence[str]) -> bool:
    """Return whether a source can have one of the wanted tables, as far as their names say.

    Args:
        source: One of `sources`.
        wanted: Names, `orders` or `oltp.orders`; None or empty for all.
        sources: Names of all sources.
    """
    prefixes = {name.partition(".")[0] if "." in name else "" for name in wanted or [""]}
    return source in prefixes or not prefixes <= set(sources)


def select_tables(
    available: Mapping[str, Sequence[str]], wanted: Sequence[str] | None, *, is_whole: bool
) -> dict[str, list[str]]:
    """Return the tables to copy, by source.

    Args:
        available: Tables of each source that could be asked.
        wanted: Names, `orders` or `oltp.orders`; None or empty for all.
        is_whole: Every source could be asked. Otherwise a name that is not found may be in another.

    Raises:
        SoftcartError: No source has one of the names; suggests near ones.
    """
    if not wanted:
        return {source: list(tables) for source, tables in available.items()}
    selected: dict[str, list[str]] = {source: [] for source in available}
    for name in wanted:
        found = [
            (source, table)
            for source, tables in available.items()
            for table in tables
            if name in (table, f"{source}.{table}")
        ]
        if not found and is_whole:
            raise _unknown(name, available)
        for source, table in found:
            if table not in selected[source]:
                selected[source].append(table)
    return selected


def _unknown(name: str, available: Mapping[str, Sequence[str]]) -> SoftcartError:
    names = list(dict.fromkeys(table for tables in available.values() for table in tables))
    near = get_close_matches(name.rpartition(".")[2].lower(), names, n=_MOST_SUGGESTIONS)
    return SoftcartError(
        f"No source has a table or collection named {name}",
        remedy=f"Try {' or '.join(near)}" if near else f"Name one of {', '.join(names)}",
    )
