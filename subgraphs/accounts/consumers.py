"""What accounts hears from the others. Handlers are thin: they call a command and let its refusal decide.

Events of different kinds may overtake each other: a handler that is too early asks for the message again, and the
commands take repetition and lateness.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Policy, Reject, Retry, Subscription
from messaging.envelope import Envelope
from shared.clock import Clock
from shared.errors import ValidationFailed

from .errors import AccountNotFound
from .service import Candidate, ClientImport, ClientService, EmploymentService

TOO_EARLY = timedelta(seconds=2)
_PATIENT = Policy(max_attempts=30)
"""What is too early is held for a minute before it is taken for wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpserted:
    """imports.client.upserted, as accounts reads it."""

    client_id: UUID
    external_id: str
    source_version: int
    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientWithdrawn:
    """imports.client.withdrawn, as accounts reads it."""

    client_id: UUID
    external_id: str
    source_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateInvited:
    """hiring.candidate-invited, as accounts reads it."""

    account_id: UUID
    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHired:
    """hiring.worker-hired, as accounts reads it."""

    worker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDismissed:
    """hiring.worker-dismissed, as accounts reads it."""

    worker_id: UUID


@dataclass(frozen=True, slots=True)
class AccountConsumers:
    """The handlers, with the clock they share."""

    clock: Clock

    async def on_client_upserted(
        self, session: AsyncSession, event: ClientUpserted, _: Envelope
    ) -> None:
        """Create or update the client's account; what would take somebody else's e-mail is parked."""
        imported = ClientImport(
            client_id=event.client_id,
            external_id=event.external_id,
            source_version=event.source_version,
            email=event.email,
            display_name=event.display_name,
            locale=event.locale,
        )
        try:
            await ClientService(session, self.clock).put(imported)
        except ValidationFailed as error:
            raise Reject(str(error)) from error

    async def on_client_withdrawn(
        self, session: AsyncSession, event: ClientWithdrawn, _: Envelope
    ) -> None:
        """Disable the account of a client who has left."""
        await ClientService(session, self.clock).withdraw(
            event.client_id, external_id=event.external_id, source_version=event.source_version
        )

    async def on_candidate_invited(
        self, session: AsyncSession, event: CandidateInvited, _: Envelope
    ) -> None:
        """Give a candidate an account that waits for its invite."""
        candidate = Candidate(
            account_id=event.account_id,
            email=event.email,
            display_name=event.display_name,
            locale=event.locale,
        )
        try:
            await EmploymentService(session, self.clock).invite(candidate)
        except ValidationFailed as error:
            raise Reject(str(error)) from error

    async def on_worker_hired(
        self, session: AsyncSession, event: WorkerHired, envelope: Envelope
    ) -> None:
        """Make a candidate a worker."""
        try:
            await EmploymentService(session, self.clock).hire(
                event.worker_id, at=envelope.occurred_at
            )
        except AccountNotFound as error:
            raise Retry(TOO_EARLY, str(error)) from error

    async def on_worker_dismissed(
        self, session: AsyncSession, event: WorkerDismissed, envelope: Envelope
    ) -> None:
        """Take the role of a worker away."""
        try:
            await EmploymentService(session, self.clock).dismiss(
                event.worker_id, at=envelope.occurred_at
            )
        except AccountNotFound as error:
            raise Retry(TOO_EARLY, str(error)) from error

    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        """Return every subscription of accounts."""
        return (
            Subscription(
                name="accounts-client-upserted",
                subject="imports.client.upserted.v1",
                reads=ClientUpserted,
                handler=self.on_client_upserted,
            ),
            Subscription(
                name="accounts-client-withdrawn",
                subject="imports.client.withdrawn.v1",
                reads=ClientWithdrawn,
                handler=self.on_client_withdrawn,
            ),
            Subscription(
                name="accounts-candidate-invited",
                subject="hiring.candidate-invited.v1",
                reads=CandidateInvited,
                handler=self.on_candidate_invited,
            ),
            Subscription(
                name="accounts-worker-hired",
                subject="hiring.worker-hired.v1",
                reads=WorkerHired,
                handler=self.on_worker_hired,
                policy=_PATIENT,
            ),
            Subscription(
                name="accounts-worker-dismissed",
                subject="hiring.worker-dismissed.v1",
                reads=WorkerDismissed,
                handler=self.on_worker_dismissed,
                policy=_PATIENT,
            ),
        )
