"""Which headers of a request go on to the subgraphs: those of the allow-list, and the gateway's own trail."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.telemetry.request_record import RequestRecord


def select_headers(
    headers: Mapping[str, str], allowed: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of the caller's that are allowed on, by lower-case name."""
    return tuple((name, headers[name]) for name in allowed if name in headers)


def trail_headers(headers: Mapping[str, str], record: RequestRecord) -> list[tuple[str, str]]:
    """Return the headers by which logs of gateway and subgraphs are matched."""
    trail = [("x-request-id", record.request_id), ("traceparent", record.trace.traceparent)]
    state = headers.get("tracestate")
    if state is not None:
        trail.append(("tracestate", state))
    return trail
