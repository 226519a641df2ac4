from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from tests.support.service import RunningService, migrated_database, running_service

LENIENT = {
    "CATTERY_HIRING_PROOF_BITS": "4",
    "CATTERY_HIRING_APPLY_BURST": "50",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with migrated_database("hiring", f"sqlite+aiosqlite:///{tmp_path}/hiring.db") as opened:
        yield opened


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as opened:
        yield opened


@pytest.fixture
async def hiring(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service("hiring", tmp_path, LENIENT) as service:
        yield service
