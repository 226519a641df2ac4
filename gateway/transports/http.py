"""Subgraphs over HTTP: one call, with everything that it may need on the way.

From outside to inside: equal queries are joined, a failing subgraph is given pauses, calls wait for their turn, and
queries are sent again when the way to the subgraph fails. One deadline holds for all of it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, urlsplit

from gateway.errors import TransportError

from . import content_coding
from .address import Address
from .base import SubgraphRequest, SubgraphResponse
from .circuit_breaker import CircuitBreaker, CircuitPolicy, CircuitState
from .coalescing import Flights
from .concurrency import QueueFull, Slots
from .errors import (
    FOREIGN_ERRORS,
    ResponseTooLarge,
    SubgraphOverloaded,
    SubgraphSuspended,
    SubgraphTimeout,
    translate,
)
from .exchange import ConnectionLost, DeadlinePassed, Message, Origin, ReplyTooLarge
from .headers import OWN_HEADERS, HeaderBlock, HeaderEncoder
from .http1 import Http1Origin
from .http2 import Http2Origin, NegotiatedOrigin
from .persisted_queries import PersistedQueries, Verdict, judge
from .retry import RETRIED_STATUSES, RetryBudget, RetryPolicy
from .tls import build_tls
from .uploads import build_multipart

_SAFE = "/%:@!$&'()*+,;=~-._"
"""What may stand in a path; anything else is escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How one subgraph is called."""

    timeout_seconds: float = 30.0
    """For everything: waiting for a turn, all attempts, reading the response."""

    connect_timeout_seconds: float = 5.0
    keep_alive_seconds: float = 4.0
    """How long a connection may idle. Many servers close after five seconds: a client that is a little earlier does
    not send a mutation, which is never sent twice, into a connection that is just being closed."""

    max_concurrency: int = 100
    """Requests in flight at once; others wait their turn."""

    max_waiting: int = 1000
    """How many may wait; more are refused at once."""

    max_response_bytes: int = 64 * 1024 * 1024
    """Before decompression and after it."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    circuit: CircuitPolicy | None = None
    """``None``: the subgraph is asked however often it fails."""

    tls: ssl.SSLContext | None = None
    """For ``https``; ``None`` trusts what the system trusts."""

    http2_tls: ssl.SSLContext | None = None
    """The same, but offering HTTP/2; ``None`` trusts what the system trusts."""

    server_name: str | None = None
    """Who the certificate must be for, when it is not the host of the URL."""

    coalesce: bool = False
    """Whether equal queries in flight are sent once."""

    persisted_queries: bool = False
    """Whether operations are named by their hash, once the subgraph knows them."""

    compress_min_bytes: int = 0
    """Request bodies of this size and above are sent in gzip; 0 never."""

    http2: bool = False
    """Whether HTTP/2 is spoken: over ``https`` when the server agrees, over ``http`` without asking."""


class HttpListener(Protocol):
    """Who is told what becomes of calls, besides their callers."""

    def circuit_changed(self, state: CircuitState) -> None:
        """The circuit breaker has gone into another state."""
        ...

    def retried(self) -> None:
        """A query is sent again."""
        ...

    def joined(self) -> None:
        """A query was answered by another's call."""
        ...


