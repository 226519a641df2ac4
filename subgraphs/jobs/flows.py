"""What takes more than one transaction: supplies requested of another service, and photos stored before they count.

Both are done so that a failure half-way changes nothing that a repetition would not put right.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.clock import Clock
from shared.database import Database
from shared.errors import UpstreamUnknown, ValidationFailed
from shared.service_client import ServiceClient

from .blobs import BlobStore
from .errors import (
    IllegalTransition,
    JobNotFound,
    NoSuppliesDepartment,
    PhotoInvalid,
    SuppliesKeyUsed,
)
from .models import Job
from .photos import InlinePhoto, StoredPhoto, parse_photo
from .repository import JobRepository
from .service import JobService
from .states import CHECK_IN_OPENS, JobState

MAX_KEY = 200
_CREATE = """
mutation CreateSupplyRequest(
  $jobId: ID!, $workerId: ID!, $clientId: ID!, $serviceTypeId: ID!, $neededBy: DateTime!, $key: ID!
) {
  createSupplyRequest(
    jobId: $jobId, workerId: $workerId, clientId: $clientId
    serviceTypeId: $serviceTypeId, neededBy: $neededBy, key: $key
  ) { id }
}
"""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the worker's button shows."""

    job: Job
    supply_request_id: UUID
    created: bool
    """Whether the key it was asked with has made the request; false for a later one."""


@dataclass(frozen=True, slots=True)
class SupplyFlow:
    """Requests supplies from the consumables department, while the worker waits for the answer."""

    database: Database
    clock: Clock
    consumables: ServiceClient | None
    """``None`` where there is no such department."""

    async def request(self, job_id: UUID, *, worker_id: UUID, key: str) -> Ticket:
        """Request supplies once per job, and answer every repetition the same way.

        Raises:
            ValidationFailed: the key is empty or too long.
            JobNotFound: the worker has no such job.
            SuppliesKeyUsed: the key was used for another job.
            NoSuppliesDepartment: there is nobody to ask.
            IllegalTransition: the job has started or ended.
            UpstreamUnavailable: the request was certainly not made.
            UpstreamUnknown: it may have been made; asking again is safe.
        """
        if not key.strip() or len(key) > MAX_KEY:
            raise ValidationFailed(f"The idempotency key must have 1 to {MAX_KEY} characters.")
        job = await self._find(job_id, worker_id, key)
        if job.supply_request_id is None:
            if self.consumables is None:
                raise NoSuppliesDepartment("There is no supplies department here: just check in.")
            if job.state is not JobState.ASSIGNED:
                raise IllegalTransition(f"A job that is {job.state} needs no supplies.")
            supply_request_id = await self._create(self.consumables, job)
            async with self.database.transaction() as session:
                job = await JobService(session, self.clock).note_supplies(
                    job_id, worker_id=worker_id, supply_request_id=supply_request_id, key=key
                )
        if job.supply_request_id is None:
            raise AssertionError(f"job {job_id} has had its supplies requested a moment ago")
        return Ticket(job, job.supply_request_id, created=job.supply_key == key)

    async def _find(self, job_id: UUID, worker_id: UUID, key: str) -> Job:
        async with self.database.reading() as session:
            repository = JobRepository(session)
            job = (await repository.find_jobs([job_id])).get(job_id)
            used = await repository.find_by_supply_key(worker_id, key)
        if job is None or job.worker_id != worker_id:
            raise JobNotFound(f"Job {job_id} does not exist.")
        if used is not None and used.id != job_id:
            raise SuppliesKeyUsed("This key was used to request another job's supplies.")
        return job

    async def _create(self, consumables: ServiceClient, job: Job) -> UUID:
        variables = {
            "jobId": str(job.id),
            "workerId": str(job.worker_id),
            "clientId": str(job.client_id),
            "serviceTypeId": str(job.service_type_id),
            "neededBy": (job.starts_at - CHECK_IN_OPENS).isoformat(),
            # One request per job, whoever asks how often: the worker's own keys differ from press to press.
            "key": f"job/{job.id}",
        }
        data = await consumables.execute(_CREATE, variables)
        try:
            return UUID(data["createSupplyRequest"]["id"])
        except (KeyError, TypeError, ValueError) as error:
            raise UpstreamUnknown(
                "The supplies department gave an answer nobody can read."
            ) from error


@dataclass(frozen=True, slots=True)
class EvidenceFlow:
    """Makes sure that a photo is stored, and is what its sha256 says, before anything counts on it."""

    blobs: BlobStore

    async def keep(self, ref: str, *, sha256: str) -> None:
        """Store an inline photo, or check an uploaded one.

        Raises:
            PhotoInvalid, PhotoTooLarge: it is no photo that can be taken.
            BlobStoreAway: it cannot be stored or read at the moment.
        """
        match parse_photo(ref, sha256=sha256):
            case InlinePhoto(content):
                await self.blobs.put(content)
            case StoredPhoto(name):
                if await self.blobs.get(name) is None:
                    raise PhotoInvalid("No such photo was uploaded.")
