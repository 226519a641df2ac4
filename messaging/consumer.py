"""Subscriptions: what a subgraph reads, declared in its ``consumers.py``.

Subscription(
    name="jobs-worker-found", subject="matching.worker-found.v1", reads=WorkerFound, handler=on_worker_found
)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, is_dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from .envelope import Envelope
from .errors import SubscriptionInvalid
from .policy import Policy, Reject, Retry
from .subjects import Subject, durable_domain, parse_subject

__all__ = ["Handler", "Policy", "Reject", "Retry", "Subscription"]

E = TypeVar("E")
Handler = Callable[[AsyncSession, E, Envelope], Awaitable[None]]
"""``async def on_worker_found(session, event, envelope) -> None``. The session's transaction is the consumer's: never
commit in a handler. Returning commits effect and inbox row together, then acknowledges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Generic[E]):
    """One durable reader of one subject. Every subscription gets every message; instances of one share them."""

    name: str
    """Durable name, ``<reading domain>-<fact>``."""
    subject: str
    reads: type[E]
    """The reader's own frozen dataclass of the fields it needs, in snake_case. Fields it lacks are ignored; one that is
    missing or of another type makes the message a dead letter."""
    handler: Handler[E]
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        durable_domain(self.name)
        parse_subject(self.subject)
        if not is_dataclass(self.reads):
            raise SubscriptionInvalid(f"{self.name} reads {self.reads!r}, which is no dataclass.")

    @property
    def fact(self) -> Subject:
        """The parsed subject."""
        return parse_subject(self.subject)
