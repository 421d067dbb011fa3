"""Which layer may read which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """What the models of a layer may read.

    Args:
        reads: Layers that `ref()` may name.
        sources: Whether `source()` may be used.
    """

    reads: frozenset[str]
    sources: bool = False


LAYERS: Mapping[str, Layer] = {
    "base": Layer(frozenset({"base"}), sources=True),
    "staging": Layer(frozenset({"base"}), sources=True),
    "snapshots": Layer(frozenset({"base"})),
    "seeds": Layer(frozenset()),
    "intermediate": Layer(frozenset({"staging", "snapshots", "seeds", "intermediate", "marts"})),
    "marts": Layer(frozenset({"staging", "snapshots", "seeds", "intermediate", "marts"})),
}

_PREFIXES = {
    "base_": "base",
    "stg_": "staging",
    "snap_": "snapshots",
    "int_": "intermediate",
}


def layer_of(node: str, seeds: frozenset[str]) -> str:
    """Return the layer that a node's name says; marts have no prefix in common."""
    if node in seeds:
        return "seeds"
    for prefix, layer in _PREFIXES.items():
        if node.startswith(prefix):
            return layer
    return "marts"


def misreadings(
    layer: str, refs: set[str], sources: set[str], seeds: frozenset[str]
) -> Iterator[str]:
    """Yield a sentence for each thing that a model of `layer` reads and must not."""
    if not LAYERS[layer].sources:
        for source in sorted(sources):
            yield f"{layer} must not read source {source}: read its staging model"
    for ref in sorted(refs):
        if layer_of(ref, seeds) not in LAYERS[layer].reads:
            allowed = ", ".join(sorted(LAYERS[layer].reads)) or "nothing"
            yield f"{layer} must not read {ref}: it reads {allowed}"
