"""Commands that may be repeated: the same caller, mutation and key get the first answer again.

The key is claimed in the command's own transaction, so a command that fails leaves no trace of it and may be tried
again with the same key; two that race are put in a row by the table's primary key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, MetaData, String, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from .database import UtcDateTime, new_metadata
from .errors import IdempotencyMismatch, ValidationFailed

KEPT_FOR = timedelta(days=7)
MAX_KEY_LENGTH = 200

idempotency_keys = Table(
    "idempotency_keys",
    new_metadata(),
    Column("actor", String(64), primary_key=True),
    Column("mutation", String(64), primary_key=True),
    Column("key", String(MAX_KEY_LENGTH), primary_key=True),
    Column("arguments_sha256", String(64), nullable=False),
    Column("result_id", String(64), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False, index=True),
)


def attach(metadata: MetaData) -> None:
    """Add the table of keys to a domain's metadata; call it once, at the end of its ``models.py``."""
    if idempotency_keys.name not in metadata.tables:
        idempotency_keys.to_metadata(metadata)


async def run_once(
    session: AsyncSession,
    command: Callable[[], Awaitable[UUID]],
    *,
    actor: str,
    mutation: str,
    key: str,
    arguments: Mapping[str, object],
    now: datetime,
) -> UUID:
    """Run ``command`` unless this actor ran it with this key before, and return the id of what it made.

    Args:
        session: the command's transaction; the claim commits or goes with it.
        command: does the work and returns the id of its result.
        actor: who asks: the account's id, or another stable name of the caller.
        mutation: the mutation's name.
        key: the caller's own idempotency key, 1–200 characters.
        arguments: what the key stands for; anything ``str`` tells apart.
        now: when.

    Raises:
        IdempotencyMismatch: the key was used with other arguments in the last seven days.
        ValidationFailed: the key is empty or too long.
    """
    if not key.strip() or len(key) > MAX_KEY_LENGTH:
        raise ValidationFailed(f"The idempotency key must have 1 to {MAX_KEY_LENGTH} characters.")
    digest = _digest(arguments)
    row = {"actor": actor, "mutation": mutation, "key": key}
    if await _claim(session, row, digest, now):
        result_id = await command()
        await session.execute(_at(update(idempotency_keys), row).values(result_id=str(result_id)))
        return result_id
    stored = (await session.execute(_at(select(idempotency_keys), row))).one()
    if stored.arguments_sha256 != digest:
        raise IdempotencyMismatch("This key was already used with other arguments.")
    return UUID(stored.result_id)


async def forget_old_keys(session: AsyncSession, *, now: datetime) -> int:
    """Drop the keys whose time is over; return how many."""
    outcome = await session.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < now - KEPT_FOR)
    )
    return int(getattr(outcome, "rowcount", 0))


async def _claim(session: AsyncSession, row: dict[str, str], digest: str, now: datetime) -> bool:
    postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    values = {**row, "arguments_sha256": digest, "result_id": "", "created_at": now}
    # A rival that holds the same key makes PostgreSQL wait here until it has committed or gone.
    outcome = await session.execute(
        insert(idempotency_keys)
        .values(values)
        .on_conflict_do_update(
            index_elements=["actor", "mutation", "key"],
            set_={"arguments_sha256": digest, "created_at": now},
            where=idempotency_keys.c.created_at < now - KEPT_FOR,
        )
        .returning(idempotency_keys.c.key)
    )
    return outcome.first() is not None


def _at(statement: Any, row: dict[str, str]) -> Any:
    columns = idempotency_keys.c
    return statement.where(
        columns.actor == row["actor"],
        columns.mutation == row["mutation"],
        columns.key == row["key"],
    )


def _digest(arguments: Mapping[str, object]) -> str:
    text = json.dumps(arguments, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
