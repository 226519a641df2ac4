"""GraphQL over HTTP: one request in, one answer out. An ASGI app of its own, since it is the path that must be fast.

Spec: GraphQL over HTTP (draft of August 2026).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from gateway.config.settings import GatewayConfig
from gateway.errors import ClientError, MethodRefused, Overloaded
from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.answer import Answer, refuse
from gateway.pipeline.presence import Presence
from gateway.security.authentication import Authenticator
from gateway.security.csrf import check_csrf
from gateway.security.identity import Identity
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.request_record import open_record

from .body import ClientDisconnected, read_body
from .callers import Callers
from .exchange import EXCHANGE, Exchange
from .explorer import Explorer
from .header_rules import compile_header_rules
from .http_request import HttpRequest, read_headers
from .multipart_request import MULTIPART, read_multipart
from .negotiation import MediaType, negotiate
from .parameters import (
    ReadingRules,
    check_json_content,
    read_get,
    read_post,
    split_content_type,
)
from .reply import ReplyWriter
from .serving import Serving

CLIENT_LEFT = 499
"""What the log and the metrics say of a request whose client was gone before its answer, as proxies do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observers:
    """Who is told of every request."""

    metrics: Metrics
    log: RequestLog | None


class GraphQLEndpoint:
    """Serves the GraphQL path.

    Args:
        serving: where the gateway stands; it holds the pipeline.
        config: limits and policies.
        authenticator: verifies tokens; ``None`` leaves that to the subgraphs.
        observers: metrics and log.
    """

    def __init__(
        self,
        serving: Serving,
        config: GatewayConfig,
        authenticator: Authenticator | None,
        observers: Observers,
    ) -> None:
        self._serving = serving
        self._config = config
        self._metrics = observers.metrics
        self._log = observers.log
        self._explorer = Explorer(config.server.path) if config.server.explorer else None
        self._rules = ReadingRules(
            max_batch=config.limits.max_batch, takes_hashes=config.persisted_queries.automatic
        )
        header_rules = compile_header_rules(config.headers)
        self._callers = Callers(config, header_rules, authenticator)
        self._replies = ReplyWriter(config, header_rules)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = read_headers(scope)
        if self._explorer is not None and self._explorer.is_asked_for(scope, headers):
            await self._explorer.send(send)
            return
        loop = self._loop
        if loop is None:
            # Kept, because asking for it is a system call in CPython 3.11.
            loop = self._loop = asyncio.get_running_loop()
        exchange: Exchange | None = scope.get(EXCHANGE)
        if exchange is None:
            presence = Presence(asyncio.current_task(loop))
        else:
            presence = Presence(exchange.task)
            exchange.on_client_left = presence.leave
            if send != exchange.send:
                exchange = None  # there is somebody between who must see what is sent
        request = HttpRequest(
            scope,
            headers,
            receive,
            open_record(headers.get("x-request-id"), headers.get("traceparent")),
            presence,
            exchange,
        )
        record = request.record
        serving = self._serving
        serving.in_flight += 1
        self._metrics.request_started()
        try:
            try:
                media_type, answer = await self._answer(request)
            except asyncio.CancelledError:
                if presence.is_gone:
                    # Nobody else has asked this task to stop.
                    raise ClientDisconnected from None
                # The time to finish is over. Whoever waits is told, and the server goes on stopping.
                await self._replies.send_shutdown(request, send)
                raise
            if answer.parts is not None:
                await self._replies.send_parts(request, answer, answer.parts, send)
            else:
                presence.finish()
                await self._replies.send(request, media_type, answer, send)
        except ClientDisconnected:
            # There is nobody left to answer; the log shows it with the status that proxies use.
            record.status = CLIENT_LEFT
        finally:
            presence.finish()
            serving.in_flight -= 1
            self._metrics.request_finished(
                kind=record.operation_kind, status=record.status, seconds=record.elapsed_seconds()
            )
            if self._log is not None:
                self._log.record(record)

    async def _answer(self, request: HttpRequest) -> tuple[MediaType, Answer]:
        media_type = MediaType.JSON
        headers, record = request.headers, request.record
        try:
            media_type, incremental = negotiate(headers.get("accept"))
            if self._serving.in_flight > self._config.server.max_in_flight:
                raise Overloaded("The gateway is working on as many requests as it can.")
            method: str = request.scope["method"]
            if method not in {"GET", "POST"}:
                raise MethodRefused("Send GraphQL requests with POST, or queries with GET.")
            content_type, charset = split_content_type(headers.get("content-type"))
            check_csrf(content_type, headers, self._config.csrf)
            identity = await self._callers.authenticate(request)
            if method == "GET":
                source: bytes = request.scope["query_string"]
            elif content_type == MULTIPART and self._config.uploads.enabled:
                answer = await self._answer_upload(request, identity)
                return MediaType.JSON if answer.is_list else media_type, answer
            else:
                check_json_content(content_type, charset)
                source = await read_body(
                    headers,
                    request.receive,
                    exchange=request.exchange,
                    max_bytes=self._config.limits.max_body_bytes,
                    timeout_seconds=self._config.server.request_timeout_seconds,
                    loop=self._loop or asyncio.get_running_loop(),
                )
            answer = await self._answer_source(request, source, identity, incremental)
        except ClientError as error:
            record.add_code(error.code)
            return media_type, refuse(error)
        # A list of responses is no GraphQL response, whatever the client would rather have.
        return MediaType.JSON if answer.is_list else media_type, answer

    async def _answer_source(
        self,
        request: HttpRequest,
        source: bytes,
        identity: Identity | None,
        incremental: IncrementalFormat | None,
    ) -> Answer:
        """Answer what was asked with a JSON body, or in a URL."""
        pipeline = self._serving.pipeline
        exposure = self._callers.expose(request, identity)
        forwarded = self._callers.forwarded(request)
        key = self._callers.sharing_key(request, source, exposure, forwarded)
        if key is not None:
            flight = pipeline.find_flight(key)
            if flight is not None:
                return await pipeline.join(flight, request.record)
        is_get = request.scope["method"] == "GET"
        asked = read_get(source, self._rules) if is_get else read_post(source, self._rules)
        if isinstance(asked, list):
            caller = self._callers.describe(request, identity, exposure, forwarded)
            return await pipeline.answer_list(asked, caller)
        caller = self._callers.describe(
            request, identity, exposure, forwarded, sharing_key=key, incremental=incremental
        )
        return await pipeline.answer(asked, caller)

    async def _answer_upload(self, request: HttpRequest, identity: Identity | None) -> Answer:
        """Answer a multipart request; its files live as long as it is worked on."""
        pipeline = self._serving.pipeline
        received = await read_multipart(
            request.headers,
            request.receive,
            self._config.uploads,
            self._rules,
            max_text_bytes=self._config.limits.max_body_bytes,
        )
        try:
            request.record.note("files", len(received.files))
            for file in received.files:
                self._metrics.file_received(file.size_bytes)
            exposure = self._callers.expose(request, identity)
            forwarded = self._callers.forwarded(request)
            caller = self._callers.describe(request, identity, exposure, forwarded)
            if isinstance(received.requests, list):
                return await pipeline.answer_list(received.requests, caller)
            return await pipeline.answer(received.requests, caller)
        finally:
            received.close()
