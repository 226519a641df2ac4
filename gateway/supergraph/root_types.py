"""Which types are the roots of a supergraph."""

from __future__ import annotations

from collections.abc import Container

from graphql import DocumentNode, SchemaDefinitionNode

from .built_in import ROOT_TYPES


def read_root_types(document: DocumentNode, types: Container[str]) -> dict[str, str]:
    """Return ``query``, ``mutation``, ``subscription`` → the name of the type, as far as there is one.

    Without a schema definition those of ``types`` count that are called so. Spec: GraphQL, "Root Operation Types".
    """
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode):
            return {
                root.operation.value: root.type.name.value for root in definition.operation_types
            }
    return {name.lower(): name for name in ROOT_TYPES if name in types}
