"""Tells where what is asked of a subgraph is, key by key, what the client is to see.

There the objects of an answer can be the client's as they stand, without being made anew. What they hold is for
``likeness_source`` to check.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from gateway.query_plan.nodes import (
    DeniedProjection,
    IntrospectionProjection,
    ListProjection,
    ObjectProjection,
    TypenameProjection,
    ValueProjection,
)

from .written_keys import Position, WrittenKeys, WrittenPlan

_MISSES = 3
"""Answers in a row that were looked at in vain, until no more are for a while."""

_PAUSE = 1000
"""Answers that are then not looked at. A server that writes numbers for IDs will go on doing so."""


class Trial:
    """Whether to look if answers can stay as they are: as long as that is not always in vain.

    Args:
        unseen: answers to begin with that are not looked at.
    """

    def __init__(self, *, unseen: int = 0) -> None:
        self._unseen = unseen
        self._misses = 0

    def is_due(self) -> bool:
        """Whether to look at the next answer; to be asked once for each."""
        if not self._unseen:
            return True
        self._unseen -= 1
        return False

    def note(self, *, has_paid: bool) -> None:
        """Take note of what came of looking."""
        self._misses = 0 if has_paid else self._misses + 1
        if self._misses == _MISSES:
            self._unseen, self._misses = _PAUSE, 0


def is_selected_alike(node: ValueProjection, keys: WrittenKeys) -> bool:
    """Whether the client is to see every one of ``keys``, and no other, in the same order."""
    return _is_alike(node, keys, {})


def find_sole_places(written: WrittenPlan) -> dict[Position, WrittenKeys]:
    """Return the places of objects, and of lists of them, that one fetch writes with all that is below."""
    visited = {
        above for site in written.sites for above in accumulate((key,) for key in site.position)
    }
    return {
        place: keys
        for site in written.sites
        for place, keys in _places(site.position, site.keys)
        if place not in visited and len(written.places[place]) == 1
    }


def _places(position: Position, keys: WrittenKeys) -> Iterator[tuple[Position, WrittenKeys]]:
    for key, below in keys.keys.items():
        if below.keys:
            yield (*position, key), below
            yield from _places((*position, key), below)


def _is_alike(node: ValueProjection, keys: WrittenKeys, known: dict[tuple[int, int], bool]) -> bool:
    """Whether the client is to see every key that is asked for, and no other, in the same order."""
    match node:
        case ListProjection():
            return _is_alike(node.item, keys, known)
        case ObjectProjection():
            place = id(node), id(keys)
            if place not in known:
                known[place] = _are_classes_alike(node, keys, known)
            return known[place]
        case IntrospectionProjection() | DeniedProjection():
            return False
        case _:
            return True


def _are_classes_alike(
    node: ObjectProjection, keys: WrittenKeys, known: dict[tuple[int, int], bool]
) -> bool:
    if not node.classes or node.denied:
        return False
    seen: set[str] = set()
    for chosen in node.classes:
        sources = [_source(node, part.source, part.value) for part in chosen.fields]
        if not sources or sources != [part.response_key for part in chosen.fields]:
            return False
        # What no subgraph can give is not asked for; it is null.
        if not keys.keys.keys() >= set(sources):
            return False
        if len(node.classes) == 1 and sources != list(keys.keys):
            return False
        seen.update(sources)
        if not all(
            _is_alike(part.value, keys.keys[part.source], known)
            for part in chosen.fields
            if not isinstance(part.value, TypenameProjection)
        ):
            return False
    return seen == keys.keys.keys()


def _source(node: ObjectProjection, source: str, value: ValueProjection) -> str:
    """Return the key from which a value is read."""
    if isinstance(value, TypenameProjection) and value.constant is None:
        return node.typename_key or source
    return source
