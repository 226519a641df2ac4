"""Which requirements of a supergraph an operation can meet: for all others it does not matter who asks."""

from __future__ import annotations

from graphql import DocumentNode, OperationDefinitionNode

from gateway.supergraph.authorization import auth_rules_of
from gateway.supergraph.model import Supergraph

from .selected_fields import selected_fields


def find_requirements(
    document: DocumentNode, operation: OperationDefinitionNode, supergraph: Supergraph
) -> int:
    """Return the mask (``AuthRules``) of the requirements that a valid operation can meet.

    Whatever its variables and conditions: there may be some that it never meets, but it meets no other.
    """
    rules = auth_rules_of(supergraph)
    if not rules.all:
        return 0
    found = rules.of_type(supergraph.root_types[operation.operation.value])
    for parent, fields in selected_fields(document, operation, supergraph):
        for name in fields:
            found |= rules.of_selection(parent, name)
    return found
