"""Which changes recorded operations feel, and which operations are valid no longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    separate_operations,
)

from gateway.operations.validate import validate_document

from .change import SchemaChange, Severity
from .recorded_operations import RecordedOperation
from .usage import find_usage

_MAX_ERRORS = 5
"""Per operation: enough to see what is wrong."""


@dataclass(frozen=True, slots=True)
class SeenOperation:
    """An operation that was recorded once or many times."""

    name: str
    """Its name; where it was recorded, if it has none."""

    source: str
    requests: int


@dataclass(frozen=True, slots=True)
class InvalidOperation:
    """An operation that a schema refuses."""

    operation: SeenOperation
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What recorded operations say about changes."""

    operations: int
    """How many different ones there are."""

    requests: int
    hits: Mapping[SchemaChange, tuple[SeenOperation, ...]]
    """The operations that may feel a change, the most frequent first; for every change that is not safe."""

    broken: tuple[InvalidOperation, ...]
    """Valid before, invalid after."""

    invalid_before: tuple[InvalidOperation, ...]
    """Invalid before already: nothing is known of what they use."""


@dataclass(slots=True)
class _Entry:
    first: RecordedOperation
    requests: int = 0
    hits: set[SchemaChange] = field(default_factory=set)

    def seen(self) -> SeenOperation:
        name = self.first.operation_name or self.first.source
        return SeenOperation(name, self.first.source, self.requests)


def weigh_changes(
    changes: Sequence[SchemaChange],
    recorded: Iterable[RecordedOperation],
    *,
    old: GraphQLSchema,
    new: GraphQLSchema,
) -> Traffic:
    """Return which operations feel which of the ``changes`` from ``old`` to ``new``."""
    felt = [change for change in changes if change.severity is not Severity.SAFE]
    entries: dict[tuple[str, str | None], _Entry] = {}
    documents: dict[tuple[str, str | None], DocumentNode | None] = {}
    broken: list[tuple[_Entry, tuple[str, ...]]] = []
    invalid_before: list[tuple[_Entry, tuple[str, ...]]] = []
    for operation in recorded:
        key = (operation.query, operation.operation_name)
        entry = entries.get(key)
        if entry is None:
            entry = entries[key] = _Entry(operation)
            document, problems = _read(operation, old)
            documents[key] = document
            if document is None:
                invalid_before.append((entry, problems))
            elif problems := _validate(document, new):
                broken.append((entry, problems))
        entry.requests += operation.count
        document = documents[key]
        if document is not None:
            # The same text may be sent with other variables, so each record counts.
            usage = find_usage(document, old, operation.variables)
            entry.hits.update(change for change in felt if usage.is_hit_by(change))
    ranked = sorted(entries.values(), key=lambda entry: -entry.requests)
    return Traffic(
        operations=len(entries),
        requests=sum(entry.requests for entry in ranked),
        hits={
            change: tuple(entry.seen() for entry in ranked if change in entry.hits)
            for change in felt
        },
        broken=tuple(InvalidOperation(entry.seen(), errors) for entry, errors in broken),
        invalid_before=tuple(
            InvalidOperation(entry.seen(), errors) for entry, errors in invalid_before
        ),
    )


def _read(
    operation: RecordedOperation, schema: GraphQLSchema
) -> tuple[DocumentNode | None, tuple[str, ...]]:
    """Return the document of one operation with its fragments, or what is wrong with it."""
    try:
        whole = parse(operation.query)
    except GraphQLError as error:
        return None, (error.message,)
    names = [
        definition.name.value if definition.name else ""
        for definition in whole.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
    wanted = operation.operation_name or ""
    if operation.operation_name is None and len(names) == 1:
        wanted = names[0]
    if names.count(wanted) != 1:
        return None, (f"There is no one operation named {wanted!r}.",)
    document = separate_operations(whole)[wanted]
    problems = _validate(document, schema)
    return (None, problems) if problems else (document, ())


def _validate(document: DocumentNode, schema: GraphQLSchema) -> tuple[str, ...]:
    errors = validate_document(document, schema, max_errors=_MAX_ERRORS)
    return tuple(error.message for error in errors[:_MAX_ERRORS])
