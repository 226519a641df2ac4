"""Changes of enums. What a new or missing value means depends on whether clients send the enum or get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from .change import ChangeCode, SchemaChange
from .change_between import change_between
from .described import deprecation_changes, description_changes


@dataclass(frozen=True, slots=True)
class Positions:
    """Where types stand in one schema, by name."""

    sent: frozenset[str]
    received: frozenset[str]

    @classmethod
    def of(cls, schema: GraphQLSchema) -> Positions:
        """Read them off a schema."""
        sent: set[str] = set()
        received: set[str] = set()
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLInputObjectType):
                sent |= {get_named_type(field.type).name for field in type_.fields.values()}
            elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
                for field in type_.fields.values():
                    received.add(get_named_type(field.type).name)
                    sent |= {get_named_type(argument.type).name for argument in field.args.values()}
        for directive in schema.directives:
            sent |= {get_named_type(argument.type).name for argument in directive.args.values()}
        return cls(frozenset(sent), frozenset(received))


def enum_changes(
    old: GraphQLEnumType, new: GraphQLEnumType, before: Positions, after: Positions
) -> Iterator[SchemaChange]:
    """Compare two enums of one name; ``before`` and ``after`` say where each schema uses them."""
    for name, value in old.values.items():
        coordinate = f"{old.name}.{name}"
        kept = new.values.get(name)
        if kept is not None:
            yield from deprecation_changes(coordinate, value, kept)
            yield from description_changes(coordinate, value, kept)
            continue
        if old.name in before.sent:
            code = ChangeCode.ENUM_VALUE_REMOVED_FROM_INPUT
            message = f"The value {coordinate} cannot be sent any more."
        else:
            code = ChangeCode.ENUM_VALUE_REMOVED_FROM_OUTPUT
            message = f"The value {coordinate} does not come any more."
        yield change_between(coordinate, value, None, code, message)
    for name, value in new.values.items():
        if name in old.values:
            continue
        coordinate = f"{new.name}.{name}"
        if new.name in after.received:
            code = ChangeCode.ENUM_VALUE_ADDED_TO_OUTPUT
            message = f"The value {coordinate} may come now."
        else:
            code = ChangeCode.ENUM_VALUE_ADDED_TO_INPUT
            message = f"The value {coordinate} can be sent now."
        yield change_between(coordinate, None, value, code, message)
