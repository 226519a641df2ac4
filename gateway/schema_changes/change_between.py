"""Changes of an element, placed in the texts that both schemas were read from."""

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

from .change import ChangeCode, SchemaChange

Element: TypeAlias = (
    GraphQLNamedType
    | GraphQLField
    | GraphQLArgument
    | GraphQLInputField
    | GraphQLEnumValue
    | GraphQLDirective
)


def _line_of(element: Element | None) -> int | None:
    """Return the line of an element's name, from 1."""
    node = None if element is None else element.ast_node
    location = None if node is None else node.name.loc
    return None if location is None else location.start_token.line


def change_between(
    coordinate: str,
    old: Element | None,
    new: Element | None,
    code: ChangeCode,
    message: str,
    *,
    subject: str | None = None,
) -> SchemaChange:
    """Return a change with the lines of an element in both schemas; ``None`` where it is not."""
    return SchemaChange(
        code=code,
        coordinate=coordinate,
        message=message,
        subject=subject,
        old_line=_line_of(old),
        new_line=_line_of(new),
    )
