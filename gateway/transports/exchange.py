"""One HTTP exchange, whatever the version: what goes out, what comes back, and what can go wrong on the way.

Connections raise the problems below; ``errors.py`` turns them into errors that name the subgraph.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from .base import SubgraphResponse
from .headers import HeaderBlock


class StreamedBody(Protocol):
    """A request body that is written piece by piece."""

    @property
    def content_type(self) -> str:
        """What the pieces are, together."""
        ...

    @property
    def size_bytes(self) -> int:
        """How long they are, together."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        ...


class Message(NamedTuple):
    """A POST that is ready to be written."""

    headers: HeaderBlock
    """What this request has of its own; the target's come before."""

    body: bytes
    """JSON."""

    coding: str | None = None
    """The content coding that ``body`` is in."""

    stream: StreamedBody | None = None
    """What is sent instead of ``body``."""


class Origin(Protocol):
    """The connections to one address."""

    async def exchange(
        self, message: Message, *, deadline: float, fresh: bool = False
    ) -> SubgraphResponse:
        """Send ``message`` and wait for the whole reply, which is returned with its body as it came.

        Args:
            message: what to send.
            deadline: when to give up, by the clock of the event loop.
            fresh: whether connections that have been used before are left alone.

        Raises:
            ExchangeProblem: there is no complete reply.
            OSError: there is no connection.
        """
        ...

    def close(self) -> None:
        """Close all connections; exchanges under way fail."""
        ...


class ExchangeProblem(Exception):
    """There is no complete reply."""


class NotConnected(ExchangeProblem):
    """No connection came about; nothing was sent."""


class ConnectionLost(ExchangeProblem):
    """The connection ended after the request was sent, and before the reply was complete."""

    def __init__(self, text: str, *, is_stale: bool = False) -> None:
        super().__init__(text)
        self.is_stale = is_stale
        """The connection had been used before and nothing of a reply came: the server was just closing it."""


class ProtocolViolated(ExchangeProblem):
    """What came back is not HTTP as it should be."""


class ReplyTooLarge(ExchangeProblem):
    """The reply is longer than allowed."""


class DeadlinePassed(ExchangeProblem):
    """The reply was not complete in time."""
