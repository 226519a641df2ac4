"""What a client asks for, whatever protocol it came by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.telemetry.request_record import RequestRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """One GraphQL request, its parameters checked for their types only."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The surroundings of a request."""

    record: RequestRecord
    headers: tuple[tuple[str, str], ...] = ()
    """What goes on to every subgraph."""

    sharing_key: tuple[tuple[str, str], ...] = ()
    """The part of ``headers`` that an answer may depend on: without what is new in each request."""

    is_read_only: bool = False
    """Whether mutations are refused: the request came by GET."""
