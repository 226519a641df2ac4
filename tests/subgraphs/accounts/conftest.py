from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from tests.support.service import migrated_database, running_service

from .callers import ENVIRONMENT, AccountsService
from .parts import Parts, make_parts


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with migrated_database("accounts", f"sqlite+aiosqlite:///{tmp_path}/x.db") as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
async def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/x.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    async with migrated_database("accounts", url) as opened:
        yield opened


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as opened:
        yield opened


@pytest.fixture
async def parts(database: Database, clock: ManualClock) -> Parts:
    return await make_parts(database, clock)


@pytest.fixture
async def accounts(tmp_path: Path) -> AsyncIterator[AccountsService]:
    """The running service, with the demo's accounts."""
    async with running_service("accounts", tmp_path, ENVIRONMENT) as service:
        yield AccountsService(service)
