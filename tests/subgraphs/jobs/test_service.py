"""Job commands against a real database; the clock is fixed and nothing is mocked."""

from __future__ import annotations

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from shared.errors import ValidationFailed
from subgraphs.jobs.errors import (
    CheckInTooEarly,
    CheckInTooLate,
    IllegalTransition,
    JobNotFound,
    NotEquipped,
    OutcomeInvalid,
)
from subgraphs.jobs.models import Evidence, Job
from subgraphs.jobs.service import JobService, job_id_of
from subgraphs.jobs.states import (
    BEFORE_START,
    FINAL,
    EvidenceKind,
    FailCause,
    JobState,
    Outcome,
)
from tests.support.transactions import dying_transaction

from .builders import (
    PHOTO_SHA256,
    REPORT_SHA256,
    a_found_worker,
    a_job,
    facts,
    timeline,
    told,
)

NOT_BEFORE_START = sorted(set(JobState) - BEFORE_START)
NOT_FINAL = sorted(set(JobState) - FINAL)


# -- born


async def test_an_orders_job_has_the_id_that_everybody_derives(
    session: AsyncSession, clock: ManualClock
) -> None:
    found = a_found_worker(clock)

    await JobService(session, clock).create(found, event_id="e1")

    job = (await session.scalars(select(Job))).one()
    namespace = uuid5(NAMESPACE_URL, "https://mcf.local/jobs")
    assert job.id == uuid5(namespace, str(found.order_id)) == job_id_of(found.order_id)
    assert (job.state, job.price_minor, job.version) == (JobState.ASSIGNED, 10_000, 1)
    assert await told(session, job.id) == [
        (
            "created",
            {
                "jobId": str(job.id),
                "orderId": str(found.order_id),
                "searchId": str(found.search_id),
                "workerId": str(found.worker_id),
                "clientId": str(found.client_id),
                "startsAt": "2030-01-07T09:20:00.000000Z",
                "priceMinor": "10000",
            },
        )
    ]


async def test_a_worker_found_again_changes_nothing(
    session: AsyncSession, clock: ManualClock
) -> None:
    found = a_found_worker(clock)
    service = JobService(session, clock)
    await service.create(found, event_id="e1")

    await service.create(found, event_id="e1")
    other = a_found_worker(clock, order_id=found.order_id)
    await service.create(other, event_id="e2")

    job = (await session.scalars(select(Job))).one()
    assert job.worker_id == found.worker_id
    assert await facts(session, job.id) == ["created"]


async def test_a_cancelled_orders_job_is_born_cancelled_and_its_end_is_told(
    session: AsyncSession, clock: ManualClock
) -> None:
    found = a_found_worker(clock)
    service = JobService(session, clock)
    await service.cancel_order(found.order_id, reason="changed my mind", event_id="e1")
    await service.cancel_order(found.order_id, reason="changed my mind", event_id="e1")

    await service.create(found, event_id="e2")
    await service.create(found, event_id="e2")

    job = (await session.scalars(select(Job))).one()
    assert (job.state, job.outcome, job.fail_cause) == (
        JobState.CANCELLED,
        Outcome.CANCELLED,
        None,
    )
    assert job.due_at is None
    assert await facts(session, job.id) == ["created", "finished"]
    assert await timeline(session, job.id) == [
        ("ASSIGNED", "system", None),
        ("CANCELLED", "system", "changed my mind"),
    ]


async def test_a_job_that_is_rolled_back_leaves_no_event(
    database: Database, clock: ManualClock
) -> None:
    found = a_found_worker(clock)
    async with dying_transaction(database) as session:
        await JobService(session, clock).create(found, event_id="e1")

    async with database.transaction() as session:
        assert await facts(session, job_id_of(found.order_id)) == []


# -- cancelled by the order


