"""The broker port over NATS JetStream: the only module that knows the client library.

Pull consumers with explicit acknowledgement. Each durable has one active reader at a time (a *pinned client*), so that
order within an aggregate survives running several instances; the others stand by.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js import JetStreamContext, api

from shared.logging import get_logger

from .broker import Delivery, DurableState, OutgoingMessage, StreamState
from .errors import (
    BrokerError,
    BrokerUnavailable,
    PublishRejected,
    StreamMissing,
    TopologyConflict,
)
from .settings import MessagingSettings
from .topology import DurableSpec, StreamSpec
from .waiting import cancel_surely

_logger = get_logger(__name__)
_API = "$JS.API"
_GROUP = "active"
_STATUS = "Status"
_PIN = "Nats-Pin-Id"
_ERR_STREAM_NOT_FOUND = 10059
_ERR_CONSUMER_NOT_FOUND = 10014
_MISSING = frozenset({_ERR_STREAM_NOT_FOUND, _ERR_CONSUMER_NOT_FOUND})


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client library's exceptions into ours.

    Raises:
        BrokerUnavailable: no connection, no answer, no JetStream at the moment.
        StreamMissing: the broker says that there is no such stream or consumer.
        PublishRejected: the broker refused the request.
    """
    try:
        yield
    except nats.js.errors.NoStreamResponseError as error:
        raise StreamMissing("No stream takes this subject.") from error
    except nats.js.errors.ServiceUnavailableError as error:
        raise BrokerUnavailable(f"JetStream is not available: {error}") from error
    except nats.js.errors.APIError as error:
        if error.err_code in _MISSING:
            raise StreamMissing(str(error.description)) from error
        if error.code is not None and error.code >= 500:
            raise BrokerUnavailable(str(error.description)) from error
        raise PublishRejected(str(error.description)) from error
    except (nats.errors.MaxPayloadError, nats.errors.BadSubjectError) as error:
        raise PublishRejected(str(error)) from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise BrokerUnavailable(str(error) or type(error).__name__) from error


@dataclass
class _PinnedConsumerConfig(api.ConsumerConfig):
    """Adds the attributes of a pinned client, which the library does not know yet."""

    priority_groups: list[str] | None = None
    priority_policy: str | None = None
    priority_timeout: int | None = None
    """Nanoseconds."""


