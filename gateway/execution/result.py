"""What comes of executing a plan: data, errors with client paths, and what was asked of whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, NotRequired, TypeAlias, TypedDict

from .json_text import encode_json

ClientPath: TypeAlias = tuple[str | int, ...]
"""Response keys and list indices from the root of the client's answer."""

JsonObject: TypeAlias = dict[str, object]


class WireError(TypedDict):
    """One error as the client reads it. Spec: GraphQL, 7.1.2 (Errors)."""

    message: str
    path: NotRequired[list[str | int]]
    extensions: JsonObject
    """``code`` always; ``service`` when a subgraph is to blame; ``errorId`` when the log says more."""


class SubgraphCall(NamedTuple):
    """One request to a subgraph, for logs and metrics."""

    subgraph: str
    fetch_id: int
    duration_seconds: float
    status: int | None
    """The HTTP status; ``None`` when there was no response."""

    request_bytes: int
    response_bytes: int
    error_code: str | None
    """Why the answer could not be used; ``None`` when it could."""


@dataclass(slots=True)
class ExecutionResult:
    """The answer to one operation."""

    data: JsonObject | None
    """Parts may be shared: to be read and encoded, not changed."""

    errors: list[WireError] = field(default_factory=list)
    extensions: JsonObject = field(default_factory=dict)
    """``degraded``: names of the subgraphs that gave no usable answer, if any."""

    subgraph_calls: list[SubgraphCall] = field(default_factory=list)
    text: bytes | None = None
    """The response without errors and extensions as JSON text, where a subgraph has written it already."""

    def to_bytes(self) -> bytes:
        """Return the response as JSON text. Spec: GraphQL, 7.1 (Response Format)."""
        if self.text is not None and not self.errors and not self.extensions:
            return self.text
        wire: JsonObject = {}
        if self.errors:
            wire["errors"] = self.errors
        wire["data"] = self.data
        if self.extensions:
            wire["extensions"] = self.extensions
        return encode_json(wire)
