"""Writes the arguments of a field in one canonical way, for operations and field sets alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)


def print_arguments(arguments: Sequence[ArgumentNode] | None) -> str:
    """Write arguments sorted by name, ``(first: 3, of: $kind)``; nothing when there are none."""
    if not arguments:
        return ""
    texts = sorted(
        f"{argument.name.value}: {print_value(argument.value)}" for argument in arguments
    )
    return f"({', '.join(texts)})"


def print_value(value: ValueNode) -> str:
    """Write a value; the fields of input objects are sorted by name, as their order means nothing."""
    match value:
        case VariableNode():
            return f"${value.name.value}"
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return value.value
        case BooleanValueNode() | NullValueNode():
            return print_ast(value)
        case StringValueNode():
            return print_ast(replace(value, block=False))
        case ListValueNode():
            return f"[{', '.join(print_value(item) for item in value.values)}]"
        case ObjectValueNode():
            fields = sorted(
                f"{field.name.value}: {print_value(field.value)}" for field in value.fields
            )
            return f"{{{', '.join(fields)}}}"
        case _:
            raise TypeError(f"{value.kind} is not a value")


def variables_of(value: ValueNode) -> Iterator[str]:
    """The names of the variables a value uses, without ``$``."""
    match value:
        case VariableNode():
            yield value.name.value
        case ListValueNode():
            for item in value.values:
                yield from variables_of(item)
        case ObjectValueNode():
            for field in value.fields:
                yield from variables_of(field.value)
