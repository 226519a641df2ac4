from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import WorkerNotFound
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import WorkerService
from subgraphs.hiring.states import ApplicationState

from .builders import MANAGER, account_of, an_application, outbox_of

HIRED, DISMISSED = "hiring.worker-hired.v1", "hiring.worker-dismissed.v1"


async def test_a_dismissal_is_told_once(session: AsyncSession, clock: ManualClock) -> None:
    application = await an_application(session, clock, state=ApplicationState.HIRED)
    worker_id, workers = account_of(application), WorkerService(session, clock)

    await workers.dismiss(worker_id, reason="Sleeps.", actor=MANAGER)
    clock.advance(timedelta(days=1))
    worker = await workers.dismiss(worker_id, reason="Again.", actor="another")

    assert (worker.dismiss_reason, worker.dismissed_by) == ("Sleeps.", MANAGER)
    assert await outbox_of(session, DISMISSED) == [
        {"workerId": str(worker_id), "reason": "Sleeps.", "at": "2030-01-07T09:00:00.000000Z"}
    ]


async def test_only_workers_are_dismissed_and_for_a_reason(
    session: AsyncSession, clock: ManualClock
) -> None:
    rejected = await an_application(session, clock, state=ApplicationState.REJECTED)
    workers = WorkerService(session, clock)

    for worker_id in (uuid4(), account_of(rejected)):
        with pytest.raises(WorkerNotFound):
            await workers.dismiss(worker_id, reason="r", actor=MANAGER)
    with pytest.raises(ValidationFailed, match="reason"):
        await workers.dismiss(uuid4(), reason="", actor=MANAGER)


async def test_whoever_was_dismissed_may_be_hired_again(
    session: AsyncSession, clock: ManualClock
) -> None:
    first = await an_application(
        session, clock, state=ApplicationState.HIRED, contact="tom@cats.test"
    )
    await WorkerService(session, clock).dismiss(account_of(first), reason="r", actor=MANAGER)
    clock.advance(timedelta(days=9))

    second = await an_application(
        session, clock, state=ApplicationState.HIRED, contact="tom@cats.test"
    )

    events = await outbox_of(session, HIRED)
    assert [event["workerId"] for event in events] == [str(account_of(first))] * 2
    worker = (await HiringRepository(session).find_workers([account_of(first)]))[account_of(first)]
    assert (worker.application_id, worker.hired_at) == (second.id, clock.now())
    assert worker.dismissed_at is None
