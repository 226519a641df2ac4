"""Normalises an operation: the passes of this package in their order."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import DocumentNode, OperationDefinitionNode, VariableDefinitionNode, print_ast

from gateway.errors import NestingTooDeep
from gateway.supergraph.argument_text import print_value
from gateway.supergraph.authorization import Denial
from gateway.supergraph.model import Supergraph

from .flatten import Flattener
from .introspection import print_introspection
from .normalized_operation import NormalizedOperation


def normalize_operation(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    supergraph: Supergraph,
    conditions: Mapping[str, bool],
    *,
    max_defers: int = 0,
    denial: Denial | None = None,
) -> NormalizedOperation:
    """Bring a valid operation into the form that planning reads.

    ``conditions`` holds a boolean for each of the operation's ``condition_variables``. So many ``@defer`` as
    ``max_defers`` are heeded, in document order; what stands in the others is part of what is around them.
    ``denial`` says what the client may not see: it is cut out here, so that no plan ever fetches it.

    Raises:
        PlanningLimitExceeded: it is too large once its fragments are written out.
        NestingTooDeep: it is nested deeper than can be walked.
    """
    root_type = supergraph.root_types[operation.operation.value]
    flattener = Flattener(document, supergraph, conditions, max_defers=max_defers, denial=denial)
    try:
        selections = flattener.flatten(operation.selection_set, root_type)
    except RecursionError as error:
        raise NestingTooDeep("The operation is nested too deeply.") from error
    return NormalizedOperation(
        kind=operation.operation,
        root_type=root_type,
        selections=selections,
        variables={
            definition.variable.name.value: _print_definition(definition)
            for definition in operation.variable_definitions or ()
        },
        introspection=print_introspection(flattener.introspection, operation, document),
        defers=flattener.defers,
        denied=flattener.denied,
        denied_types=denial.types if denial is not None else frozenset(),
    )


def _print_definition(definition: VariableDefinitionNode) -> str:
    text = f"${definition.variable.name.value}: {print_ast(definition.type)}"
    if definition.default_value is not None:
        text += f" = {print_value(definition.default_value)}"
    return text
