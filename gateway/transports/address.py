"""Where a subgraph is, and how a connection to it comes about."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .exchange import DeadlinePassed, NotConnected

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an origin is and how connections to it behave."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    """Who the certificate must be for, when it is not ``host``."""

    connect_timeout_seconds: float = 5.0
    keep_alive_seconds: float = 4.0
    """How long a connection may idle. Many servers close after five seconds: a client that is a little earlier does
    not send a mutation, which is never sent twice, into a connection that is just being closed."""

    max_age_seconds: float = 300.0
    """A connection this old is closed after its exchange, so that new addresses of a name come to be used."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


async def connect(
    loop: asyncio.AbstractEventLoop, factory: Callable[[], P], address: Address, *, deadline: float
) -> P:
    """Return a connection that is open, by the protocol that ``factory`` makes.

    Raises:
        DeadlinePassed: there is none by ``deadline``.
        NotConnected: there is none within the time that the address allows for it.
        OSError: it is refused, the host is unknown, or the server is not trusted.
    """
    limit = min(deadline, loop.time() + address.connect_timeout_seconds)
    try:
        async with asyncio.timeout_at(limit):
            _, connection = await loop.create_connection(
                factory,
                address.host,
                address.port,
                ssl=address.tls,
                server_hostname=(
                    None if address.tls is None else address.server_name or address.host
                ),
            )
    except TimeoutError as error:
        if loop.time() >= deadline:
            raise DeadlinePassed from error
        raise NotConnected(
            f"{address} took longer than {address.connect_timeout_seconds} s to connect."
        ) from error
    return connection
