"""What a client asks for, whatever protocol it came by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from gateway.execution.incremental_format import IncrementalFormat
from gateway.security.identity import Identity
from gateway.security.plan_exposure import PlanExposure
from gateway.telemetry.request_record import RequestRecord
from gateway.transports.uploads import FilePart

from .presence import Presence

SharingKey: TypeAlias = tuple[bool, bytes, tuple[tuple[str, str], ...]]
"""By GET or not, what was asked as it was written, and all of the headers that an answer may depend on."""


class GraphQLRequest(NamedTuple):
    """One GraphQL request, its parameters checked for their types only."""

    query: str | None
    """``None`` when the document is named by its hash alone."""

    persisted_hash: str | None = None
    """The SHA-256 hash of the document, in lower-case hexadecimal digits."""

    operation_name: str | None = None
    variables: Mapping[str, object] = MappingProxyType({})
    """Where a file belongs, they hold its ``UploadedFile``."""

    files: tuple[FilePart, ...] = ()
    """The files in ``variables``, and where."""


@dataclass(slots=True, kw_only=True)
class Caller:
    """The surroundings of a request. To be read only; frozen, it would take three times as long to make."""

    record: RequestRecord
    identity: Identity | None = None
    """Of a verified token; ``None`` for nobody in particular. All that its sharing key stands for has the same."""

    headers: tuple[tuple[str, str], ...] = ()
    """What goes on to every subgraph."""

    subgraph_headers: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What goes on instead to those that have rules of their own."""

    sharing_key: SharingKey | None = None
    """Requests with equal keys get equal answers: one execution may serve them. ``None``: for this one alone."""

    is_read_only: bool = False
    """Whether mutations are refused: the request came by GET."""

    presence: Presence = field(default_factory=Presence)
    plan_exposure: PlanExposure = PlanExposure.NONE
    incremental: IncrementalFormat | None = None
    """How the client reads answers in parts; ``None`` when it does not."""
