"""Clients' profiles, as the import brings them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from subgraphs.orders.models import Client
from subgraphs.orders.repository import OrderRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProfile:
    """What an import says about a client."""

    client_id: UUID
    source_version: int
    display_name: str
    phone: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class ClientService:
    """Keeps the profiles of clients."""

    session: AsyncSession
    clock: Clock

    async def put(self, profile: ClientProfile) -> None:
        """Create or update a client; a profile older than the one we have changes nothing."""
        client = await self.ensure(profile.client_id)
        if profile.source_version <= client.source_version:
            return
        client.display_name = profile.display_name
        client.phone = profile.phone
        client.address = profile.address
        client.source_version = profile.source_version
        client.active = True

    async def withdraw(self, client_id: UUID, *, source_version: int) -> None:
        """The client has left: no new orders. Orders under way go on."""
        client = await self.ensure(client_id)
        if source_version < client.source_version:
            return
        client.source_version = source_version
        client.active = False

    async def ensure(self, client_id: UUID) -> Client:
        """Return the client's profile, an empty one for a client whom no import has brought yet.

        Accounts vouches for them being a client: the role is in their token.
        """
        return await OrderRepository(self.session).lock_client(client_id, now=self.clock.now())
