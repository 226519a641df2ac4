"""Clients as an import brings them: whichever order its events come in, the newest word stands."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Reject
from messaging.envelope import Envelope
from shared.clock import ManualClock
from shared.database import Database
from shared.identity import Role
from subgraphs.accounts.consumers import AccountConsumers, ClientUpserted, ClientWithdrawn
from subgraphs.accounts.models import Account
from subgraphs.accounts.repository import AccountRepository
from subgraphs.accounts.states import AccountState
from tests.support.service import migrated_database

from .builders import an_account, recorded, recorded_subjects

CLIENT = UUID("b4d8624a-7fb1-5901-b7c1-9a93306624ee")


def an_envelope(occurred_at: datetime) -> Envelope:
    return Envelope(
        id=str(uuid4()),
        type="imports.client.upserted",
        v=1,
        source="imports",
        subject=str(CLIENT),
        seq=1,
        occurred_at=occurred_at,
        correlation_id="run-1",
        data={},
    )


def upserted(version: int, *, email: str = "tom@example.test", name: str = "Tom") -> ClientUpserted:
    return ClientUpserted(
        client_id=CLIENT,
        external_id="HCB-000001",
        source_version=version,
        email=email,
        display_name=name,
        locale="de-DE",
    )


def withdrawn(version: int) -> ClientWithdrawn:
    return ClientWithdrawn(client_id=CLIENT, external_id="HCB-000001", source_version=version)


async def hear(
    session: AsyncSession, clock: ManualClock, *events: ClientUpserted | ClientWithdrawn
) -> None:
    consumers, envelope = AccountConsumers(clock), an_envelope(clock.now())
    for event in events:
        match event:
            case ClientUpserted():
                await consumers.on_client_upserted(session, event, envelope)
            case ClientWithdrawn():
                await consumers.on_client_withdrawn(session, event, envelope)


async def find(session: AsyncSession) -> Account | None:
    return (await AccountRepository(session).find([CLIENT])).get(CLIENT)


async def test_an_imported_client_gets_an_account_of_the_same_id(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        await hear(session, clock, upserted(1))

    async with any_database.reading() as session:
        account = await find(session)
        ((_, data),) = await recorded(session, CLIENT)
    assert account is not None
    assert account.state is AccountState.INVITED
    assert account.roles == (Role.CLIENT,)
    assert account.external_ref == data["externalRef"] == "HCB-000001"
    assert account.locale == "de-DE"


async def test_a_newer_word_replaces_e_mail_and_name(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hear(session, clock, upserted(1), upserted(2, email="New@example.test", name="Tom II"))

    account = await find(session)
    assert account is not None
    assert (account.email, account.email_key) == ("New@example.test", "new@example.test")
    assert account.display_name == "Tom II"
    assert account.version == 2


async def test_the_same_word_twice_is_told_once(session: AsyncSession, clock: ManualClock) -> None:
    await hear(session, clock, upserted(1), upserted(1), upserted(2))

    assert await recorded_subjects(session, CLIENT) == ["accounts.account.created.v1"]


async def test_an_e_mail_of_somebody_else_is_parked_and_nothing_overwritten(
    session: AsyncSession, clock: ManualClock
) -> None:
    other = await an_account(session, clock, Role.MANAGER, email="tom@example.test")

    with pytest.raises(Reject, match="Another account has the e-mail"):
        await hear(session, clock, upserted(1))

    assert await find(session) is None
    assert other.roles == (Role.MANAGER,)


@pytest.mark.parametrize(("email", "name"), [("no e-mail", "Tom"), ("tom@example.test", "  ")])
async def test_a_client_that_cannot_be_one_is_parked(
    session: AsyncSession, clock: ManualClock, email: str, name: str
) -> None:
    with pytest.raises(Reject):
        await hear(session, clock, upserted(1, email=email, name=name))


@pytest.mark.parametrize(
    "order", list(permutations([upserted(1), upserted(2, name="Tom II"), withdrawn(2)]))
)
async def test_who_has_left_stays_away_whatever_comes_last(
    tmp_path: Path, order: tuple[ClientUpserted | ClientWithdrawn, ...]
) -> None:
    clock = ManualClock(datetime(2030, 1, 7, tzinfo=UTC))
    async with (
        migrated_database("accounts", f"sqlite+aiosqlite:///{tmp_path}/x.db") as database,
        database.transaction() as session,
    ):
        await hear(session, clock, *order)
        account = await find(session)

    assert account is None or account.state is AccountState.DISABLED


async def test_a_stale_withdrawal_changes_nothing(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hear(session, clock, upserted(3), withdrawn(2))

    account = await find(session)
    assert account is not None
    assert account.state is AccountState.INVITED
