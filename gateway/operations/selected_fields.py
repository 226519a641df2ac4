"""All that an operation may select, type by type: what holds for it whatever its variables and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.supergraph.model import Supergraph

from .fragments import fragments_of


class SelectedFields(NamedTuple):
    """What one selection set selects itself."""

    parent: str
    """The type it is on."""

    fields: tuple[str, ...]
    """Names of the parent's fields, without ``__typename`` and introspection."""


def selected_fields(
    document: DocumentNode, operation: OperationDefinitionNode, supergraph: Supergraph
) -> Iterator[SelectedFields]:
    """Yield the selection sets of a valid operation, those of each fragment once."""
    fragments = fragments_of(document)
    seen: set[str] = set()
    root = supergraph.root_types[operation.operation.value]
    rest: list[tuple[str, SelectionSetNode]] = [(root, operation.selection_set)]
    while rest:
        parent, node = rest.pop()
        known = supergraph.types[parent].fields
        fields: list[str] = []
        for item in node.selections:
            match item:
                case FieldNode():
                    definition = known.get(item.name.value)
                    if definition is None:
                        continue
                    fields.append(item.name.value)
                    if item.selection_set is not None:
                        rest.append((definition.type.name, item.selection_set))
                case InlineFragmentNode():
                    condition = item.type_condition
                    on = condition.name.value if condition is not None else parent
                    rest.append((on, item.selection_set))
                case FragmentSpreadNode():
                    name = item.name.value
                    if name not in seen:
                        seen.add(name)
                        fragment = fragments[name]
                        rest.append((fragment.type_condition.name.value, fragment.selection_set))
        yield SelectedFields(parent, tuple(fields))
