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
from tests.support.service import RunningService, migrated_database, running_service


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and nothing in them: copying it is faster than making it for every test."""
    file = tmp_path_factory.mktemp("jobs") / "jobs.sqlite3"

    async def migrate() -> None:
        async with migrated_database("jobs", f"sqlite+aiosqlite:///{file}"):
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
    url = f"sqlite+aiosqlite:///{tmp_path}/any.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    async with migrated_database("jobs", url) as opened:
        yield opened


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as opened:
        yield opened


@pytest.fixture
async def jobs(tmp_path: Path, empty_file: Path) -> AsyncIterator[RunningService]:
    shutil.copy(empty_file, tmp_path / empty_file.name)
    async with running_service("jobs", tmp_path) as service:
        yield service
