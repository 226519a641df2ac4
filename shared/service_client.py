"""One service calling another: GraphQL over HTTP with a service token, a short time-out and a circuit breaker.

There are few such calls by design (the rest travels as events). Every call is safe to repeat, because its mutation
takes an idempotency key or an id that the caller derived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx

from .clock import Clock
from .errors import DomainError, UpstreamUnavailable, UpstreamUnknown
from .local_apps import open_http_client
from .settings import ServiceSettings

TIMEOUT = timedelta(seconds=2)
ATTEMPTS = 3
FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=10)
TOKEN_MARGIN = timedelta(seconds=60)


class UpstreamRefused(DomainError):
    """The other service understood and said no; ``refusal`` is its own code."""

    code = "UPSTREAM_REFUSED"

    def __init__(self, message: str, *, refusal: str) -> None:
        super().__init__(message)
        self.refusal = refusal


class CircuitState(StrEnum):
    """Whether calls go out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class CircuitBreaker:
    """Stops calling a service that keeps failing, and lets one call through after a while to see."""

    clock: Clock
    state: CircuitState = field(default=CircuitState.CLOSED, init=False)
    _failures: int = field(default=0, init=False)
    _opened_at: datetime | None = field(default=None, init=False)

    def permits(self) -> bool:
        """Whether a call may go out now; turns an open circuit half-open when its time is over."""
        match self.state:
            case CircuitState.CLOSED:
                return True
            case CircuitState.HALF_OPEN:
                return False
            case CircuitState.OPEN:
                if self._opened_at is None or self.clock.now() - self._opened_at < OPEN_FOR:
                    return False
                self.state = CircuitState.HALF_OPEN
                return True

    def record_success(self) -> None:
        """The service answered."""
        self.state, self._failures, self._opened_at = CircuitState.CLOSED, 0, None

    def give_up(self) -> None:
        """The caller went away before there was an answer: it says nothing, and another call may try."""
        if self.state is CircuitState.HALF_OPEN:
            self.state = CircuitState.OPEN

    def record_failure(self) -> None:
        """The service did not answer, or not sensibly."""
        self._failures += 1
        if self.state is CircuitState.HALF_OPEN or self._failures >= FAILURES_TO_OPEN:
            self.state, self._opened_at = CircuitState.OPEN, self.clock.now()


@dataclass(slots=True)
class ServiceClient:
    """Calls one other service on behalf of this one."""

    service: str
    settings: ServiceSettings
    clock: Clock
    circuit: CircuitBreaker = field(init=False)
    _http: httpx.AsyncClient = field(init=False)
    _token: str | None = field(default=None, init=False)
    _token_until: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.circuit = CircuitBreaker(self.clock)
        self._http = open_http_client(timeout=TIMEOUT)

    async def execute(self, operation: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """Send ``operation`` and return its ``data``. Safe to call only for operations that may be repeated.

        Raises:
            UpstreamUnavailable: it was certainly not done: no connection, no token, or the circuit is open.
            UpstreamUnknown: it was sent, and no sensible answer came.
            UpstreamRefused: the service answered with an error of its own.
        """
        if not self.circuit.permits():
            raise UpstreamUnavailable(f"The {self.service} service is not answering.")
        try:
            answer = await self._attempt(operation, variables)
        except (UpstreamUnavailable, UpstreamUnknown):
            self.circuit.record_failure()
            raise
        except asyncio.CancelledError:
            self.circuit.give_up()
            raise
        self.circuit.record_success()
        if answer.get("errors"):
            first = answer["errors"][0]
            raise UpstreamRefused(
                str(first.get("message")),
                refusal=str(first.get("extensions", {}).get("code", "UNKNOWN")),
            )
        data: dict[str, Any] = answer["data"]
        return data

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _attempt(self, operation: str, variables: Mapping[str, object]) -> dict[str, Any]:
        failure: UpstreamUnavailable | UpstreamUnknown | None = None
        for _ in range(ATTEMPTS):
            try:
                return await self._send(operation, variables)
            except UpstreamUnavailable as error:
                # An earlier attempt may have got through: what is unknown stays unknown.
                failure = failure if isinstance(failure, UpstreamUnknown) else error
            except UpstreamUnknown as error:
                failure = error
        if failure is None:
            raise AssertionError("no attempt was made")
        raise failure

    async def _send(self, operation: str, variables: Mapping[str, object]) -> dict[str, Any]:
        token = await self._find_token()
        try:
            response = await self._http.post(
                f"{self.settings.url_of(self.service)}/graphql",
                json={"query": operation, "variables": dict(variables)},
                headers={"authorization": f"Bearer {token}"},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UpstreamUnavailable(f"The {self.service} service is not answering.") from error
        except httpx.HTTPError as error:
            raise UpstreamUnknown(f"The {self.service} service did not answer in time.") from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = None
            raise UpstreamUnavailable(f"The {self.service} service does not know us.")
        if response.is_server_error:
            raise UpstreamUnknown(f"The {self.service} service failed.")
        return _read_answer(response, self.service)

    async def _find_token(self) -> str:
        now = self.clock.now()
        if self._token is not None and self._token_until is not None and now < self._token_until:
            return self._token
        if self.settings.service_secret is None:
            raise UpstreamUnavailable("CATTERY_SERVICE_SECRET is not set: services cannot call.")
        try:
            response = await self._http.post(
                f"{self.settings.url_of('accounts')}/oauth/token",
                data={"grant_type": "client_credentials", "scope": "service"},
                auth=(self.settings.name, self.settings.service_secret),
            )
            response.raise_for_status()
            answer = response.json()
            token, lifetime = str(answer["access_token"]), timedelta(seconds=answer["expires_in"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise UpstreamUnavailable("The accounts service gives out no tokens.") from error
        self._token, self._token_until = token, now + lifetime - TOKEN_MARGIN
        return token


def _read_answer(response: httpx.Response, service: str) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise UpstreamUnknown(f"The {service} service gave an answer nobody can read.") from error
    if not isinstance(answer, dict) or not (answer.get("errors") or answer.get("data")):
        raise UpstreamUnknown(f"The {service} service gave an answer nobody can read.")
    return answer
