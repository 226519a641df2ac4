"""The inbox: an event is handled once per subscription, because its row commits with the effect.

A repeat, from wherever it comes (redelivery, a relay that died, a restored broker), finds the row and does nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from .envelope import Envelope
from .tables import InboxCursor, InboxMessage, MessagingBase


async def claim(
    session: AsyncSession, subscription: str, envelope: Envelope, *, at: datetime
) -> bool:
    """Take the event for this transaction; return whether it is the first to do so.

    Two transactions that claim one event at once are put in line: the second learns of the first's commit, or takes
    over when it rolls back.
    """
    statement = (
        _insert(session, InboxMessage)
        .values(subscription=subscription, event_id=envelope.id, handled_at=at)
        .on_conflict_do_nothing()
        .returning(InboxMessage.event_id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def advance(session: AsyncSession, subscription: str, envelope: Envelope) -> bool:
    """Remember the aggregate's ``seq``; return whether this event is newer than all that went through here before.

    The guard against older news: events that arrive after a later one of the same aggregate are to be ignored.
    Subscriptions have it by ``Policy(latest_only=True)``.
    """
    insert = _insert(session, InboxCursor).values(
        subscription=subscription,
        source=envelope.source,
        aggregate_id=envelope.subject,
        last_seq=envelope.seq,
    )
    statement = insert.on_conflict_do_update(
        index_elements=[
            InboxCursor.subscription,
            InboxCursor.source,
            InboxCursor.aggregate_id,
        ],
        set_={"last_seq": insert.excluded.last_seq},
        where=InboxCursor.last_seq < insert.excluded.last_seq,
    ).returning(InboxCursor.last_seq)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def prune(session: AsyncSession, *, handled_before: datetime) -> int:
    """Forget what was handled before then, and return how many rows that was."""
    result = await session.execute(
        delete(InboxMessage)
        .where(InboxMessage.handled_at < handled_before)
        .returning(InboxMessage.event_id)
    )
    return len(result.all())


def _insert(session: AsyncSession, table: type[MessagingBase]) -> postgresql.Insert | sqlite.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
