"""Jobs in a given state, made through the commands themselves."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.envelope import Envelope
from messaging.tables import OutboxMessage
from shared.clock import Clock
from subgraphs.jobs.models import Job, JobStep
from subgraphs.jobs.service import JobService, NewJob, job_id_of
from subgraphs.jobs.states import FailCause, JobState, Outcome

STARTS_IN = timedelta(minutes=20)
"""So that the check-in is open at once."""

PHOTO = b"a cat at the door"
PHOTO_SHA256 = hashlib.sha256(PHOTO).hexdigest()
REPORT_SHA256 = hashlib.sha256(b"a signed report").hexdigest()


def inline(content: bytes = PHOTO, *, media: str = "image/jpeg") -> str:
    """Return a photo as a ``data:`` URL."""
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def a_found_worker(
    clock: Clock,
    *,
    order_id: UUID | None = None,
    worker_id: UUID | None = None,
    client_id: UUID | None = None,
    starts_at: datetime | None = None,
) -> NewJob:
    return NewJob(
        order_id=order_id or uuid4(),
        search_id=uuid4(),
        worker_id=worker_id or uuid4(),
        client_id=client_id or uuid4(),
        service_type_id=uuid4(),
        starts_at=starts_at or clock.now() + STARTS_IN,
        place="Under the stairs",
        brief="Two rooms",
        price_minor=10_000,
    )


async def a_job(
    session: AsyncSession,
    clock: Clock,
    *,
    state: JobState = JobState.ASSIGNED,
    worker_id: UUID | None = None,
    client_id: UUID | None = None,
    starts_at: datetime | None = None,
) -> Job:
    """Return a job that has come to ``state`` on the usual way."""
    found = a_found_worker(clock, worker_id=worker_id, client_id=client_id, starts_at=starts_at)
    service = JobService(session, clock)
    await service.create(found, event_id=str(uuid4()))
    job = await session.get_one(Job, job_id_of(found.order_id))
    worker = job.worker_id

    async def request() -> None:
        await service.note_supplies(
            job.id, worker_id=worker, supply_request_id=uuid4(), key=str(uuid4())
        )

    async def equip() -> None:
        await request()
        await service.equip(job.id, supply_request_id=uuid4(), event_id=str(uuid4()))

    async def start() -> None:
        await equip()
        await service.check_in(job.id, worker_id=worker, sha256=PHOTO_SHA256)

    async def report() -> None:
        await start()
        await service.submit_report(job.id, worker_id=worker, sha256=REPORT_SHA256)

    async def confirm() -> None:
        await report()
        await service.confirm(job.id, client_id=job.client_id, accept=True, comment=None)

    async def force(outcome: Outcome, cause: FailCause | None) -> None:
        await service.force(
            job.id, outcome=outcome, cause=cause, reason="because", actor="a manager"
        )

    match state:
        case JobState.ASSIGNED:
            pass
        case JobState.SUPPLIES_REQUESTED:
            await request()
        case JobState.EQUIPPED:
            await equip()
        case JobState.STARTED:
            await start()
        case JobState.REPORT_SUBMITTED:
            await report()
        case JobState.DONE:
            await confirm()
        case JobState.FAILED:
            await force(Outcome.FAILED, FailCause.OTHER)
        case JobState.CANCELLED:
            await force(Outcome.CANCELLED, None)
    assert job.state is state
    return job


async def told(session: AsyncSession, job_id: UUID) -> list[tuple[str, dict[str, object]]]:
    """Return what was told of a job, in order: the last word of the subject, and the data."""
    await session.flush()
    found = await session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.aggregate_id == str(job_id))
        .order_by(OutboxMessage.position)
    )
    return [(message.subject.split(".")[2], message.data) for message in found]


async def facts(session: AsyncSession, job_id: UUID) -> list[str]:
    """Return which facts were told of a job, in order."""
    return [fact for fact, _ in await told(session, job_id)]


async def timeline(session: AsyncSession, job_id: UUID) -> list[tuple[str, str, str | None]]:
    """Return a job's steps: where to, by whom, with which note."""
    await session.flush()
    found = await session.scalars(
        select(JobStep).where(JobStep.job_id == job_id).order_by(JobStep.seq)
    )
    return [(step.to_state.value, step.actor, step.note) for step in found]


def an_envelope(clock: Clock) -> Envelope:
    return Envelope(
        id=str(uuid4()),
        type="test.thing.happened",
        v=1,
        source="test",
        subject=str(uuid4()),
        seq=1,
        occurred_at=clock.now(),
        correlation_id="c",
        data={},
    )