@pytest.mark.parametrize("state", NOT_FINAL)
async def test_a_cancelled_order_ends_its_job_once(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    """Even a job that has started: orders closed the order before it heard of the start."""
    job = await a_job(session, clock, state=state)
    service = JobService(session, clock)

    await service.cancel_order(job.order_id, reason="changed my mind", event_id="e1")
    await service.cancel_order(job.order_id, reason="changed my mind", event_id="e1")

    assert (job.state, job.outcome) == (JobState.CANCELLED, Outcome.CANCELLED)
    assert (await facts(session, job.id)).count("finished") == 1
    _, _, note = (await timeline(session, job.id))[-1]
    assert note is not None
    assert note.endswith("changed my mind")
    assert ("before the start was known" in note) == (state not in BEFORE_START)


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_a_job_that_has_ended_is_not_cancelled_any_more(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).cancel_order(job.order_id, reason="late", event_id="e1")

    assert job.state is state
    assert (await facts(session, job.id)).count("finished") == 1


# -- supplies


async def test_supplies_that_were_requested_are_issued(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock)
    service, request_id = JobService(session, clock), uuid4()

    await service.note_supplies(
        job.id, worker_id=job.worker_id, supply_request_id=request_id, key="k1"
    )
    requested = job.state
    for event_id in ("e1", "e2"):
        await service.equip(job.id, supply_request_id=request_id, event_id=event_id)

    assert (requested, job.state) == (JobState.SUPPLIES_REQUESTED, JobState.EQUIPPED)
    assert (job.supply_request_id, job.supply_key) == (request_id, "k1")
    assert [to for to, _, _ in await timeline(session, job.id)] == [
        "ASSIGNED",
        "SUPPLIES_REQUESTED",
        "EQUIPPED",
    ]


async def test_supplies_issued_before_our_own_request_is_answered_count(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock)
    service, request_id = JobService(session, clock), uuid4()

    await service.equip(job.id, supply_request_id=request_id, event_id="e1")
    await service.note_supplies(
        job.id, worker_id=job.worker_id, supply_request_id=request_id, key="k1"
    )

    assert (job.state, job.supply_request_id) == (JobState.EQUIPPED, request_id)
    assert job.supply_key == "k1"


@pytest.mark.parametrize("state", NOT_BEFORE_START)
async def test_supplies_that_come_too_late_change_nothing(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).equip(job.id, supply_request_id=uuid4(), event_id="e1")
    await JobService(session, clock).equip(uuid4(), supply_request_id=uuid4(), event_id="e1")

    assert job.state is state


# -- the check-in


@pytest.mark.parametrize("state", sorted(BEFORE_START))
async def test_a_check_in_with_a_photo_starts_the_job(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)

    assert (job.state, job.due_at) == (JobState.STARTED, None)
    evidence = (await session.scalars(select(Evidence))).one()
    assert (evidence.kind, evidence.sha256) == (EvidenceKind.START_PHOTO, PHOTO_SHA256)
    assert (await told(session, job.id))[-1] == (
        "started",
        {
            "jobId": str(job.id),
            "orderId": str(job.order_id),
            "workerId": str(job.worker_id),
            "at": "2030-01-07T09:00:00.000000Z",
        },
    )


async def test_repeating_a_check_in_tells_of_one_start(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock, state=JobState.STARTED)
    service = JobService(session, clock)

    again = await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)
    with pytest.raises(IllegalTransition):
        await service.check_in(job.id, worker_id=job.worker_id, sha256=REPORT_SHA256)

    assert again is job
    assert await facts(session, job.id) == ["created", "started"]


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [
        (-31, CheckInTooEarly),
        (-30, None),
        (0, None),
        (15, None),
        (16, CheckInTooLate),
    ],
)
async def test_the_check_in_is_open_from_half_an_hour_before_to_a_quarter_after(
    session: AsyncSession, clock: ManualClock, minutes: int, refusal: type[Exception] | None
) -> None:
    starts_at = clock.now() + timedelta(hours=2)
    job = await a_job(session, clock, starts_at=starts_at)
    clock.instant = starts_at + timedelta(minutes=minutes)
    service = JobService(session, clock)

    if refusal is None:
        await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)
        assert job.state is JobState.STARTED
    else:
        with pytest.raises(refusal):
            await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)
        assert job.state is JobState.ASSIGNED


@pytest.mark.parametrize("state", sorted(BEFORE_START))
async def test_where_supplies_are_required_only_the_equipped_start(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)
    service = JobService(session, clock, requires_supplies=True)

    if state is JobState.EQUIPPED:
        await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)
        assert job.state is JobState.STARTED
    else:
        with pytest.raises(NotEquipped):
            await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)


@pytest.mark.parametrize("state", NOT_BEFORE_START)
async def test_what_has_started_or_ended_is_neither_started_nor_declined(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)
    service = JobService(session, clock)

    with pytest.raises(IllegalTransition):
        await service.check_in(job.id, worker_id=job.worker_id, sha256=REPORT_SHA256)
    with pytest.raises(IllegalTransition):
        await service.decline(job.id, worker_id=job.worker_id, reason="tired")


