from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database, open_database
from tests.support.service import migrated_database, running_service

from .callers import ENVIRONMENT, AccountsService
from .parts import Parts, make_parts


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables, keys and the demo's accounts: copying it is faster than making it for every test."""
    folder = tmp_path_factory.mktemp("accounts")

    async def start_once() -> None:
        async with running_service("accounts", folder, ENVIRONMENT):
            pass

    asyncio.run(start_once())
    return folder / "accounts.sqlite3"


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and nothing in them."""
    file = tmp_path_factory.mktemp("accounts") / "empty.sqlite3"

    async def migrate() -> None:
        async with migrated_database("accounts", f"sqlite+aiosqlite:///{file}"):
            pass

    asyncio.run(migrate())
    return file


@pytest.fixture
async def database(tmp_path: Path, empty_file: Path) -> AsyncIterator[Database]:
    shutil.copy(empty_file, tmp_path / "x.sqlite3")
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/x.sqlite3")
    yield opened
    await opened.close()


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
async def accounts(tmp_path: Path, seeded_file: Path) -> AsyncIterator[AccountsService]:
    """The running service, with the demo's accounts."""
    shutil.copy(seeded_file, tmp_path / seeded_file.name)
    async with running_service("accounts", tmp_path, ENVIRONMENT) as service:
        yield AccountsService(service)
