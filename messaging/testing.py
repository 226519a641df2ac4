"""A broker in memory that behaves like the real one, for tests that need no server. One suite runs on both.

It keeps streams, recognises repeats, delivers at least once, redelivers after ``ack_wait``, has one active reader per
durable, and can go away or lose its store when told to.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .broker import Delivery, DurableState, OutgoingMessage, StreamState
from .errors import BrokerUnavailable, StreamMissing, TopologyConflict
from .topology import DurableSpec, StreamSpec


@dataclass(slots=True)
class _Stored:
    position: int
    subject: str
    id: str
    body: bytes


@dataclass(slots=True)
class _Durable:
    spec: DurableSpec
    next_position: int = 1
    attempts: dict[int, int] = field(default_factory=dict)
    """Deliveries of messages that are not settled, by position."""
    due: deque[int] = field(default_factory=deque)
    """Positions to deliver again."""
    timers: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    readers: list[FakePuller] = field(default_factory=list)
    """The first is active, the others stand by."""
    redelivered: int = 0
    deleted: bool = False


@dataclass(slots=True)
class _Stream:
    spec: StreamSpec
    created: datetime
    messages: list[_Stored] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    durables: dict[str, _Durable] = field(default_factory=dict)


class FakeBroker:
    """The broker port in memory."""

    def __init__(self, *, pull_wait: timedelta = timedelta(milliseconds=500)) -> None:
        self._streams: dict[str, _Stream] = {}
        self._connected = asyncio.Event()
        self._connected.set()
        self._connections = 1
        self._changed = asyncio.Condition()
        self._pull_wait = pull_wait
        self._creations = 0
        self.published: list[OutgoingMessage] = []
        """Everything that was sent, repeats included."""

    # What a test does to it.

    def go_away(self) -> None:
        """Stop answering; what is stored stays."""
        self._connected.clear()

    async def come_back(self) -> None:
        """Answer again, as after a restart: whatever was handed out and not settled is delivered again in time."""
        self._connections += 1
        self._connected.set()
        await self._notify()

    def lose_store(self) -> None:
        """Forget every stream, message and durable."""
        for stream in self._streams.values():
            for durable in stream.durables.values():
                _retire(durable)
        self._streams.clear()

    # The port.

    @property
    def is_connected(self) -> bool:
        """Whether it answers."""
        return self._connected.is_set()

    @property
    def epoch(self) -> str:
        """Counts how often it came back."""
        return str(self._connections)

    async def keep_connected(self) -> None:
        """Nothing to do; runs until it is cancelled."""
        await asyncio.Event().wait()

    async def wait_connected(self) -> None:
        """Return as soon as it answers."""
        await self._connected.wait()

    async def close(self) -> None:
        """Nothing to close."""

    async def declare_stream(self, spec: StreamSpec) -> StreamState:
        """Create or update a stream; two streams cannot take one subject."""
        self._require()
        stream = self._streams.get(spec.name)
        if stream is None:
            taken = {subject for each in self._streams.values() for subject in each.spec.subjects}
            if taken & set(spec.subjects):
                raise TopologyConflict(
                    f"Another stream takes {sorted(taken & set(spec.subjects))}."
                )
            # Distinct even when the machine's clock is coarse.
            self._creations += 1
            created = datetime.now(UTC) + timedelta(microseconds=self._creations)
            stream = self._streams[spec.name] = _Stream(spec, created)
        stream.spec = spec
        return _state_of(stream)

    async def declare_durable(self, spec: DurableSpec) -> None:
        """Create or update a durable."""
        durables = self._stream(spec.stream).durables
        if spec.name in durables:
            durables[spec.name].spec = spec
        else:
            durables[spec.name] = _Durable(spec)

    async def publish(self, message: OutgoingMessage) -> None:
        """Store the message, unless its id was seen within the stream's window."""
        # Gives way, as a network does: what runs beside it gets its chance to interleave.
        await asyncio.sleep(0)
        stream = self._stream(message.stream)
        self.published.append(message)
        now = asyncio.get_running_loop().time()
        window = stream.spec.duplicate_window.total_seconds()
        if now - stream.seen.get(message.id, -window - 1) > window:
            stream.seen[message.id] = now
            position = len(stream.messages) + 1
            stream.messages.append(_Stored(position, message.subject, message.id, message.body))
            await self._notify()

    async def open_puller(self, spec: DurableSpec) -> FakePuller:
        """Join the readers of a durable."""
        self._require()
        puller = FakePuller(self, spec)
        self._durable(spec).readers.append(puller)
        return puller

    async def streams(self) -> Sequence[StreamState]:
        """Return all streams, by name."""
        self._require()
        return [_state_of(self._streams[name]) for name in sorted(self._streams)]

    async def durables(self, stream: str) -> Sequence[DurableState]:
        """Return the durables of a stream, by name."""
        found = self._stream(stream)
        return [
            DurableState(
                name=name,
                stream=stream,
                subjects=durable.spec.subjects,
                pending=sum(
                    message.subject in durable.spec.subjects
                    for message in found.messages[durable.next_position - 1 :]
                ),
                in_flight=len(durable.attempts),
                redelivered=durable.redelivered,
            )
            for name, durable in sorted(found.durables.items())
        ]

    async def delete_durable(self, stream: str, name: str) -> None:
        """Delete a durable."""
        durable = self._stream(stream).durables.pop(name, None)
        if durable is None:
            raise StreamMissing(f"There is no consumer {name}.")
        _retire(durable)
        await self._notify()

    # Deliveries.

    async def pull(self, puller: FakePuller, limit: int) -> Sequence[Delivery]:
        """Wait for messages for this reader; nothing comes while another one is active."""
        self._require()
        try:
            async with asyncio.timeout(self._pull_wait.total_seconds()), self._changed:
                while True:
                    if taken := self._take(puller, limit):
                        return taken
                    await self._changed.wait()
        except TimeoutError:
            return ()

    def _take(self, puller: FakePuller, limit: int) -> list[Delivery]:
        if not self.is_connected:
            return []
        durable = self._durable(puller.spec)
        if puller not in durable.readers:
            durable.readers.append(puller)
        if durable.readers[0] is not puller:
            return []
        stream = self._stream(puller.spec.stream)
        taken: list[Delivery] = []
        while len(taken) < limit:
            position = self._next_position(stream, durable)
            if position is None:
                break
            attempt = durable.attempts.get(position, 0) + 1
            durable.attempts[position] = attempt
            durable.redelivered += attempt > 1
            taken.append(FakeDelivery(self, durable, stream.messages[position - 1], attempt))
            self.schedule(durable, position, durable.spec.ack_wait)
        return taken

    def _next_position(self, stream: _Stream, durable: _Durable) -> int | None:
        while durable.due:
            position = durable.due.popleft()
            if position in durable.attempts:
                return position
        while len(durable.attempts) < durable.spec.max_in_flight and durable.next_position <= len(
            stream.messages
        ):
            message = stream.messages[durable.next_position - 1]
            durable.next_position += 1
            if message.subject in durable.spec.subjects:
                return message.position
        return None

    def schedule(self, durable: _Durable, position: int, delay: timedelta) -> None:
        """Deliver a message again after ``delay``, unless it is settled before."""
        if timer := durable.timers.pop(position, None):
            timer.cancel()
        loop = asyncio.get_running_loop()
        durable.timers[position] = loop.call_later(
            delay.total_seconds(), self._make_due, durable, position
        )

    def settle(self, durable: _Durable, position: int) -> None:
        """Forget a message that is acknowledged or terminated."""
        durable.attempts.pop(position, None)
        if timer := durable.timers.pop(position, None):
            timer.cancel()
        self.notify_soon()

    def _make_due(self, durable: _Durable, position: int) -> None:
        durable.timers.pop(position, None)
        if not durable.deleted and position in durable.attempts:
            durable.due.append(position)
            self.notify_soon()

    def leave(self, puller: FakePuller) -> None:
        """Let the next reader take over."""
        stream = self._streams.get(puller.spec.stream)
        durable = stream.durables.get(puller.spec.name) if stream else None
        if durable is not None and puller in durable.readers:
            durable.readers.remove(puller)
        self.notify_soon()

    def notify_soon(self) -> None:
        """Wake the readers from code that cannot wait."""
        self._notifying = asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _require(self) -> None:
        if not self.is_connected:
            raise BrokerUnavailable("The broker is away.")

    def _stream(self, name: str) -> _Stream:
        self._require()
        if name not in self._streams:
            raise StreamMissing(f"There is no stream {name}.")
        return self._streams[name]

    def _durable(self, spec: DurableSpec) -> _Durable:
        durables = self._stream(spec.stream).durables
        if spec.name not in durables:
            raise StreamMissing(f"There is no consumer {spec.name}.")
        return durables[spec.name]


