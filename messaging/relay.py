"""The relay: the only thing that publishes. It moves committed outbox rows to the broker, in order, at least once.

An aggregate's next event goes out when the broker has confirmed the one before; other aggregates go on beside it. A
relay that dies between publishing and marking publishes again: broker and inboxes drop the repeat. When a stream turns
out to be newer than what was published to it, its store was lost, and everything it may still owe is published anew.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.logging import get_logger

from . import outbox
from .broker import Broker, OutgoingMessage
from .errors import BrokerError, BrokerUnavailable, PublishRejected, StreamMissing
from .metrics import PUBLISH_FAILURES, PUBLISHED
from .settings import MessagingSettings
from .subjects import parse_subject, stream_name
from .tables import OutboxMessage, OutboxStream
from .topology import stream_for_domain
from .waiting import first_of

_logger = get_logger(__name__)
_BATCH = 256
_AT_ONCE = 64
_SET_ASIDE_FOR = timedelta(minutes=1)
_BACKOFF = (0.1, 0.3, 1.0, 3.0, 5.0)


@dataclass(slots=True)
class Relay:
    """Publishes one domain's outbox. Several may run on one PostgreSQL database: one at a time does the work."""

    source: str
    """The domain, as it stands in the envelopes."""
    broker: Broker
    database: Database
    settings: MessagingSettings
    clock: Clock
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _epoch: str | None = field(default=None, init=False)
    _verified: set[str] = field(default_factory=set, init=False)
    """Domains whose streams are known to be the ones that were published to, on this connection."""
    _aside: dict[str, float] = field(default_factory=dict, init=False)
    """Aggregates with an event that the broker refuses, and when to try again."""

    def stop(self) -> None:
        """``run`` returns after the batch at hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish until ``stop``; a broker or database that is away is waited for."""
        recorded = outbox.commit_signal(self.database.engine.sync_engine)
        failures = 0
        while not self._stopping.is_set():
            await first_of(self._stopping.wait(), self.broker.wait_connected())
            recorded.clear()
            try:
                published = await self.publish_pending()
            except (BrokerError, SQLAlchemyError, OSError) as problem:
                delay = _BACKOFF[min(failures, len(_BACKOFF) - 1)]
                failures += 1
                _logger.warning(
                    "relay waits", domain=self.source, problem=str(problem), attempt=failures
                )
                await first_of(self._stopping.wait(), asyncio.sleep(delay))
                continue
            failures = 0
            if published < _BATCH:
                pause = self.settings.poll_interval.total_seconds()
                await first_of(self._stopping.wait(), recorded.wait(), asyncio.sleep(pause))

    async def publish_pending(self) -> int:
        """Publish one batch of what waits, and return how many events the broker has confirmed.

        Returns 0 while another relay on this database is at work.

        Raises:
            BrokerError: something was not confirmed; what was, is marked.
        """
        if self._stopping.is_set():
            return 0
        if not self.broker.is_connected:
            raise BrokerUnavailable("There is no connection to the broker.")
        async with self._lease() as is_ours:
            if not is_ours:
                return 0
            await self._notice_reconnection()
            waiting = await self._read_batch()
            domains = {parse_subject(message.subject).domain for message in waiting}
            if await self._verify_streams(domains):
                waiting = await self._read_batch()
            return await self._publish_and_mark(waiting)

    async def _read_batch(self) -> Sequence[OutboxMessage]:
        now = asyncio.get_running_loop().time()
        self._aside = {key: until for key, until in self._aside.items() if until > now}
        async with self.database.reading() as session:
            return await outbox.unpublished(session, limit=_BATCH, without=tuple(self._aside))

    async def _publish_and_mark(self, waiting: Sequence[OutboxMessage]) -> int:
        confirmed: list[int] = []
        problems: list[BrokerError] = []
        try:
            await self._publish(waiting, confirmed, problems)
        finally:
            # A cancelled batch is marked too, as far as it went: fewer repeats.
            if confirmed:
                async with self.database.transaction() as session:
                    await outbox.mark_published(session, confirmed, at=self.clock.now())
        if problems:
            raise problems[0]
        return len(confirmed)

    async def _publish(
        self,
        waiting: Sequence[OutboxMessage],
        confirmed: list[int],
        problems: list[BrokerError],
    ) -> None:
        lanes: dict[str, list[OutboxMessage]] = {}
        for message in waiting:
            lanes.setdefault(message.aggregate_id, []).append(message)
        room = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for lane in lanes.values():
                tasks.create_task(self._publish_lane(lane, room, confirmed, problems))

    async def _publish_lane(
        self,
        lane: Sequence[OutboxMessage],
        room: asyncio.Semaphore,
        confirmed: list[int],
        problems: list[BrokerError],
    ) -> None:
        for message in lane:
            async with room:
                if problems or self._stopping.is_set():
                    return
                try:
                    await self.broker.publish(self._outgoing(message))
                except PublishRejected as problem:
                    # Order forbids to go on with this aggregate, but the others need not suffer.
                    self._set_aside(message, problem)
                    return
                except BrokerError as problem:
                    PUBLISH_FAILURES.labels(self.source, problem.code).inc()
                    if isinstance(problem, StreamMissing):
                        self._verified.clear()
                    problems.append(problem)
                    return
            confirmed.append(message.position)
            PUBLISHED.labels(self.source, message.subject).inc()

    def _outgoing(self, message: OutboxMessage) -> OutgoingMessage:
        domain = parse_subject(message.subject).domain
        return OutgoingMessage(
            stream=stream_name(self.settings.stream_prefix, domain),
            subject=message.subject,
            id=message.id,
            body=outbox.envelope_of(message, source=self.source).to_json(),
        )

    def _set_aside(self, message: OutboxMessage, problem: PublishRejected) -> None:
        PUBLISH_FAILURES.labels(self.source, problem.code).inc()
        until = asyncio.get_running_loop().time() + _SET_ASIDE_FOR.total_seconds()
        self._aside[message.aggregate_id] = until
        _logger.error(
            "broker refuses event",
            domain=self.source,
            subject=message.subject,
            event_id=message.id,
            problem=str(problem),
        )

    async def _notice_reconnection(self) -> None:
        """After a new connection, look again at every stream that was ever published to."""
        epoch = self.broker.epoch
        if epoch == self._epoch:
            return
        self._verified.clear()
        async with self.database.reading() as session:
            known = (await session.scalars(select(OutboxStream.domain))).all()
        await self._verify_streams(set(known))
        self._epoch = epoch

    async def _verify_streams(self, domains: set[str]) -> bool:
        """Make sure the streams exist and are those that were published to; return whether rows were given back."""
        restored = 0
        for domain in sorted(domains - self._verified):
            stream = await self.broker.declare_stream(stream_for_domain(domain, self.settings))
            async with self.database.transaction() as session:
                known = await session.get(OutboxStream, domain)
                if known is None:
                    session.add(OutboxStream(domain=domain, created_at=stream.created))
                elif known.created_at != stream.created:
                    known.created_at = stream.created
                    restored += await self._give_back(session, domain)
            self._verified.add(domain)
        return restored > 0

    async def _give_back(self, session: AsyncSession, domain: str) -> int:
        since = self.clock.now() - self.settings.stream_max_age
        count = await outbox.republish(session, since=since, stream_domain=domain)
        _logger.warning(
            "stream was made anew; publishing again what it has lost",
            domain=self.source,
            stream=stream_name(self.settings.stream_prefix, domain),
            events=count,
        )
        return count

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[bool]:
        """Be the only relay at work on this outbox; the lock ends with the transaction, and so with the process.

        SQLite belongs to one process, which runs one relay.
        """
        engine = self.database.engine
        if engine.dialect.name != "postgresql":
            yield True
            return
        digest = hashlib.sha256(f"cattery outbox relay {self.source}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        async with engine.connect() as connection, connection.begin():
            taken = await connection.scalar(
                text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}
            )
            yield bool(taken)
