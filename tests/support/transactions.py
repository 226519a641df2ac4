"""Transactions that come to nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database


class ProcessDied(Exception):
    """Takes a transaction's work with it."""


@asynccontextmanager
async def dying_transaction(database: Database) -> AsyncIterator[AsyncSession]:
    """Open a transaction that is rolled back at its end, as if the process had died before the commit."""
    with suppress(ProcessDied):
        async with database.transaction() as session:
            yield session
            raise ProcessDied