@dataclass(slots=True, eq=False)
class FakePuller:
    """An open reader of a durable."""

    _broker: FakeBroker
    spec: DurableSpec

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Return what is there, up to ``limit``."""
        return await self._broker.pull(self, limit)

    async def close(self) -> None:
        """Stop reading."""
        self._broker.leave(self)


class FakeDelivery:
    """One message handed out."""

    def __init__(
        self, broker: FakeBroker, durable: _Durable, message: _Stored, attempt: int
    ) -> None:
        self._broker = broker
        self._durable = durable
        self.subject = message.subject
        self.body = message.body
        self.stream = durable.spec.stream
        self.position = message.position
        self.attempt = attempt

    async def ack(self) -> None:
        """It is done."""
        if self._broker.is_connected:
            self._broker.settle(self._durable, self.position)

    async def nak(self, delay: timedelta = timedelta()) -> None:
        """Deliver it again, not before ``delay``."""
        if self._broker.is_connected and self.position in self._durable.attempts:
            self._broker.schedule(self._durable, self.position, delay)

    async def term(self, reason: str) -> None:
        """Never deliver it again."""
        await self.ack()

    async def extend(self) -> None:
        """Work goes on."""
        await self.nak(self._durable.spec.ack_wait)


def _retire(durable: _Durable) -> None:
    durable.deleted = True
    for timer in durable.timers.values():
        timer.cancel()
    durable.timers.clear()


def _state_of(stream: _Stream) -> StreamState:
    return StreamState(
        name=stream.spec.name,
        subjects=stream.spec.subjects,
        messages=len(stream.messages),
        bytes=sum(len(message.body) for message in stream.messages),
        created=stream.created,
    )
