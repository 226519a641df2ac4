"""Which labels of progressive overrides can change the plan of an operation: those that are worth a draw."""

from __future__ import annotations

from graphql import DocumentNode, OperationDefinitionNode

from gateway.operations.selected_fields import selected_fields
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
    uses = label_uses_of(supergraph)
    entered: set[str] = set()
    found: set[str] = set()
    for parent, fields in selected_fields(document, operation, supergraph):
        types = {parent, *supergraph.possible_types[parent]}
        for type_name in types:
            if type_name not in entered:
                entered.add(type_name)
                found |= uses.of_reading(type_name)
            for field in fields:
                found |= uses.of_field(type_name, field)
    return frozenset(found)
