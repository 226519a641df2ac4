"""The transactional outbox: an event becomes true with the change it tells of, or not at all.

``record`` adds a row to the caller's session and nothing else; the relay publishes what has been committed. Numbers
per aggregate are given at flush under a row lock, so ``seq`` order, commit order and publishing order are one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, delete, event, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, Session, SessionTransaction, object_session

from shared.clock import Clock, SystemClock

from .context import current_cause, current_traceparent
from .envelope import Envelope
from .errors import EventInvalid
from .events import Event, event_data, event_subject
from .subjects import parse_subject
from .tables import OutboxMessage, OutboxSequence

MAX_DATA_BYTES = 512 * 1024
"""The broker takes a megabyte; what it would refuse must not get into the outbox."""

_SYSTEM_CLOCK = SystemClock()
_RECORDED = "cattery_outbox_recorded"
_signals: WeakKeyDictionary[Engine, asyncio.Event] = WeakKeyDictionary()


def record(session: AsyncSession, fact: Event, *, clock: Clock = _SYSTEM_CLOCK) -> None:
    """Add an event to the caller's transaction; it is published after the commit, and vanishes with a rollback.

    Inside a consumer's handler the event inherits the handled event's correlation and names it as its cause.
    ``clock`` is the machine's, not the domain's: it dates the row for retention and recovery only.

    Raises:
        EventInvalid: the event's class or one of its values cannot be published.
        SubjectInvalid: its ``SUBJECT`` breaks the naming rule.
    """
    event_subject(type(fact))
    data = event_data(fact)
    size = len(json.dumps(data).encode())
    if size > MAX_DATA_BYTES:
        raise EventInvalid(
            f"{fact.SUBJECT} has {size} bytes; an event may have {MAX_DATA_BYTES}. Send a reference instead."
        )
    cause = current_cause()
    inherited = fact.aggregate_id if cause is None else cause.correlation_id
    session.add(
        OutboxMessage(
            id=str(uuid4()),
            subject=fact.SUBJECT,
            aggregate_id=fact.aggregate_id,
            correlation_id=fact.correlation_id or inherited,
            causation_id=None if cause is None else cause.id,
            traceparent=current_traceparent(),
            data=data,
            occurred_at=fact.occurred_at,
            recorded_at=clock.now(),
        )
    )


def envelope_of(message: OutboxMessage, *, source: str) -> Envelope:
    """Return what is published for a row; ``source`` is the domain whose outbox it is."""
    subject = parse_subject(message.subject)
    return Envelope(
        id=message.id,
        type=subject.type,
        v=subject.major,
        source=source,
        subject=message.aggregate_id,
        seq=message.seq,
        occurred_at=message.occurred_at,
        correlation_id=message.correlation_id,
        causation_id=message.causation_id,
        traceparent=message.traceparent,
        data=message.data,
    )


async def unpublished(
    session: AsyncSession, *, limit: int, without: Sequence[str] = ()
) -> Sequence[OutboxMessage]:
    """Return the oldest committed events that the broker has not confirmed, in publishing order.

    ``without`` names aggregates to leave out.
    """
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.published_at.is_(None))
        .order_by(OutboxMessage.position)
        .limit(limit)
    )
    if without:
        query = query.where(OutboxMessage.aggregate_id.not_in(without))
    return (await session.scalars(query)).all()


async def count_unpublished(session: AsyncSession) -> int:
    """Return how many committed events wait for the broker."""
    counted = await session.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.published_at.is_(None))
    )
    return counted or 0


async def mark_published(session: AsyncSession, positions: Sequence[int], *, at: datetime) -> None:
    """Note that the broker has confirmed these rows."""
    await session.execute(
        update(OutboxMessage).where(OutboxMessage.position.in_(positions)).values(published_at=at)
    )


async def republish(
    session: AsyncSession, *, since: datetime, stream_domain: str | None = None
) -> int:
    """Hand everything recorded since then to the relay again, and return how many events that is.

    ``stream_domain`` limits it to the events that one domain's stream holds.

    For a broker that has lost its disk: the relay publishes them in their old order, under their old ids; broker and
    inboxes drop what they already have.
    """
    statement = update(OutboxMessage).where(
        OutboxMessage.recorded_at >= since, OutboxMessage.published_at.is_not(None)
    )
    if stream_domain is not None:
        statement = statement.where(
            OutboxMessage.subject.startswith(f"{stream_domain}.", autoescape=True)
        )
    result = await session.execute(
        statement.values(published_at=None).returning(OutboxMessage.position)
    )
    count = len(result.all())
    session.info[_RECORDED] = True
    return count


async def prune(session: AsyncSession, *, published_before: datetime) -> int:
    """Delete published rows older than that, and return how many."""
    result = await session.execute(
        delete(OutboxMessage)
        .where(OutboxMessage.published_at < published_before)
        .returning(OutboxMessage.position)
    )
    return len(result.all())


def commit_signal(engine: Engine) -> asyncio.Event:
    """Return the event that is set whenever this process commits an outbox row through ``engine``."""
    return _signals.setdefault(engine, asyncio.Event())


@event.listens_for(OutboxMessage, "before_insert")
def _number(mapper: Mapper[OutboxMessage], connection: Connection, message: OutboxMessage) -> None:
    # The row lock that the upsert takes is held until the commit: a second transaction on the same aggregate waits
    # here, and gets both its number and its position after the first is committed.
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(OutboxSequence)
        .values(aggregate_id=message.aggregate_id, last_seq=1)
        .on_conflict_do_update(
            index_elements=[OutboxSequence.aggregate_id],
            set_={"last_seq": OutboxSequence.last_seq + 1},
        )
        .returning(OutboxSequence.last_seq)
    )
    message.seq = connection.execute(statement).scalar_one()
    session = object_session(message)
    if session is not None:
        session.info[_RECORDED] = True


@event.listens_for(Session, "after_transaction_end")
def _wake_relay(session: Session, transaction: SessionTransaction) -> None:
    # Fires for rollbacks too, where waking is merely idle; savepoints have a parent and are not the end.
    if transaction.parent is not None or not session.info.pop(_RECORDED, False):
        return
    bind: Any = session.get_bind(mapper=OutboxMessage)
    engine = bind.engine
    if engine in _signals:
        _signals[engine].set()
