from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Retry
from messaging.envelope import Envelope
from shared.clock import ManualClock
from subgraphs.orders.consumers import (
    JobCreated,
    JobFinished,
    JobMissed,
    JobStarted,
    OrderConsumers,
    SearchExhausted,
)
from subgraphs.orders.states import OrderState, Outcome

from .builders import an_order


def an_envelope(clock: ManualClock) -> Envelope:
    return Envelope(
        id=str(uuid4()),
        type="jobs.job.created",
        v=1,
        source="jobs",
        subject=str(uuid4()),
        seq=1,
        occurred_at=clock.now(),
        correlation_id="c",
        causation_id=None,
        traceparent=None,
        data={},
    )


async def test_a_job_moves_its_order_along(session: AsyncSession, clock: ManualClock) -> None:
    order = await an_order(session, clock, state=OrderState.SEARCHING)
    consumers = OrderConsumers(clock)
    worker_id = uuid4()
    seen = []

    job: dict[str, Any] = {"job_id": uuid4(), "order_id": order.id, "worker_id": worker_id}

    await consumers.on_job_created(session, JobCreated(**job), an_envelope(clock))
    seen.append(order.state)
    await consumers.on_job_started(session, JobStarted(**job), an_envelope(clock))
    seen.append(order.state)
    finished = JobFinished(**job, outcome=Outcome.DONE)
    await consumers.on_job_finished(session, finished, an_envelope(clock))
    seen.append(order.state)

    assert seen == [OrderState.ASSIGNED, OrderState.IN_PROGRESS, OrderState.COMPLETED]
    assert order.worker_id == worker_id


async def test_a_job_whose_worker_does_not_come_fails_its_order(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.ASSIGNED)

    missed = JobMissed(job_id=uuid4(), order_id=order.id, worker_id=uuid4())
    await OrderConsumers(clock).on_job_missed(session, missed, an_envelope(clock))

    assert (order.state, order.outcome) == (OrderState.FAILED, Outcome.FAILED)


async def test_news_of_an_order_that_is_not_there_are_asked_for_again(
    session: AsyncSession, clock: ManualClock
) -> None:
    started = JobStarted(job_id=uuid4(), order_id=uuid4(), worker_id=uuid4())

    with pytest.raises(Retry):
        await OrderConsumers(clock).on_job_started(session, started, an_envelope(clock))


async def test_an_exhausted_search_makes_the_order_wait(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.SEARCHING)
    retry_at = clock.now() + timedelta(minutes=1)

    event = SearchExhausted(order_id=order.id, attempt=1, retry_at=retry_at)
    await OrderConsumers(clock).on_search_exhausted(session, event, an_envelope(clock))

    assert (order.state, order.retry_at) == (OrderState.WAITING_WORKER, retry_at)


def test_orders_reads_what_the_catalogue_says(clock: ManualClock) -> None:
    subscriptions = OrderConsumers(clock).subscriptions()

    assert {subscription.subject for subscription in subscriptions} == {
        "imports.client.upserted.v1",
        "imports.client.withdrawn.v1",
        "matching.search.exhausted.v1",
        "jobs.job.created.v1",
        "jobs.job.started.v1",
        "jobs.job.missed.v1",
        "jobs.job.finished.v1",
    }
