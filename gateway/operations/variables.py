"""The variables of an operation: which of them decide its shape, and their values for this request.

Spec: GraphQL, 6.1.2 (Coercing Variable Values).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_variable_values,
    value_from_ast_untyped,
)

from gateway.errors import NestingTooDeep, Problem, VariablesInvalid

_CONDITIONS = frozenset({"skip", "include", "defer"})
_MAX_ERRORS = 20


def condition_variables(
    operation: OperationDefinitionNode, document: DocumentNode
) -> tuple[str, ...]:
    """The variables that decide over ``@skip``, ``@include`` and ``@defer`` in an operation, sorted, without ``$``."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    return tuple(sorted(set(_conditions(operation.selection_set, fragments, set()))))


def coerce_variables(
    operation: OperationDefinitionNode, raw: Mapping[str, object], schema: GraphQLSchema
) -> dict[str, object]:
    """Check a request's variables and return the JSON values to forward.

    Defaults are filled in; what the client sent stays as it was written, since each subgraph
    coerces for itself. Values that the operation does not define are left out.

    Raises:
        VariablesInvalid: a value is missing or does not fit its type.
        NestingTooDeep: a value is nested deeper than can be walked.
    """
    definitions = operation.variable_definitions or ()
    try:
        coerced = get_variable_values(schema, definitions, dict(raw), max_errors=_MAX_ERRORS)
    except RecursionError as error:
        raise NestingTooDeep("The variables are nested too deeply.") from error
    if isinstance(coerced, list):
        raise VariablesInvalid(*(_problem(error) for error in coerced))
    values: dict[str, object] = {}
    for definition in definitions:
        name = definition.variable.name.value
        if name in raw:
            values[name] = raw[name]
        elif definition.default_value is not None:
            values[name] = value_from_ast_untyped(definition.default_value)
    return values


def _problem(error: GraphQLError) -> Problem:
    return Problem(error.message, tuple((at.line, at.column) for at in error.locations or ()))


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
