"""Changes of what clients get: objects, interfaces, unions. Fields may only promise more (``Int`` to ``Int!``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
)
from graphql.utilities.find_schema_changes import (
    is_change_safe_for_object_or_interface_field as is_narrower,
)

from .change import ChangeCode, SchemaChange
from .change_between import change_between
from .described import deprecation_changes, description_changes
from .inputs import argument_changes


def composite_changes(
    old: GraphQLObjectType | GraphQLInterfaceType, new: GraphQLObjectType | GraphQLInterfaceType
) -> Iterator[SchemaChange]:
    """Compare two objects or two interfaces of one name."""
    before = {interface.name for interface in old.interfaces}
    after = {interface.name for interface in new.interfaces}
    change = partial(change_between, new.name, old, new)
    for name in sorted(before - after):
        message = f"{new.name} implements {name} no more."
        yield change(ChangeCode.IMPLEMENTATION_REMOVED, message, subject=name)
    for name in sorted(after - before):
        message = f"{new.name} implements {name} now."
        yield change(ChangeCode.IMPLEMENTATION_ADDED, message, subject=name)
    for name in [*old.fields, *(name for name in new.fields if name not in old.fields)]:
        yield from _field_changes(f"{new.name}.{name}", old.fields.get(name), new.fields.get(name))


def union_changes(old: GraphQLUnionType, new: GraphQLUnionType) -> Iterator[SchemaChange]:
    """Compare two unions of one name."""
    before, after = {type_.name for type_ in old.types}, {type_.name for type_ in new.types}
    change = partial(change_between, new.name, old, new)
    for name in sorted(before - after):
        message = f"{name} is in {new.name} no more."
        yield change(ChangeCode.UNION_MEMBER_REMOVED, message, subject=name)
    for name in sorted(after - before):
        message = f"{name} is in {new.name} now."
        yield change(ChangeCode.UNION_MEMBER_ADDED, message, subject=name)


def _field_changes(
    coordinate: str, old: GraphQLField | None, new: GraphQLField | None
) -> Iterator[SchemaChange]:
    change = partial(change_between, coordinate, old, new)
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
