"""What happens to jobs: born when a worker is found, done or failed by people, ended by the clock when nobody acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identifiers import derived_id
from subgraphs.jobs.errors import (
    CheckInTooEarly,
    CheckInTooLate,
    IllegalTransition,
    JobNotFound,
    NotEquipped,
    OutcomeInvalid,
)
from subgraphs.jobs.events import JobCreated, JobFinished, JobMissed, JobStarted
from subgraphs.jobs.models import Evidence, Job, JobStep
from subgraphs.jobs.repository import JobRepository
from subgraphs.jobs.states import (
    BEFORE_START,
    CHECK_IN_CLOSES,
    CHECK_IN_OPENS,
    FINAL,
    EvidenceKind,
    FailCause,
    JobState,
    Outcome,
    advance,
    due_at,
    state_after,
)

MAX_TEXT = 4_000
SYSTEM = "system"
"""The actor of a step that no person took."""
_JOBS = derived_id(NAMESPACE_URL, "https://mcf.local/jobs")


def job_id_of(order_id: UUID) -> UUID:
    """Return the id of an order's one job; everybody who knows the order can derive it."""
    return derived_id(_JOBS, order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What matching says when it has found a worker."""

    order_id: UUID
    search_id: UUID
    worker_id: UUID
    client_id: UUID
    service_type_id: UUID
    starts_at: datetime
    place: str
    brief: str
    price_minor: int


@dataclass(frozen=True, slots=True)
class JobService:
    """Changes jobs, on behalf of a mutation, of an event or of a timer."""

    session: AsyncSession
    clock: Clock
    requires_supplies: bool = False
    """Whether a job starts only when its worker has their supplies."""

    # -- what the others tell

    async def create(self, found: NewJob, *, event_id: str) -> None:
        """A worker was found. Repeating it changes nothing; a cancelled order's job is born cancelled."""
        repository = JobRepository(self.session)
        order = await repository.lock_order(found.order_id)
        if await repository.lock_job_of(found.order_id) is not None:
            return
        job = self._new_job(found)
        self.session.add(job)
        await self.session.flush()
        self._add_step(job, 1, None, actor=SYSTEM, event_id=event_id)
        outbox.record(self.session, _created(job))
        if order.cancelled_at is not None:
            # Matching has booked the worker: it hears by the job's end that they are free again.
            await self._end(
                job,
                Outcome.CANCELLED,
                actor=SYSTEM,
                event_id=event_id,
                note=order.cancel_reason,
            )

    async def cancel_order(self, order_id: UUID, *, reason: str, event_id: str) -> None:
        """The order was called off. Its job ends, even one that has just started: the order was closed first."""
        repository = JobRepository(self.session)
        order = await repository.lock_order(order_id)
        if order.cancelled_at is not None:
            return
        order.cancelled_at, order.cancel_reason = self.clock.now(), reason
        job = await repository.lock_job_of(order_id)
        if job is None or job.state in FINAL:
            return
        had_started = job.state not in BEFORE_START
        note = f"cancelled before the start was known: {reason}" if had_started else reason
        await self._end(job, Outcome.CANCELLED, actor=SYSTEM, event_id=event_id, note=note)

    async def equip(self, job_id: UUID, *, supply_request_id: UUID, event_id: str) -> None:
        """The department has issued the supplies. Too late, or repeated, it changes nothing.

        The news can overtake the answer to our own request; the request is then implied.
        """
        job = await JobRepository(self.session).lock_job(job_id)
        if job is None or job.state not in {JobState.ASSIGNED, JobState.SUPPLIES_REQUESTED}:
            return
        if job.state is JobState.ASSIGNED:
            job.supply_request_id = supply_request_id
            await self._move(job, JobState.SUPPLIES_REQUESTED, actor=SYSTEM, event_id=event_id)
        await self._move(job, JobState.EQUIPPED, actor=SYSTEM, event_id=event_id)

    async def fail_missed(self, order_id: UUID, *, event_id: str) -> None:
        """The order has failed, so a job that has not begun was missed for good. Any other job ends by itself."""
        job = await JobRepository(self.session).lock_job_of(order_id)
        if job is not None and job.state in BEFORE_START:
            await self._end(
                job, Outcome.FAILED, cause=FailCause.NO_SHOW, actor=SYSTEM, event_id=event_id
            )

    # -- what the worker does

    async def note_supplies(
        self, job_id: UUID, *, worker_id: UUID, supply_request_id: UUID, key: str
    ) -> Job:
        """The department has taken the worker's request, made with ``key``. Repeating it changes nothing.

        Raises:
            JobNotFound: the worker has no such job.
            IllegalTransition: the job has started or ended meanwhile.
        """
        job = await self._lock_own(job_id, worker_id)
        if job.supply_request_id is not None:
            job.supply_key = job.supply_key or key
            return job
        job.supply_request_id, job.supply_key = supply_request_id, key
        await self._move(job, JobState.SUPPLIES_REQUESTED, actor=str(worker_id))
        return job

    async def check_in(self, job_id: UUID, *, worker_id: UUID, sha256: str) -> Job:
        """The worker is there, with a photo to show it. Repeating it with the same photo changes nothing.

        Raises:
            JobNotFound: the worker has no such job.
            CheckInTooEarly, CheckInTooLate: it is not from half an hour before to a quarter after the start.
            NotEquipped: supplies are required and were not issued.
            IllegalTransition: the job has started or ended.
        """
        job = await self._lock_own(job_id, worker_id)
        if await self._has_evidence(job, EvidenceKind.START_PHOTO, sha256):
            return job
        if job.state not in BEFORE_START:
            raise IllegalTransition(f"A job that is {job.state} cannot be started.")
        now = self.clock.now()
        if now < job.starts_at - CHECK_IN_OPENS:
            raise CheckInTooEarly("The check-in opens half an hour before the start.")
        if now > job.starts_at + CHECK_IN_CLOSES or _is_missed(job):
            raise CheckInTooLate("The check-in closed a quarter of an hour after the start.")
        if self.requires_supplies and job.state is not JobState.EQUIPPED:
            raise NotEquipped("The supplies have not been issued yet.")
        self._add_evidence(job, EvidenceKind.START_PHOTO, sha256)
        await self._move(job, JobState.STARTED, actor=str(worker_id))
        started = JobStarted(
            job_id=job.id,
            order_id=job.order_id,
            worker_id=job.worker_id,
            at=now,
            occurred_at=now,
        )
        outbox.record(self.session, started)
        return job

    async def submit_report(self, job_id: UUID, *, worker_id: UUID, sha256: str) -> Job:
        """The work is done: here is the report the client has signed. Repeating it with the same photo changes nothing.

        Raises:
            JobNotFound: the worker has no such job.
            IllegalTransition: the job has not started, or has ended.
        """
        job = await self._lock_own(job_id, worker_id)
        if await self._has_evidence(job, EvidenceKind.SIGNED_REPORT, sha256):
            return job
        await self._move(job, JobState.REPORT_SUBMITTED, actor=str(worker_id))
        self._add_evidence(job, EvidenceKind.SIGNED_REPORT, sha256)
        return job

    async def decline(self, job_id: UUID, *, worker_id: UUID, reason: str) -> Job:
        """The worker does not want the job after all: it fails.

        Raises:
            JobNotFound: the worker has no such job.
            IllegalTransition: the job has started or ended.
        """
        _check_text("reason", reason)
        job = await self._lock_own(job_id, worker_id)
        if job.state not in BEFORE_START:
            raise IllegalTransition(f"A job that is {job.state} cannot be declined.")
        await self._end(
            job,
            Outcome.FAILED,
            cause=FailCause.WORKER_DECLINED,
            actor=str(worker_id),
            note=reason,
        )
        return job

    # -- what the client and the manager do

    async def confirm(
        self, job_id: UUID, *, client_id: UUID, accept: bool, comment: str | None
    ) -> Job:
        """The client has seen the report, and agrees or does not.

        Raises:
            JobNotFound: it is not the client's order.
            IllegalTransition: there is no report to confirm.
        """
        if comment is not None:
            _check_text("comment", comment)
        job = await JobRepository(self.session).lock_job(job_id)
        if job is None or job.client_id != client_id:
            raise JobNotFound(f"Job {job_id} does not exist.")
        if job.state is not JobState.REPORT_SUBMITTED:
            raise IllegalTransition(f"A job that is {job.state} has no report to confirm.")
        await self._end(
            job,
            Outcome.DONE if accept else Outcome.FAILED,
            cause=None if accept else FailCause.CLIENT_REJECTED,
            actor=str(client_id),
            note=comment,
        )
        return job

    async def force(
        self, job_id: UUID, *, outcome: Outcome, cause: FailCause | None, reason: str, actor: str
    ) -> Job:
        """A manager ends a job that has not ended.

        Raises:
            OutcomeInvalid: a cause without failure, or a failure without cause.
            JobNotFound: no such job.
            IllegalTransition: it has ended.
        """
        _check_text("reason", reason)
        if (outcome is Outcome.FAILED) != (cause is not None):
            raise OutcomeInvalid("A failure has a cause; nothing else has.")
        job = await JobRepository(self.session).lock_job(job_id)
        if job is None:
            raise JobNotFound(f"Job {job_id} does not exist.")
        await self._end(job, outcome, cause=cause, actor=actor, note=reason)
        return job

    # -- what the clock does

    async def expire(self, job_id: UUID) -> None:
        """Act on a job whose time is over: nobody came, or the client said nothing. Early or repeated: nothing.

        The client's silence ends the job. That nobody came does not: the order may have been called off in time, by
        news that have not reached us. The order is told, knows which was first, and answers by being closed.
        """
        job = await JobRepository(self.session).lock_job(job_id)
        if job is None or job.due_at is None or job.due_at > self.clock.now():
            return
        if job.state is JobState.REPORT_SUBMITTED:
            note = "the client did not answer"
            await self._end(job, Outcome.DONE, actor=SYSTEM, note=note)
        else:
            job.due_at = None
            outbox.record(self.session, _missed(job, self.clock.now()))

    # -- how

    async def _lock_own(self, job_id: UUID, worker_id: UUID) -> Job:
        job = await JobRepository(self.session).lock_job(job_id)
        if job is None or job.worker_id != worker_id:
            raise JobNotFound(f"Job {job_id} does not exist.")
        return job

    async def _has_evidence(self, job: Job, kind: EvidenceKind, sha256: str) -> bool:
        known = (await JobRepository(self.session).find_evidence([job.id]))[job.id]
        return any(item.kind is kind and item.sha256 == sha256 for item in known)

    def _add_evidence(self, job: Job, kind: EvidenceKind, sha256: str) -> None:
        self.session.add(Evidence(job_id=job.id, kind=kind, sha256=sha256, at=self.clock.now()))

    def _new_job(self, found: NewJob) -> Job:
        now = self.clock.now()
        return Job(
            id=job_id_of(found.order_id),
            order_id=found.order_id,
            search_id=found.search_id,
            worker_id=found.worker_id,
            client_id=found.client_id,
            service_type_id=found.service_type_id,
            starts_at=found.starts_at,
            place=found.place,
            brief=found.brief,
            price_minor=found.price_minor,
            state=JobState.ASSIGNED,
            state_since=now,
            due_at=due_at(JobState.ASSIGNED, since=now, starts_at=found.starts_at),
            version=1,
            created_at=now,
        )

    async def _end(
        self,
        job: Job,
        outcome: Outcome,
        *,
        actor: str,
        cause: FailCause | None = None,
        event_id: str | None = None,
        note: str | None = None,
    ) -> None:
        has_started = job.state not in BEFORE_START
        await self._move(job, state_after(outcome), actor=actor, event_id=event_id, note=note)
        job.outcome, job.fail_cause, job.finished_at = outcome, cause, job.state_since
        finished = JobFinished(
            job_id=job.id,
            order_id=job.order_id,
            worker_id=job.worker_id,
            client_id=job.client_id,
            outcome=outcome,
            fail_cause=cause,
            has_started=has_started,
            price_minor=str(job.price_minor),
            starts_at=job.starts_at,
            finished_at=job.state_since,
            occurred_at=job.state_since,
        )
        outbox.record(self.session, finished)

    async def _move(
        self,
        job: Job,
        target: JobState,
        *,
        actor: str,
        event_id: str | None = None,
        note: str | None = None,
    ) -> None:
        before, was_missed = job.state, _is_missed(job)
        job.state = advance(before, target)
        job.state_since = self.clock.now()
        if not (was_missed and job.state in BEFORE_START):
            job.due_at = due_at(job.state, since=job.state_since, starts_at=job.starts_at)
        job.version += 1
        seq = await JobRepository(self.session).next_step(job.id)
        self._add_step(job, seq, before, actor=actor, event_id=event_id, note=note)

    def _add_step(
        self,
        job: Job,
        seq: int,
        before: JobState | None,
        *,
        actor: str,
        event_id: str | None = None,
        note: str | None = None,
    ) -> None:
        self.session.add(
            JobStep(
                job_id=job.id,
                seq=seq,
                at=self.clock.now(),
                from_state=before,
                to_state=job.state,
                actor=actor,
                cause_event_id=event_id,
                note=note,
            )
        )


def _check_text(name: str, text: str) -> None:
    if not text.strip() or len(text) > MAX_TEXT:
        raise ValidationFailed(f"`{name}` has 1 to {MAX_TEXT} characters.")


def _is_missed(job: Job) -> bool:
    return job.state in BEFORE_START and job.due_at is None


def _missed(job: Job, now: datetime) -> JobMissed:
    return JobMissed(
        job_id=job.id,
        order_id=job.order_id,
        worker_id=job.worker_id,
        starts_at=job.starts_at,
        occurred_at=now,
    )


def _created(job: Job) -> JobCreated:
    return JobCreated(
        job_id=job.id,
        order_id=job.order_id,
        search_id=job.search_id,
        worker_id=job.worker_id,
        client_id=job.client_id,
        starts_at=job.starts_at,
        price_minor=str(job.price_minor),
        occurred_at=job.created_at,
    )
