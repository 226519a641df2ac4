"""Says what is wrong with a variable's value, in the words of GraphQL and JSON.

graphql-core coerces the same way, and words its messages for people who write Python. Ours are those that GraphQL.js
has made known. Spec: GraphQL, 3 (Input Coercion of each kind of type).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import JSONEncoder
from typing import Final, NamedTuple, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)
from graphql.pyutils import suggestion_list

from gateway.errors import NestingTooDeep

_MAX_SHOWN = 200
"""Characters of a value's text."""

_MAX_SUGGESTIONS = 5

_MAX_NESTING = 200
"""Levels of lists and input objects: as many as a document may have."""

_Path: TypeAlias = tuple[str | int, ...]

# All that is not JSON among variables is a file that was received with them.
_WRITER: Final = JSONEncoder(ensure_ascii=False, default=lambda _: "<file>")

_EXPECTED: Final = {
    "Boolean": "Boolean cannot represent a non boolean value",
    "Float": "Float cannot represent non numeric value",
    "ID": "ID cannot represent value",
    "Int": "Int cannot represent non-integer value",
    "String": "String cannot represent a non string value",
}


class ValueProblem(NamedTuple):
    """One thing that is wrong with a value."""

    path: _Path
    """Where in the value it is: names of input fields, indices of lists."""

    value: object
    """What is there."""

    message: str


def find_value_problems(
    value: object, expected: GraphQLInputType, *, suggests: bool = True, path: _Path = ()
) -> Iterator[ValueProblem]:
    """Yield what keeps a JSON value from being coerced to a type, first things first.

    Args:
        value: decoded JSON.
        expected: a type of the API schema.
        suggests: whether names of the schema that the client may have meant are told.
        path: of the value, in the one that is looked at as a whole.

    Raises:
        NestingTooDeep: it goes on below 200 levels.
    """
    if len(path) > _MAX_NESTING:
        raise NestingTooDeep("The variables are nested too deeply.")
    if isinstance(expected, GraphQLNonNull):
        if value is None:
            message = f'Expected non-nullable type "{expected}" not to be null.'
            yield ValueProblem(path, value, message)
            return
        expected = expected.of_type
    if value is None:
        return
    match expected:
        case GraphQLList():
            if isinstance(value, list):
                for index, item in enumerate(value):
                    yield from find_value_problems(
                        item, expected.of_type, suggests=suggests, path=(*path, index)
                    )
            else:  # one value stands for a list of it
                yield from find_value_problems(
                    value, expected.of_type, suggests=suggests, path=path
                )
        case GraphQLInputObjectType():
            yield from _in_object(value, expected, path, suggests=suggests)
        case GraphQLEnumType():
            yield from _in_enum(value, expected, path, suggests=suggests)
        case GraphQLScalarType():
            yield from _in_scalar(value, expected, path)
        case _:
            raise TypeError(f"{expected} is no input type.")  # which validation has seen to


def describe_value(value: object) -> str:
    """Return the JSON text of a value, of which the first 200 characters."""
    shown = ""
    for part in _WRITER.iterencode(value):
        shown += part
        if len(shown) > _MAX_SHOWN:
            return shown[:_MAX_SHOWN] + "…"
    return shown


def _in_object(
    value: object, expected: GraphQLInputObjectType, path: _Path, *, suggests: bool
) -> Iterator[ValueProblem]:
    if not isinstance(value, dict):
        yield ValueProblem(path, value, f'Expected type "{expected.name}" to be an object.')
        return
    fields = expected.fields
    for name, field in fields.items():
        if name in value:
            yield from find_value_problems(
                value[name], field.type, suggests=suggests, path=(*path, name)
            )
        elif is_required_input_field(field):
            message = f'Field "{name}" of required type "{field.type}" was not provided.'
            yield ValueProblem(path, value, message)
    for name in value:
        if name not in fields:
            message = f'Field "{name[:_MAX_SHOWN]}" is not defined by type "{expected.name}".'
            if suggests:
                message += _did_you_mean(name, list(fields))
            yield ValueProblem(path, value, message)
    if expected.is_one_of:
        yield from _in_one_of(value, expected, path)


def _in_one_of(
    value: dict[str, object], expected: GraphQLInputObjectType, path: _Path
) -> Iterator[ValueProblem]:
    known = [name for name in value if name in expected.fields]
    if len(known) != 1:
        message = f'Exactly one key must be specified for OneOf type "{expected.name}".'
        yield ValueProblem(path, value, message)
    elif value[known[0]] is None:
        yield ValueProblem((*path, known[0]), None, f'Field "{known[0]}" must be non-null.')


def _in_enum(
    value: object, expected: GraphQLEnumType, path: _Path, *, suggests: bool
) -> Iterator[ValueProblem]:
    if isinstance(value, str) and value in expected.values:
        return
    shown = describe_value(value)
    message = f'Enum "{expected.name}" cannot represent non-string value: {shown}.'
    if isinstance(value, str):
        message = f'Value {shown} does not exist in "{expected.name}" enum.'
        if suggests:
            message += _did_you_mean(value, list(expected.values), "the enum value ")
    yield ValueProblem(path, value, message)


def _in_scalar(value: object, expected: GraphQLScalarType, path: _Path) -> Iterator[ValueProblem]:
    try:
        expected.coerce_input_value(value)
    except (GraphQLError, OverflowError, ValueError):
        message = _EXPECTED.get(expected.name, f'Expected type "{expected.name}"')
        if expected.name == "Int" and _is_whole(value):
            message = "Int cannot represent non 32-bit signed integer value"
        yield ValueProblem(path, value, f"{message}: {describe_value(value)}")


def _is_whole(value: object) -> bool:
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _did_you_mean(name: str, known: Sequence[str], what: str = "") -> str:
    """Return a sentence with the names that are like one, or nothing."""
    quoted = [f'"{each}"' for each in suggestion_list(name, known)[:_MAX_SUGGESTIONS]]
    if not quoted:
        return ""
    *others, last = quoted
    if not others:
        return f" Did you mean {what}{last}?"
    comma = "," if len(others) > 1 else ""
    return f" Did you mean {what}{', '.join(others)}{comma} or {last}?"
