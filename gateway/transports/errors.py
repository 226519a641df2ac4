"""Why a subgraph gave no usable answer, and the one place where problems of a connection turn into these errors.

::

    TransportError                  SUBGRAPH_REQUEST_FAILED
    ├── SubgraphUnreachable         SUBGRAPH_UNREACHABLE         no connection, or it broke
    ├── SubgraphTimeout             SUBGRAPH_TIMEOUT             no complete response in time
    ├── SubgraphSuspended           SUBGRAPH_SUSPENDED           not asked: its circuit breaker is open
    ├── SubgraphOverloaded          SUBGRAPH_OVERLOADED          not asked: too many requests wait for it
    ├── SubgraphCrashed             SUBGRAPH_CRASHED             an app in this process raised
    ├── ResponseTooLarge            SUBGRAPH_RESPONSE_TOO_LARGE  longer than allowed
    ├── SubgraphBadStatus           SUBGRAPH_BAD_STATUS          an HTTP status without a GraphQL response
    └── ResponseMalformed           SUBGRAPH_MALFORMED_RESPONSE  not HTTP or GraphQL, or of the wrong shape

Their texts name hosts and causes: they go to the log, never to a client.
"""

from __future__ import annotations

import ssl

from gateway.errors import TransportError

from .exchange import (
    ConnectionLost,
    DeadlinePassed,
    ExchangeProblem,
    NotConnected,
    ProtocolViolated,
    ReplyTooLarge,
)


class SubgraphUnreachable(TransportError):
    """There is no connection, or it broke before the response was complete."""

    code = "SUBGRAPH_UNREACHABLE"

    def __init__(self, text: str, *, was_sent: bool = True) -> None:
        super().__init__(text)
        self.was_sent = was_sent
        """Whether the subgraph may have acted on the request."""


class SubgraphTimeout(TransportError):
    """The response was not complete in time."""

    code = "SUBGRAPH_TIMEOUT"


class SubgraphSuspended(TransportError):
    """The subgraph failed so often that it is given a pause; it was not asked."""

    code = "SUBGRAPH_SUSPENDED"


class SubgraphOverloaded(TransportError):
    """As many requests as may wait for the subgraph do; it was not asked."""

    code = "SUBGRAPH_OVERLOADED"


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
    """What came back is not HTTP, not JSON, or not the shape of a GraphQL response to what was asked."""

    code = "SUBGRAPH_MALFORMED_RESPONSE"


FOREIGN_ERRORS: tuple[type[Exception], ...] = (ExchangeProblem, OSError)
"""What exchanges raise for anything that happens on the wire; a connection that is refused is an ``OSError``."""


def translate(error: Exception, subgraph: str) -> TransportError:
    """Return our error for one of ``FOREIGN_ERRORS``; the caller says what its limits are."""
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    match error:
        case DeadlinePassed():
            return SubgraphTimeout(f"Subgraph {subgraph!r} did not answer in time ({detail}).")
        case ReplyTooLarge():
            return ResponseTooLarge(
                f"The response of subgraph {subgraph!r} is too long ({detail})."
            )
        case ProtocolViolated():
            return ResponseMalformed(
                f"The response of subgraph {subgraph!r} is not HTTP as it should be ({detail})."
            )
        case ConnectionLost():
            return SubgraphUnreachable(f"No answer from subgraph {subgraph!r} ({detail}).")
        case NotConnected() | OSError():
            kind = "trusted connection" if isinstance(error, ssl.SSLError) else "connection"
            return SubgraphUnreachable(
                f"No {kind} to subgraph {subgraph!r} ({detail}).", was_sent=False
            )
        case _:
            return TransportError(f"Subgraph {subgraph!r} could not be asked ({detail}).")
