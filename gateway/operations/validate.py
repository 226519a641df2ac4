"""Validates documents against the API schema. Spec: GraphQL, 5 (Validation), by graphql-core's rules."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLError, GraphQLSchema, validate


def validate_document(
    document: DocumentNode, schema: GraphQLSchema, *, max_errors: int, suggests: bool = True
) -> list[GraphQLError]:
    """Return what is wrong with a document, at most ``max_errors`` errors and one that says so.

    Where ``suggests`` is false, no error names what of the schema the client may have meant.
    """
    return validate(schema, document, max_errors=max_errors, hide_suggestions=not suggests)
