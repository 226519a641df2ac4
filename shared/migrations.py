"""Brings a service's database to the newest schema when it starts, and drafts new revisions for developers.

Every domain keeps its revisions in ``subgraphs/<domain>/migrations``; the Alembic environment they share is the folder
``shared/migration_environment``. Replicas that start together take turns on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from .database import Database

_ENVIRONMENT = Path(__file__).parent / "migration_environment"
_LOCK = 0x63617474
"""The PostgreSQL advisory lock that replicas take in turn: any number will do, as long as it is ours."""


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
"""Alembic keeps what it works on in module globals: services of one process take turns."""


async def upgrade(database: Database, *, revisions: Path) -> None:
    """Apply every revision in the folder ``revisions`` that the database does not have yet."""
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with turn, database.engine.connect() as connection:
        await connection.run_sync(_upgrade, revisions)
        await connection.commit()


async def draft_revision(
    database: Database, *, revisions: Path, metadata: Sequence[MetaData], message: str
) -> None:
    """Write a new revision file with the differences between the tables in code and those in the database."""

    def draft(connection: Connection) -> None:
        number = len(list(revisions.glob("*.py"))) + 1
        command.revision(
            _configure(connection, revisions, metadata),
            message=message,
            autogenerate=True,
            rev_id=f"{number:04}",
        )

    async with database.engine.connect() as connection:
        await connection.run_sync(draft)


async def differences(database: Database, *, metadata: Sequence[MetaData]) -> list[object]:
    """Return what the tables in code have and the database has not, or the other way round."""

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))  # type: ignore[arg-type]

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)


def _upgrade(connection: Connection, revisions: Path) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(_configure(connection, revisions, ()), "head")


def _configure(connection: Connection, revisions: Path, metadata: Sequence[MetaData]) -> Config:
    config = Config()
    # Percent signs are the config format's own escape.
    config.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("version_locations", str(revisions).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = list(metadata)
    return config
