"""Dead letters: messages a subscription could not handle, parked in its own database with the reason.

Parking commits before the broker is told to forget the message, so it is always in one of the two. A replay goes to
the one subscription that parked it; the letter disappears in the transaction that handles it at last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .broker import Broker, Delivery, OutgoingMessage
from .settings import MessagingSettings
from .subjects import parse_subject, replay_subject
from .tables import DeadLetter
from .topology import stream_for


async def park(
    session: AsyncSession,
    delivery: Delivery,
    *,
    subscription: str,
    subject: str,
    event_id: str,
    reason: str,
    at: datetime,
) -> None:
    """Store the message; one that was parked before gets the new reason and the sum of its attempts."""
    letter = await session.scalar(
        select(DeadLetter).where(
            DeadLetter.subscription == subscription, DeadLetter.event_id == event_id
        )
    )
    if letter is None:
        letter = DeadLetter(
            subscription=subscription,
            event_id=event_id,
            subject=subject,
            body=delivery.body,
            attempts=0,
        )
        session.add(letter)
    letter.reason = reason
    letter.attempts += delivery.attempt
    letter.parked_at = at
    letter.replayed_at = None


async def resolve(session: AsyncSession, *, subscription: str, event_id: str) -> None:
    """Delete the letter of an event that has been handled after all."""
    await session.execute(
        delete(DeadLetter).where(
            DeadLetter.subscription == subscription, DeadLetter.event_id == event_id
        )
    )


async def parked(
    session: AsyncSession,
    *,
    subscription: str | None = None,
    positions: Sequence[int] | None = None,
) -> Sequence[DeadLetter]:
    """Return dead letters, oldest first: all, those of one subscription, or those with the given positions."""
    query = select(DeadLetter).order_by(DeadLetter.position)
    if subscription is not None:
        query = query.where(DeadLetter.subscription == subscription)
    if positions is not None:
        query = query.where(DeadLetter.position.in_(positions))
    return (await session.scalars(query)).all()


async def count(session: AsyncSession) -> int:
    """Return how many dead letters there are."""
    return await session.scalar(select(func.count()).select_from(DeadLetter)) or 0


async def replay(
    session: AsyncSession,
    letter: DeadLetter,
    broker: Broker,
    settings: MessagingSettings,
    *,
    at: datetime,
) -> None:
    """Send a letter again to its subscription only, and note when; use one transaction per letter.

    A letter stays until it is handled: a replay that the broker loses can be repeated, and one that comes twice is
    handled once.

    Raises:
        BrokerError: it was not sent.
    """
    letter.replayed_at = at
    # Takes the row's lock: whoever handles the replay at once waits for this transaction to end.
    await session.flush()
    subject = parse_subject(letter.subject)
    spec = stream_for(subject, settings)
    await broker.declare_stream(spec)
    await broker.publish(
        OutgoingMessage(
            stream=spec.name,
            subject=replay_subject(subject.domain, letter.subscription),
            id=f"{letter.subscription}:{letter.event_id}:{at.isoformat()}",
            body=letter.body,
        )
    )


async def drop(session: AsyncSession, positions: Sequence[int]) -> int:
    """Delete letters for good, and return how many."""
    result = await session.execute(
        delete(DeadLetter).where(DeadLetter.position.in_(positions)).returning(DeadLetter.position)
    )
    return len(result.all())
