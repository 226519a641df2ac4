"""What is known about one HTTP request while it is worked on; logs and metrics are written from it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from .trace_context import TraceContext, continue_trace, random_hex

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """The running account of one request, filled in by each stage that learns something."""

    request_id: str
    trace: TraceContext
    started: float = field(default_factory=time.perf_counter)
    operation_name: str | None = None
    operation_kind: str = "none"
    """``query``, ``mutation``, ``subscription``; ``none`` until the operation is known."""

    subject: str | None = None
    role: str | None = None
    subgraph_calls: int = 0
    plan_was_cached: bool | None = None
    details: dict[str, object] | None = None
    """What else belongs into the log line: of requests that came in an uncommon way."""

    status: int = 500
    """The HTTP status that the client got. Until there is one, what it gets for a defect that nobody foresaw."""

    size_bytes: int = 0
    """What the client got, before compression."""

    error_codes: dict[str, None] = field(default_factory=dict)
    """Codes in order of appearance; a dictionary for want of an ordered set."""

    def add_code(self, code: str) -> None:
        """Note that the answer holds an error of this code."""
        self.error_codes[code] = None

    def about(self) -> dict[str, object]:
        """Return what tells the request apart in lines of the log about what went wrong."""
        return {"request_id": self.request_id, "operation": self.operation_name}

    def note(self, name: str, value: object) -> None:
        """Add ``value`` to the log line, as the field ``name``."""
        if self.details is None:
            self.details = {}
        self.details[name] = value

    def elapsed_seconds(self) -> float:
        """Return how long the request has taken so far."""
        return time.perf_counter() - self.started


def open_record(request_id: str | None, traceparent: str | None) -> RequestRecord:
    """Return the record of a request that has just arrived.

    The caller's request id is kept when it is short and plain, so that it can be written to logs
    and headers without a thought; anything else is replaced.
    """
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        request_id = random_hex(128)
    return RequestRecord(request_id=request_id, trace=continue_trace(traceparent))
