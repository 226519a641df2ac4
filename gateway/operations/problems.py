"""What graphql-core finds wrong with a document, as problems that clients are told."""

from __future__ import annotations

from graphql import GraphQLError

from gateway.errors import Problem

_NO_NULL_IN_PYTHON = "not to be None."
"""How graphql-core ends what it says of nulls; nobody who writes GraphQL knows of ``None``."""


def problem_of(error: GraphQLError) -> Problem:
    """Return an error's text and its places in the document."""
    message = error.message
    if message.endswith(_NO_NULL_IN_PYTHON):
        message = message.removesuffix(_NO_NULL_IN_PYTHON) + "not to be null."
    return Problem(message, tuple((at.line, at.column) for at in error.locations or ()))
