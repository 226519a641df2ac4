"""Decides ``@skip``, ``@include`` and ``@defer``. Spec: GraphQL, 3.13.1 and 3.13.2; CollectFields, step 3.

``@defer`` is as the incremental delivery RFC has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import BooleanValueNode, DirectiveNode, StringValueNode, VariableNode


def is_included(directives: Sequence[DirectiveNode] | None, conditions: Mapping[str, bool]) -> bool:
    """Whether a selection with these directives takes part, given the variables' booleans."""
    for directive in directives or ():
        name = directive.name.value
        if name in {"skip", "include"} and _condition(directive, conditions) == (name == "skip"):
            return False
    return True


def deferred_label(
    directives: Sequence[DirectiveNode] | None, conditions: Mapping[str, bool]
) -> tuple[bool, str | None]:
    """Whether a fragment with these directives is deferred, and the label it has then."""
    for directive in directives or ():
        if directive.name.value == "defer":
            found = {argument.name.value: argument.value for argument in directive.arguments or ()}
            if "if" in found and not _condition(directive, conditions):
                return False, None
            label = found.get("label")
            return True, label.value if isinstance(label, StringValueNode) else None
    return False, None


def _condition(directive: DirectiveNode, conditions: Mapping[str, bool]) -> bool:
    for argument in directive.arguments or ():
        if argument.name.value == "if":
            match argument.value:
                case BooleanValueNode(value=value):
                    return value
                case VariableNode():
                    return conditions[argument.value.name.value]
    raise ValueError(f"@{directive.name.value} has no condition: the document was not validated")
