"""Where an element of a schema is in the text it was read from."""

from __future__ import annotations

from typing import TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLNamedType,
)

Element: TypeAlias = (
    GraphQLNamedType
    | GraphQLField
    | GraphQLArgument
    | GraphQLInputField
    | GraphQLEnumValue
    | GraphQLDirective
)


def line_of(element: Element | None) -> int | None:
    """Return the line of an element's name, from 1."""
    node = None if element is None else element.ast_node
    location = None if node is None else node.name.loc
    return None if location is None else location.start_token.line
