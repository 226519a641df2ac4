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


@dataclass(slots=True)
class _Claim:
    owner: object
    what: tuple[str, str]
    shapes: Callable[[], Shapes]


@dataclass(slots=True)
class ResponseKeys:
    """The keys given away at one position, whatever the runtime type there."""

    is_exclusive: bool = True
    """Whether objects of different types are told apart in every operation.

    They are not where an interface object answers: then only equal fields share a key.
    """

    _claims: dict[str, list[_Claim]] = field(default_factory=dict)
    _below: dict[str, ResponseKeys] = field(default_factory=dict)

    def claim(
        self,
        preferred: str,
        owner: object,
        what: tuple[str, str],
        shapes: Callable[[], Shapes],
        *,
        may_share: bool = True,
    ) -> str:
        """Return a key for ``what``, a field with its arguments, at the objects of ``owner``.

        It is ``preferred`` or, when that is taken, a name that no client is likely to use.
        """
        claim = _Claim(owner, what, shapes)
        key, number = preferred, 0
        while not self._is_free(key, claim, may_share=may_share):
            number += 1
            key = f"_h{number}_{what[0]}"
        self._claims.setdefault(key, []).append(claim)
        return key

    def below(self, key: str, *, is_exclusive: bool) -> ResponseKeys:
        """The keys of the position under a key."""
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = ResponseKeys(self.is_exclusive and is_exclusive)
        elif not is_exclusive:
            found.is_exclusive = False
        return found

    def _is_free(self, key: str, claim: _Claim, *, may_share: bool) -> bool:
        if key == "__typename":
            return False
        return all(
            self._agree(other, claim, may_share=may_share) for other in self._claims.get(key, ())
        )

    def _agree(self, one: _Claim, other: _Claim, *, may_share: bool) -> bool:
        if one.owner is other.owner or not self.is_exclusive:
            return may_share and one.what == other.what
        mine, yours = one.shapes(), other.shapes()
        return all(yours.get(graph, shape) == shape for graph, shape in mine.items())
