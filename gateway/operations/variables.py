"""The values of an operation's variables for one request.

Spec: GraphQL, 6.1.2 (Coercing Variable Values).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from graphql import (
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_location,
    is_input_type,
    type_from_ast,
    value_from_ast_untyped,
)

from gateway.errors import NestingTooDeep, Problem, VariablesInvalid

from .plain_values import Test, test_of
from .value_problems import describe_value, find_value_problems

_MAX_ERRORS = 20

_ABSENT: Final = object()


class _Variable(NamedTuple):
    """What an operation says of one of its variables."""

    name: str
    type: GraphQLInputType
    may_be_absent: bool
    default: object
    """As JSON; ``_ABSENT`` for none."""

    location: tuple[int, int]


class _PlainVariable(NamedTuple):
    """A variable whose values are quickly told to be good."""

    name: str
    fits: Test
    may_be_absent: bool
    default: object


class VariableCoercion:
    """What the variables of one operation may be; made once, for all of its requests.

    Args:
        operation: valid against the schema.
        schema: the API schema.
        suggests: whether messages name what of the schema the client may have meant.
    """

    def __init__(
        self, operation: OperationDefinitionNode, schema: GraphQLSchema, *, suggests: bool = True
    ) -> None:
        definitions = operation.variable_definitions or ()
        self._suggests = suggests
        self._variables = [_read_variable(definition, schema) for definition in definitions]
        tests = [test_of(definition.type, schema) for definition in definitions]
        plain = [
            _PlainVariable(variable.name, test, variable.may_be_absent, variable.default)
            for variable, test in zip(self._variables, tests, strict=True)
            if test is not None
        ]
        self._plain = plain if len(plain) == len(tests) else None

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
            problems = list(islice(self._problems(raw), _MAX_ERRORS + 1))
        except RecursionError as error:
            raise NestingTooDeep("The variables are nested too deeply.") from error
        if len(problems) > _MAX_ERRORS:
            problems[_MAX_ERRORS] = Problem(
                "Too many errors processing variables, error limit reached. Execution aborted."
            )
        if problems:
            raise VariablesInvalid(*problems)
        values: dict[str, object] = {}
        for variable in self._variables:
            value = raw.get(variable.name, variable.default)
            if value is not _ABSENT:
                values[variable.name] = value
        return values

    def _problems(self, raw: Mapping[str, object]) -> Iterator[Problem]:
        """Yield what is wrong with the values, in the order of the variables."""
        for name, expected, may_be_absent, _, location in self._variables:
            value = raw.get(name, _ABSENT)
            said = f'Variable "${name}" '
            if value is _ABSENT:
                if not may_be_absent:
                    said += f'of required type "{expected}" was not provided.'
                    yield Problem(said, (location,))
            elif value is None:
                if isinstance(expected, GraphQLNonNull):
                    said += f'of non-null type "{expected}" must not be null.'
                    yield Problem(said, (location,))
            else:
                for path, found, message in find_value_problems(
                    value, expected, suggests=self._suggests
                ):
                    place = f' at "{name}{_text_of(path)}"' if path else ""
                    text = f"{said}got invalid value {describe_value(found)}{place}; {message}"
                    yield Problem(text, (location,))


def _text_of(path: tuple[str | int, ...]) -> str:
    return "".join(f".{key}" if isinstance(key, str) else f"[{key}]" for key in path)


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


def _read_variable(definition: VariableDefinitionNode, schema: GraphQLSchema) -> _Variable:
    expected = type_from_ast(schema, definition.type)
    if not is_input_type(expected):
        # Validation has refused this; it is here for safety.
        raise VariablesInvalid(f'Variable "${definition.variable.name.value}" is of no input type.')
    default = _ABSENT
    if definition.default_value is not None:
        default = value_from_ast_untyped(definition.default_value)
    return _Variable(
        name=definition.variable.name.value,
        type=expected,
        may_be_absent=default is not _ABSENT or not isinstance(expected, GraphQLNonNull),
        default=default,
        location=_location_of(definition),
    )


def _location_of(definition: VariableDefinitionNode) -> tuple[int, int]:
    """Return the line and column where a variable is defined, both from 1."""
    if definition.loc is None:
        return 1, 1
    found = get_location(definition.loc.source, definition.loc.start)
    return found.line, found.column
