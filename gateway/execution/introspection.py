"""Answers ``__schema`` and ``__type`` from the API schema, with graphql-core, and keeps the answers.

The text of a plan's ``introspection`` is the same for every request with that plan, and tools send the same few
queries over and over: one answer per text and variables is kept. Spec: GraphQL, 4 (Introspection).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from graphql import (
    ExecutionResult as CoreResult,
)
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    experimental_execute_incrementally,
    parse,
)

from gateway.errors import ExecutionError

from .json_text import encode_json
from .result import JsonObject


class Introspection:
    """The answers of one API schema."""

    def __init__(self, api_schema: GraphQLSchema, *, max_entries: int = 128) -> None:
        self._api_schema = api_schema
        self._max_entries = max_entries
        self._answers: OrderedDict[tuple[str, bytes], JsonObject] = OrderedDict()

    def answer(self, text: str, variables: Mapping[str, object]) -> JsonObject:
        """Return the data of an introspection query; it is shared, and not to be changed.

        Raises:
            ExecutionError: the text is not a valid query of the API schema: the plan is wrong.
        """
        # Without a "$" there are no variables to look for, and so no document to parse.
        used = _used_variables(text, variables) if "$" in text and variables else {}
        key = (text, encode_json(used))
        known = self._answers.get(key)
        if known is not None:
            self._answers.move_to_end(key)
            return known
        answer = self._execute(text, used)
        self._answers[key] = answer
        if len(self._answers) > self._max_entries:
            self._answers.popitem(last=False)
        return answer

    def _execute(self, text: str, variables: dict[str, object]) -> JsonObject:
        # The only way to run a schema that knows @defer; there is none in the text, so the answer is whole.
        result = experimental_execute_incrementally(
            self._api_schema, parse(text), variable_values=variables
        )
        if not isinstance(result, CoreResult) or result.errors or result.data is None:
            raise ExecutionError(f"The introspection part of a plan failed: {result!r}")
        return dict(result.data)


def _used_variables(text: str, variables: Mapping[str, object]) -> dict[str, object]:
    names = [
        definition.variable.name.value
        for operation in parse(text).definitions
        if isinstance(operation, OperationDefinitionNode)
        for definition in operation.variable_definitions or ()
    ]
    return {name: variables[name] for name in names if name in variables}
