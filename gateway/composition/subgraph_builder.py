"""Syntax tree → ``SubgraphSchema``, for a document that is known to be valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeNode,
    UnionTypeDefinitionNode,
)
from graphql.language import (
    DirectiveDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeExtensionNode,
)

from gateway.supergraph.type_kinds import TypeKind, kind_of
from gateway.supergraph.type_ref import TypeRef, type_ref

from .links import LocalNames
from .source_locations import location_of
from .subgraph_schema import (
    AppliedDirective,
    EnumValue,
    InputValue,
    OutputField,
    SubgraphSchema,
    SubgraphType,
)


@dataclass(frozen=True, slots=True)
class SubgraphBuilder:
    """Builds the model of one subgraph."""

    name: str
    url: str
    names: LocalNames
    renames: dict[str, str]
    """Local root type names → the supergraph's."""

    def build(self, definitions: Sequence[DefinitionNode]) -> SubgraphSchema:
        """Return the schema of ``definitions``, which hold no machinery any more."""
        schema = SubgraphSchema(
            name=self.name,
            url=self.url,
            federation_version=self.names.federation_version,
            types={},
            schema_directives=(),
            directive_definitions={},
            links=self.names.links,
        )
        for node in definitions:
            match node:
                case SchemaDefinitionNode() | SchemaExtensionNode():
                    is_extension = isinstance(node, SchemaExtensionNode)
                    schema.schema_directives += tuple(
                        self._directive(d, on_extension=is_extension)
                        for d in node.directives or ()
                        if d.name.value != self.names.link_directive
                    )
                case DirectiveDefinitionNode():
                    schema.directive_definitions[node.name.value] = node
                    schema.directive_arguments[node.name.value] = {
                        a.name.value: self._input_value(a) for a in node.arguments or ()
                    }
                case TypeDefinitionNode() | TypeExtensionNode():
                    self._add_type(schema, node)
                case _:
                    pass
        # Every subgraph answers ``_service``, so every graph has a Query, be it without fields of its own.
        schema.types.setdefault("Query", _empty_query())
        return schema

    def _add_type(
        self, schema: SubgraphSchema, node: TypeDefinitionNode | TypeExtensionNode
    ) -> None:
        name = self.renames.get(node.name.value, node.name.value)
        extends = isinstance(node, TypeExtensionNode) or any(
            self.names.directives.get(d.name.value) == "extends" for d in node.directives or ()
        )
        type_ = schema.types.get(name)
        if type_ is None:
            type_ = schema.types[name] = SubgraphType(
                name=name,
                description=None,
                directives=(),
                location=location_of(self.name, node),
                kind=kind_of(node),
                is_extension=extends,
            )
        elif not extends:
            type_.is_extension = False
            type_.location = location_of(self.name, node)
        if isinstance(node, TypeDefinitionNode):
            type_.description = _text(node.description)
        type_.directives += self._directives(node.directives, on_extension=extends)
        self._add_parts(type_, node, on_extension=extends)

    def _add_parts(
        self,
        type_: SubgraphType,
        node: TypeDefinitionNode | TypeExtensionNode,
        *,
        on_extension: bool,
    ) -> None:
        match node:
            case (
                ObjectTypeDefinitionNode()
                | ObjectTypeExtensionNode()
                | InterfaceTypeDefinitionNode()
                | InterfaceTypeExtensionNode()
            ):
                for interface in node.interfaces or ():
                    type_.interfaces[interface.name.value] = location_of(self.name, interface)
                for field in node.fields or ():
                    type_.fields[field.name.value] = self._field(field, on_extension=on_extension)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode():
                for member in node.types or ():
                    local = member.name.value
                    type_.members[self.renames.get(local, local)] = location_of(self.name, member)
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                for value in node.values or ():
                    type_.values[value.name.value] = EnumValue(
                        name=value.name.value,
                        description=_text(value.description),
                        directives=self._directives(value.directives, on_extension=on_extension),
                        location=location_of(self.name, value),
                    )
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                for input_field in node.fields or ():
                    type_.input_fields[input_field.name.value] = self._input_value(input_field)
            case _:
                pass

    def _field(self, node: FieldDefinitionNode, *, on_extension: bool) -> OutputField:
        return OutputField(
            name=node.name.value,
            description=_text(node.description),
            directives=self._directives(node.directives, on_extension=on_extension),
            location=location_of(self.name, node),
            type=self._type(node.type),
            arguments={a.name.value: self._input_value(a) for a in node.arguments or ()},
            on_extension=on_extension,
        )

    def _input_value(self, node: InputValueDefinitionNode) -> InputValue:
        return InputValue(
            name=node.name.value,
            description=_text(node.description),
            directives=self._directives(node.directives, on_extension=False),
            location=location_of(self.name, node),
            type=self._type(node.type),
            default=node.default_value,
        )

    def _type(self, node: TypeNode) -> TypeRef:
        ref = type_ref(node)
        return replace(ref, name=self.renames[ref.name]) if ref.name in self.renames else ref

    def _directives(
        self, nodes: Iterable[ConstDirectiveNode] | None, *, on_extension: bool
    ) -> tuple[AppliedDirective, ...]:
        return tuple(
            self._directive(node, on_extension=on_extension)
            for node in nodes or ()
            if node.name.value not in self.names.ignored
        )

    def _directive(self, node: ConstDirectiveNode, *, on_extension: bool) -> AppliedDirective:
        return AppliedDirective(
            name=node.name.value,
            spec=self.names.directives.get(node.name.value),
            arguments={a.name.value: a.value for a in node.arguments or ()},
            location=location_of(self.name, node),
            on_extension=on_extension,
        )


def _empty_query() -> SubgraphType:
    return SubgraphType(
        name="Query", description=None, directives=(), location=None, kind=TypeKind.OBJECT
    )


def _text(node: StringValueNode | None) -> str | None:
    return node.value if node is not None else None
