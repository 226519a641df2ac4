from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from shared.identity import Role
from subgraphs.accounts.errors import (
    AccountNotUsable,
    KeyNotFound,
    RolesInvalid,
    ScopesInvalid,
)
from subgraphs.accounts.service import IntegratorService
from subgraphs.accounts.states import AccountState

from .builders import an_account

SCOPES = ["imports:start"]


async def test_a_key_is_usable_until_its_time_is_over(
    session: AsyncSession, clock: ManualClock
) -> None:
    machine = await an_account(session, clock, Role.INTEGRATOR, state=AccountState.INVITED)
    service = IntegratorService(session, clock)
    client_id, _, secret = (
        await service.issue(machine.id, scopes=["imports:start", "imports:read"], ttl_days=2)
    ).partition(".")

    key = await service.find_usable(client_id)

    assert key is not None
    assert key.scope == "imports:read imports:start"
    assert secret not in key.secret_digest
    assert await service.find_holder(key) is machine
    clock.advance(timedelta(days=2))
    assert await service.find_usable(client_id) is None


async def test_a_revoked_key_is_useless(session: AsyncSession, clock: ManualClock) -> None:
    machine = await an_account(session, clock, Role.INTEGRATOR)
    service = IntegratorService(session, clock)
    key = await service.issue(machine.id, scopes=SCOPES, ttl_days=2)
    client_id = key.partition(".")[0]

    await service.revoke(client_id)
    await service.revoke(client_id)

    assert await service.find_usable(client_id) is None
    with pytest.raises(KeyNotFound):
        await service.revoke("key-of-nobody")


@pytest.mark.parametrize(
    "scopes", [[], ["service"], ["imports"], ["Imports:start"], ["a:b c:d"], ["a:b"] * 3 + ["x"]]
)
async def test_scopes_that_machines_cannot_have_are_refused(
    session: AsyncSession, clock: ManualClock, scopes: list[str]
) -> None:
    """Above all ``service``, which would open everything."""
    machine = await an_account(session, clock, Role.INTEGRATOR)

    with pytest.raises(ScopesInvalid):
        await IntegratorService(session, clock).issue(machine.id, scopes=scopes, ttl_days=2)


@pytest.mark.parametrize("ttl_days", [0, -1, 367])
async def test_a_key_lasts_a_year_at_most(
    session: AsyncSession, clock: ManualClock, ttl_days: int
) -> None:
    machine = await an_account(session, clock, Role.INTEGRATOR)

    with pytest.raises(ValidationFailed):
        await IntegratorService(session, clock).issue(machine.id, scopes=SCOPES, ttl_days=ttl_days)


async def test_only_integrators_in_good_standing_have_keys(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = IntegratorService(session, clock)
    manager = await an_account(session, clock, Role.MANAGER)
    disabled = await an_account(session, clock, Role.INTEGRATOR, state=AccountState.DISABLED)

    with pytest.raises(RolesInvalid):
        await service.issue(manager.id, scopes=SCOPES, ttl_days=2)
    with pytest.raises(AccountNotUsable):
        await service.issue(disabled.id, scopes=SCOPES, ttl_days=2)
