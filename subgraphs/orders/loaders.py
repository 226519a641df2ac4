"""What one request carries: its DataLoaders, so that a page of orders costs one statement per kind of thing.

Every batch reads in a session of its own, since resolvers run side by side and a session serves one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from shared.database import Database
from shared.request_context import RequestContext

from .flows import SearchFlow
from .models import Client, Order, OrderStep, ServiceTypeVersion
from .repository import OrderRepository
from .states import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersContext(RequestContext):
    """The context of a request to orders."""

    order: DataLoader[UUID, Order | None]
    reorders: DataLoader[UUID, list[Order]]
    steps: DataLoader[UUID, list[OrderStep]]
    client: DataLoader[UUID, Client | None]
    counts: DataLoader[UUID, dict[OrderState, int]]
    service_type: DataLoader[UUID, ServiceTypeVersion | None]
    service_type_version: DataLoader[tuple[UUID, int], ServiceTypeVersion | None]
    search: SearchFlow
    min_notice: timedelta
    """How long before its start an order must be made."""


Info: TypeAlias = strawberry.Info[OrdersContext, None]


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch functions behind the loaders."""

    database: Database

    async def orders(self, ids: Sequence[UUID]) -> Sequence[Order | None]:
        """Load orders by id."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_orders(ids)
        return [found.get(order_id) for order_id in ids]

    async def reorders(self, ids: Sequence[UUID]) -> Sequence[list[Order]]:
        """Load the orders that repeat others."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_reorders(ids)
        return [found[order_id] for order_id in ids]

    async def steps(self, ids: Sequence[UUID]) -> Sequence[list[OrderStep]]:
        """Load timelines."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_steps(ids)
        return [found[order_id] for order_id in ids]

    async def clients(self, ids: Sequence[UUID]) -> Sequence[Client | None]:
        """Load clients' profiles."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_clients(ids)
        return [found.get(client_id) for client_id in ids]

    async def counts(self, ids: Sequence[UUID]) -> Sequence[dict[OrderState, int]]:
        """Load how many orders clients have in each state."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).count_by_state(ids)
        return [found[client_id] for client_id in ids]

    async def service_types(self, ids: Sequence[UUID]) -> Sequence[ServiceTypeVersion | None]:
        """Load service types as they are now."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_current(ids)
        return [found.get(service_type_id) for service_type_id in ids]

    async def service_type_versions(
        self, keys: Sequence[tuple[UUID, int]]
    ) -> Sequence[ServiceTypeVersion | None]:
        """Load service types as they were at a version."""
        async with self.database.reading() as session:
            found = await OrderRepository(session).find_versions(keys)
        return [found.get(key) for key in keys]
