from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Retry
from messaging.envelope import Envelope
from shared.clock import ManualClock
from subgraphs.orders.consumers import (
    JobCreated,
    JobFinished,
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

    created = JobCreated(job_id=uuid4(), order_id=order.id, worker_id=worker_id)
    await consumers.on_job_created(session, created, an_envelope(clock))
    seen.append(order.state)
    started = JobStarted(order_id=order.id, worker_id=worker_id)
    await consumers.on_job_started(session, started, an_envelope(clock))
    seen.append(order.state)
    finished = JobFinished(order_id=order.id, outcome=Outcome.DONE)
    await consumers.on_job_finished(session, finished, an_envelope(clock))
    seen.append(order.state)

    assert seen == [OrderState.ASSIGNED, OrderState.IN_PROGRESS, OrderState.COMPLETED]
    assert order.worker_id == worker_id


async def test_news_that_come_too_early_are_asked_for_again(
    session: AsyncSession, clock: ManualClock
) -> None:
    order = await an_order(session, clock, state=OrderState.SEARCHING)
    consumers = OrderConsumers(clock)

    with pytest.raises(Retry):
        await consumers.on_job_started(
            session, JobStarted(order_id=order.id, worker_id=uuid4()), an_envelope(clock)
        )
    with pytest.raises(Retry):
        await consumers.on_job_finished(
            session, JobFinished(order_id=uuid4(), outcome=Outcome.DONE), an_envelope(clock)
        )


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
        "jobs.job.finished.v1",
    }
