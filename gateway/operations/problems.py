"""What graphql-core finds wrong with a document, as problems that clients are told."""

from __future__ import annotations

from graphql import GraphQLError

from gateway.errors import Problem


def problem_of(error: GraphQLError) -> Problem:
    """Return an error's text and its places in the document."""
    return Problem(error.message, tuple((at.line, at.column) for at in error.locations or ()))
