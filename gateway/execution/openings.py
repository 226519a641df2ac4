"""Where the deferred parts of an answer begin: found in what the client has been given so far.

A projection that others add to is boiled down to the ways that lead there; most objects of an answer are on none of
them. A place that null has taken from the client's answer is not found, and neither is what would be deferred there.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.query_plan.nodes import ListProjection, ObjectProjection, ValueProjection

from .projection import Projector
from .result import JsonObject
from .tree_walk import is_of_type


@dataclass(frozen=True, slots=True)
class OpeningField:
    """A field with openings below it."""

    response_key: str
    source: str
    below: Openings


@dataclass(frozen=True, slots=True)
class OpeningClass:
    """The openings at the objects of some types, and below them."""

    types: frozenset[str]
    fragments: tuple[tuple[int, Projector], ...]
    """The deferred parts whose fragments stand here, outer ones first, and what each selects."""

    groups: tuple[int, ...]
    """The deferred groups that add to the object."""

    fields: tuple[OpeningField, ...]


@dataclass(frozen=True, slots=True)
class Openings:
    """The openings at an object, by runtime type."""

    typename_key: str | None
    classes: tuple[OpeningClass, ...]

    def at(self, value: JsonObject) -> OpeningClass | None:
        """The openings at an object of the response tree."""
        if self.typename_key is None:
            return self.classes[0]
        typename = value.get(self.typename_key)
        return next((each for each in self.classes if is_of_type(typename, each.types)), None)


class OpeningFinder:
    """Boils the projections of one plan down."""

    def __init__(self) -> None:
        self._known: dict[int, Openings | None] = {}
        self._projectors: dict[int, Projector] = {}

    def find(self, node: ValueProjection) -> Openings | None:
        """The openings at the objects of a projection and below; ``None`` if there are none."""
        while isinstance(node, ListProjection):
            node = node.item
        if not isinstance(node, ObjectProjection):
            return None
        if id(node) not in self._known:
            self._known[id(node)] = self._find(node)
        return self._known[id(node)]

    def _find(self, node: ObjectProjection) -> Openings | None:
        classes = []
        for chosen in node.classes:
            fields = tuple(
                OpeningField(part.response_key, part.source, below)
                for part in chosen.fields
                if (below := self.find(part.value)) is not None
            )
            fragments = sorted(chosen.fragments, key=lambda fragment: fragment.part)
            opening = OpeningClass(
                types=chosen.types,
                fragments=tuple(
                    (fragment.part, self._projector(fragment.projection)) for fragment in fragments
                ),
                groups=chosen.groups,
                fields=fields,
            )
            if opening.fragments or opening.groups or opening.fields or node.typename_key is None:
                classes.append(opening)
        if not any(each.fragments or each.groups or each.fields for each in classes):
            return None
        return Openings(node.typename_key, tuple(classes))

    def _projector(self, projection: ObjectProjection) -> Projector:
        found = self._projectors.get(id(projection))
        if found is None:
            found = self._projectors[id(projection)] = Projector(projection)
        return found
