"""The API schema: what clients see of a supergraph.

Inaccessible elements, the machinery of features and every directive a client has no use for are cut
out; descriptions, ``@deprecated``, ``@specifiedBy`` and ``@oneOf`` stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
)

from gateway.errors import SupergraphInvalid

from .built_in import EXECUTABLE_LOCATIONS
from .features import Features
from .schema_problems import build_valid_schema

_KEPT_DIRECTIVES = frozenset({"deprecated", "specifiedBy", "oneOf"})
_DEFER = "defer"
_DEFER_DEFINITION = parse(
    '''
    """
    What is in the fragment may follow later, in an answer of several parts. A client that does not ask for such an
    answer has all of it at once.
    """
    directive @defer(
      "Whether the fragment is deferred."
      if: Boolean! = true
      "Tells this fragment apart from the others that are deferred."
      label: String
    ) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    ''',
    no_location=True,
).definitions[0]

_Hideable = TypeVar(
    "_Hideable", EnumValueDefinitionNode, InputValueDefinitionNode, FieldDefinitionNode
)


def build_api_schema(document: DocumentNode, features: Features) -> GraphQLSchema:
    """Build the API schema of a supergraph.

    Raises:
        SupergraphInvalid: what is left is no valid schema.
    """
    definitions = tuple(_ApiSchemaReader(document, features).definitions())
    try:
        schema, problems = build_valid_schema(DocumentNode(definitions=definitions))
    except (GraphQLError, TypeError) as error:
        raise SupergraphInvalid(f"The API schema cannot be built: {error}") from error
    if schema is None:
        raise SupergraphInvalid(f"The API schema is invalid: {problems[0].message}")
    return schema


class _ApiSchemaReader:
    """Copies the definitions that clients see."""

    def __init__(self, document: DocumentNode, features: Features) -> None:
        self._document = document
        self._features = features
        self._inaccessible = features.directive("inaccessible", "inaccessible")
        self._hidden_types = frozenset(
            definition.name.value
            for definition in document.definitions
            if isinstance(definition, TypeDefinitionNode)
            and (
                features.owns(definition.name.value) or self._is_inaccessible(definition.directives)
            )
        )

    def definitions(self) -> Iterable[DefinitionNode]:
        """The definitions of the API schema."""
        yield _DEFER_DEFINITION
        for definition in self._document.definitions:
            if isinstance(definition, SchemaDefinitionNode):
                yield replace(
                    definition,
                    directives=(),
                    operation_types=tuple(
                        root
                        for root in definition.operation_types
                        if root.type.name.value not in self._hidden_types
                    ),
                )
            elif isinstance(definition, DirectiveDefinitionNode):
                yield from self._directive(definition)
            elif (
                isinstance(definition, TypeDefinitionNode)
                and definition.name.value not in self._hidden_types
            ):
                yield self._type(definition)

    def _directive(self, node: DirectiveDefinitionNode) -> Iterable[DirectiveDefinitionNode]:
        name = node.name.value
        locations = tuple(
            location for location in node.locations if location.value in EXECUTABLE_LOCATIONS
        )
        if locations and name != _DEFER and not self._features.owns(f"@{name}"):
            yield replace(
                node,
                locations=locations,
                arguments=self._arguments(node.arguments),
                directives=self._directives(node.directives),
            )

    def _type(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        directives = self._directives(node.directives)
        match node:
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                return replace(
                    node,
                    directives=directives,
                    interfaces=self._names(node.interfaces),
                    fields=tuple(self._field(field) for field in self._visible(node.fields)),
                )
            case UnionTypeDefinitionNode():
                return replace(node, directives=directives, types=self._names(node.types))
            case EnumTypeDefinitionNode():
                return replace(node, directives=directives, values=self._values(node.values))
            case InputObjectTypeDefinitionNode():
                return replace(node, directives=directives, fields=self._arguments(node.fields))
            case ScalarTypeDefinitionNode():
                return replace(node, directives=directives)
            case _:
                raise SupergraphInvalid(f"{node.name.value} is of no kind a supergraph has.")

    def _field(self, node: FieldDefinitionNode) -> FieldDefinitionNode:
        if not node.directives and not node.arguments:
            return node
        return replace(
            node,
            directives=self._directives(node.directives),
            arguments=self._arguments(node.arguments),
        )

    def _arguments(
        self, nodes: Sequence[InputValueDefinitionNode] | None
    ) -> tuple[InputValueDefinitionNode, ...]:
        return tuple(
            replace(node, directives=self._directives(node.directives)) if node.directives else node
            for node in self._visible(nodes)
        )

    def _values(
        self, nodes: Sequence[EnumValueDefinitionNode] | None
    ) -> tuple[EnumValueDefinitionNode, ...]:
        return tuple(
            replace(node, directives=self._directives(node.directives)) if node.directives else node
            for node in self._visible(nodes)
        )

    def _names(self, nodes: Sequence[NamedTypeNode] | None) -> tuple[NamedTypeNode, ...]:
        return tuple(node for node in nodes or () if node.name.value not in self._hidden_types)

    def _visible(self, nodes: Sequence[_Hideable] | None) -> Iterable[_Hideable]:
        return (node for node in nodes or () if not self._is_inaccessible(node.directives))

    def _is_inaccessible(self, directives: Sequence[ConstDirectiveNode] | None) -> bool:
        return any(directive.name.value == self._inaccessible for directive in directives or ())

    @staticmethod
    def _directives(
        directives: Sequence[ConstDirectiveNode] | None,
    ) -> tuple[ConstDirectiveNode, ...]:
        return tuple(node for node in directives or () if node.name.value in _KEPT_DIRECTIVES)
