"""One HTTP request on its way through the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import Receive, Scope

from gateway.pipeline.presence import Presence
from gateway.telemetry.request_record import RequestRecord

from .exchange import Exchange


class HttpRequest(NamedTuple):
    """What came, who waits for it, and what is known of it so far."""

    scope: Scope
    headers: Mapping[str, str]
    """By lower-case name."""

    receive: Receive
    record: RequestRecord
    presence: Presence
    exchange: Exchange | None = None
    """Where nothing stands between the endpoint and the connection."""


_FREQUENT = {
    name.encode(): name
    for name in (
        "accept", "accept-encoding", "accept-language", "authorization", "connection", "content-length",
        "content-type", "cookie", "host", "origin", "traceparent", "user-agent", "x-request-id",
    )
}  # fmt: skip
"""Names that need not be made anew for each request: the same texts are found faster, too."""


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers of a request, by lower-case name."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name = _FREQUENT.get(raw_name) or raw_name.decode("latin-1")
        value = raw_value.decode("latin-1")
        # RFC 9110, 5.3: a repeated header is one with its values in a list.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
