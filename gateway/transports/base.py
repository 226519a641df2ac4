"""The port between execution and subgraphs: bytes out, bytes in.

A transport knows nothing of GraphQL beyond whether a request may be repeated. What the bytes mean is execution's
business; how they travel, wait, fail and are retried is the transport's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, TypeAlias

from .uploads import FilePart

RequestKind: TypeAlias = Literal["query", "mutation", "subscription"]
"""Only queries may be sent again when a connection breaks: nothing else is known to be safe to repeat."""


class SubgraphRequest(NamedTuple):
    """One GraphQL request to one subgraph."""

    subgraph: str
    kind: RequestKind
    body: bytes
    """The JSON text ``{"query": …, "variables": …}``."""

    headers: tuple[tuple[str, str], ...] = ()
    """Headers to send besides the transport's own (content type, accept, encoding, host)."""

    files: tuple[FilePart, ...] = ()
    """Files for places in the variables where ``body`` holds null; then all goes as a multipart request."""


class SubgraphResponse(NamedTuple):
    """What came back, whatever its status: a transport only raises when there is no response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    """Looked up by lower-case name; of repeated headers, one."""

    coding: str | None = None
    """The content coding that ``body`` is in, on its way to the transport: what that returns is in none."""


class Transport(Protocol):
    """A way to one or several subgraphs."""

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send ``request`` and wait for the whole response.

        Raises:
            TransportError: there is no response (see ``transports/errors.py`` for the kinds).
        """
        ...

    async def close(self) -> None:
        """Give back connections. Calls in flight fail; closing twice is harmless."""
        ...
