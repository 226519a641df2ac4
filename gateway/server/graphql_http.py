"""GraphQL over HTTP: one request in, one answer out. An ASGI app of its own, since it is the path that must be fast.

Spec: GraphQL over HTTP (draft of August 2026).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from gateway.config.settings import GatewayConfig
from gateway.errors import ClientError, MethodRefused, NotReady, Overloaded
from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.answer import Answer, LaterParts, refuse
from gateway.pipeline.presence import Presence
from gateway.pipeline.request import Caller, SharingKey
from gateway.security.authentication import Authenticator
from gateway.security.csrf import check_csrf
from gateway.security.identity import Identity
from gateway.security.plan_exposure import (
    EXPOSE_PLAN_HEADER,
    PlanExposure,
    decide_plan_exposure,
)
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.request_record import RequestRecord, open_record

from .body import ClientDisconnected, read_body
from .client_connection import ON_CLIENT_LEFT
from .compression import Packer, accepts_gzip
from .explorer import Explorer
from .forwarded_headers import address_headers, select_headers, trail_headers
from .freshness import VARY, Freshness
from .header_rules import Asked, HeaderRules, compile_header_rules
from .multipart_request import MULTIPART, read_multipart
from .negotiation import MediaType, choose_status, negotiate
from .parameters import (
    ReadingRules,
    check_json_content,
    read_get,
    read_post,
    split_content_type,
)
from .parts import PartsWriter, watch_client
from .serving import Serving

_CONTENT_TYPE = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in MediaType
}
_VARY = (b"vary", VARY.encode())
_GZIP = (b"content-encoding", b"gzip")
_NONE_OF_ITS_OWN: Mapping[str, tuple[tuple[str, str], ...]] = {}
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")

_OUT_OF_TIME = "The gateway is shutting down; this request did not finish in time."

CLIENT_LEFT = 499
"""What the log and the metrics say of a request whose client was gone before its answer, as proxies do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observers:
    """Who is told of every request."""

    metrics: Metrics
    log: RequestLog | None


