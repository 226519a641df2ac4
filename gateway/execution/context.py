"""What an execution needs besides its plan: transports, headers, the API schema, a deadline, a sink for telemetry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.transports.base import SubgraphResponse, Transport
from gateway.transports.uploads import FilePart

from .introspection import Introspection
from .result import SubgraphCall


def ignore_call(call: SubgraphCall) -> None:
    """Be the sink of whoever does not listen."""


class ExecutionContext(NamedTuple):
    """The surroundings of one execution.

    A named tuple, as all that is made for each request: that takes a third of the time of a frozen dataclass.
    """

    transports: Mapping[str, Transport]
    """By subgraph name."""

    introspection: Introspection | None = None
    """``None`` when the plan is known to hold no introspection."""

    headers: tuple[tuple[str, str], ...] = ()
    """Sent to every subgraph."""

    subgraph_headers: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({})
    """For subgraphs with rules of their own: sent instead of ``headers``."""

    about: Callable[[], Mapping[str, object]] = dict
    """Says what tells the request apart, for lines of the log about what went wrong."""

    deadline: float | None = None
    """When to give up, by the clock of the event loop (``loop.time()``).

    What has arrived by then is answered; what has not, counts as timed out.
    """

    on_subgraph_call: Callable[[SubgraphCall], None] = ignore_call
    """Called after every request to a subgraph, failed ones too, in the order they end."""

    on_subgraph_response: Callable[[int, int, SubgraphResponse], None] | None = None
    """Called with every response to a request, before it is read: fetch id, representations asked about, response."""

    files: tuple[FilePart, ...] = ()
    """Files of the client's; each goes to the fetches that take its variable."""
