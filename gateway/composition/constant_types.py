"""Whether constants are of the types they have to be: the SDL rules of GraphQL leave that alone."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    print_ast,
    value_from_ast,
)

from .codes import CompositionCode
from .report import Report
from .source_locations import location_of
from .subgraph_schema import SubgraphSchema

_FIELD_SET_DIRECTIVES = frozenset({"key", "requires", "provides"})


def check_constants(subgraph: SubgraphSchema, schema: GraphQLSchema, report: Report) -> bool:
    """Check arguments of directives, and default values; return whether all are fine.

    Field sets are left to the rules for them, which know how else Federation 1 writes them.
    """
    before = len(report.errors)
    for coordinate, directive in subgraph.applied_directives():
        definition = schema.get_directive(directive.name)
        for argument, value in directive.arguments.items():
            if directive.spec in _FIELD_SET_DIRECTIVES and argument == "fields":
                continue
            expected = definition.args.get(argument) if definition else None
            if expected and value_from_ast(value, expected.type) is Undefined:
                report.error(
                    CompositionCode.INVALID_GRAPHQL,
                    f'In subgraph "{subgraph.name}": {print_ast(value)} is not a {expected.type}'
                    f' (argument "{argument}" of @{directive.name} on {coordinate}).',
                    at=[directive.location],
                    coordinate=coordinate,
                )
    for type_ in schema.type_map.values():
        for field, name, input_value in _input_values(type_):
            _check_default(subgraph.name, f"{type_.name}.{field}", name, input_value, report)
    return len(report.errors) == before


def _input_values(
    type_: GraphQLNamedType,
) -> Iterator[tuple[str, str, GraphQLArgument | GraphQLInputField]]:
    """Yield (field, name, value) of every input field, and of every argument of a field."""
    match type_:
        case GraphQLInputObjectType():
            for name, field in type_.fields.items():
                yield name, name, field
        case GraphQLObjectType() | GraphQLInterfaceType():
            for field_name, output in type_.fields.items():
                for name, argument in output.args.items():
                    yield field_name, name, argument
        case _:
            return


def _check_default(
    subgraph: str,
    coordinate: str,
    name: str,
    value: GraphQLArgument | GraphQLInputField,
    report: Report,
) -> None:
    default = value.ast_node.default_value if value.ast_node is not None else None
    if default is not None and value_from_ast(default, value.type) is Undefined:
        report.error(
            CompositionCode.INVALID_GRAPHQL,
            f'In subgraph "{subgraph}": the default value {print_ast(default)}'
            f' of "{name}" is not a {value.type}.',
            at=[location_of(subgraph, default)],
            coordinate=coordinate,
        )
