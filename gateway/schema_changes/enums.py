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
from .described import deprecation_changes, description_changes
from .places import line_of


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
        is_sent = old.name in before.sent
        yield SchemaChange(
            code=(
                ChangeCode.ENUM_VALUE_REMOVED_FROM_INPUT
                if is_sent
                else ChangeCode.ENUM_VALUE_REMOVED_FROM_OUTPUT
            ),
            coordinate=coordinate,
            message=(
                f"The value {coordinate} cannot be sent any more."
                if is_sent
                else f"The value {coordinate} does not come any more."
            ),
            old_line=line_of(value),
        )
    for name, value in new.values.items():
        if name in old.values:
            continue
        coordinate = f"{new.name}.{name}"
        is_received = new.name in after.received
        yield SchemaChange(
            code=(
                ChangeCode.ENUM_VALUE_ADDED_TO_OUTPUT
                if is_received
                else ChangeCode.ENUM_VALUE_ADDED_TO_INPUT
            ),
            coordinate=coordinate,
            message=(
                f"The value {coordinate} may come now."
                if is_received
                else f"The value {coordinate} can be sent now."
            ),
            new_line=line_of(value),
        )
