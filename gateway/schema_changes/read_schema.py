"""Reads what clients see from a supergraph, by any composer, or from an API schema as SDL; lines are kept."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
)

from gateway.errors import SupergraphInvalid
from gateway.supergraph.api_schema import build_api_schema
from gateway.supergraph.features import read_features
from gateway.supergraph.parse_sdl import parse_sdl
from gateway.supergraph.schema_problems import build_valid_schema, find_sdl_faults

_JOIN = "https://specs.apollo.dev/join/"


def read_schema(sdl: str) -> GraphQLSchema:
    """Return the API schema.

    Raises:
        SupergraphInvalid: it is neither a supergraph nor an API schema, or not a valid one.
    """
    try:
        document = parse_sdl(sdl)
    except GraphQLError as error:
        raise SupergraphInvalid(_describe(error)) from error
    if _is_supergraph(document):
        return build_api_schema(document, read_features(document))
    faults = find_sdl_faults(document)
    if faults:
        raise SupergraphInvalid(
            f"It is no supergraph, and no API schema either. {_describe(faults[0])}"
        )
    try:
        schema, problems = build_valid_schema(document)
    except (GraphQLError, TypeError) as error:
        raise SupergraphInvalid(
            f"It is no supergraph, and no API schema either: {error}"
        ) from error
    if schema is None:
        raise SupergraphInvalid(f"The API schema is invalid. {_describe(problems[0])}")
    return schema


def _describe(error: GraphQLError) -> str:
    """Return what an error says, and where, if it is about a place."""
    if not error.locations:
        return error.message
    place = error.locations[0]
    return f"Line {place.line}, column {place.column}: {error.message}"


def _is_supergraph(document: DocumentNode) -> bool:
    return any(
        isinstance(argument.value, StringValueNode) and argument.value.value.startswith(_JOIN)
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
        for argument in directive.arguments or ()
    )