class JetStreamBroker:
    """A connection to one NATS server or cluster."""

    def __init__(self, settings: MessagingSettings, *, name: str) -> None:
        self._settings = settings
        self._name = name
        self._client = Client()
        self._connections = 0
        self._connected = asyncio.Event()
        self._closed = asyncio.Event()
        self._pullers: set[_JetStreamPuller] = set()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is up; a broken one shows after the next ping."""
        return self._client.is_connected

    @property
    def epoch(self) -> str:
        """Changes before anything can be said on a new connection."""
        return f"{self._connections}.{self._client.stats['reconnects']}"

    async def keep_connected(self) -> None:
        """Connect unless there is a connection, and again whenever the library gives up; runs until it is cancelled."""
        while True:
            if not self._client.is_connected:
                await self.connect()
            await self._closed.wait()
            self._connected.clear()
            await asyncio.sleep(self._settings.reconnect_wait.total_seconds())

    async def connect(self) -> None:
        """Connect, however long it takes; the caller sets a limit by ``asyncio.timeout``."""
        self._closed.clear()
        client = Client()
        connecting = asyncio.ensure_future(
            client.connect(
                servers=list(self._settings.servers),
                name=self._name,
                token=self._settings.token,
                connect_timeout=max(1, int(self._settings.connect_timeout.total_seconds())),
                # Typed as whole seconds, used as any number.
                reconnect_time_wait=self._settings.reconnect_wait.total_seconds(),  # type: ignore[arg-type]
                max_reconnect_attempts=-1,
                ping_interval=10,
                error_cb=self._on_error,
                disconnected_cb=self._on_disconnected,
                reconnected_cb=self._on_reconnected,
                closed_cb=self._on_closed,
            )
        )
        try:
            # Shielded, since the library goes on trying after a cancellation that it did not notice.
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await cancel_surely(connecting)
            await client.close()
            raise
        self._client = client
        self._connections += 1
        self._connected.set()
        _logger.info("broker connected", server=_address(client))

    async def wait_connected(self) -> None:
        """Return as soon as there is a connection."""
        await self._connected.wait()

    async def close(self) -> None:
        """Flush what was said and disconnect."""
        self._connected.clear()
        client = self._client
        if self._connections == 0 or client.is_closed:
            return
        if client.is_connected:
            # A server that dies at this moment loses acknowledgements only: the inbox knows the messages.
            with suppress(nats.errors.Error, TimeoutError):
                await client.flush(timeout=2)
        await client.close()

    async def declare_stream(self, spec: StreamSpec) -> StreamState:
        """Create or update a stream on disk whose oldest messages go by age."""
        config = api.StreamConfig(
            name=spec.name,
            subjects=list(spec.subjects),
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.OLD,
            num_replicas=spec.replicas,
            max_age=spec.max_age.total_seconds(),
            duplicate_window=spec.duplicate_window.total_seconds(),
            allow_direct=True,
        )
        with translated():
            context = self._context()
            try:
                # Creating what exists with the same configuration is a no-op for the server.
                info = await context.add_stream(config)
            except nats.js.errors.BadRequestError:
                try:
                    info = await context.update_stream(config)
                except nats.js.errors.APIError as error:
                    raise TopologyConflict(
                        f"Stream {spec.name} cannot become what is declared: {error.description}"
                    ) from error
        return _stream_state(info)

    async def declare_durable(self, spec: DurableSpec) -> None:
        """Create or update a durable pull consumer with one active reader."""
        config = _PinnedConsumerConfig(
            name=spec.name,
            durable_name=spec.name,
            filter_subjects=list(spec.subjects),
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=spec.ack_wait.total_seconds(),
            max_deliver=-1,
            max_ack_pending=spec.max_in_flight,
            deliver_policy=api.DeliverPolicy.ALL,
            priority_groups=[_GROUP],
            priority_policy="pinned_client",
            priority_timeout=int(spec.hand_over_after.total_seconds() * 1e9),
        )
        with translated():
            try:
                await self._context().add_consumer(spec.stream, config)
            except nats.js.errors.BadRequestError as error:
                raise TopologyConflict(
                    f"Consumer {spec.name} cannot become what is declared: {error.description}"
                ) from error

    async def publish(self, message: OutgoingMessage) -> None:
        """Publish and wait until the stream has it on disk."""
        with translated():
            await self._context().publish(
                message.subject,
                message.body,
                stream=message.stream,
                headers={api.Header.MSG_ID.value: message.id},
            )

    async def open_puller(self, spec: DurableSpec) -> _JetStreamPuller:
        """Subscribe an inbox of our own; messages come only when asked for."""
        with translated():
            puller = _JetStreamPuller(self._require_client(), spec, self._settings)
            await puller.open()
        self._pullers = {each for each in self._pullers if not each.is_closed} | {puller}
        return puller

    async def streams(self) -> Sequence[StreamState]:
        """Return the platform's streams, by name."""
        found: list[StreamState] = []
        with translated():
            context = self._context()
            while page := await context.streams_info(offset=len(found)):
                found += [_stream_state(info) for info in page]
        prefix = f"{self._settings.stream_prefix}_"
        return sorted(
            (state for state in found if state.name.startswith(prefix)),
            key=lambda state: state.name,
        )

    async def durables(self, stream: str) -> Sequence[DurableState]:
        """Return the durables of a stream, by name."""
        found: list[DurableState] = []
        with translated():
            context = self._context()
            while page := await context.consumers_info(stream, offset=len(found)):
                found += [_durable_state(info) for info in page]
        return sorted(found, key=lambda state: state.name)

    async def delete_durable(self, stream: str, name: str) -> None:
        """Delete a durable consumer."""
        with translated():
            await self._context().delete_consumer(stream, name)

    def _require_client(self) -> Client:
        # The library would keep what is said while it reconnects; saying nothing leaves nothing to wonder about.
        if not self._client.is_connected:
            raise BrokerUnavailable("There is no connection to the broker.")
        return self._client

    def _context(self) -> JetStreamContext:
        return self._require_client().jetstream(
            timeout=self._settings.request_timeout.total_seconds()
        )

    async def _on_error(self, error: Exception) -> None:
        _logger.warning("broker connection", problem=str(error) or type(error).__name__)

    async def _on_disconnected(self) -> None:
        self._connected.clear()

    async def _on_reconnected(self) -> None:
        _logger.info("broker connected again", server=_address(self._client))
        self._connected.set()
        for puller in self._pullers:
            puller.forget_request()

    async def _on_closed(self) -> None:
        self._connected.clear()
        self._closed.set()


