"""What matching hears, through the inbox as it is in service: repeats, reordering, and what comes too early."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.payload import parse_payload
from shared.clock import ManualClock
from subgraphs.matching.consumers import MatchingConsumers
from subgraphs.matching.models import Booking, PoolMember, ServiceType
from subgraphs.matching.states import PoolState, SearchState

from .builders import CLEANING, accept, an_envelope, decide, hire, search_for


async def hear(
    session: AsyncSession, clock: ManualClock, subject: str, data: dict[str, Any]
) -> None:
    """Handle an event as it would arrive, unknown fields and all."""
    [subscription] = [
        s for s in MatchingConsumers(clock).subscriptions() if s.subject == f"{subject}.v1"
    ]
    event = parse_payload(subscription.reads, {**data, "aFieldOfNextYear": 1})
    await subscription.handler(session, event, an_envelope(clock))


def hired(worker_id: UUID) -> dict[str, Any]:
    return {
        "workerId": str(worker_id),
        "applicationId": str(uuid4()),
        "profile": {"name": "Tom"},
        "strengths": [{"code": "tidy", "weight": 90}],
        "weaknesses": [],
        "skills": [str(CLEANING)],
        "scoreBps": 9_000,
        "hiredAt": "2030-01-07T08:00:00Z",
    }


async def test_a_worker_who_was_hired_is_found(session: AsyncSession, clock: ManualClock) -> None:
    worker_id = uuid4()

    for _ in range(2):
        await hear(session, clock, "hiring.worker-hired", hired(worker_id))

    assert (await search_for(session, clock)).worker_id == worker_id
    assert len((await session.scalars(select(PoolMember))).all()) == 1


async def test_a_worker_who_was_dismissed_is_found_no_more(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    data = {"workerId": str(worker_id), "reason": "gone", "at": "2030-01-08T08:00:00Z"}

    for _ in range(2):
        await hear(session, clock, "hiring.worker-dismissed", data)

    member = await session.get(PoolMember, worker_id)
    assert member is not None
    assert (member.state, member.state_reason) == (PoolState.REMOVED, "gone")


async def test_a_service_is_known_by_its_code(session: AsyncSession, clock: ManualClock) -> None:
    data = {"serviceTypeId": str(CLEANING), "code": "CLEAN", "version": 1, "active": True}

    await hear(session, clock, "orders.service-type.changed", data)

    known = await session.get(ServiceType, CLEANING)
    assert known is not None
    assert known.code == "CLEAN"


async def test_a_cancelled_order_is_searched_for_no_more(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await accept(session, clock)

    for _ in range(2):
        await hear(session, clock, "orders.order.cancelled", {"orderId": str(search.order_id)})

    assert search.state is SearchState.CANCELLED


@pytest.mark.parametrize("order", list(permutations(("cancelled", "finished", "judged"))))
async def test_the_end_of_an_order_is_taken_in_any_order(
    session: AsyncSession, clock: ManualClock, order: tuple[str, ...]
) -> None:
    worker_id = await hire(session, clock)
    await accept(session, clock)
    search = await decide(session, clock)
    order_id = str(search.order_id)
    news: dict[str, tuple[str, dict[str, Any]]] = {
        "cancelled": ("orders.order.cancelled", {"orderId": order_id}),
        "finished": ("jobs.job.finished", {"orderId": order_id, "outcome": "FAILED"}),
        "judged": (
            "quality.case.changed",
            {"orderId": order_id, "state": "RESOLVED", "verdict": "WORKER_FAULT"},
        ),
    }

    for name in order:
        for _ in range(2):
            await hear(session, clock, *news[name])

    booking = await session.get(Booking, search.order_id)
    member = await session.get(PoolMember, worker_id)
    assert booking is not None
    assert member is not None
    assert booking.released_at == clock.now()
    assert (member.done, member.failed) == (0, 1)


async def test_a_case_without_a_verdict_says_nothing_yet(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    search = await search_for(session, clock)

    await hear(
        session, clock, "quality.case.changed", {"orderId": str(search.order_id), "state": "OPEN"}
    )

    booking = await session.get(Booking, search.order_id)
    assert booking is not None
    assert booking.verdict is None
