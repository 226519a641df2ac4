"""The port to the broker: what relay and consumers need from it, and nothing that only JetStream has a word for.

``jetstream.JetStreamBroker`` is the real one, ``testing.FakeBroker`` keeps everything in memory; one suite of tests
runs on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from .topology import DurableSpec, StreamSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to publish."""

    stream: str
    """The stream that must take it; another one taking it is an error."""
    subject: str
    id: str
    """A second message with this id is dropped for the stream's duplicate window."""
    body: bytes


class Delivery(Protocol):
    """One message handed out by the broker, to be settled exactly once: ``ack``, ``nak`` or ``term``.

    Settling never raises for a broker that is away: the message comes again, and the inbox knows it.
    """

    @property
    def subject(self) -> str:
        """The subject it came on."""
        ...

    @property
    def body(self) -> bytes:
        """The message."""
        ...

    @property
    def stream(self) -> str:
        """The stream it is in."""
        ...

    @property
    def position(self) -> int:
        """Its place in the stream, from 1."""
        ...

    @property
    def attempt(self) -> int:
        """How often it has been delivered to this durable, this time included."""
        ...

    async def ack(self) -> None:
        """It is done."""
        ...

    async def nak(self, delay: timedelta = timedelta()) -> None:
        """Deliver it again, not before ``delay``."""
        ...

    async def term(self, reason: str) -> None:
        """Never deliver it again."""
        ...

    async def extend(self) -> None:
        """Work goes on: count the acknowledgement's time from now."""
        ...


class Puller(Protocol):
    """An open reader of one durable."""

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Return what is there, up to ``limit``; wait a while for the first; return nothing after that.

        Raises:
            BrokerUnavailable: the connection is gone.
            StreamMissing: the durable is gone.
        """
        ...

    async def close(self) -> None:
        """Stop reading and let another instance take over at once. What was pulled stays to be settled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableState:
    """A durable consumer as it is on the broker."""

    name: str
    stream: str
    subjects: tuple[str, ...]
    pending: int
    """Messages not yet delivered."""
    in_flight: int
    """Messages delivered and not settled, those waiting for another attempt included."""
    redelivered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """A stream as it is on the broker."""

    name: str
    subjects: tuple[str, ...]
    messages: int
    bytes: int
    created: datetime
    """Changes when the broker's store was lost and the stream made anew."""


class Broker(Protocol):
    """A connection to the broker that heals by itself."""

    @property
    def is_connected(self) -> bool:
        """Whether the broker can be asked right now."""
        ...

    @property
    def epoch(self) -> str:
        """Another text after every new connection: whatever was known about the broker may be wrong."""
        ...

    async def keep_connected(self) -> None:
        """Connect, and connect again whenever the connection is lost for good; runs until it is cancelled."""
        ...

    async def wait_connected(self) -> None:
        """Return as soon as the broker can be asked."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

    async def declare_stream(self, spec: StreamSpec) -> StreamState:
        """Create the stream, or bring it up to date; idempotent.

        Raises:
            BrokerUnavailable: nobody answered.
            TopologyConflict: what exists cannot be changed into this.
        """
        ...

    async def declare_durable(self, spec: DurableSpec) -> None:
        """Create the durable, or bring it up to date; idempotent. A new one begins with the oldest message kept.

        Raises:
            BrokerUnavailable: nobody answered.
            StreamMissing: its stream does not exist.
            TopologyConflict: what exists cannot be changed into this.
        """
        ...

    async def publish(self, message: OutgoingMessage) -> None:
        """Return when the message is stored (or was already).

        Raises:
            BrokerUnavailable: it is unknown whether it was stored.
            StreamMissing: there is no such stream.
            PublishRejected: the broker does not want it.
        """
        ...

    async def open_puller(self, spec: DurableSpec) -> Puller:
        """Start reading a declared durable.

        Raises:
            BrokerUnavailable: there is no connection.
        """
        ...

    async def streams(self) -> Sequence[StreamState]:
        """Return all streams with the prefix of this platform, by name."""
        ...

    async def durables(self, stream: str) -> Sequence[DurableState]:
        """Return the durables of a stream, by name."""
        ...

    async def delete_durable(self, stream: str, name: str) -> None:
        """Forget a subscription and what it has not read.

        Raises:
            StreamMissing: there is none of that name.
        """
        ...
