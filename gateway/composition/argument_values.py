"""Arguments inside field sets: given where they have to be, and with values that their types can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from graphql import (
    EnumValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    print_ast,
    specified_scalar_types,
    value_from_ast,
)

from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef


class ArgumentLike(Protocol):
    """An argument, or a field of an input type."""

    @property
    def type(self) -> TypeRef:
        """Its type."""

    @property
    def is_required(self) -> bool:
        """Whether it has to be given."""


class InputTypeLike(Protocol):
    """A type as far as its values care."""

    @property
    def kind(self) -> TypeKind:
        """Its kind."""

    @property
    def input_fields(self) -> Mapping[str, ArgumentLike]:
        """The fields of an input object by name."""

    @property
    def values(self) -> Mapping[str, object]:
        """The values of an enum."""


def check_arguments(
    types: Mapping[str, InputTypeLike],
    coordinate: str,
    arguments: Mapping[str, ArgumentLike],
    given: tuple[tuple[str, ValueNode], ...],
) -> Iterator[str]:
    """Yield what is wrong with the arguments given to a field. Spec: GraphQL, "Values of Correct Type"."""
    names = [name for name, _ in given]
    for name, value in given:
        place = f'"{coordinate}({name}:)"'
        if name not in arguments:
            yield f'"{coordinate}" has no argument "{name}".'
        elif not _fits(types, value, arguments[name].type):
            yield f"{place} cannot be {print_ast(value)}: its type is {arguments[name].type}."
        if names.count(name) > 1:
            yield f"{place} is given more than once."
    for name, argument in arguments.items():
        if argument.is_required and name not in names:
            yield f'"{coordinate}({name}:)" is required.'


def _fits(types: Mapping[str, InputTypeLike], value: ValueNode, type_: TypeRef) -> bool:
    if isinstance(value, NullValueNode):
        return not type_.is_non_null
    if type_.list_depth == 0:
        return _fits_named(types, value, type_.name)
    item = TypeRef(type_.name, type_.non_null[1:])
    if isinstance(value, ListValueNode):
        return all(_fits(types, each, item) for each in value.values)
    # What is no list is taken for the only item of one.
    return _fits(types, value, item)


def _fits_named(types: Mapping[str, InputTypeLike], value: ValueNode, name: str) -> bool:
    scalar = specified_scalar_types.get(name)
    if scalar is not None:
        return value_from_ast(value, scalar) is not Undefined
    named = types.get(name)
    match named.kind if named is not None else None:
        case TypeKind.ENUM if named is not None:
            return isinstance(value, EnumValueNode) and value.value in named.values
        case TypeKind.INPUT_OBJECT if named is not None:
            return isinstance(value, ObjectValueNode) and _fits_fields(
                types, value, named.input_fields
            )
        case _:
            # What a scalar of somebody's own takes is not ours to say.
            return not _has_variable(value)


def _fits_fields(
    types: Mapping[str, InputTypeLike], value: ObjectValueNode, fields: Mapping[str, ArgumentLike]
) -> bool:
    given = {each.name.value: each.value for each in value.fields}
    return all(
        name in fields and _fits(types, each, fields[name].type) for name, each in given.items()
    ) and all(name in given for name, field in fields.items() if field.is_required)


def _has_variable(value: ValueNode) -> bool:
    match value:
        case ListValueNode():
            return any(map(_has_variable, value.values))
        case ObjectValueNode():
            return any(_has_variable(each.value) for each in value.fields)
        case _:
            return isinstance(value, VariableNode)
