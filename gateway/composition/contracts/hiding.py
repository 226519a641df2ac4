"""Decides what a contract hides, and says why of each element.

The rules are those of Apollo's contracts: an excluded tag hides what it stands on; with an include list, fields of
objects and interfaces, and unions, are hidden unless an included tag stands on them or on their type. Input types,
enums, scalars and arguments are what visible fields need: only an excluded tag hides them. A type in which nothing
is left goes, too. Nothing is hidden just because its type is: that is an error, or tags would reach further than
whoever set them can see.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from graphql import UnionTypeDefinitionNode

from .elements import ElementNode, Elements, TypeElements
from .reachable_types import reachable_types
from .tag_filter import TagFilter

NOT_INCLUDED = "has none of the included tags"
NOTHING_LEFT = "has nothing left in it"
UNREACHABLE = "is reached by no visible field"


def find_hidden(elements: Elements, tags: TagFilter) -> Mapping[str, str]:
    """Return why each newly hidden element is: coordinate → the end of a sentence about it."""
    hiding = _Hiding(elements, tags)
    for type_ in elements.types.values():
        hiding.judge(type_)
    hiding.hide_empty_types()
    if tags.hide_unreachable:
        hiding.hide_unreachable()
    return hiding.reasons


@dataclass(slots=True)
class _Hiding:
    elements: Elements
    tags: TagFilter
    reasons: dict[str, str] = field(default_factory=dict)

    def judge(self, type_: TypeElements) -> None:
        """Hide by tags alone."""
        node = type_.node
        is_choice = isinstance(node, UnionTypeDefinitionNode)
        own = self.elements.tags(node)
        self._judge(node.name.value, node, own, is_choice=is_choice)
        inherited = own if type_.has_own_choice else frozenset[str]()
        for coordinate, part in type_.parts.items():
            found = self.elements.tags(part) | inherited
            self._judge(coordinate, part, found, is_choice=type_.has_own_choice)
            for place, argument in type_.arguments.get(coordinate, {}).items():
                self._judge(place, argument, self.elements.tags(argument), is_choice=False)

    def _judge(
        self, coordinate: str, node: ElementNode, tags: frozenset[str], *, is_choice: bool
    ) -> None:
        if self.elements.is_inaccessible(node):
            return
        excluded = sorted(tags & self.tags.exclude)
        if excluded:
            self.reasons[coordinate] = f'has the excluded tag "{excluded[0]}"'
        elif is_choice and self.tags.include and not tags & self.tags.include:
            self.reasons[coordinate] = NOT_INCLUDED

    def hide_empty_types(self) -> None:
        """Hide types without a visible part; unions last, since their parts are other types."""
        for name, type_ in self.elements.types.items():
            if type_.parts and not self._is_visible_any(type_.parts.items()):
                self._hide_type(name, NOTHING_LEFT)
        for name, type_ in self.elements.types.items():
            members = [(member, self.elements.types[member].node) for member in type_.members]
            if members and not self._is_visible_any(members):
                self._hide_type(name, NOTHING_LEFT)

    def hide_unreachable(self) -> None:
        """Hide the types that no way from a root type leads to."""
        reached = reachable_types(self.elements, self._invisible())
        for name in self.elements.types:
            if name not in reached:
                self._hide_type(name, UNREACHABLE)

    def _hide_type(self, name: str, reason: str) -> None:
        if not self.elements.is_inaccessible(self.elements.types[name].node):
            self.reasons.setdefault(name, reason)

    def _is_visible_any(self, parts: Iterable[tuple[str, ElementNode]]) -> bool:
        return any(
            coordinate not in self.reasons and not self.elements.is_inaccessible(node)
            for coordinate, node in parts
        )

    def _invisible(self) -> Container[str]:
        already = {
            name for name, node in self.elements.all() if self.elements.is_inaccessible(node)
        }
        return already | self.reasons.keys()
