"""A service's GraphQL schema as a subgraph: built by Strawberry, refused unless every root field says who may call it.

Errors leave in one shape: a ``DomainError`` keeps its text and carries its code, input that GraphQL itself refuses is
``VALIDATION``, anything else is logged in full under an error id and shown as ``INTERNAL_ERROR``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, NewType
from uuid import uuid4

import strawberry
from graphql import GraphQLError
from strawberry.extensions import (
    MaxAliasesLimiter,
    MaxTokensLimiter,
    QueryDepthLimiter,
    SchemaExtension,
)
from strawberry.federation import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import get_object_definition

from .authorization import Allow
from .errors import DomainError
from .logging import get_logger

_log = get_logger(__name__)

FEDERATION_VERSION: Literal["2.3"] = "2.3"
MAX_TOKENS = 20_000
MAX_DEPTH = 40
MAX_ALIASES = 1_000

MinorUnits = NewType("MinorUnits", int)
"""Money in hundredths of the currency."""


class UnguardedField(TypeError):
    """A root field says nothing about who may call it."""


def build_schema(
    *, query: type, mutation: type | None = None, types: Iterable[type] = ()
) -> Schema:
    """Return the subgraph's schema.

    Args:
        query: the Query type; every field carries one of ``shared.authorization``'s rules.
        mutation: the Mutation type, likewise.
        types: entity types that no field mentions.

    Raises:
        UnguardedField: a root field carries no rule.
    """
    for root in (query, mutation):
        if root is not None:
            _require_rules(root)
    return _QuietSchema(
        query=query,
        mutation=mutation,
        types=types,
        federation_version=FEDERATION_VERSION,
        config=StrawberryConfig(scalar_map=_SCALARS),
        extensions=[
            lambda: MaxTokensLimiter(MAX_TOKENS),
            lambda: QueryDepthLimiter(MAX_DEPTH),
            lambda: MaxAliasesLimiter(MAX_ALIASES),
            _ErrorShape,
        ],
    )


def _require_rules(root: type) -> None:
    definition = get_object_definition(root, strict=True)
    for field in definition.fields:
        if not any(isinstance(extension, Allow) for extension in field.extensions):
            raise UnguardedField(
                f"{definition.name}.{field.python_name} needs one of shared.authorization's rules"
            )


class _QuietSchema(Schema):
    """Leaves logging to ``_ErrorShape``, which knows a refusal from a failure."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,
    ) -> None:
        """Log nothing."""


class _ErrorShape(SchemaExtension):
    """Gives every error of a result its code, and keeps what is internal inside."""

    def on_operation(self) -> Iterator[None]:
        """Run the operation, then shape its errors."""
        yield
        result = self.execution_context.result
        errors: list[GraphQLError] | None = getattr(result, "errors", None)
        if result is not None and errors:
            result.errors = [_shape(error) for error in errors]


def _shape(error: GraphQLError) -> GraphQLError:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case DomainError():
            return _copy(error, str(cause), cause.extensions())
        case None | GraphQLError():
            # Syntax, validation and coercion errors are GraphQL's own words about the input.
            return _copy(error, error.message, {"code": "VALIDATION", **(error.extensions or {})})
    error_id = uuid4().hex
    _log.error("resolver failed", error_id=error_id, path=error.path, exc_info=cause)
    message = f"Something went wrong on our side (error {error_id})."
    return _copy(error, message, {"code": "INTERNAL_ERROR", "errorId": error_id})


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _parse_minor_units(value: object) -> MinorUnits:
    if not isinstance(value, str) or not value.removeprefix("-").isdecimal() or len(value) > 19:
        raise GraphQLError('MinorUnits is a whole number written as a string, such as "10000".')
    return MinorUnits(int(value))


def _parse_instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError('DateTime is a string, such as "2030-01-07T09:00:00Z".')
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise GraphQLError(f"{value!r} is not an ISO 8601 time.") from error
    if instant.tzinfo is None:
        raise GraphQLError(f"{value!r} does not say its time zone: end it with Z or an offset.")
    return instant.astimezone(UTC)


def _print_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_SCALARS: dict[object, Any] = {
    MinorUnits: strawberry.scalar(
        name="MinorUnits",
        description="Money in hundredths, as a decimal string: GraphQL's Int ends at 32 bits.",
        serialize=str,
        parse_value=_parse_minor_units,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601 with its zone; answers are in UTC.",
        serialize=_print_instant,
        parse_value=_parse_instant,
    ),
}
