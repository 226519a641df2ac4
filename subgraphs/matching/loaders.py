"""What one request carries: its DataLoaders, so that a page of workers costs one statement per kind of thing.

Every batch reads in a session of its own, since resolvers run side by side and a session serves one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from shared.database import Database
from shared.request_context import RequestContext

from .flows import SearchFlow
from .models import Booking, PoolMember, Search
from .repository import MatchingRepository


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A worker's place in the pool, with their skills and open bookings."""

    member: PoolMember
    skills: list[UUID]
    bookings: list[Booking]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingContext(RequestContext):
    """The context of a request to matching."""

    search: DataLoader[UUID, Search | None]
    searches_of: DataLoader[UUID, list[Search]]
    pool_entry: DataLoader[UUID, PoolEntry | None]
    queue: SearchFlow


Info: TypeAlias = strawberry.Info[MatchingContext, None]


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch functions behind the loaders."""

    database: Database

    async def searches(self, ids: Sequence[UUID]) -> Sequence[Search | None]:
        """Load searches by id."""
        async with self.database.reading() as session:
            found = await MatchingRepository(session).find_searches(ids)
        return [found.get(search_id) for search_id in ids]

    async def searches_of(self, ids: Sequence[UUID]) -> Sequence[list[Search]]:
        """Load the searches of orders."""
        async with self.database.reading() as session:
            found = await MatchingRepository(session).find_searches_of(ids)
        return [found[order_id] for order_id in ids]

    async def pool_entries(self, ids: Sequence[UUID]) -> Sequence[PoolEntry | None]:
        """Load workers' places in the pool."""
        async with self.database.reading() as session:
            repository = MatchingRepository(session)
            members = await repository.find_members(ids)
            skills = await repository.find_skills(ids)
            bookings = await repository.find_open_bookings(ids)
        return [
            PoolEntry(members[worker_id], skills.get(worker_id, []), bookings[worker_id])
            if worker_id in members
            else None
            for worker_id in ids
        ]
