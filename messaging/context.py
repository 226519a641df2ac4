"""What the present task is doing it for: the event being handled and the trace it belongs to.

``outbox.record`` reads both, so that stories and traces continue through events without being passed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .envelope import Envelope

_cause: ContextVar[Envelope | None] = ContextVar("cattery_cause", default=None)
_traceparent: ContextVar[str | None] = ContextVar("cattery_traceparent", default=None)


def current_cause() -> Envelope | None:
    """Return the event whose handler is running, if one is."""
    return _cause.get()


def current_traceparent() -> str | None:
    """Return the W3C ``traceparent`` bound to this task, or that of the event being handled."""
    bound = _traceparent.get()
    cause = _cause.get()
    return bound if bound is not None or cause is None else cause.traceparent


@contextmanager
def caused_by(envelope: Envelope) -> Iterator[None]:
    """Record events inside the block as consequences of ``envelope``."""
    token = _cause.set(envelope)
    try:
        yield
    finally:
        _cause.reset(token)


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Record events inside the block as part of a request's trace; for HTTP middleware."""
    token = _traceparent.set(traceparent)
    try:
        yield
    finally:
        _traceparent.reset(token)