# -- the report


async def test_a_report_that_the_client_confirms_makes_the_job_done(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock, state=JobState.STARTED)
    service = JobService(session, clock)

    for _ in range(2):
        await service.submit_report(job.id, worker_id=job.worker_id, sha256=REPORT_SHA256)
    reported = job.state
    await service.confirm(job.id, client_id=job.client_id, accept=True, comment="lovely")

    assert reported is JobState.REPORT_SUBMITTED
    assert (job.state, job.outcome, job.finished_at) == (
        JobState.DONE,
        Outcome.DONE,
        clock.now(),
    )
    assert await facts(session, job.id) == ["created", "started", "finished"]
    assert (await timeline(session, job.id))[-1] == ("DONE", str(job.client_id), "lovely")
    assert (await told(session, job.id))[-1][1] == {
        "jobId": str(job.id),
        "orderId": str(job.order_id),
        "workerId": str(job.worker_id),
        "clientId": str(job.client_id),
        "outcome": "DONE",
        "priceMinor": "10000",
        "startsAt": "2030-01-07T09:20:00.000000Z",
        "finishedAt": "2030-01-07T09:00:00.000000Z",
        "hasStarted": True,
    }


async def test_a_report_that_the_client_rejects_makes_the_job_fail(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock, state=JobState.REPORT_SUBMITTED)

    await JobService(session, clock).confirm(
        job.id, client_id=job.client_id, accept=False, comment=None
    )

    assert (job.state, job.fail_cause) == (JobState.FAILED, FailCause.CLIENT_REJECTED)
    assert (await told(session, job.id))[-1][1]["failCause"] == "CLIENT_REJECTED"


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.REPORT_SUBMITTED}))
async def test_only_a_report_can_be_confirmed(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    with pytest.raises(IllegalTransition):
        await JobService(session, clock).confirm(
            job.id, client_id=job.client_id, accept=True, comment=None
        )


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.STARTED}))
async def test_only_what_has_started_is_reported(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    with pytest.raises(IllegalTransition):
        await JobService(session, clock).submit_report(
            job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256
        )


# -- declined and forced


@pytest.mark.parametrize("state", sorted(BEFORE_START))
async def test_a_job_that_is_declined_before_its_start_fails(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).decline(job.id, worker_id=job.worker_id, reason="tired")

    assert (job.state, job.fail_cause) == (JobState.FAILED, FailCause.WORKER_DECLINED)
    assert (await timeline(session, job.id))[-1] == ("FAILED", str(job.worker_id), "tired")


@pytest.mark.parametrize("state", NOT_FINAL)
@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.DONE, None),
        (Outcome.FAILED, FailCause.REPORT_INVALID),
        (Outcome.CANCELLED, None),
    ],
)
async def test_a_manager_ends_whatever_has_not_ended(
    session: AsyncSession,
    clock: ManualClock,
    state: JobState,
    outcome: Outcome,
    cause: FailCause | None,
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).force(
        job.id, outcome=outcome, cause=cause, reason="I say so", actor="a manager"
    )

    assert (job.state.value, job.outcome, job.fail_cause) == (outcome.value, outcome, cause)
    assert (await timeline(session, job.id))[-1] == (outcome.value, "a manager", "I say so")
    assert (await facts(session, job.id)).count("finished") == 1


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_what_has_ended_is_not_forced(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    with pytest.raises(IllegalTransition):
        await JobService(session, clock).force(
            job.id, outcome=Outcome.DONE, cause=None, reason="I say so", actor="a manager"
        )


async def test_a_failure_has_a_cause_and_nothing_else_has(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock)
    service = JobService(session, clock)

    for outcome, cause in (
        (Outcome.FAILED, None),
        (Outcome.DONE, FailCause.OTHER),
        (Outcome.CANCELLED, FailCause.OTHER),
    ):
        with pytest.raises(OutcomeInvalid):
            await service.force(
                job.id, outcome=outcome, cause=cause, reason="I say so", actor="a manager"
            )
    with pytest.raises(ValidationFailed):
        await service.force(job.id, outcome=Outcome.DONE, cause=None, reason="", actor="m")
    with pytest.raises(JobNotFound):
        await service.force(uuid4(), outcome=Outcome.DONE, cause=None, reason="r", actor="m")


async def test_somebody_elses_job_does_not_exist(session: AsyncSession, clock: ManualClock) -> None:
    job = await a_job(session, clock, state=JobState.REPORT_SUBMITTED)
    service, stranger = JobService(session, clock), uuid4()

    with pytest.raises(JobNotFound):
        await service.check_in(job.id, worker_id=stranger, sha256=PHOTO_SHA256)
    with pytest.raises(JobNotFound):
        await service.submit_report(job.id, worker_id=stranger, sha256=REPORT_SHA256)
    with pytest.raises(JobNotFound):
        await service.decline(job.id, worker_id=stranger, reason="tired")
    with pytest.raises(JobNotFound):
        await service.note_supplies(job.id, worker_id=stranger, supply_request_id=uuid4(), key="k")
    with pytest.raises(JobNotFound):
        await service.confirm(job.id, client_id=job.worker_id, accept=True, comment=None)


# -- the clock


@pytest.mark.parametrize("state", sorted(BEFORE_START))
async def test_who_has_not_come_by_a_quarter_past_does_not_come(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)
    service = JobService(session, clock)

    clock.instant = job.starts_at + timedelta(minutes=14)
    await service.expire(job.id)
    early = job.state
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        await service.expire(job.id)
    told_of = job.state
    for _ in range(2):
        await service.fail_missed(job.order_id, event_id="closed")

    assert (early, told_of) == (state, state)
    assert (job.state, job.fail_cause) == (JobState.FAILED, FailCause.NO_SHOW)
    assert await facts(session, job.id) == ["created", "missed", "finished"]
    assert (await told(session, job.id))[-1][1]["hasStarted"] is False


async def test_a_worker_is_not_blamed_for_missing_what_was_called_off_in_time(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock)
    service = JobService(session, clock)
    clock.advance(timedelta(hours=1))

    await service.expire(job.id)
    await service.cancel_order(job.order_id, reason="rain", event_id="late")

    assert (job.state, job.fail_cause) == (JobState.CANCELLED, None)
    assert await facts(session, job.id) == ["created", "missed", "finished"]


async def test_a_job_whose_worker_is_heard_of_too_late_blames_nobody(
    session: AsyncSession, clock: ManualClock
) -> None:
    found = a_found_worker(clock, starts_at=clock.now() - timedelta(hours=1))
    service = JobService(session, clock)
    await service.create(found, event_id="found")
    job = await session.get_one(Job, job_id_of(found.order_id))

    await service.expire(job.id)
    await service.cancel_order(found.order_id, reason="Nobody was found in time.", event_id="c")

    assert (job.state, job.fail_cause) == (JobState.CANCELLED, None)


async def test_supplies_do_not_bring_back_what_was_missed(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock, state=JobState.SUPPLIES_REQUESTED)
    service = JobService(session, clock)
    clock.advance(timedelta(hours=1))
    await service.expire(job.id)

    await service.equip(job.id, supply_request_id=uuid4(), event_id="late")
    await service.expire(job.id)
    clock.instant = job.starts_at  # a machine's clock may be set back
    with pytest.raises(CheckInTooLate):
        await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)

    assert job.state is JobState.EQUIPPED
    assert await facts(session, job.id) == ["created", "missed"]


