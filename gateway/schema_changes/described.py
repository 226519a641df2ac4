"""Changes of what is said about an element: its description and its deprecation."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import GraphQLArgument, GraphQLEnumValue, GraphQLField, GraphQLInputField

from .change import ChangeCode, SchemaChange
from .change_between import Element, change_between


def description_changes(coordinate: str, old: Element, new: Element) -> Iterator[SchemaChange]:
    """Compare descriptions; an empty one is none."""
    if (old.description or "") != (new.description or ""):
        message = f"The description of {coordinate} changed."
        yield change_between(coordinate, old, new, ChangeCode.DESCRIPTION_CHANGED, message)


def deprecation_changes(
    coordinate: str,
    old: GraphQLField | GraphQLArgument | GraphQLInputField | GraphQLEnumValue,
    new: GraphQLField | GraphQLArgument | GraphQLInputField | GraphQLEnumValue,
) -> Iterator[SchemaChange]:
    """Compare deprecations and their reasons."""
    before, after = old.deprecation_reason, new.deprecation_reason
    if before == after:
        return
    if before is None:
        code, message = ChangeCode.DEPRECATED, f"{coordinate} is deprecated now: {after}"
    elif after is None:
        code, message = ChangeCode.NO_LONGER_DEPRECATED, f"{coordinate} is not deprecated any more."
    else:
        code = ChangeCode.DEPRECATION_REASON_CHANGED
        message = f"{coordinate} is deprecated for another reason: {after}"
    yield change_between(coordinate, old, new, code, message)
