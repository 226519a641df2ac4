"""The values of an operation's variables for one request.

Spec: GraphQL, 6.1.2 (Coercing Variable Values).
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    get_variable_values,
    value_from_ast_untyped,
)

from gateway.errors import NestingTooDeep, VariablesInvalid

from .problems import problem_of

_MAX_ERRORS = 20


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
        raise VariablesInvalid(*(problem_of(error) for error in coerced))
    values: dict[str, object] = {}
    for definition in definitions:
        name = definition.variable.name.value
        if name in raw:
            values[name] = raw[name]
        elif definition.default_value is not None:
            values[name] = value_from_ast_untyped(definition.default_value)
    return values
