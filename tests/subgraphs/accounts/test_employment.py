"""Candidates become workers and stop being ones, as hiring says, in whatever order its word arrives."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Reject, Retry
from messaging.envelope import Envelope
from shared.clock import ManualClock
from shared.identity import Role
from subgraphs.accounts.consumers import (
    AccountConsumers,
    CandidateInvited,
    WorkerDismissed,
    WorkerHired,
)
from subgraphs.accounts.repository import AccountRepository
from subgraphs.accounts.states import AccountState

from .builders import an_account, recorded


def an_envelope(occurred_at: datetime) -> Envelope:
    return Envelope(
        id="0f0f0f0f-0000-4000-8000-000000000000",
        type="hiring.worker-hired",
        v=1,
        source="hiring",
        subject="x",
        seq=1,
        occurred_at=occurred_at,
        correlation_id="application-1",
        data={},
    )


class Hiring:
    """What hiring says, to accounts' consumers."""

    def __init__(self, session: AsyncSession, clock: ManualClock) -> None:
        self.session, self.clock = session, clock
        self.consumers = AccountConsumers(clock)

    async def invite(self, account_id: UUID, email: str = "candy@example.test") -> None:
        event = CandidateInvited(
            account_id=account_id, email=email, display_name="Candy", locale="en"
        )
        await self.consumers.on_candidate_invited(
            self.session, event, an_envelope(self.clock.now())
        )

    async def hire(self, account_id: UUID, *, at: datetime | None = None) -> None:
        await self.consumers.on_worker_hired(
            self.session, WorkerHired(worker_id=account_id), an_envelope(at or self.clock.now())
        )

    async def dismiss(self, account_id: UUID, *, at: datetime | None = None) -> None:
        await self.consumers.on_worker_dismissed(
            self.session, WorkerDismissed(worker_id=account_id), an_envelope(at or self.clock.now())
        )

    async def roles(self, account_id: UUID) -> tuple[Role, ...]:
        return (await AccountRepository(self.session).find([account_id]))[account_id].roles


@pytest.fixture
def hiring(session: AsyncSession, clock: ManualClock) -> Hiring:
    return Hiring(session, clock)


async def test_a_candidate_is_invited_hired_and_dismissed(hiring: Hiring) -> None:
    account_id = uuid4()
    seen = []

    await hiring.invite(account_id)
    seen.append(await hiring.roles(account_id))
    hiring.clock.advance(timedelta(days=1))
    await hiring.hire(account_id)
    seen.append(await hiring.roles(account_id))
    hiring.clock.advance(timedelta(days=1))
    await hiring.dismiss(account_id)
    seen.append(await hiring.roles(account_id))

    assert seen == [(Role.CANDIDATE,), (Role.WORKER,), ()]


async def test_an_invited_candidate_has_the_account_that_hiring_names(
    hiring: Hiring, session: AsyncSession
) -> None:
    account_id = uuid4()
    await hiring.invite(account_id)
    await hiring.invite(account_id)

    account = (await AccountRepository(session).find([account_id]))[account_id]
    ((subject, data),) = await recorded(session, account_id)
    assert account.state is AccountState.INVITED
    assert subject == "accounts.account.created.v1"
    assert data["roles"] == ["CANDIDATE"]


async def test_a_candidate_with_somebody_else_s_e_mail_is_parked(
    hiring: Hiring, session: AsyncSession, clock: ManualClock
) -> None:
    await an_account(session, clock, Role.CLIENT, email="candy@example.test")

    with pytest.raises(Reject):
        await hiring.invite(uuid4())


async def test_hiring_before_the_account_exists_is_asked_for_again(hiring: Hiring) -> None:
    with pytest.raises(Retry):
        await hiring.hire(uuid4())
    with pytest.raises(Retry):
        await hiring.dismiss(uuid4())


async def test_a_dismissal_that_overtakes_the_hiring_stands(hiring: Hiring) -> None:
    account_id, hired_at = uuid4(), hiring.clock.now()
    await hiring.invite(account_id)

    await hiring.dismiss(account_id, at=hired_at + timedelta(days=1))
    await hiring.hire(account_id, at=hired_at)

    assert Role.WORKER not in await hiring.roles(account_id)


async def test_other_roles_stay(hiring: Hiring, session: AsyncSession, clock: ManualClock) -> None:
    account = await an_account(session, clock, Role.CANDIDATE, Role.CLIENT)

    await hiring.hire(account.id)

    assert await hiring.roles(account.id) == (Role.CLIENT, Role.WORKER)


async def test_a_worker_is_not_made_a_candidate_by_a_late_invitation(
    hiring: Hiring, session: AsyncSession, clock: ManualClock
) -> None:
    account = await an_account(session, clock, Role.WORKER)

    await hiring.invite(account.id)

    assert await hiring.roles(account.id) == (Role.WORKER,)