class HttpPool:
    """Whose close ends the connections of all HTTP transports made over it; an async context manager."""

    def __init__(self) -> None:
        self._origins: list[Origin] = []
        self._is_closed = False
        self.encoder = HeaderEncoder()

    def add(self, origin: Origin) -> None:
        """Take over an origin."""
        self._origins.append(origin)

    def remove(self, origin: Origin) -> None:
        """Forget an origin that has been closed."""
        if origin in self._origins:
            self._origins.remove(origin)

    def check(self) -> None:
        """Raise ``TransportError`` when the pool is closed."""
        if self._is_closed:
            raise TransportError("The connections to subgraphs are closed.")

    async def close(self) -> None:
        """Close all connections, for good."""
        self._is_closed = True
        for origin in self._origins:
            origin.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class HttpTransport:
    """One subgraph behind a URL.

    Args:
        url: where it is.
        pool: closes the connections at last, when ``close`` has not.
        options: how it is called.
        listener: told of what happens besides.

    Raises:
        ValueError: ``url`` is none.
    """

    def __init__(
        self,
        url: str,
        pool: HttpPool,
        options: HttpOptions | None = None,
        *,
        listener: HttpListener | None = None,
    ) -> None:
        self._pool = pool
        self._loop: asyncio.AbstractEventLoop | None = None
        self._options = options = options or HttpOptions()
        self._listener = listener
        self._origin = _open_origin(url, options)
        pool.add(self._origin)
        self._slots = Slots(options.max_concurrency, max_waiting=options.max_waiting)
        self._budget = RetryBudget(options.retry)
        self._breaker: CircuitBreaker | None = None
        if options.circuit is not None:
            self._breaker = CircuitBreaker(
                options.circuit, on_change=None if listener is None else listener.circuit_changed
            )
        self._flights = Flights() if options.coalesce else None
        self._persisted = PersistedQueries() if options.persisted_queries else None
        self._compress_min_bytes = options.compress_min_bytes

    def send(self, request: SubgraphRequest) -> Coroutine[Any, Any, SubgraphResponse]:
        """Send ``request``, again if it is a query and the way to the subgraph failed."""
        # No coroutine of its own: for most subgraphs it would do nothing but wait for the other.
        if self._flights is None:
            return self._send_admitted(request)
        return self._send_joined(request, self._flights)

    async def close(self) -> None:
        """Close the connections; calls in flight fail."""
        self._pool.remove(self._origin)
        self._origin.close()

    async def _send_joined(self, request: SubgraphRequest, flights: Flights) -> SubgraphResponse:
        """Send ``request``, or wait for an equal query that is under way."""
        if request.kind != "query" or request.files:
            try:
                return await self._send_admitted(request)
            finally:
                # Whoever reads after this write must not be given what was read before it.
                flights.disperse()
        response, is_shared = await flights.join(request, self._send_admitted)
        if is_shared and self._listener is not None:
            self._listener.joined()
        return response

    async def _send_admitted(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send ``request`` unless the subgraph has a pause, and take note of how that went."""
        self._pool.check()
        breaker = self._breaker
        if breaker is None:
            return await self._send_in_turn(request)
        if not breaker.admit():
            raise SubgraphSuspended(
                f"Subgraph {request.subgraph!r} keeps failing and is given a pause."
            )
        try:
            response = await self._send_in_turn(request)
        except SubgraphOverloaded:
            breaker.release()
            raise
        except TransportError:
            breaker.record(success=False)
            raise
        except BaseException:
            breaker.release()
            raise
        breaker.record(success=response.status not in RETRIED_STATUSES)
        return response

    async def _send_in_turn(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send ``request`` when there is a place for it, and again if that may help."""
        loop = self._loop
        if loop is None:
            # Kept, because asking for it is a system call in CPython 3.11.
            loop = self._loop = asyncio.get_running_loop()
        deadline = loop.time() + self._options.timeout_seconds
        if not self._slots.take():
            await self._wait_for_turn(request, deadline)
        try:
            headers = self._pool.encoder.encode(request.headers)
            self._budget.earn()
            outcome: SubgraphResponse | TransportError
            try:
                outcome = await self._attempt(request, headers, deadline)
                if outcome.status not in RETRIED_STATUSES:
                    return outcome
            except TransportError as error:
                outcome = error
            return await self._send_again(request, headers, deadline, outcome)
        finally:
            self._slots.give_back()

    async def _wait_for_turn(self, request: SubgraphRequest, deadline: float) -> None:
        try:
            await self._slots.wait(deadline=deadline)
        except QueueFull as error:
            raise SubgraphOverloaded(
                f"{self._options.max_waiting} requests wait for subgraph {request.subgraph!r}."
            ) from error
        except DeadlinePassed as error:
            raise self._timeout(request) from error

    async def _send_again(
        self,
        request: SubgraphRequest,
        headers: HeaderBlock,
        deadline: float,
        outcome: SubgraphResponse | TransportError,
    ) -> SubgraphResponse:
        """Send ``request``, of which ``outcome`` came, until another comes or there is no use in going on."""
        policy = self._options.retry
        for retry in range(policy.max_retries):
            if not policy.is_retryable(request, outcome):
                break
            delay_seconds = policy.delay_seconds(retry, outcome)
            if delay_seconds is None or not self._may_retry(delay_seconds, deadline):
                break
            await asyncio.sleep(delay_seconds)
            try:
                outcome = await self._attempt(request, headers, deadline)
            except TransportError as error:
                outcome = error
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome

    def _attempt(
        self, request: SubgraphRequest, headers: HeaderBlock, deadline: float
    ) -> Coroutine[Any, Any, SubgraphResponse]:
        if self._persisted is None or request.files:
            return self._post(request, request.body, headers, deadline)
        return self._post_by_hash(request, request.body, headers, deadline)

    def _may_retry(self, delay_seconds: float, deadline: float) -> bool:
        if asyncio.get_running_loop().time() + delay_seconds >= deadline:
            return False
        if not self._budget.spend():
            return False
        if self._listener is not None:
            self._listener.retried()
        return True

    async def _post_by_hash(
        self, request: SubgraphRequest, body: bytes, headers: HeaderBlock, deadline: float
    ) -> SubgraphResponse:
        """Send the hash of an operation, and its text when the subgraph asks for that."""
        bodies = None if self._persisted is None else self._persisted.split(body)
        if bodies is None:
            return await self._post(request, body, headers, deadline)
        hash_only, with_text = bodies
        response = await self._post(request, hash_only, headers, deadline)
        verdict = judge(response)
        match verdict:
            case Verdict.ANSWERED:
                return response
            case Verdict.NOT_FOUND:
                return await self._post(request, with_text, headers, deadline)
            case Verdict.NOT_SUPPORTED:
                self._persisted = None
                return await self._post(request, body, headers, deadline)
            case Verdict.DOUBTFUL:
                response = await self._post(request, body, headers, deadline)
                if response.status < 400:
                    self._persisted = None
                return response

    async def _post(
        self, request: SubgraphRequest, body: bytes, headers: HeaderBlock, deadline: float
    ) -> SubgraphResponse:
        """Send one message and return the response to it, decompressed."""
        message = Message(headers, body)
        least = self._compress_min_bytes
        if request.files:
            message = Message(headers, b"", stream=build_multipart(body, request.files))
        elif least and len(body) >= least:
            message = Message(headers, await content_coding.compress(body), "gzip")
        try:
            try:
                reply = await self._origin.exchange(message, deadline=deadline)
            except ConnectionLost as error:
                if not error.is_stale or request.kind != "query":
                    raise
                # The server closed an idle connection in the moment it was used; that says nothing about its health.
                reply = await self._origin.exchange(message, deadline=deadline, fresh=True)
            if message.coding is not None and reply.status == 415:
                # It does not read gzip. It did not act on the request either, so that this is no retry.
                self._compress_min_bytes = 0
                reply = await self._origin.exchange(Message(headers, body), deadline=deadline)
            if reply.coding is None:
                return reply
            limit_bytes = self._options.max_response_bytes
            body = content_coding.decode(reply.body, reply.coding, limit_bytes=limit_bytes)
            return SubgraphResponse(reply.status, body, reply.headers)
        except DeadlinePassed as error:
            raise self._timeout(request) from error
        except ReplyTooLarge as error:
            raise ResponseTooLarge(
                f"Subgraph {request.subgraph!r} answered with more than "
                f"{self._options.max_response_bytes} bytes."
            ) from error
        except FOREIGN_ERRORS as error:
            raise translate(error, request.subgraph) from error

    def _timeout(self, request: SubgraphRequest) -> SubgraphTimeout:
        return SubgraphTimeout(
            f"Subgraph {request.subgraph!r} did not answer within {self._options.timeout_seconds} s."
        )


def _open_origin(url: str, options: HttpOptions) -> Origin:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no http:// or https:// address.")
    is_secure = parts.scheme == "https"
    address = Address(
        host=parts.hostname,
        port=parts.port or (443 if is_secure else 80),
        tls=(options.tls or build_tls()) if is_secure else None,
        server_name=options.server_name,
        connect_timeout_seconds=options.connect_timeout_seconds,
        keep_alive_seconds=options.keep_alive_seconds,
    )
    target = quote(parts.path or "/", safe=_SAFE) + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    shared = {**OWN_HEADERS, "accept-encoding": content_coding.ACCEPTED}
    del shared["content-type"]  # files are sent as something else
    lines = [f"POST {target} HTTP/1.1", f"host: {host}"]
    lines += [f"{name}: {value}" for name, value in shared.items()]
    head = "".join(line + "\r\n" for line in lines).encode("ascii")
    http1 = Http1Origin(address, head, max_body_bytes=options.max_response_bytes)
    if not options.http2:
        return http1
    pseudo = {":method": "POST", ":scheme": parts.scheme, ":authority": host, ":path": target}
    if is_secure:
        address = replace(address, tls=options.http2_tls or build_tls(http2=True))
    http2 = Http2Origin(address, {**pseudo, **shared}, max_body_bytes=options.max_response_bytes)
    return NegotiatedOrigin(http2, http1) if is_secure else http2
