"""Reads field sets: the ``fields`` of keys, ``requires`` and ``provides``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from gateway.errors import SupergraphInvalid

from .argument_text import print_arguments
from .model import FieldSet
from .selections import Selection


class FieldSetReader:
    """Turns the text of a field set into selections; remembers what it has read."""

    def __init__(
        self,
        field_type: Callable[[str, str], str | None],
        possible_types: Callable[[str], frozenset[str]],
    ) -> None:
        """Take the schema as two functions.

        ``field_type(type, field)`` is the name of a field's type, ``None`` when there is no field.
        """
        self._field_type = field_type
        self._possible_types = possible_types
        self._read: dict[tuple[str, str], FieldSet] = {}

    def read(self, text: str, parent: str) -> FieldSet:
        """Read a field set on ``parent``.

        Raises:
            SupergraphInvalid: it is no field set, or selects what the schema does not have.
        """
        found = self._read.get((parent, text))
        if found is None:
            node = _parse_field_set(text, parent)
            found = FieldSet(text, tuple(self._selections(node, parent, None)))
            self._read[parent, text] = found
        return found

    def _selections(
        self, node: SelectionSetNode, parent: str, on: frozenset[str] | None
    ) -> Iterator[Selection]:
        for item in node.selections:
            if isinstance(item, FieldNode):
                yield self._field(item, parent, on)
            elif isinstance(item, InlineFragmentNode):
                yield from self._fragment(item, parent, on)

    def _fragment(
        self, node: InlineFragmentNode, parent: str, on: frozenset[str] | None
    ) -> Iterator[Selection]:
        if node.type_condition is None:
            yield from self._selections(node.selection_set, parent, on)
            return
        condition = node.type_condition.name.value
        here = self._possible_types(parent) if on is None else on
        narrowed = here & self._possible_types(condition)
        if narrowed:
            inner = on if narrowed == here else narrowed
            yield from self._selections(node.selection_set, condition, inner)

    def _field(self, node: FieldNode, parent: str, on: frozenset[str] | None) -> Selection:
        name = node.name.value
        if name == "__typename":
            return Selection(name=name, response_key=name, on=on)
        named = self._field_type(parent, name)
        if named is None:
            raise SupergraphInvalid(f"A field set selects {parent}.{name}, which does not exist.")
        return Selection(
            name=name,
            response_key=name,
            arguments=print_arguments(node.arguments),
            on=on,
            selections=tuple(self._selections(node.selection_set, named, None))
            if node.selection_set
            else (),
        )


def _parse_field_set(text: str, parent: str) -> SelectionSetNode:
    try:
        definition = parse(f"{{{text}}}", no_location=True).definitions[0]
    except GraphQLError as error:
        raise SupergraphInvalid(
            f'The field set "{text}" on {parent} cannot be read: {error.message}'
        ) from error
    if not isinstance(definition, OperationDefinitionNode):
        raise SupergraphInvalid(f'"{text}" on {parent} is no field set.')
    return definition.selection_set
