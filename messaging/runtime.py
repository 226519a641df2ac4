"""What a subgraph starts beside its HTTP server: connection, topology, relay, one reader per subscription.

    async with MessagingRuntime(domain="jobs", database=database, subscriptions=[...], settings=settings):
        ...  # serve

Starting never waits for the broker: events are recorded meanwhile and published when it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock, SystemClock
from shared.database import Database
from shared.logging import get_logger

from . import dead_letters, inbox, outbox
from .broker import Broker
from .consumer import Subscription
from .errors import StreamMissing, SubscriptionInvalid
from .jetstream import JetStreamBroker
from .metrics import CONNECTED, DEAD_LETTERS, OUTBOX_WAITING
from .reader import SubscriptionReader
from .relay import Relay
from .settings import MessagingSettings
from .subjects import durable_domain
from .waiting import first_of

_logger = get_logger(__name__)
_SYSTEM_CLOCK = SystemClock()
_GAUGE_INTERVAL_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingHealth:
    """How messaging of one subgraph fares."""

    is_connected: bool
    outbox_waiting: int
    """Committed events that the broker has not confirmed."""
    dead_letters: int


class MessagingRuntime:
    """Messaging of one subgraph, for the length of an ``async with`` block."""

    def __init__(
        self,
        *,
        domain: str,
        database: Database,
        settings: MessagingSettings,
        subscriptions: Sequence[Subscription[Any]] = (),
        broker: Broker | None = None,
        clock: Clock = _SYSTEM_CLOCK,
    ) -> None:
        """``broker`` is for tests. ``clock`` is the machine's: retention goes by it, not by the domain's.

        Raises:
            SubscriptionInvalid: two subscriptions have one name, or one is named for another domain.
        """
        _check_names(domain, subscriptions)
        self._domain = domain
        self._database = database
        self._settings = settings
        self._clock = clock
        self._broker = JetStreamBroker(settings, name=domain) if broker is None else broker
        self._relay = Relay(
            source=domain,
            broker=self._broker,
            database=database,
            settings=settings,
            clock=clock,
        )
        # SQLite has one writer: handlers that wait for its lock in line beat handlers that poll for it.
        is_sqlite = database.engine.dialect.name == "sqlite"
        turns = asyncio.Semaphore(1 if is_sqlite else max(1, sum(_concurrencies(subscriptions))))
        self._readers = [
            SubscriptionReader(
                subscription=subscription,
                broker=self._broker,
                database=database,
                settings=settings,
                clock=clock,
                turns=turns,
            )
            for subscription in subscriptions
        ]
        self._stopping = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def is_ready(self) -> bool:
        """Whether events flow right now. Not a reason to refuse requests: recording does not need the broker."""
        return self._tasks is not None and self._broker.is_connected

    async def health(self) -> MessagingHealth:
        """Return what operators look at."""
        async with self._database.reading() as session:
            return MessagingHealth(
                is_connected=self._broker.is_connected,
                outbox_waiting=await outbox.count_unpublished(session),
                dead_letters=await dead_letters.count(session),
            )

    async def lag(self) -> Mapping[str, int]:
        """Return how many messages each subscription has still to settle; those not declared yet are left out.

        Raises:
            BrokerUnavailable: the broker cannot be asked.
        """
        lags: dict[str, int] = {}
        for stream in sorted({reader.durable.stream for reader in self._readers}):
            names = {each.durable.name for each in self._readers if each.durable.stream == stream}
            try:
                found = await self._broker.durables(stream)
            except StreamMissing:
                continue
            for state in found:
                if state.name in names:
                    lags[state.name] = state.pending + state.in_flight
        return lags

    async def __aenter__(self) -> Self:
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        create = self._tasks.create_task
        self._connection = create(self._broker.keep_connected(), name=f"{self._domain}: broker")
        create(self._relay.run(), name=f"{self._domain}: relay")
        create(self._keep_house(), name=f"{self._domain}: retention")
        for reader in self._readers:
            create(reader.run(), name=reader.durable.name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks, self._tasks = self._tasks, None
        assert tasks is not None  # noqa: S101  entered before it is left
        self._stopping.set()
        for reader in self._readers:
            reader.stop()
        self._relay.stop()
        self._connection.cancel()
        if not isinstance(error, asyncio.CancelledError):
            # A block that failed is no reason to drop what handlers are doing.
            kind = error = trace = None
        try:
            await tasks.__aexit__(kind, error, trace)
        finally:
            await self._broker.close()

    async def _keep_house(self) -> None:
        loop = asyncio.get_running_loop()
        next_pruning = loop.time()
        while not self._stopping.is_set():
            try:
                await self._measure()
                if loop.time() >= next_pruning:
                    await self._prune()
                    next_pruning = loop.time() + self._settings.prune_interval.total_seconds()
            except (SQLAlchemyError, OSError) as problem:
                _logger.warning("retention waits", domain=self._domain, problem=str(problem))
            await first_of(self._stopping.wait(), asyncio.sleep(_GAUGE_INTERVAL_SECONDS))

    async def _measure(self) -> None:
        health = await self.health()
        CONNECTED.labels(self._domain).set(health.is_connected)
        OUTBOX_WAITING.labels(self._domain).set(health.outbox_waiting)
        DEAD_LETTERS.labels(self._domain).set(health.dead_letters)

    async def _prune(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            published = await outbox.prune(
                session, published_before=now - self._settings.outbox_retention
            )
            handled = await inbox.prune(
                session, handled_before=now - self._settings.inbox_retention
            )
        if published or handled:
            _logger.info("pruned", domain=self._domain, outbox=published, inbox=handled)


def _concurrencies(subscriptions: Sequence[Subscription[Any]]) -> list[int]:
    return [subscription.policy.concurrency for subscription in subscriptions]


def _check_names(domain: str, subscriptions: Sequence[Subscription[Any]]) -> None:
    names = [subscription.name for subscription in subscriptions]
    if len(set(names)) != len(names):
        raise SubscriptionInvalid(f"{domain} has two subscriptions of one name: {sorted(names)}")
    foreign = [name for name in names if durable_domain(name) != domain]
    if foreign:
        raise SubscriptionInvalid(f"Subscriptions of {domain} are named <{domain}-fact>: {foreign}")