class _Reply(NamedTuple):
    """What is written to the client."""

    answer: Answer
    status: int
    media_type: MediaType
    request_id: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Besides those that every reply has."""


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
        self._authenticator = authenticator
        self._metrics = observers.metrics
        self._log = observers.log
        self._explorer = Explorer(config.server.path) if config.server.explorer else None
        self._rules = ReadingRules(
            max_batch=config.limits.max_batch, takes_hashes=config.persisted_queries.automatic
        )
        self._header_rules = compile_header_rules(config.headers)
        self._exposes_plans = config.plan_exposure.anyone or bool(config.plan_exposure.roles)
        self._freshness = (
            Freshness(_varying(config, self._header_rules))
            if config.cache_control.enabled
            else None
        )
        self._coalesces = config.traffic.coalesce_queries
        self._packer = Packer(keeps_last=self._coalesces)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _read_headers(scope)
        if self._explorer is not None and self._explorer.is_asked_for(scope, headers):
            await self._explorer.send(send)
            return
        loop = self._loop
        if loop is None:
            # Kept, because asking for it is a system call in CPython 3.11.
            loop = self._loop = asyncio.get_running_loop()
        presence = Presence(asyncio.current_task(loop))
        scope[ON_CLIENT_LEFT] = presence.leave
        request = _HttpRequest(
            scope,
            headers,
            receive,
            open_record(headers.get("x-request-id"), headers.get("traceparent")),
            presence,
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
                await self._send_shutdown(request, send)
                raise
            if answer.parts is not None:
                await self._send_parts(request, answer, answer.parts, send)
            else:
                presence.finish()
                await self._send(self._reply(request, media_type, answer), request, send)
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

    async def _answer(self, request: _HttpRequest) -> tuple[MediaType, Answer]:
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
            identity = await self._authenticate(headers, record)
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
        request: _HttpRequest,
        source: bytes,
        identity: Identity | None,
        incremental: IncrementalFormat | None,
    ) -> Answer:
        """Answer what was asked with a JSON body, or in a URL."""
        pipeline = self._serving.pipeline
        is_read_only = request.scope["method"] == "GET"
        exposure = self._exposure(request, identity)
        allowed = select_headers(request.headers, self._config.headers.forward)
        key: SharingKey | None = None
        if self._coalesces and exposure is PlanExposure.NONE:
            address = address_headers(request.scope, allowed)
            if self._header_rules is not None:
                address += self._header_rules.relevant(request.headers)
            own = (("authorization", request.headers.get("authorization", "")),)
            key = (is_read_only, source, allowed + address + own)
            flight = pipeline.find_flight(key)
            if flight is not None:
                return await pipeline.join(flight, request.record)
        asked = read_get(source, self._rules) if is_read_only else read_post(source, self._rules)
        is_list = isinstance(asked, list)
        caller = self._caller(
            request,
            allowed,
            key,
            is_read_only=is_read_only,
            plan_exposure=exposure,
            incremental=None if is_list else incremental,
            identity=identity,
        )
        if isinstance(asked, list):
            return await pipeline.answer_list(asked, caller)
        return await pipeline.answer(asked, caller)

    async def _answer_upload(self, request: _HttpRequest, identity: Identity | None) -> Answer:
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
            caller = self._caller(
                request,
                select_headers(request.headers, self._config.headers.forward),
                None,
                is_read_only=False,
                plan_exposure=self._exposure(request, identity),
                identity=identity,
            )
            if isinstance(received.requests, list):
                return await pipeline.answer_list(received.requests, caller)
            return await pipeline.answer(received.requests, caller)
        finally:
            received.close()

    async def _send_shutdown(self, request: _HttpRequest, send: Send) -> None:
        request.record.add_code(NotReady.code)
        reply = self._reply(request, MediaType.JSON, refuse(NotReady(_OUT_OF_TIME)))
        await self._send(reply, request, send)

    async def _authenticate(
        self, headers: Mapping[str, str], record: RequestRecord
    ) -> Identity | None:
        if self._authenticator is None:
            return None
        identity = await self._authenticator.authenticate(headers.get("authorization"))
        if identity is not None:
            record.subject = identity.subject
            record.role = identity.role
        return identity

    def _exposure(self, request: _HttpRequest, identity: Identity | None) -> PlanExposure:
        if not self._exposes_plans:
            return PlanExposure.NONE
        return decide_plan_exposure(
            request.headers.get(EXPOSE_PLAN_HEADER),
            () if identity is None else identity.roles,
            self._config.plan_exposure,
        )

    def _caller(
        self,
        request: _HttpRequest,
        allowed: tuple[tuple[str, str], ...],
        sharing_key: SharingKey | None,
        *,
        is_read_only: bool,
        plan_exposure: PlanExposure,
        incremental: IncrementalFormat | None = None,
        identity: Identity | None = None,
    ) -> Caller:
        own: Mapping[str, tuple[tuple[str, str], ...]] = _NONE_OF_ITS_OWN
        if self._header_rules is None:
            headers: tuple[tuple[str, str], ...] = (
                *allowed,
                *address_headers(request.scope, allowed),
                *trail_headers(request.headers, request.record),
            )
        else:
            claims = {} if identity is None else identity.claims
            asked = Asked(request.scope, request.headers, request.record, claims)
            headers, own = self._header_rules.common(asked), self._header_rules.own(asked)
        return Caller(
            record=request.record,
            identity=identity,
            headers=headers,
            subgraph_headers=own,
            sharing_key=sharing_key,
            is_read_only=is_read_only,
            presence=request.presence,
            plan_exposure=plan_exposure,
            incremental=incremental,
        )

    def _reply(self, request: _HttpRequest, media_type: MediaType, answer: Answer) -> _Reply:
        status = choose_status(answer, media_type, strict=self._config.server.strict_status)
        body = answer.body
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if self._freshness is not None:
            mark = self._freshness.mark(answer, request.headers, request.scope["method"])
            headers = mark.headers
            if mark.is_unchanged:
                status, body = 304, b""
        return _Reply(answer, status, media_type, request.record.request_id, body, headers)

    async def _send_parts(
        self,
        request: _HttpRequest,
        answer: Answer,
        parts: LaterParts,
        send: Send,
    ) -> None:
        """Write an answer in parts as they come, for as long as the client is there."""
        assert answer.incremental is not None  # noqa: S101 - it has parts
        own = ((name.encode(), value.encode()) for name, value in answer.headers)
        record = request.record
        headers = (_NO_SNIFFING, _VARY, (b"x-request-id", record.request_id.encode()), *own)
        writer = PartsWriter(answer.incremental, send)
        watching = asyncio.create_task(watch_client(request.receive, request.presence))
        try:
            async with aclosing(parts):
                await writer.begin(answer.body, headers)
                async for part in parts:
                    await writer.add(part)
                await writer.end()
        except asyncio.CancelledError:
            if request.presence.is_gone:
                raise ClientDisconnected from None
            record.add_code(NotReady.code)
            if writer.has_begun:
                await writer.add(parts.cut_short(NotReady(_OUT_OF_TIME)))
                await writer.end()
            raise
        finally:
            record.status, record.size_bytes = 200, writer.size_bytes
            watching.cancel()
            await asyncio.wait((watching,))
        if request.presence.is_gone:
            raise ClientDisconnected

    async def _send(self, reply: _Reply, request: _HttpRequest, send: Send) -> None:
        body = reply.body
        out = [_CONTENT_TYPE[reply.media_type], _NO_SNIFFING]
        least = self._config.server.compress_min_bytes
        if least and len(body) >= least and accepts_gzip(request.headers.get("accept-encoding")):
            body = await self._packer.pack(body)
            out.append(_GZIP)
        if reply.status != 304:
            out.append((b"content-length", str(len(body)).encode()))
        out.append((b"x-request-id", reply.request_id.encode()))
        out.extend(reply.headers or (_VARY,))
        out.extend((name.encode(), value.encode()) for name, value in reply.answer.headers)
        await send({"type": "http.response.start", "status": reply.status, "headers": out})
        await send({"type": "http.response.body", "body": body})
        if request.presence.is_gone:
            raise ClientDisconnected
        request.record.status, request.record.size_bytes = reply.status, len(reply.body)


class _HttpRequest(NamedTuple):
    """One HTTP request on its way."""

    scope: Scope
    headers: Mapping[str, str]
    receive: Receive
    record: RequestRecord
    presence: Presence


def _varying(config: GatewayConfig, rules: HeaderRules | None) -> tuple[str, ...]:
    return config.headers.forward if rules is None else rules.varying()


def _read_headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # RFC 9110, 5.3: a repeated header is one with its values in a list.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
