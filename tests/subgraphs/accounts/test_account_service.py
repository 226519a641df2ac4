from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from shared.errors import ValidationFailed
from shared.identity import Principal, Role
from subgraphs.accounts.errors import (
    AccountNotFound,
    EmailInvalid,
    EmailTaken,
    IllegalTransition,
    LastAdmin,
    RolesInvalid,
    TokenOutdated,
    VersionConflict,
)
from subgraphs.accounts.repository import AccountRepository
from subgraphs.accounts.service import AccountService
from subgraphs.accounts.states import AccountState

from .builders import a_new_account, an_account, recorded, recorded_subjects

CREATED, CHANGED = "accounts.account.created.v1", "accounts.account.changed.v1"


async def test_a_new_account_waits_for_its_invite_and_is_told_of(
    session: AsyncSession, clock: ManualClock
) -> None:
    new = a_new_account(Role.QUALITY, Role.MANAGER, email=" Tom@Example.test ")

    account = await AccountService(session, clock).create(new)

    assert account.state is AccountState.INVITED
    assert account.password_hash is None
    assert await recorded(session, account.id) == [
        (
            CREATED,
            {
                "accountId": str(account.id),
                "roles": ["MANAGER", "QUALITY"],
                "email": "Tom@Example.test",
                "locale": "en",
                "displayName": "Tom Cat",
            },
        )
    ]


@pytest.mark.parametrize("again", ["tom@example.test", "TOM@EXAMPLE.TEST", " Tom@example.test "])
async def test_an_e_mail_belongs_to_one_account_whatever_its_case(
    session: AsyncSession, clock: ManualClock, again: str
) -> None:
    service = AccountService(session, clock)
    await service.create(a_new_account(email="Tom@example.test"))

    with pytest.raises(EmailTaken):
        await service.create(a_new_account(email=again))


async def test_of_two_who_claim_an_e_mail_at_once_one_is_refused(
    any_database: Database, clock: ManualClock
) -> None:
    async def claim() -> None:
        async with any_database.transaction() as session:
            await AccountService(session, clock).create(a_new_account(email="tom@example.test"))

    outcomes = await asyncio.gather(claim(), claim(), claim(), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "EmailTaken",
        "EmailTaken",
        "NoneType",
    ]


@pytest.mark.parametrize(
    "email", ["", "tom", "tom@", "@example.test", "a b@c.d", "a@b..c", "a@b@c", "x" * 255 + "@b.c"]
)
async def test_what_is_no_e_mail_is_refused(
    session: AsyncSession, clock: ManualClock, email: str
) -> None:
    new = a_new_account(email=email or " ")

    with pytest.raises(EmailInvalid):
        await AccountService(session, clock).create(new)


async def test_a_rollback_leaves_neither_account_nor_event(
    database: Database, clock: ManualClock
) -> None:
    new = a_new_account()

    async def create_and_fail() -> None:
        async with database.transaction() as session:
            await AccountService(session, clock).create(new)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await create_and_fail()

    async with database.reading() as session:
        assert await AccountRepository(session).find([new.account_id]) == {}
        assert await recorded(session, new.account_id) == []


