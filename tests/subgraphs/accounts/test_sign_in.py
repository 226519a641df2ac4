"""Passwords, sessions, invites and resets, through the flows that mutations and the login page share."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.clock import ManualClock
from shared.database import Database
from shared.errors import RateLimited
from shared.identity import Role
from subgraphs.accounts.errors import (
    AccountNotUsable,
    IllegalTransition,
    InvalidCredentials,
    PasswordUnacceptable,
    TokenInvalid,
)
from subgraphs.accounts.models import Account
from subgraphs.accounts.passwords import Passwords
from subgraphs.accounts.repository import AccountRepository, SessionRepository
from subgraphs.accounts.service import AccountService, CredentialService, LoginVerdict
from subgraphs.accounts.service.credentials import LOCKED_FOR, MAX_FAILURES, RESET_LIFETIME
from subgraphs.accounts.settings import PasswordCost
from subgraphs.accounts.states import AccountState
from subgraphs.accounts.timers import Housekeeping

from .builders import PASSWORD, an_account, recorded_subjects
from .parts import SESSION_LIFETIME, Parts, make_parts

EMAIL = "tom@example.test"
INVITE_LIFETIME = timedelta(days=14)


async def a_person(
    parts: Parts, *roles: Role, state: AccountState = AccountState.ACTIVE, email: str = EMAIL
) -> Account:
    hashed = await parts.passwords.hash(PASSWORD)
    async with parts.database.transaction() as session:
        return await an_account(
            session, parts.clock, *roles, state=state, email=email, password_hash=hashed
        )


async def look_up(parts: Parts, account: Account) -> Account:
    async with parts.database.reading() as session:
        return (await AccountRepository(session).find([account.id]))[account.id]


async def fail_to_log_in(parts: Parts, email: str = EMAIL, *, times: int) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            await parts.sign_in.log_in(email, "a wrong password")


async def set_state(parts: Parts, account: Account, state: AccountState) -> None:
    async with parts.database.transaction() as session:
        await AccountService(session, parts.clock).set_state(account.id, state, reason="a test")


async def an_invite(parts: Parts, account: Account) -> str:
    async with parts.database.transaction() as session:
        return await CredentialService(session, parts.clock).issue_invite(
            account.id, lifetime=INVITE_LIFETIME
        )


async def a_reset(parts: Parts, account: Account) -> str:
    async with parts.database.transaction() as session:
        return await CredentialService(session, parts.clock).issue_reset(account.id)


# -- logins


async def test_the_right_password_opens_a_session(parts: Parts) -> None:
    account = await a_person(parts, Role.MANAGER)

    pair = await parts.sign_in.log_in(" TOM@example.test", PASSWORD)

    principal = await parts.read_token(pair.access.text)
    assert principal.account_id == account.id
    assert principal.roles == {Role.MANAGER}
    assert principal.session == str(pair.session_id)
    assert (await look_up(parts, account)).last_login_at == parts.clock.now()


async def test_a_wrong_password_and_a_stranger_are_told_the_same(parts: Parts) -> None:
    await a_person(parts)
    await a_person(parts, state=AccountState.INVITED, email="invited@example.test")

    told = set()
    for email in (EMAIL, "stranger@example.test", "invited@example.test"):
        with pytest.raises(InvalidCredentials) as refusal:
            await parts.sign_in.log_in(email, "a wrong password")
        told.add(str(refusal.value))

    assert len(told) == 1


async def test_ten_failures_lock_the_account_for_a_while(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES)

    assert (await look_up(parts, account)).state is AccountState.LOCKED
    with pytest.raises(RateLimited) as refusal:
        await parts.sign_in.log_in(EMAIL, PASSWORD)
    assert refusal.value.retry_after == LOCKED_FOR
    parts.clock.advance(LOCKED_FOR)
    await parts.sign_in.log_in(EMAIL, PASSWORD)

    unlocked = await look_up(parts, account)
    assert unlocked.state is AccountState.ACTIVE
    assert unlocked.locked_until is None
    async with parts.database.reading() as session:
        assert await recorded_subjects(session, account.id) == [
            "accounts.account.created.v1",
            *["accounts.account.changed.v1"] * 3,
        ]


async def test_a_stranger_s_e_mail_is_blocked_like_anybody_s(parts: Parts) -> None:
    """Whether an e-mail can be locked out must not tell whether somebody has it."""
    await fail_to_log_in(parts, "stranger@example.test", times=MAX_FAILURES)

    with pytest.raises(RateLimited) as refusal:
        await parts.sign_in.log_in("Stranger@example.test", PASSWORD)
    assert refusal.value.retry_after == LOCKED_FOR


async def test_a_success_starts_the_count_anew(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES - 1)
    await parts.sign_in.log_in(EMAIL, PASSWORD)

    await fail_to_log_in(parts, times=MAX_FAILURES - 1)

    assert (await look_up(parts, account)).state is AccountState.ACTIVE


async def test_failures_long_ago_do_not_count(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES - 1)
    parts.clock.advance(LOCKED_FOR + timedelta(seconds=1))

    await fail_to_log_in(parts, times=MAX_FAILURES - 1)

    assert (await look_up(parts, account)).state is AccountState.ACTIVE


async def test_failures_at_once_are_all_counted(any_database: Database, clock: ManualClock) -> None:
    parts = await make_parts(any_database, clock)
    account = await a_person(parts)

    outcomes = await asyncio.gather(
        *(parts.sign_in.log_in(EMAIL, "a wrong password") for _ in range(MAX_FAILURES)),
        return_exceptions=True,
    )

    assert all(isinstance(outcome, InvalidCredentials) for outcome in outcomes)
    assert (await look_up(parts, account)).state is AccountState.LOCKED


async def test_a_lock_that_is_over_ends_by_itself(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES)
    housekeeping = Housekeeping(parts.database, parts.clock, parts.ring)
    await housekeeping.unlock_expired()
    assert (await look_up(parts, account)).state is AccountState.LOCKED

    parts.clock.advance(LOCKED_FOR)
    await housekeeping.unlock_expired()

    assert (await look_up(parts, account)).state is AccountState.ACTIVE


async def test_an_administrator_s_lock_does_not_end_by_itself(parts: Parts) -> None:
    account = await a_person(parts)
    await set_state(parts, account, AccountState.LOCKED)
    parts.clock.advance(LOCKED_FOR * 2)

    await Housekeeping(parts.database, parts.clock, parts.ring).unlock_expired()

    assert (await look_up(parts, account)).state is AccountState.LOCKED
    with pytest.raises(AccountNotUsable):
        await parts.sign_in.log_in(EMAIL, PASSWORD)
    with pytest.raises(InvalidCredentials):
        await parts.sign_in.log_in(EMAIL, "a wrong password")


async def test_an_administrator_unlocks_at_once(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES)

    await set_state(parts, account, AccountState.ACTIVE)

    await parts.sign_in.log_in(EMAIL, PASSWORD)


async def test_a_login_renews_a_hash_of_another_cost(parts: Parts) -> None:
    account = await a_person(parts)
    dearer = Passwords(PasswordCost(time_cost=2, memory_kib=16, parallelism=1))
    parts.sign_in.passwords._hasher = dearer._hasher

    await parts.sign_in.log_in(EMAIL, PASSWORD)

    renewed = (await look_up(parts, account)).password_hash
    assert renewed is not None
    assert renewed != account.password_hash
    assert not dearer.is_outdated(renewed)
    await parts.sign_in.log_in(EMAIL, PASSWORD)


async def test_a_password_that_was_replaced_while_it_was_compared_admits_nobody(
    parts: Parts,
) -> None:
    account = await a_person(parts)
    compared = account.password_hash
    await parts.sign_in.reset_password(await a_reset(parts, account), "another horse battery")

    async with parts.database.transaction() as session:
        verdict, admitted = await CredentialService(session, parts.clock).judge_login(
            EMAIL, matched=compared, new_hash=None
        )

    assert (verdict, admitted) == (LoginVerdict.WRONG, None)


# -- sessions


async def test_a_refresh_token_is_good_for_one_use(parts: Parts) -> None:
    await a_person(parts)
    first = await parts.sign_in.log_in(EMAIL, PASSWORD)

    second = await parts.sign_in.refresh(first.refresh_token)
    third = await parts.sign_in.refresh(second.refresh_token)

    assert first.session_id == second.session_id == third.session_id
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3


async def test_using_an_old_refresh_token_ends_the_session(
    any_database: Database, clock: ManualClock
) -> None:
    parts = await make_parts(any_database, clock)
    await a_person(parts)
    first = await parts.sign_in.log_in(EMAIL, PASSWORD)
    second = await parts.sign_in.refresh(first.refresh_token)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(first.refresh_token)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(second.refresh_token)
    async with parts.database.reading() as session:
        ended = await SessionRepository(session).find_session(first.session_id)
    assert ended is not None
    assert ended.revoked_at == clock.now()


async def test_of_two_who_refresh_at_once_at_most_one_succeeds(
    any_database: Database, clock: ManualClock
) -> None:
    parts = await make_parts(any_database, clock)
    await a_person(parts)
    pair = await parts.sign_in.log_in(EMAIL, PASSWORD)

    outcomes = await asyncio.gather(
        *(parts.sign_in.refresh(pair.refresh_token) for _ in range(3)), return_exceptions=True
    )

    assert sum(isinstance(outcome, TokenInvalid) for outcome in outcomes) == 2


async def test_a_refresh_has_the_roles_as_they_are_now(parts: Parts) -> None:
    account = await a_person(parts, Role.CANDIDATE)
    pair = await parts.sign_in.log_in(EMAIL, PASSWORD)
    async with parts.database.transaction() as session:
        await AccountService(session, parts.clock).set_roles(
            account.id, frozenset({Role.WORKER}), expected_version=account.version
        )

    refreshed = await parts.sign_in.refresh(pair.refresh_token)

    principal = await parts.read_token(refreshed.access.text)
    assert principal.roles == {Role.WORKER}
    assert principal.version == account.version + 1


async def test_a_session_ends_in_time_however_often_it_is_refreshed(parts: Parts) -> None:
    await a_person(parts)
    pair = await parts.sign_in.log_in(EMAIL, PASSWORD)
    parts.clock.advance(SESSION_LIFETIME - timedelta(minutes=1))
    pair = await parts.sign_in.refresh(pair.refresh_token)

    parts.clock.advance(timedelta(minutes=1))

    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(pair.refresh_token)


@pytest.mark.parametrize("state", [AccountState.LOCKED, AccountState.DISABLED])
async def test_locking_or_disabling_ends_every_session(parts: Parts, state: AccountState) -> None:
    account = await a_person(parts)
    pair = await parts.sign_in.log_in(EMAIL, PASSWORD)

    await set_state(parts, account, state)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(pair.refresh_token)


async def test_a_session_opened_while_an_administrator_locks_is_not_refreshed(
    parts: Parts,
) -> None:
    account = await a_person(parts)
    await set_state(parts, account, AccountState.LOCKED)
    async with parts.database.transaction() as session:
        pair = await parts.sign_in.sessions(session).open(account)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(pair.refresh_token)


async def test_somebody_else_s_failed_logins_throw_nobody_out(parts: Parts) -> None:
    await a_person(parts)
    pair = await parts.sign_in.log_in(EMAIL, PASSWORD)

    await fail_to_log_in(parts, times=MAX_FAILURES)

    await parts.sign_in.refresh(pair.refresh_token)


async def test_ended_sessions_are_forgotten_after_a_while(parts: Parts) -> None:
    account = await a_person(parts)
    housekeeping = Housekeeping(parts.database, parts.clock, parts.ring)
    ended = await parts.sign_in.log_in(EMAIL, PASSWORD)
    async with parts.database.transaction() as session:
        await parts.sign_in.sessions(session).revoke(ended.session_id)
    parts.clock.advance(timedelta(days=29))
    going_on = await parts.sign_in.log_in(EMAIL, PASSWORD)
    parts.clock.advance(timedelta(days=2))

    await housekeeping.prune()

    async with parts.database.reading() as session:
        left = await SessionRepository(session).find_sessions_of([account.id])
    assert [each.id for each in left[account.id]] == [going_on.session_id]


# -- invites


async def test_an_invite_sets_the_first_password_once(
    any_database: Database, clock: ManualClock
) -> None:
    parts = await make_parts(any_database, clock)
    account = await a_person(parts, Role.QUALITY, state=AccountState.INVITED)
    token = await an_invite(parts, account)

    pair = await parts.sign_in.accept_invite(token, PASSWORD)

    assert (await parts.read_token(pair.access.text)).roles == {Role.QUALITY}
    assert (await look_up(parts, account)).state is AccountState.ACTIVE
    await parts.sign_in.log_in(EMAIL, PASSWORD)
    with pytest.raises(TokenInvalid):
        await parts.sign_in.accept_invite(token, PASSWORD)


async def test_a_new_invite_voids_the_one_before(parts: Parts) -> None:
    account = await a_person(parts, state=AccountState.INVITED)
    first = await an_invite(parts, account)
    second = await an_invite(parts, account)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.accept_invite(first, PASSWORD)
    await parts.sign_in.accept_invite(second, PASSWORD)


async def test_an_invite_runs_out(parts: Parts) -> None:
    account = await a_person(parts, state=AccountState.INVITED)
    token = await an_invite(parts, account)
    parts.clock.advance(INVITE_LIFETIME)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.accept_invite(token, PASSWORD)


async def test_disabling_voids_an_invite(parts: Parts) -> None:
    account = await a_person(parts, state=AccountState.INVITED)
    token = await an_invite(parts, account)

    await set_state(parts, account, AccountState.DISABLED)
    await set_state(parts, account, AccountState.INVITED)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.accept_invite(token, PASSWORD)


async def test_an_easy_password_leaves_the_invite_as_it_is(parts: Parts) -> None:
    account = await a_person(parts, state=AccountState.INVITED)
    token = await an_invite(parts, account)

    with pytest.raises(PasswordUnacceptable):
        await parts.sign_in.accept_invite(token, "short")

    await parts.sign_in.accept_invite(token, PASSWORD)


async def test_who_has_a_password_needs_no_invite(parts: Parts) -> None:
    account = await a_person(parts)

    with pytest.raises(IllegalTransition):
        await an_invite(parts, account)


# -- resets


async def test_a_reset_replaces_the_password_and_ends_all_sessions(
    any_database: Database, clock: ManualClock
) -> None:
    parts = await make_parts(any_database, clock)
    account = await a_person(parts)
    before = await parts.sign_in.log_in(EMAIL, PASSWORD)
    token = await a_reset(parts, account)

    pair = await parts.sign_in.reset_password(token, "another horse battery")

    await parts.sign_in.refresh(pair.refresh_token)
    await parts.sign_in.log_in(EMAIL, "another horse battery")
    with pytest.raises(InvalidCredentials):
        await parts.sign_in.log_in(EMAIL, PASSWORD)
    with pytest.raises(TokenInvalid):
        await parts.sign_in.refresh(before.refresh_token)
    with pytest.raises(TokenInvalid):
        await parts.sign_in.reset_password(token, PASSWORD)


async def test_a_reset_undoes_a_lock_after_failures(parts: Parts) -> None:
    account = await a_person(parts)
    await fail_to_log_in(parts, times=MAX_FAILURES)

    await parts.sign_in.reset_password(await a_reset(parts, account), "another horse battery")

    await parts.sign_in.log_in(EMAIL, "another horse battery")


async def test_a_reset_runs_out(parts: Parts) -> None:
    account = await a_person(parts)
    token = await a_reset(parts, account)
    parts.clock.advance(RESET_LIFETIME)

    with pytest.raises(TokenInvalid):
        await parts.sign_in.reset_password(token, "another horse battery")


@pytest.mark.parametrize(
    "state", [AccountState.INVITED, AccountState.LOCKED, AccountState.DISABLED]
)
async def test_only_a_usable_account_s_password_is_reset(parts: Parts, state: AccountState) -> None:
    account = await a_person(parts, state=state)

    with pytest.raises(IllegalTransition):
        await a_reset(parts, account)