@asynccontextmanager
async def connected_broker(
    settings: MessagingSettings, *, name: str, within: timedelta
) -> AsyncIterator[JetStreamBroker]:
    """Connect for the length of a block, as a command does.

    Raises:
        BrokerUnavailable: no server answered in time.
    """
    broker = JetStreamBroker(settings, name=name)
    try:
        async with asyncio.timeout(within.total_seconds()):
            await broker.connect()
    except TimeoutError as error:
        raise BrokerUnavailable(f"No broker answers at {', '.join(settings.servers)}.") from error
    try:
        yield broker
    finally:
        await broker.close()


class _JetStreamPuller:
    """Keeps one request for messages with the server and hands out what comes."""

    def __init__(self, client: Client, spec: DurableSpec, settings: MessagingSettings) -> None:
        self._client = client
        self._spec = spec
        self._expiry = settings.pull_expiry
        self._patience = settings.pull_expiry + settings.pull_grace
        self._inbox = client.new_inbox()
        self._arrived: asyncio.Queue[Msg | BrokerError | None] = asyncio.Queue()
        self._outstanding = 0
        self._pin: str | None = None
        self._subscription: NatsSubscription | None = None

    @property
    def is_closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._subscription is None

    async def open(self) -> None:
        """Subscribe the inbox."""
        self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for the first message, then take what has come with it."""
        if self._outstanding == 0 and self._arrived.empty():
            await self._request(limit)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                first = await self._arrived.get()
        except TimeoutError:
            # Neither a message nor the end of the request: it was lost with a connection.
            self._outstanding = 0
            if self._client.is_closed:
                raise BrokerUnavailable("The connection to the broker was closed.") from None
            return ()
        arrived = [first]
        while not self._arrived.empty():
            arrived.append(self._arrived.get_nowait())
        deliveries = [_JetStreamDelivery(item) for item in arrived if isinstance(item, Msg)]
        problems = [item for item in arrived if isinstance(item, BrokerError)]
        if problems and not deliveries:
            raise problems[0]
        return deliveries

    async def close(self) -> None:
        """Unsubscribe, put back what nobody took, and give up the pin: another instance need not wait for timeouts."""
        subscription, self._subscription = self._subscription, None
        if subscription is None or not self._client.is_connected:
            return
        try:
            await subscription.drain()  # type: ignore[no-untyped-call]
            while not self._arrived.empty():
                item = self._arrived.get_nowait()
                if isinstance(item, Msg):
                    await _JetStreamDelivery(item).nak()
            if self._pin is not None:
                await self._client.request(
                    f"{_API}.CONSUMER.UNPIN.{self._spec.stream}.{self._spec.name}",
                    json.dumps({"group": _GROUP}).encode(),
                    timeout=2,
                )
        except (nats.errors.Error, TimeoutError) as problem:
            # The server hears nothing of this; it finds out by itself, only later.
            _logger.info("reader closed without the broker", problem=str(problem))

    def forget_request(self) -> None:
        """The connection is a new one: the server no longer knows what was asked on the old one."""
        self._outstanding = 0
        self._arrived.put_nowait(None)

    async def _request(self, limit: int) -> None:
        request: dict[str, object] = {
            "batch": limit,
            "expires": int(self._expiry.total_seconds() * 1e9),
            "group": _GROUP,
        }
        if self._pin is not None:
            request["id"] = self._pin
        self._outstanding = limit
        with translated():
            await self._client.publish(
                f"{_API}.CONSUMER.MSG.NEXT.{self._spec.stream}.{self._spec.name}",
                json.dumps(request).encode(),
                reply=self._inbox,
            )

    async def _on_message(self, message: Msg) -> None:
        headers = message.headers or {}
        if message.data == b"" and _STATUS in headers:
            self._on_status(headers[_STATUS], headers.get("Description", ""))
            return
        self._pin = headers.get(_PIN, self._pin)
        self._outstanding = max(0, self._outstanding - 1)
        self._arrived.put_nowait(message)

    def _on_status(self, status: str, description: str) -> None:
        if status == "100":
            return
        self._outstanding = 0
        if status == "423":
            # Another instance reads now; ask again without the pin and stand by.
            self._pin = None
        gone = status == "503" or (status == "409" and "deleted" in description.lower())
        self._arrived.put_nowait(
            StreamMissing(f"There is no consumer {self._spec.name}.") if gone else None
        )


class _JetStreamDelivery:
    """One message of a pull consumer."""

    def __init__(self, message: Msg) -> None:
        self._message = message
        metadata = message.metadata
        self.subject = message.subject
        self.body = message.data
        self.stream = metadata.stream
        self.position = metadata.sequence.stream
        self.attempt = metadata.num_delivered

    async def ack(self) -> None:
        """It is done."""
        await self._settle(Msg.Ack.Ack)

    async def nak(self, delay: timedelta = timedelta()) -> None:
        """Deliver it again, not before ``delay``."""
        nanoseconds = int(delay.total_seconds() * 1e9)
        suffix = b" " + json.dumps({"delay": nanoseconds}).encode() if nanoseconds else b""
        await self._settle(Msg.Ack.Nak + suffix)

    async def term(self, reason: str) -> None:
        """Never deliver it again; the reason goes into the server's advisory."""
        await self._settle(Msg.Ack.Term + b" " + reason.replace("\n", " ")[:200].encode())

    async def extend(self) -> None:
        """Work goes on."""
        await self._settle(Msg.Ack.Progress)

    async def _settle(self, answer: bytes) -> None:
        # An answer that does not arrive means a redelivery, which the inbox recognises.
        with suppress(nats.errors.Error):
            await self._message._client.publish(self._message.reply, answer)


def _address(client: Client) -> str:
    url = client.connected_url
    return "" if url is None else f"{url.hostname}:{url.port}"


def _stream_state(info: api.StreamInfo) -> StreamState:
    return StreamState(
        name=info.config.name or "",
        subjects=tuple(info.config.subjects or ()),
        messages=info.state.messages,
        bytes=info.state.bytes,
        created=info.created or datetime.min.replace(tzinfo=UTC),
    )


def _durable_state(info: api.ConsumerInfo) -> DurableState:
    config: Any = info.config
    subjects = config.filter_subjects or ([config.filter_subject] if config.filter_subject else [])
    return DurableState(
        name=info.name,
        stream=info.stream_name,
        subjects=tuple(subjects),
        pending=info.num_pending or 0,
        in_flight=info.num_ack_pending or 0,
        redelivered=info.num_redelivered or 0,
    )
