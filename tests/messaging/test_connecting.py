"""Stopping while the broker is being looked for."""

from __future__ import annotations

import asyncio

import pytest

from messaging.jetstream import JetStreamBroker
from messaging.settings import MessagingSettings
from tests.support.waiting import DEADLINE_SECONDS

NOBODY_LISTENS = MessagingSettings(servers=("nats://127.0.0.1:1",))


@pytest.mark.parametrize("steps", range(40))
async def test_looking_for_a_broker_stops_at_any_moment(steps: int) -> None:
    """At some of these moments the refused connection and the cancellation arrive together; both must be heard."""
    broker = JetStreamBroker(NOBODY_LISTENS, name="test")
    connecting = asyncio.create_task(broker.keep_connected())
    for _ in range(steps):
        await asyncio.sleep(0)

    connecting.cancel()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.wait([connecting])
    await broker.close()

    assert connecting.cancelled()
