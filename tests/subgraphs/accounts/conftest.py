from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.database import Database
from tests.support.service import running_service

from .callers import ENVIRONMENT, AccountsService
from .parts import Parts, make_parts


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables, keys and the demo's accounts: copying it is faster than making it for every test."""
    folder = tmp_path_factory.mktemp("accounts")

    async def start_once() -> None:
        async with running_service("accounts", folder, ENVIRONMENT):
            pass

    asyncio.run(start_once())
    return folder / "accounts.sqlite3"


@pytest.fixture
async def parts(database: Database, clock: ManualClock) -> Parts:
    return await make_parts(database, clock)


@pytest.fixture
async def accounts(tmp_path: Path, seeded_file: Path) -> AsyncIterator[AccountsService]:
    """The running service, with the demo's accounts."""
    shutil.copy(seeded_file, tmp_path / seeded_file.name)
    async with running_service("accounts", tmp_path, ENVIRONMENT) as service:
        yield AccountsService(service)
