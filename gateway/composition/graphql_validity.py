"""Whether a subgraph's document, machinery and all, is valid GraphQL; everything else may then rely on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    specified_directives,
)
from graphql.language import (
    DirectiveDefinitionNode,
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

from gateway.supergraph.schema_problems import build_valid_schema, find_sdl_faults

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


@dataclass(frozen=True, slots=True)
class Validity:
    """What GraphQL says of a document."""

    schema: GraphQLSchema | None
    """The subgraph as a schema; ``None`` when the errors leave none."""

    errors: tuple[GraphQLError, ...] = ()
    unknown_directives: frozenset[str] = frozenset()
    """Directives that are used and not in scope: among the errors, but the rest can be looked at without them."""


def check_graphql(
    definitions: Sequence[DefinitionNode], names: LocalNames, query_root: str
) -> Validity:
    """Validate a subgraph's own definitions together with the machinery.

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
    defined = {d.name.value for d in document.definitions if isinstance(d, DirectiveDefinitionNode)}
    in_scope = defined | {directive.name for directive in specified_directives}
    about_unknown: list[GraphQLError] = []
    others: list[GraphQLError] = []
    for error in find_sdl_faults(document):
        is_unknown = _directive(error) not in (None, *in_scope)
        (about_unknown if is_unknown else others).append(error)
    reported = [e for e in about_unknown if _directive(e) not in names.ignored]
    unknown = frozenset(name for e in about_unknown if (name := _directive(e)) is not None)
    if others:
        return Validity(None, (*reported, *others), unknown)
    schema, problems = _build(document)
    return Validity(schema, (*reported, *problems), unknown)


def _build(document: DocumentNode) -> tuple[GraphQLSchema | None, list[GraphQLError]]:
    """Return the schema, or what keeps it from being valid."""
    try:
        return build_valid_schema(document)
    except GraphQLError as error:
        # Arguments of built-in directives are read while building, and their types checked only then.
        return None, [error]


def _directive(error: GraphQLError) -> str | None:
    """Return the directive whose use an error is about, if it is about one."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, DirectiveNode) else None


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
