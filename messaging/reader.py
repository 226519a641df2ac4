"""The loop of one subscription: pull, hand out by lane, settle.

Everything the broker hands out is held here until it is settled; ``max_in_flight`` at the broker is the only bound,
so that a redelivery always gets through. Messages held are announced as being worked on, lest they come twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.clock import Clock
from shared.database import Database
from shared.logging import get_logger

from .broker import Broker, Delivery, Puller
from .consumer import Subscription
from .envelope import Envelope, parse_envelope
from .errors import BrokerError, EnvelopeInvalid, StreamMissing, TopologyConflict
from .handling import MessageHandler, Outcome, Received, Result
from .lanes import Lanes
from .metrics import HANDLED
from .settings import MessagingSettings
from .topology import DurableSpec, durable_for, stream_for

_logger = get_logger(__name__)
_PULL_AT_ONCE = 32
_PAUSE_AFTER_PROBLEM = timedelta(milliseconds=500)
_GRACE_FOR_RETURN = timedelta(seconds=5)


@dataclass(slots=True)
class SubscriptionReader:
    """Reads one subscription until it is stopped."""

    subscription: Subscription[Any]
    broker: Broker
    database: Database
    settings: MessagingSettings
    clock: Clock
    turns: asyncio.Semaphore
    """Handlers at work at once in the whole process: one on SQLite, which has one writer."""
    _lanes: Lanes[Received] = field(default_factory=Lanes, init=False)
    _at_work: list[Received] = field(default_factory=list, init=False)
    """Not by position: a stream made anew counts from one again, while messages of the old one are still at work."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set when a lane may have become ready, or at the stop."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _durable: DurableSpec = field(init=False)
    _handler: MessageHandler = field(init=False)

    def __post_init__(self) -> None:
        self._durable = durable_for(self.subscription, self.settings)
        self._handler = MessageHandler(self.subscription, self.database, self.clock)

    @property
    def durable(self) -> DurableSpec:
        """The durable consumer it reads."""
        return self._durable

    def stop(self) -> None:
        """Pull no more; ``run`` returns when the handlers at work are done."""
        self._stopping.set()

    async def run(self) -> None:
        """Read until ``stop``; then let handlers finish and put back what none of them had begun."""
        async with asyncio.TaskGroup() as tasks:
            heartbeat = tasks.create_task(self._announce_work())
            pulling = tasks.create_task(self._pull_forever())
            workers = [
                tasks.create_task(self._work()) for _ in range(self.subscription.policy.concurrency)
            ]
            await self._stopping.wait()
            pulling.cancel()
            await asyncio.wait([pulling])
            for received in self._lanes.drain():
                await received.delivery.nak()
            self._changed.set()
            timeout = self.settings.stop_timeout.total_seconds()
            _, late = await asyncio.wait(workers, timeout=timeout)
            for worker in late:
                worker.cancel()
            heartbeat.cancel()

    async def _pull_forever(self) -> None:
        while True:
            await self.broker.wait_connected()
            try:
                await self._declare()
                await self._read()
            except StreamMissing:
                _logger.warning("consumer is gone", subscription=self.subscription.name)
            except TopologyConflict:
                _logger.exception(
                    "consumer cannot be declared", subscription=self.subscription.name
                )
            except BrokerError as problem:
                _logger.info(
                    "reading interrupted", subscription=self.subscription.name, problem=str(problem)
                )
            await asyncio.sleep(_PAUSE_AFTER_PROBLEM.total_seconds())

    async def _declare(self) -> None:
        await self.broker.declare_stream(stream_for(self.subscription.fact, self.settings))
        await self.broker.declare_durable(self._durable)

    async def _read(self) -> None:
        puller = await self.broker.open_puller(self._durable)
        try:
            while True:
                for delivery in await self._pull(puller):
                    received = Received(delivery, _open_envelope(delivery.body))
                    self._lanes.add(received.lane, delivery.position, received)
                self._changed.set()
        finally:
            await puller.close()

    async def _pull(self, puller: Puller) -> list[Delivery]:
        limit = min(_PULL_AT_ONCE, self.subscription.policy.max_in_flight)
        return list(await puller.pull(limit))

    async def _work(self) -> None:
        while True:
            taken = self._lanes.take()
            if taken is None:
                if self._stopping.is_set():
                    return
                self._changed.clear()
                await self._changed.wait()
                continue
            key, position, received = taken
            self._at_work.append(received)
            try:
                async with self.turns:
                    outcome = await self._handler.handle(received)
                await self._settle(received, outcome)
            finally:
                self._at_work.remove(received)
            HANDLED.labels(self.subscription.name, outcome.result).inc()
            self._move_lane(key, position, outcome)

    def _move_lane(self, key: str, position: int, outcome: Outcome) -> None:
        if outcome.result is not Result.RETRY:
            self._lanes.finish(key)
            return
        absence = self._lanes.postpone(key, position)
        if absence is not None:
            patience = (outcome.delay + _GRACE_FOR_RETURN).total_seconds()
            asyncio.get_running_loop().call_later(patience, self._give_up, key, absence)

    def _give_up(self, key: str, absence: int) -> None:
        self._lanes.give_up(key, absence)
        self._changed.set()

    async def _settle(self, received: Received, outcome: Outcome) -> None:
        delivery = received.delivery
        match outcome.result:
            case Result.HANDLED | Result.REPEATED | Result.OUTDATED:
                await delivery.ack()
            case Result.RETRY:
                _logger.info(
                    "message put back",
                    subscription=self.subscription.name,
                    event_id=received.event_id,
                    attempt=delivery.attempt,
                    delay_ms=int(outcome.delay.total_seconds() * 1000),
                    reason=outcome.reason,
                )
                await delivery.nak(outcome.delay)
            case Result.DEAD:
                _logger.error(
                    "message parked",
                    subscription=self.subscription.name,
                    event_id=received.event_id,
                    attempt=delivery.attempt,
                    reason=outcome.reason,
                )
                await delivery.term(outcome.reason)

    async def _announce_work(self) -> None:
        pause = self.subscription.policy.ack_wait.total_seconds() / 3
        while True:
            await asyncio.sleep(pause)
            for received in [*self._lanes.held(), *self._at_work]:
                await received.delivery.extend()


def _open_envelope(body: bytes) -> Envelope | EnvelopeInvalid:
    try:
        return parse_envelope(body)
    except EnvelopeInvalid as problem:
        return problem
