"""The loop on which the tests run: what the machine does meanwhile takes no time of theirs."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time

import pytest

from tests.support.event_loop import PatientEventLoop


async def test_tests_run_on_it() -> None:
    assert isinstance(asyncio.get_running_loop(), PatientEventLoop)


async def test_a_limit_holds_while_the_process_stands_still() -> None:
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_soon(time.sleep, 0.3)
    loop.call_soon(lambda: loop.call_soon(event.set))

    await asyncio.wait_for(event.wait(), 0.1)


async def test_what_arrives_while_the_process_stands_still_arrives_in_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.call_soon(theirs.send, b"here")
        loop.call_soon(time.sleep, 0.3)

        assert await asyncio.wait_for(loop.sock_recv(ours, 10), 0.1) == b"here"


async def test_standing_still_amid_waiting_takes_next_to_no_time() -> None:
    loop = asyncio.get_running_loop()
    began, really_began = loop.time(), time.monotonic()
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.5))
    signal.setitimer(signal.ITIMER_REAL, 0.1)

    await asyncio.sleep(0.3)

    signal.signal(signal.SIGALRM, before)
    not_counted = (time.monotonic() - really_began) - (loop.time() - began)
    assert not_counted > 0.4


async def test_waiting_takes_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    await asyncio.sleep(0.05)

    assert loop.time() - began >= 0.05


async def test_a_limit_goes_off_while_nothing_arrives() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.02)


async def test_a_limit_goes_off_while_the_loop_turns_in_vain() -> None:
    async def turn() -> None:
        while True:  # noqa: ASYNC110 - the turns are what is looked at
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(turn(), 0.05)


async def test_a_limit_goes_off_while_other_things_arrive() -> None:
    loop = asyncio.get_running_loop()
    ended = threading.Event()

    def disturb() -> None:
        while not ended.wait(0.001):
            loop.call_soon_threadsafe(int)

    disturbing = asyncio.create_task(asyncio.to_thread(disturb))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.05)
    ended.set()
    await disturbing
