"""One service's database: engine, sessions and the column types that every domain uses.

SQLite is the embedded default, PostgreSQL what one grows into; domains see no difference. A *transaction* takes the
write lock when it begins (SQLite would otherwise refuse to turn a read into a write under contention); a *reading*
does not, and never sees half of somebody's transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, DateTime, Dialect, MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

SQLITE_BUSY_TIMEOUT_MS = 15_000
_READ_ONLY = "cattery_read_only"
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Return metadata for one domain's tables; it names every constraint, so that migrations can speak of them."""
    return MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. Naive values are refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware instant into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A naive time cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone; it was UTC when it was written."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and the two ways to use it."""

    engine: AsyncEngine
    _writing: async_sessionmaker[AsyncSession]
    _reading: async_sessionmaker[AsyncSession]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session that commits when the block ends and rolls back when it raises."""
        async with self._writing() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session that sees one consistent state and is never committed."""
        async with self._reading() as session:
            yield session

    async def close(self) -> None:
        """Return every connection."""
        await self.engine.dispose()


def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Open the database at a SQLAlchemy ``url`` (``sqlite+aiosqlite:///…`` or ``postgresql+asyncpg://…``).

    A SQLite file's folder is made when missing. Nothing is connected yet: a database that is away shows at first use.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(
            parsed,
            pool_size=pool_size,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite_connection)
        event.listen(engine.sync_engine, "begin", _begin_sqlite_transaction)
    else:
        engine = create_async_engine(
            parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True
        )
    return Database(
        engine=engine,
        _writing=async_sessionmaker(engine, expire_on_commit=False),
        _reading=async_sessionmaker(
            engine.execution_options(**{_READ_ONLY: True}), expire_on_commit=False, autoflush=False
        ),
    )


def _prepare_sqlite_connection(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # The driver's own implicit BEGIN comes too late to take the write lock; ours is in ``_begin_sqlite_transaction``.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL lets readers go on beside the one writer; FULL makes a commit survive the loss of power.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite_transaction(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
