"""Changes of what clients get: objects, interfaces, unions. Fields may only promise more (``Int`` to ``Int!``)."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
)
from graphql.utilities.find_schema_changes import (
    is_change_safe_for_object_or_interface_field as is_narrower,
)

from .change import ChangeCode, SchemaChange
from .described import deprecation_changes, description_changes
from .inputs import argument_changes
from .places import line_of


def composite_changes(
    old: GraphQLObjectType | GraphQLInterfaceType, new: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[SchemaChange]:
    """Compare two objects or two interfaces of one name."""
    before = {interface.name for interface in old.interfaces}
    after = {interface.name for interface in new.interfaces}
    for name in sorted(before - after):
        yield _membership(
            ChangeCode.IMPLEMENTATION_REMOVED,
            old,
            new,
            name,
            f"{old.name} implements {name} no more.",
        )
    for name in sorted(after - before):
        yield _membership(
            ChangeCode.IMPLEMENTATION_ADDED, old, new, name, f"{old.name} implements {name} now."
        )
    for name in [*old.fields, *(name for name in new.fields if name not in old.fields)]:
        yield from _field_changes(f"{new.name}.{name}", old.fields.get(name), new.fields.get(name))


def union_changes(old: GraphQLUnionType, new: GraphQLUnionType) -> Iterator[SchemaChange]:
    """Compare two unions of one name."""
    before, after = {type_.name for type_ in old.types}, {type_.name for type_ in new.types}
    for name in sorted(before - after):
        yield _membership(
            ChangeCode.UNION_MEMBER_REMOVED, old, new, name, f"{name} is in {old.name} no more."
        )
    for name in sorted(after - before):
        yield _membership(
            ChangeCode.UNION_MEMBER_ADDED, old, new, name, f"{name} is in {old.name} now."
        )


def _membership(
    code: ChangeCode, old: GraphQLNamedType, new: GraphQLNamedType, subject: str, message: str
) -> SchemaChange:
    return SchemaChange(
        code=code,
        coordinate=new.name,
        message=message,
        subject=subject,
        old_line=line_of(old),
        new_line=line_of(new),
    )


def _field_changes(
    coordinate: str, old: GraphQLField | None, new: GraphQLField | None
) -> Iterator[SchemaChange]:
    def change(code: ChangeCode, message: str) -> SchemaChange:
        return SchemaChange(
            code=code,
            coordinate=coordinate,
            message=message,
            old_line=line_of(old),
            new_line=line_of(new),
        )

    if old is None:
        yield change(ChangeCode.FIELD_ADDED, f"The field {coordinate} was added.")
        return
    if new is None:
        yield change(ChangeCode.FIELD_REMOVED, f"The field {coordinate} was removed.")
        return
    types = f"from {old.type} to {new.type}"
    if not is_narrower(old.type, new.type):
        yield change(ChangeCode.FIELD_TYPE_CHANGED, f"The type of {coordinate} changed {types}.")
    elif str(old.type) != str(new.type):
        yield change(
            ChangeCode.FIELD_TYPE_NARROWED, f"{coordinate} promises more than before: {types}."
        )
    yield from argument_changes(coordinate, old.args, new.args)
    yield from deprecation_changes(coordinate, old, new)
    yield from description_changes(coordinate, old, new)
