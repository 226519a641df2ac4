"""Selects the operation to run. Spec: GraphQL, 6.1 (Executing Requests), GetOperation."""

from __future__ import annotations

from graphql import DocumentNode, OperationDefinitionNode

from gateway.errors import OperationUnknown


def select_operation(document: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    """Return the operation named, or the only one.

    Raises:
        OperationUnknown: there is none with that name, none at all, or several and no name is given.
    """
    operations = [
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
    if operation_name is not None:
        for operation in operations:
            if operation.name is not None and operation.name.value == operation_name:
                return operation
        raise OperationUnknown(f'There is no operation named "{operation_name}".')
    if len(operations) != 1:
        raise OperationUnknown(
            "The document has several operations: operationName must say which one to run."
            if operations
            else "The document has no operation."
        )
    return operations[0]
