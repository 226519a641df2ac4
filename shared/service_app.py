"""A service as a Starlette app: GraphQL for those who prove who they are, health, metrics, and an ordered life.

Start: the database is brought up to date, then the service's components (messaging, timers, clients) start in order;
only then is the service ready. Stop: not ready at once, components stop in reverse, the database closes last.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.federation import Schema

from .database import Database
from .errors import DomainError, UpstreamUnavailable
from .identity import Principal, TokenVerifier
from .local_apps import publish_app
from .logging import bind, get_logger
from .migrations import upgrade
from .request_context import RequestContext

MAX_BODY_BYTES = 1_000_000
DATABASE_PATIENCE = timedelta(seconds=60)

_log = get_logger(__name__)
_requests = Counter("cattery_service_requests_total", "GraphQL requests", ["service", "status"])
_seconds = Histogram("cattery_service_request_seconds", "Time to answer", ["service"])

Component = Callable[[], AbstractAsyncContextManager[object]]
MakeContext = Callable[[Principal, str], RequestContext]
Check = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything a service is made of; a domain's ``app.py`` puts it together."""

    name: str
    schema: Schema
    database: Database
    revisions: Path
    """The folder of the domain's migrations."""

    verifier: TokenVerifier
    make_context: MakeContext
    """Makes the context of one request from its principal and request id."""

    components: Sequence[Component] = ()
    checks: Sequence[Check] = ()
    """What must hold for the service to be ready, beyond having started."""

    routes: Sequence[BaseRoute] = ()
    """Endpoints other than GraphQL."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)


def build_service_app(service: Service) -> Starlette:
    """Return the app, and publish it as ``app://<name>`` for the others in this process."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        is_ready = service.ready.is_set() and all(check() for check in service.checks)
        return JSONResponse(
            {"status": "ready" if is_ready else "not ready"}, status_code=200 if is_ready else 503
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(
        routes=[
            Route("/graphql", _GraphQLEndpoint(service)),
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/metrics", metrics),
            *service.routes,
        ],
        lifespan=lambda _: _living(service),
    )
    publish_app(service.name, app)
    return app


@asynccontextmanager
async def _living(service: Service) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(service.database.close)
        await _upgrade_patiently(service)
        for component in service.components:
            await stack.enter_async_context(component())
        service.ready.set()
        stack.callback(service.ready.clear)
        _log.info("service ready", name=service.name)
        yield


async def _upgrade_patiently(service: Service) -> None:
    """A database may come up after us; one that stays away is an error to stop with."""
    deadline = time.monotonic() + DATABASE_PATIENCE.total_seconds()
    while True:
        try:
            await upgrade(service.database, revisions=service.revisions)
        except (DBAPIError, OSError) as error:
            if time.monotonic() > deadline:
                raise
            _log.warning("database not ready", name=service.name, error=str(error))
            await asyncio.sleep(1)
        else:
            return


class _GraphQLEndpoint:
    """Proves the caller, bounds the body, counts, and hands over to Strawberry."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._graphql = _StrawberryApp(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = request.headers.get("x-request-id") or uuid4().hex
        started, status = time.perf_counter(), 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with bind(request_id=request_id):
            body = await _read_body(receive)
            response = await self._admit(request, request_id, body)
            await (response or self._graphql)(scope, _replay(body or b""), send_counted)
        _requests.labels(self._service.name, status).inc()
        _seconds.labels(self._service.name).observe(time.perf_counter() - started)

    async def _admit(
        self, request: Request, request_id: str, body: bytes | None
    ) -> Response | None:
        if body is None:
            return _refuse(413, "The request body is too large.", {"code": "BODY_TOO_LARGE"})
        try:
            header = request.headers.get("authorization")
            principal = await self._service.verifier.verify_header(header)
        except UpstreamUnavailable as error:
            return _refuse(503, str(error), error.extensions())
        except DomainError as error:
            return _refuse(401, str(error), error.extensions())
        context = self._service.make_context(principal, request_id)
        request.state.context = replace(context, client_address=_client_address(request))
        return None


class _StrawberryApp(GraphQL[RequestContext, None]):
    """Strawberry's ASGI app with our request context."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.schema, graphql_ide=None, allow_queries_via_get=False)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,
    ) -> RequestContext:
        context: RequestContext = request.state.context
        return context


def _client_address(request: Request) -> str:
    """Return where the person is: the gateway, the only one to reach us, says so; else whoever called."""
    told = request.headers.get("x-client-ip", "").strip()
    if told:
        return told
    return "" if request.client is None else request.client.host


def _refuse(status: int, message: str, extensions: dict[str, object]) -> JSONResponse:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        {"errors": [{"message": message, "extensions": extensions}]}, status, headers=headers
    )


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, or ``None`` as soon as it is larger than we take."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else {"type": "http.disconnect"}

    return receive