async def test_roles_change_with_a_new_version_and_an_event(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        account = await an_account(session, clock, Role.MANAGER)
    async with any_database.transaction() as session:
        changed = await AccountService(session, clock).set_roles(
            account.id, frozenset({Role.MANAGER, Role.QUALITY}), expected_version=account.version
        )

    async with any_database.reading() as session:
        found = (await AccountRepository(session).find([account.id]))[account.id]
        subject, data = (await recorded(session, account.id))[-1]
    assert found.roles == (Role.MANAGER, Role.QUALITY)
    assert found.version == found.tokens_since == account.version + 1 == changed.version
    assert subject == CHANGED
    assert data == {
        "accountId": str(account.id),
        "version": found.version,
        "roles": ["MANAGER", "QUALITY"],
        "state": "ACTIVE",
        "email": account.email,
        "locale": "en",
    }


async def test_the_same_roles_again_change_nothing(
    session: AsyncSession, clock: ManualClock
) -> None:
    account = await an_account(session, clock, Role.MANAGER)
    before = await recorded_subjects(session, account.id)

    await AccountService(session, clock).set_roles(
        account.id, frozenset({Role.MANAGER}), expected_version=account.version
    )

    assert await recorded_subjects(session, account.id) == before


async def test_an_edit_of_an_older_version_is_refused(
    session: AsyncSession, clock: ManualClock
) -> None:
    account = await an_account(session, clock, Role.MANAGER)

    with pytest.raises(VersionConflict, match="Read it again"):
        await AccountService(session, clock).set_roles(
            account.id, frozenset({Role.QUALITY}), expected_version=account.version - 1
        )


async def test_edits_of_nobody_are_refused(session: AsyncSession, clock: ManualClock) -> None:
    service = AccountService(session, clock)

    with pytest.raises(AccountNotFound):
        await service.set_roles(uuid4(), frozenset({Role.QUALITY}), expected_version=1)
    with pytest.raises(AccountNotFound):
        await service.set_state(uuid4(), AccountState.LOCKED, reason="why not")


@pytest.mark.parametrize("roles", [frozenset(), frozenset({Role.INTEGRATOR, Role.ADMIN})])
async def test_sets_of_roles_that_make_no_sense_are_refused(
    session: AsyncSession, clock: ManualClock, roles: frozenset[Role]
) -> None:
    account = await an_account(session, clock, Role.MANAGER)

    with pytest.raises(RolesInvalid):
        await AccountService(session, clock).set_roles(
            account.id, roles, expected_version=account.version
        )


async def test_staff_are_no_clients(session: AsyncSession, clock: ManualClock) -> None:
    with pytest.raises(RolesInvalid, match="Staff can be"):
        await AccountService(session, clock).create_staff(a_new_account(Role.CLIENT))


async def test_the_last_administrator_stays_one(session: AsyncSession, clock: ManualClock) -> None:
    service = AccountService(session, clock)
    admin = await an_account(session, clock, Role.ADMIN)
    await an_account(session, clock, Role.ADMIN, state=AccountState.INVITED)

    with pytest.raises(LastAdmin):
        await service.set_roles(admin.id, frozenset({Role.MANAGER}), expected_version=admin.version)
    for state in (AccountState.LOCKED, AccountState.DISABLED):
        with pytest.raises(LastAdmin):
            await service.set_state(admin.id, state, reason="no more admins")


async def test_one_of_two_administrators_may_go(session: AsyncSession, clock: ManualClock) -> None:
    admin = await an_account(session, clock, Role.ADMIN)
    await an_account(session, clock, Role.ADMIN)

    await AccountService(session, clock).set_state(
        admin.id, AccountState.DISABLED, reason="has left"
    )

    assert admin.state is AccountState.DISABLED


async def test_two_administrators_cannot_remove_each_other_at_once(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        admins = [await an_account(session, clock, Role.ADMIN) for _ in range(2)]

    async def remove(index: int) -> None:
        async with any_database.transaction() as session:
            await AccountService(session, clock).set_state(
                admins[index].id, AccountState.DISABLED, reason="a coup"
            )

    outcomes = await asyncio.gather(remove(0), remove(1), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdmin", "NoneType"]


async def test_nobody_but_the_invited_makes_an_account_active(
    session: AsyncSession, clock: ManualClock
) -> None:
    account = await an_account(session, clock, state=AccountState.INVITED)

    with pytest.raises(IllegalTransition, match="Only accepting the invite"):
        await AccountService(session, clock).set_state(
            account.id, AccountState.ACTIVE, reason="impatience"
        )


async def test_a_state_is_entered_once_and_needs_a_reason(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = AccountService(session, clock)
    account = await an_account(session, clock)
    await service.set_state(account.id, AccountState.LOCKED, reason="holidays")
    version = account.version

    await service.set_state(account.id, AccountState.LOCKED, reason="holidays")

    assert account.version == version
    with pytest.raises(ValidationFailed, match="reason"):
        await service.set_state(account.id, AccountState.ACTIVE, reason="  ")


async def test_a_restored_account_starts_over_without_a_password(
    session: AsyncSession, clock: ManualClock
) -> None:
    account = await an_account(session, clock, state=AccountState.DISABLED)

    await AccountService(session, clock).set_state(
        account.id, AccountState.INVITED, reason="is back"
    )

    assert account.password_hash is None


async def test_power_that_was_taken_away_is_gone_at_once(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = AccountService(session, clock)
    account = await an_account(session, clock, Role.ADMIN)
    await an_account(session, clock, Role.ADMIN)
    caller = Principal(str(account.id), roles=frozenset({Role.ADMIN}), version=account.version)
    await service.require_current(caller)

    await service.set_roles(account.id, frozenset({Role.MANAGER}), expected_version=account.version)

    with pytest.raises(TokenOutdated):
        await service.require_current(caller)
