"""What is made of a supergraph once and kept with it: it lives as long as the supergraph, and no longer.

A cache beside the supergraphs would hold on to those that a reload has replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from .model import Supergraph

T = TypeVar("T")

MOST_KEPT = 32
"""How many things are kept of one supergraph; the oldest goes first."""


def derive(supergraph: Supergraph, key: Hashable, make: Callable[[], T]) -> T:
    """Return what ``make`` returned when it was first called for ``supergraph`` and ``key``."""
    kept = supergraph.derived
    if key in kept:
        return cast("T", kept[key])
    made = make()
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[key] = made
    return made
