"""What accounts publishes, against the contracts that other domains read: ``tests/contracts/events``."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.events import Event
from messaging.tables import OutboxMessage
from shared.clock import ManualClock
from shared.identity import Role
from subgraphs.accounts.consumers import CandidateInvited as CandidateInvitedRead
from subgraphs.accounts.consumers import WorkerDismissed as WorkerDismissedRead
from subgraphs.accounts.consumers import WorkerHired as WorkerHiredRead
from subgraphs.accounts.events import AccountChanged, AccountCreated
from subgraphs.accounts.service import AccountService, ClientImport, ClientService
from subgraphs.accounts.states import AccountState
from subgraphs.hiring.events import CandidateInvited, WorkerDismissed, WorkerHired
from tests.support.contracts import CONTRACTS, assert_contract, unreadable

from .builders import a_new_account, an_account


def read_contract(subject: str) -> Draft202012Validator:
    schema = json.loads((CONTRACTS / f"{subject}.json").read_text())
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("event", [AccountCreated, AccountChanged])
def test_every_event_is_what_its_contract_says(event: type[Event]) -> None:
    assert_contract(event)


@pytest.mark.parametrize(
    ("reads", "event"),
    [
        (CandidateInvitedRead, CandidateInvited),
        (WorkerHiredRead, WorkerHired),
        (WorkerDismissedRead, WorkerDismissed),
    ],
)
def test_what_accounts_reads_of_hiring_is_published(reads: type, event: type[Event]) -> None:
    assert unreadable(reads, event) == []


async def test_what_is_published_fits_the_contracts_and_holds_no_secret(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = AccountService(session, clock)
    await service.create(a_new_account(Role.MANAGER, Role.QUALITY))
    await an_account(session, clock, Role.ADMIN)
    account = await an_account(session, clock, password_hash="the hash")
    await service.set_state(account.id, AccountState.DISABLED, reason="a test")
    await ClientService(session, clock).put(
        ClientImport(
            client_id=a_new_account().account_id,
            external_id="HCB-000001",
            source_version=1,
            email="tom@example.test",
            display_name="Tom",
            locale="de",
        )
    )
    await session.flush()

    messages = (await session.scalars(select(OutboxMessage))).all()

    assert len(messages) == 7
    for message in messages:
        errors = list(read_contract(message.subject).iter_errors(message.data))
        assert errors == []
        assert "hash" not in json.dumps(message.data)
