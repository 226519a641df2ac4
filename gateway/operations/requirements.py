"""Which requirements of a supergraph an operation can meet: for all others it does not matter who asks."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.supergraph.authorization import AuthRules, auth_rules_of
from gateway.supergraph.model import Supergraph

from .fragments import fragments_of


def find_requirements(
    document: DocumentNode, operation: OperationDefinitionNode, supergraph: Supergraph
) -> int:
    """Return the mask (``AuthRules``) of the requirements that a valid operation can meet.

    Whatever its variables and conditions: there may be some that it never meets, but it meets no other.
    """
    rules = auth_rules_of(supergraph)
    if not rules.all:
        return 0
    root = supergraph.root_types[operation.operation.value]
    walk = _Walk(document, supergraph, rules)
    walk.visit(operation.selection_set, root)
    return walk.found | rules.of_type(root)


class _Walk:
    """Collects requirements, each fragment once."""

    def __init__(self, document: DocumentNode, supergraph: Supergraph, rules: AuthRules) -> None:
        self._types = supergraph.types
        self._rules = rules
        self._fragments = fragments_of(document)
        self._seen: set[str] = set()
        self.found = 0

    def visit(self, node: SelectionSetNode, parent: str) -> None:
        for item in node.selections:
            match item:
                case FieldNode():
                    self._visit_field(item, parent)
                case InlineFragmentNode():
                    condition = item.type_condition
                    self.visit(item.selection_set, condition.name.value if condition else parent)
                case FragmentSpreadNode():
                    name = item.name.value
                    if name not in self._seen:
                        self._seen.add(name)
                        fragment = self._fragments[name]
                        self.visit(fragment.selection_set, fragment.type_condition.name.value)

    def _visit_field(self, node: FieldNode, parent: str) -> None:
        name = node.name.value
        definition = self._types[parent].fields.get(name)
        if definition is None:
            return  # __typename, __schema or __type
        self.found |= self._rules.of_selection(parent, name)
        if node.selection_set is not None:
            self.visit(node.selection_set, definition.type.name)
