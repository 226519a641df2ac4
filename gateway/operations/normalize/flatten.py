"""Inlines fragments: a type condition becomes the set of runtime types a field is selected for.

Conditions that every object of the position meets vanish, those that none can meet take their fields
with them.
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
    SelectionSetNode,
)

from gateway.errors import PlanningLimitExceeded
from gateway.supergraph.argument_text import print_arguments, variables_of
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Selection

from .specialise import is_included

MAX_SELECTIONS = 25_000
"""How many selections an operation may have once its fragments are written out."""

_Types = frozenset[str] | None
_NO_VARIABLES: frozenset[str] = frozenset()
_INTROSPECTION = frozenset({"__schema", "__type"})


class Flattener:
    """Flattens the selection sets of one document under one set of conditions."""

    def __init__(
        self, document: DocumentNode, supergraph: Supergraph, conditions: Mapping[str, bool]
    ) -> None:
        self._supergraph = supergraph
        self._conditions = conditions
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._count = 0
        self.introspection: list[FieldNode] = []
        """The ``__schema`` and ``__type`` fields met."""

    def flatten(self, node: SelectionSetNode, parent: str) -> tuple[Selection, ...]:
        """The fields of a selection set on ``parent``, in document order.

        Raises:
            PlanningLimitExceeded: there are too many.
        """
        return tuple(self._selections(node, parent, None))

    def _selections(self, node: SelectionSetNode, parent: str, on: _Types) -> Iterator[Selection]:
        for item in node.selections:
            self._count += 1
            if self._count > MAX_SELECTIONS:
                raise PlanningLimitExceeded(
                    "The operation is too large once its fragments are written out."
                )
            if not is_included(item.directives, self._conditions):
                continue
            match item:
                case FieldNode():
                    yield self._field(item, parent, on)
                case InlineFragmentNode():
                    condition = item.type_condition
                    name = parent if condition is None else condition.name.value
                    yield from self._fragment(item.selection_set, name, parent, on)
                case FragmentSpreadNode():
                    fragment = self._fragments[item.name.value]
                    name = fragment.type_condition.name.value
                    yield from self._fragment(fragment.selection_set, name, parent, on)

    def _fragment(
        self, node: SelectionSetNode, condition: str, parent: str, on: _Types
    ) -> Iterator[Selection]:
        if condition == parent:
            yield from self._selections(node, parent, on)
            return
        possible = self._supergraph.possible_types
        here = possible[parent] if on is None else on
        narrowed = here & possible[condition]
        if narrowed:
            inner = on if narrowed == here else narrowed
            yield from self._selections(node, condition, inner)

    def _field(self, node: FieldNode, parent: str, on: _Types) -> Selection:
        name = node.name.value
        response_key = node.alias.value if node.alias else name
        if name in _INTROSPECTION:
            self.introspection.append(node)
            return Selection(name=name, response_key=response_key)
        if name == "__typename":
            return Selection(name=name, response_key=response_key, on=on)
        named = self._supergraph.types[parent].fields[name].type.name
        arguments, variables = _arguments(node)
        return Selection(
            name=name,
            response_key=response_key,
            arguments=arguments,
            variables=variables,
            on=on,
            selections=tuple(self._selections(node.selection_set, named, None))
            if node.selection_set is not None
            else (),
        )


def _arguments(node: FieldNode) -> tuple[str, frozenset[str]]:
    """Arguments and forwarded directives, as text, and the variables in them."""
    forwarded = [
        directive
        for directive in node.directives or ()
        if directive.name.value not in {"skip", "include"}
    ]
    if not node.arguments and not forwarded:
        return "", _NO_VARIABLES
    text = print_arguments(node.arguments) + "".join(map(_print_directive, forwarded))
    values = [argument.value for argument in node.arguments or ()]
    values += [argument.value for directive in forwarded for argument in directive.arguments or ()]
    return text, frozenset(name for value in values for name in variables_of(value))


def _print_directive(node: DirectiveNode) -> str:
    return f" @{node.name.value}{print_arguments(node.arguments)}"
