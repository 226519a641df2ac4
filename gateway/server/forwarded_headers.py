"""Which headers of a request go on to the subgraphs: those of the allow-list, and the gateway's own trail."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

from gateway.telemetry.request_record import RequestRecord

CLIENT_ADDRESS = "x-client-ip"


def select_headers(
    headers: Mapping[str, str], allowed: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of the caller's that are allowed on, by lower-case name."""
    return tuple([(name, headers[name]) for name in allowed if name in headers])


def trail_headers(headers: Mapping[str, str], record: RequestRecord) -> tuple[tuple[str, str], ...]:
    """Return the headers by which logs of gateway and subgraphs are matched."""
    trail = (("x-request-id", record.request_id), ("traceparent", record.trace.traceparent))
    state = headers.get("tracestate")
    return trail if state is None else (*trail, ("tracestate", state))


def address_headers(
    scope: Scope, allowed: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return who sent the request, for subgraphs that count by address.

    A proxy in front knows better: when its ``x-client-ip`` is on the allow-list and came along, nothing is added. What
    a client writes there itself goes nowhere, since the name is on no list unless an operator puts it there.
    """
    peer = scope.get("client")
    if peer is None:
        return ()
    for name, _ in allowed:
        if name == CLIENT_ADDRESS:
            return ()
    return ((CLIENT_ADDRESS, peer[0]),)
