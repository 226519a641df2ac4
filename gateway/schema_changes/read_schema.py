"""Reads what clients see from a supergraph, by any composer, or from an API schema as SDL; lines are kept."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    parse,
)
from graphql.validation.validate import assert_valid_sdl

from gateway.errors import SupergraphInvalid
from gateway.supergraph.api_schema import build_api_schema
from gateway.supergraph.features import read_features
from gateway.supergraph.schema_problems import build_valid_schema

_JOIN = "https://specs.apollo.dev/join/"


def read_schema(sdl: str) -> GraphQLSchema:
    """Return the API schema.

    Raises:
        SupergraphInvalid: it is neither a supergraph nor an API schema, or not a valid one.
    """
    try:
        document = parse(sdl)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else 1
        raise SupergraphInvalid(f"Line {line}: {error.message}") from error
    if _is_supergraph(document):
        return build_api_schema(document, read_features(document))
    try:
        assert_valid_sdl(document)
        schema, problems = build_valid_schema(document)
    except (GraphQLError, TypeError) as error:
        raise SupergraphInvalid(
            f"It is no supergraph, and no API schema either: {str(error).splitlines()[0]}"
        ) from error
    if schema is None:
        raise SupergraphInvalid(f"The API schema is invalid: {problems[0].message}")
    return schema


def _is_supergraph(document: DocumentNode) -> bool:
    return any(
        isinstance(argument.value, StringValueNode) and argument.value.value.startswith(_JOIN)
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
        for argument in directive.arguments or ()
    )
