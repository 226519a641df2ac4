"""What one request carries: its DataLoaders, so that a page of applications costs one statement per kind of thing.

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

from .admission import Admission
from .models import Application, ApplicationStep, Attempt, Decision, Test, TestVersion, Worker
from .repository import HiringRepository
from .settings import HiringSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class HiringContext(RequestContext):
    """The context of a request to hiring."""

    application: DataLoader[UUID, Application | None]
    steps: DataLoader[UUID, list[ApplicationStep]]
    decision: DataLoader[UUID, Decision | None]
    attempt: DataLoader[UUID, Attempt | None]
    attempts: DataLoader[UUID, list[Attempt]]
    test: DataLoader[UUID, Test | None]
    test_version: DataLoader[tuple[UUID, int], TestVersion | None]
    set_tests: DataLoader[UUID, list[UUID]]
    worker: DataLoader[UUID, Worker | None]
    worker_of: DataLoader[UUID, Worker | None]
    """By application."""
    admission: Admission
    settings: HiringSettings


Info: TypeAlias = strawberry.Info[HiringContext, None]


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch functions behind the loaders."""

    database: Database

    async def applications(self, ids: Sequence[UUID]) -> Sequence[Application | None]:
        """Load applications by id."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_applications(ids)
        return [found.get(each) for each in ids]

    async def steps(self, ids: Sequence[UUID]) -> Sequence[list[ApplicationStep]]:
        """Load timelines."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_steps(ids)
        return [found[each] for each in ids]

    async def decisions(self, ids: Sequence[UUID]) -> Sequence[Decision | None]:
        """Load decisions by application."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_decisions(ids)
        return [found.get(each) for each in ids]

    async def attempts(self, ids: Sequence[UUID]) -> Sequence[Attempt | None]:
        """Load attempts by id."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_attempts(ids)
        return [found.get(each) for each in ids]

    async def attempts_of(self, ids: Sequence[UUID]) -> Sequence[list[Attempt]]:
        """Load attempts by application."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_attempts_of(ids)
        return [found[each] for each in ids]

    async def tests(self, ids: Sequence[UUID]) -> Sequence[Test | None]:
        """Load tests by id."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_tests(ids)
        return [found.get(each) for each in ids]

    async def test_versions(self, keys: Sequence[tuple[UUID, int]]) -> Sequence[TestVersion | None]:
        """Load tests as they were at a version."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_versions(keys)
        return [found.get(key) for key in keys]

    async def set_tests(self, ids: Sequence[UUID]) -> Sequence[list[UUID]]:
        """Load the tests of sets."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_set_tests(ids)
        return [found[each] for each in ids]

    async def workers(self, ids: Sequence[UUID]) -> Sequence[Worker | None]:
        """Load workers by id."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_workers(ids)
        return [found.get(each) for each in ids]

    async def workers_of(self, ids: Sequence[UUID]) -> Sequence[Worker | None]:
        """Load workers by the application they came by."""
        async with self.database.reading() as session:
            found = await HiringRepository(session).find_workers_of(ids)
        return [found.get(each) for each in ids]
