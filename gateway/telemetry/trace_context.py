"""W3C Trace Context: continues the caller's trace, or starts one.

The gateway records no spans of its own; it keeps the trace whole, so that logs of gateway and subgraphs meet.

Spec: W3C Trace Context, 3.2 (traceparent).
"""

from __future__ import annotations

import os
import re
from random import Random
from typing import NamedTuple

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = "01"
# Ids must not meet, and need not be secret: asking the operating system for each costs more than the rest of a trace.
_random = Random()  # noqa: S311
os.register_at_fork(after_in_child=_random.seed)


class TraceContext(NamedTuple):
    """Where a request stands in its trace."""

    trace_id: str
    """32 hexadecimal digits."""

    span_id: str
    """16 hexadecimal digits: this request, the parent of its subgraph calls."""

    flags: str

    @property
    def traceparent(self) -> str:
        """The header to send on."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def random_hex(bits: int) -> str:
    """Return a random number other than 0, in hexadecimal digits; of ``bits`` that fill whole bytes."""
    return (_random.getrandbits(bits) or 1).to_bytes(bits // 8).hex()


def continue_trace(traceparent: str | None) -> TraceContext:
    """Return a new span in the caller's trace; in a new trace when there is none to continue."""
    span_id = random_hex(64)
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return TraceContext(random_hex(128), span_id, _SAMPLED)
    return TraceContext(match[1], span_id, match[3])
