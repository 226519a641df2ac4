"""Why a subgraph gave no usable answer, and the one place where foreign exceptions turn into these errors.

::

    TransportError                  SUBGRAPH_REQUEST_FAILED
    ├── SubgraphUnreachable         SUBGRAPH_UNREACHABLE         no connection, or it broke
    ├── SubgraphTimeout             SUBGRAPH_TIMEOUT             no complete response in time
    ├── SubgraphSuspended           SUBGRAPH_SUSPENDED           not asked: its circuit breaker is open
    ├── SubgraphCrashed             SUBGRAPH_CRASHED             an app in this process raised
    ├── ResponseTooLarge            SUBGRAPH_RESPONSE_TOO_LARGE  longer than allowed
    ├── SubgraphBadStatus           SUBGRAPH_BAD_STATUS          an HTTP status without a GraphQL response
    └── ResponseMalformed           SUBGRAPH_MALFORMED_RESPONSE  not a GraphQL response, or one of the wrong shape

Their texts name hosts and causes: they go to the log, never to a client.
"""

from __future__ import annotations

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientPayloadError,
    ClientSSLError,
    InvalidURL,
    ServerTimeoutError,
)

from gateway.errors import TransportError


class SubgraphUnreachable(TransportError):
    """There is no connection, or it broke before the response was complete."""

    code = "SUBGRAPH_UNREACHABLE"


class SubgraphTimeout(TransportError):
    """The response was not complete in time."""

    code = "SUBGRAPH_TIMEOUT"


class SubgraphSuspended(TransportError):
    """The subgraph failed so often that it is given a pause; it was not asked."""

    code = "SUBGRAPH_SUSPENDED"


class SubgraphCrashed(TransportError):
    """A subgraph in this process raised, or returned without a response."""

    code = "SUBGRAPH_CRASHED"


class ResponseTooLarge(TransportError):
    """The response is longer than the gateway reads."""

    code = "SUBGRAPH_RESPONSE_TOO_LARGE"


class SubgraphBadStatus(TransportError):
    """An HTTP status other than success, without a GraphQL response in the body."""

    code = "SUBGRAPH_BAD_STATUS"


class ResponseMalformed(TransportError):
    """The body is not JSON, or not the shape of a GraphQL response to what was asked."""

    code = "SUBGRAPH_MALFORMED_RESPONSE"


FOREIGN_ERRORS: tuple[type[Exception], ...] = (ClientError, TimeoutError, OSError, InvalidURL)
"""What aiohttp raises for anything that happens on the wire."""


def translate(error: Exception, subgraph: str) -> TransportError:
    """Return our error for one of ``FOREIGN_ERRORS``."""
    detail = f"{type(error).__name__}: {error}"
    match error:
        case ServerTimeoutError() | TimeoutError():
            return SubgraphTimeout(f"Subgraph {subgraph!r} did not answer in time ({detail}).")
        case ClientSSLError():
            return SubgraphUnreachable(
                f"No trusted connection to subgraph {subgraph!r} ({detail})."
            )
        case ClientConnectionError() | OSError():
            return SubgraphUnreachable(f"No connection to subgraph {subgraph!r} ({detail}).")
        case ClientPayloadError():
            return SubgraphUnreachable(
                f"The response of subgraph {subgraph!r} broke off ({detail})."
            )
        case _:
            return TransportError(f"Subgraph {subgraph!r} could not be asked ({detail}).")
