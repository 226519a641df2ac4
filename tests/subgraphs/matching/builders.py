"""Workers in the pool and searches in a given state, made through the commands themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.envelope import Envelope
from messaging.tables import OutboxMessage
from shared.clock import Clock
from shared.identifiers import derived_id
from subgraphs.matching.models import Search
from subgraphs.matching.pipeline import Trait
from subgraphs.matching.service import (
    DecisionService,
    Hiring,
    PoolService,
    SearchRequestText,
    SearchService,
)

CLEANING = UUID("00000000-0000-0000-0000-0000000000c1")


def a_request(
    clock: Clock,
    *,
    starts_in: timedelta = timedelta(hours=4),
    attempt: int = 1,
    excluded: Sequence[UUID] = (),
    client_id: UUID | None = None,
    service_type_id: UUID = CLEANING,
) -> SearchRequestText:
    return SearchRequestText(
        client_id=client_id or uuid4(),
        service_type_id=service_type_id,
        starts_at=clock.now() + starts_in,
        place="Under the stairs",
        brief="Two rooms",
        price_minor="10000",
        attempt=attempt,
        excluded=tuple(excluded),
    )


def as_json(request: SearchRequestText) -> str:
    """Return the request as orders sends it."""
    return json.dumps(
        {
            "clientId": str(request.client_id),
            "serviceTypeId": str(request.service_type_id),
            "startsAt": request.starts_at.isoformat(),
            "place": request.place,
            "brief": request.brief,
            "priceMinor": request.price_minor,
            "attempt": request.attempt,
            "excluded": [str(worker_id) for worker_id in request.excluded],
        }
    )


async def hire(
    session: AsyncSession,
    clock: Clock,
    *,
    worker_id: UUID | None = None,
    skills: Sequence[UUID] = (CLEANING,),
    strengths: Sequence[Trait] = (),
    weaknesses: Sequence[Trait] = (),
) -> UUID:
    """Put a worker into the pool."""
    hiring = Hiring(
        worker_id=worker_id or uuid4(),
        strengths=tuple(strengths),
        weaknesses=tuple(weaknesses),
        skills=tuple(skills),
        hired_at=clock.now(),
    )
    await PoolService(session, clock).hire(hiring)
    return hiring.worker_id


async def accept(
    session: AsyncSession,
    clock: Clock,
    request: SearchRequestText | None = None,
    *,
    order_id: UUID | None = None,
) -> Search:
    """Put a search in the queue."""
    order_id = order_id or uuid4()
    request = request or a_request(clock)
    return await SearchService(session, clock).accept(
        derived_id(order_id, request.attempt), order_id=order_id, request=request
    )


async def decide(session: AsyncSession, clock: Clock) -> Search:
    """Decide the oldest search in the queue."""
    decisions = DecisionService(session, clock)
    claim = await decisions.claim_next()
    assert claim is not None
    search = await decisions.decide(claim)
    assert search is not None
    return search


async def search_for(
    session: AsyncSession,
    clock: Clock,
    request: SearchRequestText | None = None,
    *,
    order_id: UUID | None = None,
) -> Search:
    """Accept a search and decide it; the queue must be empty before."""
    await accept(session, clock, request, order_id=order_id)
    return await decide(session, clock)


async def recorded(session: AsyncSession) -> list[tuple[str, dict[str, object]]]:
    """Return subject and data of the events recorded, in order."""
    await session.flush()
    found = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.position))
    return [(message.subject, message.data) for message in found]


def an_envelope(clock: Clock, *, seq: int = 1) -> Envelope:
    return Envelope(
        id=str(uuid4()),
        type="test.thing.happened",
        v=1,
        source="test",
        subject=str(uuid4()),
        seq=seq,
        occurred_at=clock.now(),
        correlation_id="c",
        data={},
    )
