"""Constant values of SDL as they were written, on one line; ``print_value`` is for comparing what they mean."""

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
