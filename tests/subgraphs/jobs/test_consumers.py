"""What jobs hears, as it arrives: repeats, reordering, and what comes too early."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Reject
from messaging.payload import parse_payload
from shared.clock import ManualClock
from subgraphs.jobs.consumers import JobConsumers
from subgraphs.jobs.models import Job
from subgraphs.jobs.service import job_id_of
from subgraphs.jobs.states import JobState

from .builders import a_job, an_envelope, facts


async def hear(
    session: AsyncSession, clock: ManualClock, subject: str, data: dict[str, Any]
) -> None:
    """Handle an event as it would arrive, unknown fields and all."""
    [subscription] = [
        s for s in JobConsumers(clock).subscriptions() if s.subject == f"{subject}.v1"
    ]
    event = parse_payload(subscription.reads, {**data, "aFieldOfNextYear": 1})
    await subscription.handler(session, event, an_envelope(clock))


def worker_found(order_id: UUID, **changes: object) -> dict[str, Any]:
    return {
        "searchId": str(uuid4()),
        "orderId": str(order_id),
        "clientId": str(uuid4()),
        "workerId": str(uuid4()),
        "serviceTypeId": str(uuid4()),
        "startsAt": "2030-01-07T13:00:00Z",
        "place": "Here",
        "brief": "Two rooms",
        "priceMinor": "10000",
        "scoreBps": 5_000,
        "pipelineVersion": 1,
        "attempt": 1,
        **changes,
    }


@pytest.mark.parametrize("order", list(permutations(("found", "cancelled"))))
async def test_a_cancelled_orders_job_ends_cancelled_whichever_comes_first(
    session: AsyncSession, clock: ManualClock, order: tuple[str, ...]
) -> None:
    order_id = uuid4()
    news: dict[str, tuple[str, dict[str, Any]]] = {
        "found": ("matching.worker-found", worker_found(order_id)),
        "cancelled": ("orders.order.cancelled", {"orderId": str(order_id), "reason": "no"}),
    }

    for name in order:
        for _ in range(2):
            await hear(session, clock, *news[name])

    job = (await session.scalars(select(Job))).one()
    assert (job.id, job.state) == (job_id_of(order_id), JobState.CANCELLED)
    assert await facts(session, job.id) == ["created", "finished"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("FAILED", JobState.FAILED), ("CANCELLED", JobState.ASSIGNED), ("DONE", JobState.ASSIGNED)],
)
async def test_a_job_not_begun_fails_with_its_order(
    session: AsyncSession, clock: ManualClock, outcome: str, state: JobState
) -> None:
    """A cancellation has news of its own, which say why."""
    job = await a_job(session, clock)

    for _ in range(2):
        await hear(
            session,
            clock,
            "orders.order.closed",
            {"orderId": str(job.order_id), "outcome": outcome, "grossMinor": "10000"},
        )

    assert job.state is state


async def test_a_price_that_is_none_is_rejected(session: AsyncSession, clock: ManualClock) -> None:
    with pytest.raises(Reject):
        await hear(
            session,
            clock,
            "matching.worker-found",
            worker_found(uuid4(), priceMinor="a lot"),
        )


@pytest.mark.parametrize("state", ["NEW", "COLLECTING", "READY", "CANCELLED", "ISSUED"])
async def test_only_supplies_that_are_issued_let_the_worker_go(
    session: AsyncSession, clock: ManualClock, state: str
) -> None:
    job = await a_job(session, clock, state=JobState.SUPPLIES_REQUESTED)
    data = {"requestId": str(uuid4()), "jobId": str(job.id), "state": state, "version": 1}

    for _ in range(2):
        await hear(session, clock, "consumables.request.changed", data)

    expected = JobState.EQUIPPED if state == "ISSUED" else JobState.SUPPLIES_REQUESTED
    assert job.state is expected
