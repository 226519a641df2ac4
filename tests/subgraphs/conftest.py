"""What the tests of every domain ask for. The domain is the folder that a test is in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database, open_database
from tests.support.service import migrated_database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def empty_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Databases with tables and nothing in them: copying one is faster than making it for every test."""

    @cache
    def make(domain: str) -> Path:
        file = tmp_path_factory.mktemp(domain) / f"{domain}.sqlite3"

        async def migrate() -> None:
            async with migrated_database(domain, f"sqlite+aiosqlite:///{file}"):
                pass

        asyncio.run(migrate())
        return file

    return make


@pytest.fixture
def domain(request: pytest.FixtureRequest) -> str:
    return request.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture
def empty_file(domain: str, empty_files: Callable[[str], Path]) -> Path:
    """The domain's database with tables and nothing in them."""
    return empty_files(domain)


@pytest.fixture
async def database(tmp_path: Path, empty_file: Path) -> AsyncIterator[Database]:
    shutil.copy(empty_file, tmp_path / "x.sqlite3")
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/x.sqlite3")
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
async def any_database(
    request: pytest.FixtureRequest, domain: str, tmp_path: Path
) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/any.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    async with migrated_database(domain, url) as opened:
        yield opened


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as opened:
        yield opened
