"""Which variables of an operation decide its shape.

Spec: GraphQL, 3.13.1 and 3.13.2 (``@skip`` and ``@include``); ``@defer`` as the incremental delivery RFC has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from .fragments import fragments_of

_CONDITIONS = frozenset({"skip", "include", "defer"})


def condition_variables(
    operation: OperationDefinitionNode, document: DocumentNode
) -> tuple[str, ...]:
    """The variables that decide over ``@skip``, ``@include`` and ``@defer`` in an operation, sorted, without ``$``."""
    found = _conditions(operation.selection_set, fragments_of(document), set())
    return tuple(sorted(set(found)))


def _conditions(
    selection_set: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str],
) -> Iterator[str]:
    for node in selection_set.selections:
        yield from _condition(node.directives or ())
        match node:
            case FieldNode() | InlineFragmentNode():
                if node.selection_set is not None:
                    yield from _conditions(node.selection_set, fragments, seen)
            case FragmentSpreadNode():
                name = node.name.value
                if name not in seen and name in fragments:
                    seen.add(name)
                    yield from _conditions(fragments[name].selection_set, fragments, seen)


def _condition(directives: tuple[DirectiveNode, ...]) -> Iterator[str]:
    for directive in directives:
        if directive.name.value in _CONDITIONS:
            for argument in directive.arguments or ():
                if argument.name.value == "if" and isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