@pytest.mark.parametrize("state", NOT_BEFORE_START)
async def test_a_job_that_has_begun_ends_by_itself_however_its_order_closed(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)

    await JobService(session, clock).fail_missed(job.order_id, event_id="closed")
    await JobService(session, clock).fail_missed(uuid4(), event_id="of an order without a job")

    assert job.state is state


async def test_a_client_who_says_nothing_for_a_day_agrees(
    session: AsyncSession, clock: ManualClock
) -> None:
    job = await a_job(session, clock, state=JobState.REPORT_SUBMITTED)
    service = JobService(session, clock)

    clock.advance(timedelta(hours=23, minutes=59))
    await service.expire(job.id)
    early = job.state
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        await service.expire(job.id)

    assert early is JobState.REPORT_SUBMITTED
    assert (job.state, job.outcome) == (JobState.DONE, Outcome.DONE)
    assert (await facts(session, job.id)).count("finished") == 1


@pytest.mark.parametrize("state", [JobState.STARTED, *sorted(FINAL)])
async def test_the_clock_does_nothing_to_other_jobs(
    session: AsyncSession, clock: ManualClock, state: JobState
) -> None:
    job = await a_job(session, clock, state=state)
    clock.advance(timedelta(days=30))

    await JobService(session, clock).expire(job.id)
    await JobService(session, clock).expire(uuid4())

    assert job.state is state
