"""Whether a subgraph's document, machinery and all, is valid GraphQL; everything else may then rely on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    ObjectTypeExtensionNode,
    OperationType,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    build_ast_schema,
    validate_schema,
)
from graphql.language import (
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)
from graphql.validation.validate import validate_sdl

from .links import LocalNames
from .machinery import machinery_definitions

_DEFINITION_OF: dict[type[TypeExtensionNode], type[TypeDefinitionNode]] = {
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
}


def check_graphql(
    definitions: Sequence[DefinitionNode], names: LocalNames, query_root: str
) -> tuple[GraphQLSchema | None, list[GraphQLError]]:
    """Return the subgraph as a schema, or what is wrong with it.

    The schema has a ``_service`` field even if the document has not, since every subgraph answers it: a document
    without queries of its own is fine.
    """
    document = DocumentNode(
        definitions=(
            *_with_bases([*definitions, _service_field(query_root)]),
            *_query_operation(definitions, query_root),
            *machinery_definitions(names),
        )
    )
    errors = [e for e in validate_sdl(document) if not _is_about(e, names.ignored)]
    if errors:
        return None, errors
    schema = build_ast_schema(document, assume_valid_sdl=True)
    errors = validate_schema(schema)
    return (None, errors) if errors else (schema, [])


def _is_about(error: GraphQLError, ignored: frozenset[str]) -> bool:
    node = error.nodes[0] if error.nodes else None
    return isinstance(node, DirectiveNode) and node.name.value in ignored


def _with_bases(definitions: Sequence[DefinitionNode]) -> list[DefinitionNode]:
    """Turn the first extension of a type that is not defined here into its definition: the base is elsewhere."""
    defined = {d.name.value for d in definitions if isinstance(d, TypeDefinitionNode)}
    result: list[DefinitionNode] = []
    for definition in definitions:
        if isinstance(definition, TypeExtensionNode) and definition.name.value not in defined:
            defined.add(definition.name.value)
            base = _DEFINITION_OF[type(definition)]
            fields = {key: getattr(definition, key) for key in definition.keys}
            result.append(base(**fields))
        else:
            result.append(definition)
    return result


def _service_field(query_root: str) -> ObjectTypeExtensionNode:
    field = FieldDefinitionNode(
        name=NameNode(value="_service"),
        type=NamedTypeNode(name=NameNode(value="String")),
        arguments=(),
        directives=(),
    )
    return ObjectTypeExtensionNode(
        name=NameNode(value=query_root), interfaces=(), directives=(), fields=(field,)
    )


def _query_operation(definitions: Sequence[DefinitionNode], query_root: str) -> list[Any]:
    """Name the query root if the document has a schema definition that does not.

    Untyped, for graphql-core's types count a schema extension among the definitions of no document.
    """
    schemas = [d for d in definitions if isinstance(d, SchemaDefinitionNode | SchemaExtensionNode)]
    operations = [o for s in schemas for o in s.operation_types or ()]
    if not operations or any(o.operation is OperationType.QUERY for o in operations):
        return []
    operation = OperationTypeDefinitionNode(
        operation=OperationType.QUERY, type=NamedTypeNode(name=NameNode(value=query_root))
    )
    return [SchemaExtensionNode(directives=(), operation_types=(operation,))]
