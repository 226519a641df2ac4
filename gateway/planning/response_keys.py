"""Physical keys: the response keys of subgraph operations, unique at each position of the response tree.

A field keeps the client's key unless the position has given it away: to another field or other
arguments of the same objects, or, for objects of other types, to a field of another shape, which a
subgraph would refuse in one operation. Spec: GraphQL, 5.3.2 (Field Selection Merging), SameResponseShape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Shapes = Mapping[int, str]
"""A field's shape by graph: its wrappers and, for a leaf, its type."""

What = tuple[str, str]
"""A field and its arguments, as text."""


@dataclass(slots=True)
class _Holders:
    """Who was given a key, and for what."""

    by_owner: dict[object, What] = field(default_factory=dict)
    whats: set[What] = field(default_factory=set)
    shapes: dict[frozenset[tuple[int, str]], Shapes] = field(default_factory=dict)
    """The different shapes: implementations of an interface mostly have but one."""

    unshaped: Callable[[], Shapes] | None = None
    """The shape of the only holder, which nobody has asked for yet."""


@dataclass(slots=True)
class ResponseKeys:
    """The keys given away at one position, whatever the runtime type there."""

    is_exclusive: bool = True
    """Whether objects of different types are told apart in every operation.

    They are not where an interface object answers: then only equal fields share a key.
    """

    _holders: dict[str, _Holders] = field(default_factory=dict)
    _below: dict[str, ResponseKeys] = field(default_factory=dict)

    def claim(
        self,
        preferred: str,
        owner: object,
        what: What,
        shapes: Callable[[], Shapes],
        *,
        may_share: bool = True,
    ) -> str:
        """Return a key for ``what``, a field with its arguments, at the objects of ``owner``.

        It is ``preferred`` or, when that is taken, a name that no client is likely to use.
        """
        key, number = preferred, 0
        while not self._take(key, owner, what, shapes, may_share=may_share):
            number += 1
            key = f"_h{number}_{what[0]}"
        return key

    def below(self, key: str, *, is_exclusive: bool) -> ResponseKeys:
        """The keys of the position under a key."""
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = ResponseKeys(self.is_exclusive and is_exclusive)
        elif not is_exclusive:
            found.is_exclusive = False
        return found

    def _take(
        self,
        key: str,
        owner: object,
        what: What,
        shapes: Callable[[], Shapes],
        *,
        may_share: bool,
    ) -> bool:
        """Give a key away, if it is free for this."""
        if key == "__typename":
            return False
        holders = self._holders.get(key)
        if holders is None:
            holders = self._holders[key] = _Holders(unshaped=shapes)
        elif not self.is_exclusive:
            if not may_share or holders.whats != {what}:
                return False
            # A field of one name may be of different shapes in different types.
            if owner not in holders.by_owner and not _fits(holders, shapes()):
                return False
        elif owner in holders.by_owner:
            if not may_share or holders.by_owner[owner] != what:
                return False
        elif not _fits(holders, shapes()):
            return False
        holders.by_owner[owner] = what
        holders.whats.add(what)
        return True


def _fits(holders: _Holders, mine: Shapes) -> bool:
    """Whether one operation may hold a field beside those that hold its key; it is among them then."""
    if holders.unshaped is not None:
        first = holders.unshaped()
        holders.unshaped = None
        holders.shapes[frozenset(first.items())] = first
    identity = frozenset(mine.items())
    if identity in holders.shapes:
        return True
    for yours in holders.shapes.values():
        if any(yours.get(graph, shape) != shape for graph, shape in mine.items()):
            return False
    holders.shapes[identity] = mine
    return True
