"""Two at once, on SQLite and on PostgreSQL: both are served, or the first to commit wins."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.orders.models import Client
from subgraphs.orders.service import ClientProfile, ClientService, OrderService

from .builders import a_request


async def test_a_new_clients_first_orders_and_profile_may_come_at_once(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        wanted = await a_request(session, clock)
    client_id = uuid4()
    profile = ClientProfile(
        client_id=client_id, source_version=1, display_name="Me", phone=None, address=None
    )

    async def submit() -> None:
        async with any_database.transaction() as session:
            await OrderService(session, clock).submit(wanted, client_id=client_id)

    async def learn() -> None:
        async with any_database.transaction() as session:
            await ClientService(session, clock).put(profile)

    await asyncio.gather(*(submit() for _ in range(4)), learn())

    async with any_database.reading() as session:
        client = await session.get_one(Client, client_id)
        assert (client.display_name, client.active) == ("Me", True)
