"""Subgraphs over HTTP, on aiohttp: kept-alive connections, a time limit, bounded concurrency, retries for queries."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from multidict import CIMultiDict
from yarl import URL

from gateway.errors import TransportError

from .base import SubgraphRequest, SubgraphResponse
from .circuit_breaker import CircuitBreaker, CircuitPolicy
from .errors import FOREIGN_ERRORS, ResponseTooLarge, SubgraphSuspended, SubgraphTimeout, translate
from .headers import OWN_HEADERS, forwardable
from .retry import RETRIED_STATUSES, RetryBudget, RetryPolicy

_ACCEPT_ENCODING = ("accept-encoding", "gzip, deflate")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How one subgraph is called."""

    timeout_seconds: float = 30.0
    """For everything: waiting for a free connection, all attempts, reading the response."""

    connect_timeout_seconds: float = 5.0
    max_concurrency: int = 100
    """Requests in flight at once; others wait their turn."""

    max_response_bytes: int = 64 * 1024 * 1024
    """After decompression."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    circuit: CircuitPolicy | None = None
    """``None``: the subgraph is asked however often it fails."""


class HttpPool:
    """The connections that all HTTP transports of one event loop share; an async context manager.

    An idle connection is closed after ``keep_alive_seconds``. Many servers do so after five: a client that is a little
    earlier does not send a mutation, which is never sent twice, into a connection that is just being closed.
    """

    def __init__(self, *, keep_alive_seconds: float = 4.0) -> None:
        self._keep_alive_seconds = keep_alive_seconds
        self._session: ClientSession | None = None
        self._is_closed = False

    @property
    def session(self) -> ClientSession:
        """The session, opened at first use because it belongs to the running loop.

        Raises:
            TransportError: the pool is closed.
        """
        if self._is_closed:
            raise TransportError("The connections to subgraphs are closed.")
        if self._session is None:
            # Concurrency is bounded per subgraph by the transports. Cookies of one caller must not reach another.
            self._session = ClientSession(
                connector=TCPConnector(limit=0, keepalive_timeout=self._keep_alive_seconds),
                cookie_jar=DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close all connections, for good."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

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
    """One subgraph behind a URL. The pool outlives it and is closed by whoever made it."""

    def __init__(self, url: str, pool: HttpPool, options: HttpOptions | None = None) -> None:
        self._url = URL(url)
        self._pool = pool
        self._options = options or HttpOptions()
        self._slots = asyncio.Semaphore(self._options.max_concurrency)
        self._budget = RetryBudget(self._options.retry)
        self._timeout = ClientTimeout(
            total=None, sock_connect=self._options.connect_timeout_seconds
        )
        circuit = self._options.circuit
        self._breaker = CircuitBreaker(circuit) if circuit is not None else None

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send ``request``, again if it is a query and the way to the subgraph failed."""
        breaker = self._breaker
        if breaker is None:
            return await self._send_in_time(request)
        if not breaker.admit():
            raise SubgraphSuspended(
                f"Subgraph {request.subgraph!r} keeps failing and is given a pause."
            )
        try:
            response = await self._send_in_time(request)
        except TransportError:
            breaker.record(success=False)
            raise
        except BaseException:
            breaker.release()
            raise
        breaker.record(success=response.status not in RETRIED_STATUSES)
        return response

    async def close(self) -> None:
        """Do nothing: connections are the pool's."""

    async def _send_in_time(self, request: SubgraphRequest) -> SubgraphResponse:
        limit = asyncio.timeout(self._options.timeout_seconds)
        try:
            async with limit, self._slots:
                return await self._send_with_retries(request)
        except TimeoutError as error:
            raise SubgraphTimeout(
                f"Subgraph {request.subgraph!r} did not answer within {self._options.timeout_seconds} s."
            ) from error

    async def _send_with_retries(self, request: SubgraphRequest) -> SubgraphResponse:
        policy = self._options.retry
        headers = _headers(request)
        self._budget.earn()
        retry = 0
        while True:
            outcome: SubgraphResponse | TransportError
            try:
                outcome = await self._attempt(request, headers)
            except TransportError as error:
                outcome = error
            if retry < policy.max_retries and policy.is_retryable(request, outcome):
                delay_seconds = policy.delay_seconds(retry, outcome)
                if delay_seconds is not None and self._budget.spend():
                    retry += 1
                    await asyncio.sleep(delay_seconds)
                    continue
            if isinstance(outcome, TransportError):
                raise outcome
            return outcome

    async def _attempt(
        self, request: SubgraphRequest, headers: CIMultiDict[str]
    ) -> SubgraphResponse:
        try:
            async with self._pool.session.post(
                self._url,
                data=request.body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                body = await self._read(request, response)
                return SubgraphResponse(response.status, body, response.headers)
        except FOREIGN_ERRORS as error:
            raise translate(error, request.subgraph) from error

    async def _read(self, request: SubgraphRequest, response: ClientResponse) -> bytes:
        """Read chunk by chunk, so that a small compressed body cannot grow without limit."""
        chunks: list[bytes] = []
        size_bytes = 0
        while chunk := await response.content.readany():
            size_bytes += len(chunk)
            if size_bytes > self._options.max_response_bytes:
                response.close()
                raise ResponseTooLarge(
                    f"Subgraph {request.subgraph!r} answered with more than "
                    f"{self._options.max_response_bytes} bytes."
                )
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _headers(request: SubgraphRequest) -> CIMultiDict[str]:
    headers = CIMultiDict(OWN_HEADERS)
    headers.add(*_ACCEPT_ENCODING)
    for name, value in forwardable(request.headers):
        headers.add(name, value)
    return headers
