"""One consumed message: one session, one transaction, one answer.

Here a handler's return, refusal or failure becomes an outcome; acknowledging it is the reader's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import perf_counter
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock
from shared.database import Database
from shared.logging import bind, get_logger

from . import dead_letters, inbox
from .broker import Delivery
from .consumer import Subscription
from .context import caused_by
from .envelope import Envelope
from .errors import EnvelopeInvalid, PayloadInvalid
from .metrics import HANDLING_SECONDS
from .outages import is_outage
from .payload import parse_payload
from .policy import Reject, Retry

_logger = get_logger(__name__)


class Result(StrEnum):
    """What became of a message."""

    HANDLED = "handled"
    REPEATED = "repeated"
    """The inbox has it already."""
    OUTDATED = "outdated"
    """A later event of its aggregate went before, and the policy wants the latest only."""
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result and, for a retry, when."""

    result: Result
    delay: timedelta = timedelta()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery and what its body says."""

    delivery: Delivery
    envelope: Envelope | EnvelopeInvalid

    @property
    def lane(self) -> str:
        """The key by which order is kept."""
        match self.envelope:
            case Envelope(source=source, subject=aggregate):
                return f"{source}/{aggregate}"
            case _:
                return f"#{self.delivery.position}"

    @property
    def event_id(self) -> str:
        """The envelope's id, or the place in the stream of what is no envelope."""
        match self.envelope:
            case Envelope(id=event_id):
                return event_id
            case _:
                return f"{self.delivery.stream}:{self.delivery.position}"


@dataclass(frozen=True, slots=True)
class MessageHandler:
    """Handles the messages of one subscription."""

    subscription: Subscription[Any]
    database: Database
    clock: Clock

    async def handle(self, received: Received) -> Outcome:
        """Run the handler in a transaction with the inbox row, and say what to tell the broker.

        Nothing but cancellation is raised: every failure is an outcome.
        """
        envelope = received.envelope
        if isinstance(envelope, EnvelopeInvalid):
            return await self._park(received, str(envelope))
        with bind(
            subscription=self.subscription.name,
            event_id=envelope.id,
            correlation_id=envelope.correlation_id,
        ):
            try:
                return await self._commit(envelope, is_replay=self._is_replay(received))
            except Retry as answer:
                return await self._again(received, str(answer), after=answer.after)
            except (Reject, PayloadInvalid) as answer:
                return await self._park(received, str(answer))
            except Exception as problem:
                _logger.warning("handler failed", attempt=received.delivery.attempt, exc_info=True)
                return await self._again(received, _describe(problem), is_outage=is_outage(problem))

    async def _commit(self, envelope: Envelope, *, is_replay: bool) -> Outcome:
        subscription = self.subscription
        started = perf_counter()
        async with (
            # The timeout is outermost, so that a commit that hangs is cancelled too.
            asyncio.timeout(subscription.policy.handler_timeout.total_seconds()),
            self.database.transaction() as session,
        ):
            if is_replay:
                await dead_letters.resolve(
                    session, subscription=subscription.name, event_id=envelope.id
                )
            now = self.clock.now()
            if not await inbox.claim(session, subscription.name, envelope, at=now):
                return Outcome(Result.REPEATED)
            if subscription.policy.latest_only and not await inbox.advance(
                session, subscription.name, envelope
            ):
                return Outcome(Result.OUTDATED)
            event = parse_payload(subscription.reads, envelope.data)
            with caused_by(envelope):
                await subscription.handler(session, event, envelope)
        HANDLING_SECONDS.labels(subscription.name).observe(perf_counter() - started)
        return Outcome(Result.HANDLED)

    async def _again(
        self,
        received: Received,
        reason: str,
        *,
        after: timedelta | None = None,
        is_outage: bool = False,
    ) -> Outcome:
        policy = self.subscription.policy
        attempt = received.delivery.attempt
        limit = max(policy.max_attempts, policy.max_outage_attempts if is_outage else 0)
        if attempt >= limit:
            return await self._park(received, f"after {attempt} attempts: {reason}")
        return Outcome(Result.RETRY, policy.delay(attempt) if after is None else after, reason)

    async def _park(self, received: Received, reason: str) -> Outcome:
        try:
            async with self.database.transaction() as session:
                await dead_letters.park(
                    session,
                    received.delivery,
                    subscription=self.subscription.name,
                    subject=self.subscription.subject,
                    event_id=received.event_id,
                    reason=reason,
                    at=self.clock.now(),
                )
        except (SQLAlchemyError, OSError) as problem:
            # Not parked, so the broker must keep it.
            delay = self.subscription.policy.delay(received.delivery.attempt)
            return Outcome(Result.RETRY, delay, f"{reason}; parking failed: {_describe(problem)}")
        return Outcome(Result.DEAD, reason=reason)

    def _is_replay(self, received: Received) -> bool:
        return received.delivery.subject != self.subscription.subject


def _describe(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"
