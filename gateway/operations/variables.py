"""The values of an operation's variables for one request.

Spec: GraphQL, 6.1.2 (Coercing Variable Values).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_variable_values,
    value_from_ast_untyped,
)

from gateway.errors import NestingTooDeep, VariablesInvalid

from .plain_values import Test, test_of
from .problems import problem_of

_MAX_ERRORS = 20

_ABSENT: Final = object()


class _PlainVariable(NamedTuple):
    """A variable whose values are quickly told to be good."""

    name: str
    fits: Test
    may_be_absent: bool
    default: object
    """As JSON; ``_ABSENT`` for none."""


class VariableCoercion:
    """What the variables of one operation may be; made once, for all of its requests."""

    def __init__(self, operation: OperationDefinitionNode, schema: GraphQLSchema) -> None:
        self._definitions = operation.variable_definitions or ()
        self._schema = schema
        plain = [_plain_variable(definition, schema) for definition in self._definitions]
        known = [variable for variable in plain if variable is not None]
        self._plain = known if len(known) == len(plain) else None

    def coerce(self, raw: Mapping[str, object]) -> dict[str, object]:
        """Check a request's variables and return the JSON values to forward.

        Defaults are filled in; what the client sent stays as it was written, since each subgraph
        coerces for itself. Values that the operation does not define are left out.

        Raises:
            VariablesInvalid: a value is missing or does not fit its type.
            NestingTooDeep: a value is nested deeper than can be walked.
        """
        values = None if self._plain is None else _take_plain(self._plain, raw)
        return self._coerce_any(raw) if values is None else values

    def _coerce_any(self, raw: Mapping[str, object]) -> dict[str, object]:
        try:
            coerced = get_variable_values(
                self._schema, self._definitions, dict(raw), max_errors=_MAX_ERRORS
            )
        except RecursionError as error:
            raise NestingTooDeep("The variables are nested too deeply.") from error
        if isinstance(coerced, list):
            raise VariablesInvalid(*(problem_of(error) for error in coerced))
        values: dict[str, object] = {}
        for definition in self._definitions:
            name = definition.variable.name.value
            if name in raw:
                values[name] = raw[name]
            elif definition.default_value is not None:
                values[name] = value_from_ast_untyped(definition.default_value)
        return values


def _take_plain(
    variables: list[_PlainVariable], raw: Mapping[str, object]
) -> dict[str, object] | None:
    values: dict[str, object] = {}
    for name, fits, may_be_absent, default in variables:
        value = raw.get(name, _ABSENT)
        if value is not _ABSENT:
            if not fits(value):
                return None
            values[name] = value
        elif not may_be_absent:
            return None
        elif default is not _ABSENT:
            values[name] = default
    return values


def _plain_variable(
    definition: VariableDefinitionNode, schema: GraphQLSchema
) -> _PlainVariable | None:
    test = test_of(definition.type, schema)
    if test is None:
        return None
    default = _ABSENT
    if definition.default_value is not None:
        default = value_from_ast_untyped(definition.default_value)
    may_be_absent = not isinstance(get_variable_values(schema, [definition], {}), list)
    return _PlainVariable(definition.variable.name.value, test, may_be_absent, default)
