"""Constant values of SDL: printed on one line, and compared by what they mean."""

from __future__ import annotations

import json

from graphql import ListValueNode, ObjectValueNode, StringValueNode, ValueNode, print_ast


def print_constant(node: ValueNode) -> str:
    """Return a constant on one line; block strings become ordinary ones."""
    match node:
        case StringValueNode():
            return json.dumps(node.value, ensure_ascii=False)
        case ListValueNode():
            return f"[{', '.join(print_constant(value) for value in node.values)}]"
        case ObjectValueNode():
            fields = (f"{f.name.value}: {print_constant(f.value)}" for f in node.fields)
            return f"{{{', '.join(fields)}}}"
        case _:
            return print_ast(node)


def canonical_constant(node: ValueNode) -> str:
    """Return a text that is equal for equal values: the order of an object's fields does not count."""
    match node:
        case ListValueNode():
            return f"[{','.join(canonical_constant(value) for value in node.values)}]"
        case ObjectValueNode():
            fields = sorted(f"{f.name.value}:{canonical_constant(f.value)}" for f in node.fields)
            return f"{{{','.join(fields)}}}"
        case _:
            return print_constant(node)
