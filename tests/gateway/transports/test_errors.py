"""What goes wrong on the wire turns into one of our errors, which keeps its text for the log."""

from __future__ import annotations

import socket
import ssl

import pytest

from gateway.errors import TransportError
from gateway.transports import errors
from gateway.transports.errors import (
    FOREIGN_ERRORS,
    ResponseMalformed,
    ResponseTooLarge,
    SubgraphTimeout,
    SubgraphUnreachable,
    translate,
)
from gateway.transports.exchange import (
    ConnectionLost,
    DeadlinePassed,
    ExchangeProblem,
    NotConnected,
    ProtocolViolated,
    ReplyTooLarge,
)

CASES: list[tuple[Exception, type[TransportError]]] = [
    (DeadlinePassed("late"), SubgraphTimeout),
    (ReplyTooLarge("long"), ResponseTooLarge),
    (ProtocolViolated("odd"), ResponseMalformed),
    (ConnectionLost("reset"), SubgraphUnreachable),
    (NotConnected("refused"), SubgraphUnreachable),
    (ConnectionRefusedError(111, "refused"), SubgraphUnreachable),
    (socket.gaierror(-2, "no host"), SubgraphUnreachable),
    (ssl.SSLError("bad"), SubgraphUnreachable),
    (ExchangeProblem("other"), TransportError),
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


def test_every_problem_of_an_exchange_is_translated() -> None:
    translated = {type(foreign) for foreign, _ in CASES}

    assert set(ExchangeProblem.__subclasses__()) <= translated


def test_it_is_known_whether_the_subgraph_may_have_acted() -> None:
    sent, refused = translate(ConnectionLost("x"), "a"), translate(ConnectionRefusedError(), "a")

    assert isinstance(sent, SubgraphUnreachable)
    assert isinstance(refused, SubgraphUnreachable)
    assert (sent.was_sent, refused.was_sent) == (True, False)


def test_every_kind_has_a_code_of_its_own() -> None:
    kinds = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, TransportError)
    ]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.code in (errors.__doc__ or "") for kind in kinds)
