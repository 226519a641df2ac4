"""A supergraph's document in the shape of a merge, with what a contract hides: composition's own checks then apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphql import (
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
)

from gateway.composition.supergraph_model import (
    MergedDirective,
    MergedEnumValue,
    MergedField,
    MergedInputValue,
    MergedSchema,
    MergedType,
)
from gateway.supergraph.type_kinds import kind_of
from gateway.supergraph.type_ref import type_ref

from .elements import ElementNode, Elements, TypeElements

_INACCESSIBLE = MergedDirective("inaccessible", spec="inaccessible")


def merged_view(elements: Elements, is_hidden: Callable[[str, ElementNode], bool]) -> MergedSchema:
    """Return the supergraph as if composed with ``@inaccessible`` on whatever ``is_hidden`` says."""
    viewer = _Viewer(is_hidden)
    return MergedSchema(
        graphs=(),
        join_version="",
        types={name: viewer.type(name, type_) for name, type_ in elements.types.items()},
    )


class _Viewer:
    def __init__(self, is_hidden: Callable[[str, ElementNode], bool]) -> None:
        self._is_hidden = is_hidden

    def type(self, name: str, type_: TypeElements) -> MergedType:
        view = MergedType(
            name=name,
            kind=kind_of(type_.node),
            directives=self._directives(name, type_.node),
            implements=[(0, interface) for interface in type_.interfaces],
            members=[(0, member) for member in type_.members],
        )
        for place, part in type_.parts.items():
            match part:
                case FieldDefinitionNode():
                    view.fields[part.name.value] = self._field(
                        place, part, type_.arguments.get(place, {})
                    )
                case InputValueDefinitionNode():
                    view.input_fields[part.name.value] = self._input(place, part)
                case EnumValueDefinitionNode():
                    view.values[part.name.value] = MergedEnumValue(
                        name=part.name.value, directives=self._directives(place, part)
                    )
        return view

    def _field(
        self,
        place: str,
        node: FieldDefinitionNode,
        arguments: Mapping[str, InputValueDefinitionNode],
    ) -> MergedField:
        return MergedField(
            name=node.name.value,
            directives=self._directives(place, node),
            type=type_ref(node.type),
            arguments={
                argument.name.value: self._input(coordinate, argument)
                for coordinate, argument in arguments.items()
            },
        )

    def _input(self, place: str, node: InputValueDefinitionNode) -> MergedInputValue:
        return MergedInputValue(
            name=node.name.value,
            directives=self._directives(place, node),
            type=type_ref(node.type),
            default=node.default_value,
        )

    def _directives(self, place: str, node: ElementNode) -> list[MergedDirective]:
        return [_INACCESSIBLE] if self._is_hidden(place, node) else []
