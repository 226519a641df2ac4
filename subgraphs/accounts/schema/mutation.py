"""What may be done to accounts, by role. Each mutation is one command in one transaction, or one sign-in flow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from shared.authorization import anyone, roles, signed_in
from shared.idempotency import run_once
from shared.identifiers import new_id, parse_id
from shared.identity import Role
from subgraphs.accounts.loaders import Info
from subgraphs.accounts.repository import AccountRepository
from subgraphs.accounts.service import (
    AccountService,
    CredentialService,
    IntegratorService,
    NewAccount,
)
from subgraphs.accounts.states import AccountState

from .types import AccountType, AuthTokens


@strawberry.type
class Mutation:
    """Root of what may be done."""

    # -- everybody, about themselves

    @strawberry.mutation(extensions=[anyone()])
    async def login(self, info: Info, email: str, password: str) -> AuthTokens:
        """Sign in. Ten failures in a quarter of an hour block the e-mail for as long."""
        return AuthTokens.from_pair(await info.context.sign_in.log_in(email, password))

    @strawberry.mutation(extensions=[anyone()])
    async def refresh(self, info: Info, refresh_token: str) -> AuthTokens:
        """Obtain the next tokens, with the account's roles as they are now."""
        return AuthTokens.from_pair(await info.context.sign_in.refresh(refresh_token))

    @strawberry.mutation(extensions=[signed_in()])
    async def logout(self, info: Info, everywhere: bool = False) -> bool:
        """End this session, or all of the caller's. False when there was none to end."""
        caller = info.context.principal
        async with info.context.transaction() as session:
            sessions = info.context.sign_in.sessions(session)
            if everywhere:
                await sessions.revoke_all(caller.account_id)
            elif caller.session is not None:
                await sessions.revoke(parse_id(caller.session))
        return everywhere or caller.session is not None

    @strawberry.mutation(extensions=[anyone()])
    async def accept_invite(self, info: Info, token: str, password: str) -> AuthTokens:
        """Choose the first password, and be signed in."""
        return AuthTokens.from_pair(await info.context.sign_in.accept_invite(token, password))

    @strawberry.mutation(extensions=[anyone()])
    async def request_password_reset(self, info: Info, email: str) -> bool:
        """Ask for a new password. Always true: whether there is such an account is nobody's business."""
        async with info.context.transaction() as session:
            await CredentialService(session, info.context.clock).request_reset(email)
        return True

    @strawberry.mutation(extensions=[anyone()])
    async def reset_password(self, info: Info, token: str, password: str) -> AuthTokens:
        """Choose a new password. Every session ends, and a new one begins."""
        return AuthTokens.from_pair(await info.context.sign_in.reset_password(token, password))

    # -- administrators

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def create_staff_account(
        self,
        info: Info,
        email: str,
        display_name: str,
        roles: list[Role],
        key: strawberry.ID,
    ) -> AccountType:
        """Create the account of a member of staff, or of an integrator's machine; it waits for its invite."""
        new = NewAccount(
            account_id=new_id(), email=email, display_name=display_name, roles=frozenset(roles)
        )
        async with _administering(info) as session:

            async def create() -> UUID:
                service = AccountService(session, info.context.clock)
                return (await service.create_staff(new)).id

            account_id = await run_once(
                session,
                create,
                actor=info.context.principal.subject,
                mutation="createStaffAccount",
                key=key,
                arguments={"email": email, "display_name": display_name, "roles": sorted(roles)},
                now=info.context.clock.now(),
            )
            found = await AccountRepository(session).find([account_id])
        return AccountType.from_row(found[account_id])

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def set_roles(
        self, info: Info, account_id: strawberry.ID, roles: list[Role], expected_version: int
    ) -> AccountType:
        """Give an account exactly these roles; its next refresh has them."""
        async with _administering(info) as session:
            account = await AccountService(session, info.context.clock).set_roles(
                parse_id(account_id), frozenset(roles), expected_version=expected_version
            )
        return AccountType.from_row(account)

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def set_account_state(
        self, info: Info, account_id: strawberry.ID, state: AccountState, reason: str
    ) -> AccountType:
        """Lock, unlock, disable or restore an account. A restored one starts over with a new invite."""
        async with _administering(info) as session:
            account = await AccountService(session, info.context.clock).set_state(
                parse_id(account_id), state, reason=reason
            )
        return AccountType.from_row(account)

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def issue_invite(self, info: Info, account_id: strawberry.ID) -> str:
        """Return a token for acceptInvite, to hand over to the account's owner. An earlier one is void."""
        async with _administering(info) as session:
            return await CredentialService(session, info.context.clock).issue_invite(
                parse_id(account_id), lifetime=info.context.settings.invite_lifetime
            )

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def issue_password_reset(self, info: Info, account_id: strawberry.ID) -> str:
        """Return a token for resetPassword, to hand over to the account's owner. An earlier one is void."""
        async with _administering(info) as session:
            return await CredentialService(session, info.context.clock).issue_reset(
                parse_id(account_id)
            )

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def issue_integrator_key(
        self, info: Info, account_id: strawberry.ID, scopes: list[str], ttl_days: int
    ) -> str:
        """Return a new key of an integrator's machine, shown this once: `<client_id>.<client_secret>`."""
        async with _administering(info) as session:
            return await IntegratorService(session, info.context.clock).issue(
                parse_id(account_id), scopes=scopes, ttl_days=ttl_days
            )

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def revoke_integrator_key(self, info: Info, client_id: strawberry.ID) -> bool:
        """Make a key useless; the client_id is the part before the dot."""
        async with _administering(info) as session:
            await IntegratorService(session, info.context.clock).revoke(client_id)
        return True


@asynccontextmanager
async def _administering(info: Info) -> AsyncIterator[AsyncSession]:
    """Open a command's transaction, unless the caller's power has gone since their token was issued."""
    async with info.context.transaction() as session:
        await AccountService(session, info.context.clock).require_current(info.context.principal)
        yield session
