"""From the text of a request to an operation that is known to be good: parse, limits, validate, select.

Limits come before validation, which takes longer the larger a document is. Everything here is computation, without
I/O, and depends on nothing but text and schema: what was prepared once is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import DocumentNode, OperationDefinitionNode

from gateway.config.settings import LimitsConfig
from gateway.errors import NestingTooDeep, ValidationFailed, VariablesInvalid
from gateway.operations.conditions import condition_variables
from gateway.operations.parse import parse_document
from gateway.operations.problems import problem_of
from gateway.operations.requirements import find_requirements
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document
from gateway.operations.variables import VariableCoercion
from gateway.planning.override_labels import find_override_labels
from gateway.query_plan.nodes import OperationKind
from gateway.security.introspection import refuse_introspection
from gateway.security.limits import check_limits
from gateway.supergraph.model import Supergraph

PreparationKey: TypeAlias = tuple[str, str | None]
"""Text and operation name: the text itself, for a digest would cost more than the dictionary's own hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOperation:
    """An operation that may be planned and run."""

    key: PreparationKey
    document: DocumentNode
    operation: OperationDefinitionNode
    kind: OperationKind
    name: str | None
    condition_variables: tuple[str, ...]
    variables: VariableCoercion | None
    """What its variables may be; ``None`` when it has none."""

    may_defer: bool
    """Whether there may be a ``@defer`` in it."""

    override_labels: frozenset[str]
    """The labels of progressive overrides that its plan may depend on."""

    requirements: int
    """The mask (``AuthRules``) of the requirements that it depends on for whom it is answered in which way."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares operations for one supergraph."""

    supergraph: Supergraph
    limits: LimitsConfig
    allows_introspection: bool

    def prepare(self, text: str, operation_name: str | None) -> PreparedOperation:
        """Return the operation of the document ``text`` that is asked for.

        Raises:
            DocumentInvalid: the text is not GraphQL.
            LimitExceeded: it is larger than allowed.
            IntrospectionRefused: it asks for the schema, which is not shown.
            ValidationFailed: it does not fit the schema.
            OperationUnknown: it does not hold the operation asked for.
            NestingTooDeep: it cannot be walked.
        """
        try:
            document = parse_document(text, max_tokens=self.limits.max_tokens)
            self._check(document)
            operation = select_operation(document, operation_name)
            conditions = condition_variables(operation, document)
            labels = find_override_labels(document, operation, self.supergraph)
            requirements = find_requirements(document, operation, self.supergraph)
        except RecursionError as error:
            raise NestingTooDeep("The document is nested too deep.") from error
        return PreparedOperation(
            key=(text, operation_name),
            document=document,
            operation=operation,
            kind=OperationKind(operation.operation.value),
            name=operation.name.value if operation.name is not None else None,
            condition_variables=conditions,
            variables=(
                VariableCoercion(
                    operation, self.supergraph.api_schema, suggests=self.allows_introspection
                )
                if operation.variable_definitions
                else None
            ),
            may_defer="defer" in text,
            override_labels=labels,
            requirements=requirements,
        )

    def _check(self, document: DocumentNode) -> None:
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                check_limits(document, definition, self.limits)
        if not self.allows_introspection:
            refuse_introspection(document)
        errors = validate_document(
            document,
            self.supergraph.api_schema,
            max_errors=self.limits.max_errors,
            suggests=self.allows_introspection,
        )
        if errors:
            raise ValidationFailed(*map(problem_of, errors))


def read_conditions(
    prepared: PreparedOperation, variables: Mapping[str, object]
) -> tuple[bool, ...]:
    """Return the values of the variables that decide over fields, in their order.

    Raises:
        VariablesInvalid: one of them is null.
    """
    values = []
    for name in prepared.condition_variables:
        # Only @defer takes a variable that may be absent; its fragment is deferred then.
        value = variables.get(name, True)
        if not isinstance(value, bool):
            raise VariablesInvalid(f'Variable "${name}" decides over fields and must not be null.')
        values.append(value)
    return tuple(values)
