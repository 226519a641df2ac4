"""Decides ``@skip`` and ``@include``. Spec: GraphQL, 3.13.1 and 3.13.2; CollectFields, step 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import BooleanValueNode, DirectiveNode, VariableNode


def is_included(directives: Sequence[DirectiveNode] | None, conditions: Mapping[str, bool]) -> bool:
    """Whether a selection with these directives takes part, given the variables' booleans."""
    for directive in directives or ():
        name = directive.name.value
        if name in {"skip", "include"} and _condition(directive, conditions) == (name == "skip"):
            return False
    return True


def _condition(directive: DirectiveNode, conditions: Mapping[str, bool]) -> bool:
    for argument in directive.arguments or ():
        if argument.name.value == "if":
            match argument.value:
                case BooleanValueNode(value=value):
                    return value
                case VariableNode():
                    return conditions[argument.value.name.value]
    raise ValueError(f"@{directive.name.value} has no condition: the document was not validated")
