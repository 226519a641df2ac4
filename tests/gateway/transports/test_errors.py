"""Foreign exceptions: every one that aiohttp has turns into one of ours, which keeps its text for the log."""

from __future__ import annotations

import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from gateway.errors import TransportError
from gateway.transports import errors
from gateway.transports.errors import (
    FOREIGN_ERRORS,
    SubgraphTimeout,
    SubgraphUnreachable,
    translate,
)

_KEY = ConnectionKey("host", 80, False, True, None, None, None)
CASES: list[tuple[Exception, type[TransportError]]] = [
    (TimeoutError("t"), SubgraphTimeout),
    (aiohttp.ServerTimeoutError("t"), SubgraphTimeout),
    (aiohttp.SocketTimeoutError("t"), SubgraphTimeout),
    (aiohttp.ConnectionTimeoutError("t"), SubgraphTimeout),
    (aiohttp.ClientConnectorError(_KEY, OSError(111, "refused")), SubgraphUnreachable),
    (aiohttp.ClientConnectorDNSError(_KEY, OSError(-2, "no host")), SubgraphUnreachable),
    (aiohttp.ClientConnectorSSLError(_KEY, ssl.SSLError("bad")), SubgraphUnreachable),
    (aiohttp.ServerDisconnectedError(), SubgraphUnreachable),
    (aiohttp.ClientOSError(104, "reset"), SubgraphUnreachable),
    (aiohttp.ClientConnectionResetError(), SubgraphUnreachable),
    (aiohttp.ClientPayloadError("cut"), SubgraphUnreachable),
    (ConnectionResetError(104, "reset"), SubgraphUnreachable),
    (aiohttp.InvalidURL("x"), TransportError),
    (aiohttp.ClientError("other"), TransportError),
]


@pytest.mark.parametrize(("foreign", "kind"), CASES, ids=lambda case: type(case).__name__)
def test_what_happens_on_the_wire_has_a_kind(
    foreign: Exception, kind: type[TransportError]
) -> None:
    assert isinstance(foreign, FOREIGN_ERRORS)

    ours = translate(foreign, "stock")

    assert type(ours) is kind
    assert "'stock'" in str(ours)
    assert type(foreign).__name__ in str(ours)


def test_every_kind_has_a_code_of_its_own() -> None:
    kinds = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, TransportError)
    ]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.code in (errors.__doc__ or "") for kind in kinds)
