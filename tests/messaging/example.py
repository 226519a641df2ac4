"""A domain to test messaging with: counters that go up, events that say so, and a reader that keeps a log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import Integer, MetaData, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from messaging import outbox
from messaging.consumer import Policy, Subscription
from messaging.envelope import Envelope
from messaging.events import Event
from messaging.tables import attach
from shared.database import Database, new_metadata
from tests.support.waiting import DEADLINE_SECONDS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Base(DeclarativeBase):
    metadata: ClassVar[MetaData] = new_metadata()


class Counter(Base):
    __tablename__ = "counters"

    id: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


class Seen(Base):
    """One row per effect: what a handler did, in the order it did it."""

    __tablename__ = "seen"

    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    subscription: Mapped[str] = mapped_column(String(100))
    counter: Mapped[str] = mapped_column(String(50))
    value: Mapped[int] = mapped_column(Integer)


attach(Base.metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRaised(Event):
    """A counter went up."""

    SUBJECT: ClassVar[str] = "counting.counter.raised.v1"
    AGGREGATE: ClassVar[str] = "counter_id"

    counter_id: str
    value: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What readers of ``CounterRaised`` need."""

    counter_id: str
    value: int


async def create_tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


def raised(counter: str, value: int) -> CounterRaised:
    return CounterRaised(occurred_at=NOON, counter_id=counter, value=value)


async def raise_counter(session: AsyncSession, counter: str, value: int) -> None:
    """Change the state and record the event, as a service does."""
    await session.merge(Counter(id=counter, value=value))
    outbox.record(session, raised(counter, value))


async def raise_counters(database: Database, counter: str, *values: int) -> None:
    """One transaction per value."""
    for value in values:
        async with database.transaction() as session:
            await raise_counter(session, counter, value)


Handling = Callable[[AsyncSession, Raised, Envelope], Awaitable[None]]


def note_down(name: str) -> Handling:
    """Return a handler whose effect is one row in ``seen``."""

    async def handle(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        session.add(Seen(subscription=name, counter=event.counter_id, value=event.value))

    return handle


def subscription(
    name: str = "reading-counter-raised",
    handler: Handling | None = None,
    *,
    policy: Policy | None = None,
) -> Subscription[Raised]:
    return Subscription(
        name=name,
        subject=CounterRaised.SUBJECT,
        reads=Raised,
        handler=note_down(name) if handler is None else handler,
        policy=Policy() if policy is None else policy,
    )


async def seen(database: Database, *, counter: str | None = None) -> list[int]:
    """Return the values that handlers have noted down, in the order of their effects."""
    query = select(Seen.value).order_by(Seen.position)
    if counter is not None:
        query = query.where(Seen.counter == counter)
    async with database.reading() as session:
        return list((await session.scalars(query)).all())


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: it did not hold in time.
    """
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition never held"
        await asyncio.sleep(0.02)


async def eventually_seen(database: Database, *values: int, counter: str | None = None) -> None:
    """Wait until exactly these values have been noted down, in this order."""

    async def has_seen() -> bool:
        return await seen(database, counter=counter) == list(values)

    try:
        await eventually(has_seen)
    except AssertionError as error:
        found = await seen(database, counter=counter)
        raise AssertionError(f"{list(values)} never came, but {found}") from error
