"""Which labels of progressive overrides can change the plan of an operation: those that are worth a draw."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.query_graph.label_uses import NO_LABELS, label_uses_of
from gateway.supergraph.model import Supergraph


def find_override_labels(
    document: DocumentNode, operation: OperationDefinitionNode, supergraph: Supergraph
) -> frozenset[str]:
    """The labels that fields of a valid operation move with, or keys and inputs that these may take.

    Whatever its variables and conditions: there may be some that no plan of the operation meets, but
    no plan meets any other.
    """
    if not supergraph.override_labels:
        return NO_LABELS
    walk = _Walk(document, supergraph)
    walk.visit(operation.selection_set, supergraph.root_types[operation.operation.value])
    return frozenset(walk.found)


class _Walk:
    """Collects labels, each fragment once."""

    def __init__(self, document: DocumentNode, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._uses = label_uses_of(supergraph)
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._seen: set[str] = set()
        self._entered: set[str] = set()
        self.found: set[str] = set()

    def visit(self, node: SelectionSetNode, parent: str) -> None:
        types = {parent, *self._supergraph.possible_types[parent]}
        for name in types - self._entered:
            self._entered.add(name)
            self.found |= self._uses.of_reading(name)
        for item in node.selections:
            match item:
                case FieldNode():
                    self._visit_field(item, parent, types)
                case InlineFragmentNode():
                    condition = item.type_condition
                    self.visit(item.selection_set, condition.name.value if condition else parent)
                case FragmentSpreadNode():
                    name = item.name.value
                    if name not in self._seen:
                        self._seen.add(name)
                        fragment = self._fragments[name]
                        self.visit(fragment.selection_set, fragment.type_condition.name.value)

    def _visit_field(self, node: FieldNode, parent: str, types: set[str]) -> None:
        field = node.name.value
        definition = self._supergraph.types[parent].fields.get(field)
        if definition is None:
            return  # __typename, __schema or __type
        for name in types:
            self.found |= self._uses.of_field(name, field)
        if node.selection_set is not None:
            self.visit(node.selection_set, definition.type.name)
