"""Sizes of an operation with its fragments spread out, without spreading them out.

A fragment is measured once and its sizes are added wherever it is spread, so that a document whose fragments double at
each level is measured in linear time, and to its true size.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)
from graphql.language import FragmentSpreadNode, InlineFragmentNode


@dataclass(frozen=True, slots=True)
class Size:
    """How large a selection set is, with everything below it."""

    depth: int = 0
    """Fields on the longest way down."""

    fields: int = 0
    """Fields directly in it."""

    aliases: int = 0
    directives: int = 0


def measure_operation(document: DocumentNode, operation: OperationDefinitionNode) -> Size:
    """Return the size of ``operation``."""
    measure = _Measure(
        {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
    )
    size = measure.selections(operation.selection_set)
    return Size(
        size.depth, size.fields, size.aliases, size.directives + len(operation.directives or ())
    )


class _Measure:
    """Measures within one document."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, Size] = {}
        self._open: set[str] = set()

    def selections(self, selection_set: SelectionSetNode | None) -> Size:
        depth = fields = aliases = directives = 0
        for selection in selection_set.selections if selection_set is not None else ():
            size = self._selection(selection)
            depth = max(depth, size.depth)
            fields += size.fields
            aliases += size.aliases
            directives += size.directives + len(selection.directives or ())
        return Size(depth, fields, aliases, directives)

    def _selection(self, selection: SelectionNode) -> Size:
        match selection:
            case FieldNode():
                below = self.selections(selection.selection_set)
                own_alias = selection.alias is not None
                return Size(below.depth + 1, 1, below.aliases + own_alias, below.directives)
            case InlineFragmentNode():
                return self.selections(selection.selection_set)
            case FragmentSpreadNode():
                return self._fragment(selection.name.value)
            case _:
                return Size()

    def _fragment(self, name: str) -> Size:
        found = self._measured.get(name)
        if found is not None:
            return found
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return Size()  # validation has a better word for both
        self._open.add(name)
        size = self.selections(fragment.selection_set)
        self._open.discard(name)
        self._measured[name] = size
        return size
