"""Whether a schema is valid GraphQL, as far as anybody who serves schemas of others can insist on it."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ParallelVisitor,
    build_ast_schema,
    is_input_type,
    validate_schema,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.validation import SDLValidationContext
from graphql.validation.specified_rules import specified_sdl_rules

_TOLERATED = "must not be deprecated."
"""How graphql-core ends what it says of a deprecated field whose interface has it without deprecation: a rule of 2025,
which schemas in use do not keep, and which nothing relies on."""


_LOOKED_AT = {
    kind: tuple(key for key in keys if key not in {"name", "description"})
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""Parts of nodes that validation walks to. Names and descriptions are half of all nodes, and no rule enters them."""


def find_sdl_faults(document: DocumentNode) -> list[GraphQLError]:
    """Return what graphql-core's ``validate_sdl`` finds: what is wrong with definitions before there is a schema."""
    errors: list[GraphQLError] = []
    context = SDLValidationContext(document, None, errors.append)
    visit(document, ParallelVisitor([rule(context) for rule in specified_sdl_rules]), _LOOKED_AT)
    return errors


def build_valid_schema(
    document: DocumentNode,
) -> tuple[GraphQLSchema | None, list[GraphQLError]]:
    """Return the schema that a document defines, or what keeps it from being valid.

    Raises:
        GraphQLError, TypeError: there is nothing that could be called a schema.
    """
    schema = build_ast_schema(document, assume_valid_sdl=True)
    misplaced = list(_misplaced_defaults(schema))
    if misplaced:
        return None, misplaced
    found = validate_schema(schema)
    problems = [error for error in found if not error.message.endswith(_TOLERATED)]
    if problems:
        return None, problems
    if found:
        # A schema remembers what was said of it, and would be refused by whoever validates with it.
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    return schema, []


def _misplaced_defaults(schema: GraphQLSchema) -> Iterator[GraphQLError]:
    """Report default values of output types, about which graphql-core raises instead of reporting them."""
    for coordinate, value in _input_values(schema):
        if value.default is not None and not is_input_type(value.type):
            yield GraphQLError(
                f"The type of {coordinate} must be Input Type but got: {value.type}.",
                value.ast_node,
            )


def _input_values(
    schema: GraphQLSchema,
) -> Iterator[tuple[str, GraphQLArgument | GraphQLInputField]]:
    for directive in schema.directives:
        for name, argument in directive.args.items():
            yield f"@{directive.name}({name}:)", argument
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, output in type_.fields.items():
                for name, argument in output.args.items():
                    yield f"{type_.name}.{field_name}({name}:)", argument
