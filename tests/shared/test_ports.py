"""Reserved ports are ours to listen on, and nobody else's to get."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from shared.ports import LOOPBACK, PortReservation, PortTaken, reserve_port

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems hold nothing")


async def listen_and_close(port: int) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    await reader.read()
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def test_a_server_can_listen_on_it_again_and_again() -> None:
    with reserve_port() as reserved:
        for _ in range(3):
            await listen_and_close(reserved.port)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(LOOPBACK, reserved.port)


@linux
def test_nobody_else_is_given_it() -> None:
    with (
        reserve_port() as reserved,
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind((LOOPBACK, reserved.port))


def test_a_port_that_somebody_listens_on_cannot_be_reserved() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            reserve_port(wanted=port)
        with reserve_port(wanted=port, or_another=True) as another:
            assert another.port != port


def reserve_unasked_number() -> PortReservation:
    """Reserve, by its number, a port that the kernel gives to nobody who wants just any."""
    for number in range(20_000, 30_000):
        try:
            return reserve_port(wanted=number)
        except PortTaken:
            continue
    raise AssertionError("all are taken")


@linux
def test_two_cannot_reserve_one_number() -> None:
    with reserve_unasked_number() as first:
        with pytest.raises(PortTaken):
            reserve_port(wanted=first.port)
        with reserve_port(wanted=first.port, or_another=True) as second:
            assert second.port != first.port


@linux
def test_a_number_that_was_given_up_can_be_reserved_again() -> None:
    # Somebody else may be faster, though not every time.
    assert any(can_be_reserved_twice() for _ in range(100))


def can_be_reserved_twice() -> bool:
    with reserve_unasked_number() as first:
        pass
    try:
        with reserve_port(wanted=first.port) as again:
            return again.port == first.port
    except PortTaken:
        return False


@linux
def test_what_was_reserved_for_a_child_can_be_reserved_by_it() -> None:
    with reserve_port() as ours, reserve_port(wanted=ours.port) as the_childs:
        assert the_childs.port == ours.port
