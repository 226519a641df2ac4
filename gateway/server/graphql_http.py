"""GraphQL over HTTP: one request in, one answer out. An ASGI app of its own, since it is the path that must be fast.

Spec: GraphQL over HTTP (draft of August 2026).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from gateway.config.settings import GatewayConfig
from gateway.errors import ClientError, MethodRefused, NotReady, Overloaded
from gateway.pipeline.answer import Answer, Outcome, refuse
from gateway.pipeline.request import Caller, GraphQLRequest
from gateway.security.authentication import Authenticator
from gateway.security.csrf import check_csrf
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.request_record import RequestRecord, open_record

from .body import ClientDisconnected, read_body
from .compression import accepts_gzip, compress
from .explorer import Explorer
from .forwarded_headers import address_headers, select_headers, trail_headers
from .negotiation import MediaType, choose_media_type, choose_status
from .parameters import check_json_content, read_get, read_post, split_content_type
from .serving import Serving

_CONTENT_TYPE = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in MediaType
}
_VARY = (b"vary", b"Accept, Accept-Encoding")
_GZIP = (b"content-encoding", b"gzip")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _read_headers(scope)
        if self._explorer is not None and self._explorer.is_asked_for(scope, headers):
            await self._explorer.send(send)
            return
        record = open_record(headers.get("x-request-id"), headers.get("traceparent"))
        serving = self._serving
        serving.in_flight += 1
        self._metrics.request_started()
        status, size_bytes = 499, 0
        try:
            try:
                media_type, answer = await self._answer(scope, headers, receive, record)
            except asyncio.CancelledError:
                # The time to finish is over. Whoever waits is told, and the server goes on stopping.
                await self._send_shutdown(headers, record, send)
                status = NotReady.status
                raise
            status = choose_status(answer, media_type, strict=self._config.server.strict_status)
            size_bytes = len(answer.body)
            reply = _Reply(answer, status, media_type, record.request_id)
            await self._send(reply, headers.get("accept-encoding"), send)
        except ClientDisconnected:
            # There is nobody left to answer; the log shows it with the status that proxies use.
            return
        finally:
            serving.in_flight -= 1
            self._metrics.request_finished(
                kind=record.operation_kind, status=status, seconds=record.elapsed_seconds()
            )
            if self._log is not None:
                self._log.record(record, status=status, size_bytes=size_bytes)

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, record: RequestRecord
    ) -> tuple[MediaType, Answer]:
        media_type = MediaType.JSON
        try:
            media_type = choose_media_type(headers.get("accept"))
            if self._serving.in_flight > self._config.server.max_in_flight:
                raise Overloaded("The gateway is working on as many requests as it can.")
            method: str = scope["method"]
            if method not in {"GET", "POST"}:
                raise MethodRefused("Send GraphQL requests with POST, or queries with GET.")
            content_type, charset = split_content_type(headers.get("content-type"))
            check_csrf(content_type, headers, self._config.csrf)
            await self._authenticate(headers, record)
            caller = self._caller(scope, headers, record, is_read_only=method == "GET")
            if method == "GET":
                request = read_get(scope["query_string"])
                return media_type, await self._serving.pipeline.answer(request, caller)
            check_json_content(content_type, charset)
            body = await read_body(
                headers,
                receive,
                max_bytes=self._config.limits.max_body_bytes,
                timeout_seconds=self._config.server.request_timeout_seconds,
            )
            requests = read_post(body, max_batch=self._config.limits.max_batch)
            if isinstance(requests, list):
                return media_type, await self._answer_batch(requests, caller)
            return media_type, await self._serving.pipeline.answer(requests, caller)
        except ClientError as error:
            record.add_code(error.code)
            return media_type, refuse(error)

    async def _send_shutdown(
        self, headers: Mapping[str, str], record: RequestRecord, send: Send
    ) -> None:
        refusal = NotReady("The gateway is shutting down; this request did not finish in time.")
        record.add_code(refusal.code)
        reply = _Reply(refuse(refusal), refusal.status, MediaType.JSON, record.request_id)
        await self._send(reply, headers.get("accept-encoding"), send)

    async def _authenticate(self, headers: Mapping[str, str], record: RequestRecord) -> None:
        if self._authenticator is None:
            return
        identity = await self._authenticator.authenticate(headers.get("authorization"))
        if identity is not None:
            record.subject = identity.subject
            record.role = identity.role

    def _caller(
        self,
        scope: Scope,
        headers: Mapping[str, str],
        record: RequestRecord,
        *,
        is_read_only: bool,
    ) -> Caller:
        allowed = select_headers(headers, self._config.headers.forward)
        return Caller(
            record=record,
            headers=(
                *allowed,
                *address_headers(scope, allowed),
                *trail_headers(headers, record),
            ),
            sharing_key=allowed,
            is_read_only=is_read_only,
        )

    async def _answer_batch(self, requests: list[GraphQLRequest], caller: Caller) -> Answer:
        pipeline = self._serving.pipeline
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(pipeline.answer(request, caller)) for request in requests]
        answers = [task.result() for task in tasks]
        return Answer(
            outcome=Outcome.COMPLETE, body=b"[" + b",".join(one.body for one in answers) + b"]"
        )

    async def _send(self, reply: _Reply, accept_encoding: str | None, send: Send) -> None:
        body = reply.answer.body
        out = [_CONTENT_TYPE[reply.media_type], _VARY, _NO_SNIFFING]
        least = self._config.server.compress_min_bytes
        if least and len(body) >= least and accepts_gzip(accept_encoding):
            body = await compress(body)
            out.append(_GZIP)
        out.append((b"content-length", str(len(body)).encode()))
        out.append((b"x-request-id", reply.request_id.encode()))
        out.extend((name.encode(), value.encode()) for name, value in reply.answer.headers)
        await send({"type": "http.response.start", "status": reply.status, "headers": out})
        await send({"type": "http.response.body", "body": body})


def _read_headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # RFC 9110, 5.3: a repeated header is one with its values in a list.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
