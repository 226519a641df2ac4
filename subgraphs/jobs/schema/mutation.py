"""What may be done to jobs, by role. Each mutation is one command in one transaction."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from shared.authorization import roles
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.jobs.errors import JobNotFound
from subgraphs.jobs.loaders import Info
from subgraphs.jobs.service import JobService
from subgraphs.jobs.states import FailCause, Outcome

from .types import JobType, SupplyTicket

PhotoRef = Annotated[
    str,
    strawberry.argument(
        description="The photo itself as data:image/jpeg;base64,… (or png, webp) of at most 500 000 bytes, or the ref "
        "that PUT /blobs of the jobs service has answered for a larger one."
    ),
]
Sha256 = Annotated[
    str,
    strawberry.argument(
        description="The photo's sha256 in lower-case hexadecimal; a photo that differs is refused."
    ),
]


@strawberry.type
class Mutation:
    """Root of what may be done."""

    @strawberry.mutation(extensions=[roles(Role.WORKER)])
    async def request_supplies(
        self, info: Info, job_id: strawberry.ID, key: strawberry.ID
    ) -> SupplyTicket:
        """Ask the department for what the job needs, and hear at once whether the request is made."""
        ticket = await info.context.supplies.request(
            parse_id(job_id), worker_id=info.context.principal.account_id, key=key
        )
        return SupplyTicket(
            job=JobType.from_row(ticket.job),
            supply_request_id=strawberry.ID(str(ticket.supply_request_id)),
            created=ticket.created,
        )

    @strawberry.mutation(extensions=[roles(Role.WORKER)])
    async def check_in(
        self, info: Info, job_id: strawberry.ID, photo_ref: PhotoRef, sha256: Sha256
    ) -> JobType:
        """Begin, with a photo that shows it: from half an hour before the start to a quarter of an hour after."""
        worker_id = info.context.principal.account_id
        await _keep_photo(info, parse_id(job_id), worker_id, photo_ref, sha256)
        async with info.context.transaction() as session:
            job = await _service(info, session).check_in(
                parse_id(job_id), worker_id=worker_id, sha256=sha256
            )
        return JobType.from_row(job)

    @strawberry.mutation(extensions=[roles(Role.WORKER)])
    async def submit_report(
        self, info: Info, job_id: strawberry.ID, report_photo_ref: PhotoRef, sha256: Sha256
    ) -> JobType:
        """Hand in a photo of the report that the client has signed."""
        worker_id = info.context.principal.account_id
        await _keep_photo(info, parse_id(job_id), worker_id, report_photo_ref, sha256)
        async with info.context.transaction() as session:
            job = await _service(info, session).submit_report(
                parse_id(job_id), worker_id=worker_id, sha256=sha256
            )
        return JobType.from_row(job)

    @strawberry.mutation(extensions=[roles(Role.CLIENT)])
    async def confirm_report(
        self, info: Info, job_id: strawberry.ID, accept: bool, comment: str | None = None
    ) -> JobType:
        """Say whether the work was done; without a word, it counts as done after 24 hours."""
        async with info.context.transaction() as session:
            job = await _service(info, session).confirm(
                parse_id(job_id),
                client_id=info.context.principal.account_id,
                accept=accept,
                comment=comment,
            )
        return JobType.from_row(job)

    @strawberry.mutation(extensions=[roles(Role.WORKER)])
    async def decline_job(self, info: Info, job_id: strawberry.ID, reason: str) -> JobType:
        """Give the job back before it starts: it fails, and the client may order again."""
        async with info.context.transaction() as session:
            job = await _service(info, session).decline(
                parse_id(job_id), worker_id=info.context.principal.account_id, reason=reason
            )
        return JobType.from_row(job)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def force_outcome(
        self,
        info: Info,
        job_id: strawberry.ID,
        outcome: Outcome,
        reason: str,
        cause: FailCause | None = None,
    ) -> JobType:
        """End a job that has not ended, whatever its state. A failure needs a cause."""
        async with info.context.transaction() as session:
            job = await _service(info, session).force(
                parse_id(job_id),
                outcome=outcome,
                cause=cause,
                reason=reason,
                actor=info.context.principal.subject,
            )
        return JobType.from_row(job)


def _service(info: Info, session: AsyncSession) -> JobService:
    return JobService(session, info.context.clock, info.context.requires_supplies)


async def _keep_photo(info: Info, job_id: UUID, worker_id: UUID, ref: str, sha256: str) -> None:
    """Store the photo before the command, for those only whose job it is."""
    job = await info.context.job.load(job_id)
    if job is None or job.worker_id != worker_id:
        raise JobNotFound(f"Job {job_id} does not exist.")
    await info.context.photos.keep(ref, sha256=sha256)
