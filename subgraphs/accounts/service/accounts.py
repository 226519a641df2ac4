"""Accounts themselves: who has one, with which roles, in which state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from messaging.context import current_cause
from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identity import Principal, Role
from shared.logging import get_logger
from subgraphs.accounts.errors import (
    AccountNotFound,
    EmailTaken,
    IllegalTransition,
    LastAdmin,
    RolesInvalid,
    TokenOutdated,
    VersionConflict,
)
from subgraphs.accounts.events import AccountChanged, AccountCreated
from subgraphs.accounts.models import NAME_LENGTH, Account
from subgraphs.accounts.opaque_tokens import digest
from subgraphs.accounts.repository import (
    AccountRepository,
    CredentialRepository,
    SessionRepository,
)
from subgraphs.accounts.states import AccountState, advance

from .emails import email_key, parse_email

DEFAULT_LOCALE = "en"
MAX_REASON = 1_000
STAFF_ROLES = frozenset({Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN, Role.INTEGRATOR})
"""What an administrator may create accounts for. Clients, candidates and workers come from elsewhere."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """Who is to have an account."""

    account_id: UUID
    email: str
    display_name: str
    roles: frozenset[Role]
    locale: str = DEFAULT_LOCALE
    external_ref: str | None = None


@dataclass(frozen=True, slots=True)
class AccountService:
    """Changes accounts, on behalf of a mutation or of an event consumer."""

    session: AsyncSession
    clock: Clock

    async def create(self, new: NewAccount) -> Account:
        """Create an account that waits for its invite to be accepted.

        Raises:
            EmailInvalid: that is no e-mail address.
            EmailTaken: another account has it.
            RolesInvalid: nobody can have these roles together.
            ValidationFailed: there is no name, or it is too long.
        """
        _check_roles(new.roles)
        email = await self.claim_email(new.email, for_account=new.account_id)
        account = Account(
            id=new.account_id,
            email=email,
            email_key=email_key(email),
            display_name=parse_name(new.display_name),
            locale=new.locale,
            state=AccountState.INVITED,
            version=1,
            tokens_since=1,
            external_ref=new.external_ref,
            created_at=self.clock.now(),
            held_roles=[],
        )
        account.put_roles(new.roles)
        self.session.add(account)
        cause = current_cause()
        outbox.record(
            self.session,
            AccountCreated(
                occurred_at=account.created_at,
                account_id=account.id,
                roles=account.roles,
                email=account.email,
                locale=account.locale,
                display_name=account.display_name,
                external_ref=account.external_ref,
                cause_event_id=None if cause is None else cause.id,
            ),
        )
        await self._flush_new(account)
        return account

    async def create_active(self, new: NewAccount, *, password_hash: str) -> Account:
        """Create an account that can be used at once; for the demo and the first administrator."""
        account = await self.create(new)
        account.state = advance(account.state, AccountState.ACTIVE)
        account.password_hash = password_hash
        self.record_change(account)
        return account

    async def create_staff(self, new: NewAccount) -> Account:
        """Create an account for a member of staff or an integrator.

        Raises:
            RolesInvalid: one of the roles is not staff's.
        """
        if not new.roles <= STAFF_ROLES:
            raise RolesInvalid(f"Staff can be: {', '.join(sorted(STAFF_ROLES))}.")
        return await self.create(new)

    async def set_roles(
        self, account_id: UUID, roles: frozenset[Role], *, expected_version: int
    ) -> Account:
        """Give an account exactly these roles.

        Raises:
            AccountNotFound: no such account.
            VersionConflict: somebody changed it in the meantime.
            RolesInvalid: nobody can have these roles together.
            LastAdmin: nobody would be left who can administer.
        """
        _check_roles(roles)
        admins = await AccountRepository(self.session).lock_admins()
        account = await self.lock(account_id)
        if account.version != expected_version:
            raise VersionConflict(
                f"The account is at version {account.version}, not {expected_version}. Read it again."
            )
        if Role.ADMIN not in roles:
            _keep_an_admin(admins, without=account)
        self.change_roles(account, roles)
        return account

    def change_roles(self, account: Account, roles: frozenset[Role]) -> None:
        """Give a locked account exactly these roles; those it has already change nothing."""
        if frozenset(account.roles) == roles:
            return
        account.put_roles(roles)
        self.record_change(account, outdates_tokens=True)

    async def set_state(self, account_id: UUID, state: AccountState, *, reason: str) -> Account:
        """Lock, unlock, disable or restore an account. Repeating it changes nothing.

        Raises:
            AccountNotFound: no such account.
            IllegalTransition: its state does not lead there, or only its owner can take it there.
            LastAdmin: nobody would be left who can administer.
            ValidationFailed: there is no reason, or it is too long.
        """
        if not reason.strip() or len(reason) > MAX_REASON:
            raise ValidationFailed(f"A reason of at most {MAX_REASON} characters is needed.")
        admins = await AccountRepository(self.session).lock_admins()
        account = await self.lock(account_id)
        # An administrator's lock takes the place of one that would end by itself.
        if account.state is state and account.locked_until is None:
            return account
        if account.state is AccountState.INVITED and state is AccountState.ACTIVE:
            raise IllegalTransition("Only accepting the invite makes an account active.")
        if state in (AccountState.LOCKED, AccountState.DISABLED):
            _keep_an_admin(admins, without=account)
        if account.state is not state:
            account.state = advance(account.state, state)
        await self._enter_state(account, reason=reason)
        return account

    async def disable(self, account: Account, *, reason: str) -> None:
        """Disable a locked account, whoever it is; for events."""
        if account.state is AccountState.DISABLED:
            return
        account.state = advance(account.state, AccountState.DISABLED)
        await self._enter_state(account, reason=reason)

    async def unlock_expired(self, account_id: UUID) -> None:
        """Unlock an account whose lock after failed logins is over; anything else stays as it is."""
        account = await self.lock(account_id)
        if (
            account.state is AccountState.LOCKED
            and account.locked_until is not None
            and account.locked_until <= self.clock.now()
        ):
            self.unlock(account)

    def unlock(self, account: Account) -> None:
        """Unlock a locked account after failed logins."""
        account.state = advance(account.state, AccountState.ACTIVE)
        account.locked_until = account.state_reason = None
        self.record_change(account)

    def lock_after_failures(self, account: Account, *, until: datetime) -> None:
        """Lock an account that somebody tries to guess the password of. Its sessions go on."""
        account.state = advance(account.state, AccountState.LOCKED)
        account.locked_until = until
        account.state_reason = "Too many failed logins."
        self.record_change(account)

    async def claim_email(self, email: str, *, for_account: UUID) -> str:
        """Return the parsed address, having checked that nobody else has it.

        Raises:
            EmailInvalid: it is none.
            EmailTaken: another account has it.
        """
        parsed = parse_email(email)
        holder = await AccountRepository(self.session).find_by_email(email_key(parsed))
        if holder is not None and holder.id != for_account:
            raise EmailTaken(f"Another account has the e-mail {parsed}.")
        return parsed

    async def lock(self, account_id: UUID) -> Account:
        """Return the account, locked.

        Raises:
            AccountNotFound: no such account.
        """
        account = await AccountRepository(self.session).lock(account_id)
        if account is None:
            raise AccountNotFound("There is no such account.")
        return account

    async def require_current(self, caller: Principal) -> None:
        """Check that what the caller's token says is still true: for commands that give power away.

        Raises:
            TokenOutdated: roles or state have changed since the token was issued.
        """
        found = await AccountRepository(self.session).find([caller.account_id])
        account = found.get(caller.account_id)
        if (
            account is None
            or account.state is not AccountState.ACTIVE
            or caller.version < account.tokens_since
        ):
            raise TokenOutdated("Your account has changed. Refresh your token.")

    def record_change(self, account: Account, *, outdates_tokens: bool = False) -> None:
        """Count a new version of a locked account and tell the others."""
        account.version += 1
        if outdates_tokens:
            account.tokens_since = account.version
        outbox.record(
            self.session,
            AccountChanged(
                occurred_at=self.clock.now(),
                account_id=account.id,
                version=account.version,
                roles=account.roles,
                state=account.state,
                email=account.email,
                locale=account.locale,
            ),
        )

    async def _flush_new(self, account: Account) -> None:
        try:
            await self.session.flush()
        except IntegrityError as error:
            # Somebody else has taken the address since it was looked for; everything else is no refusal.
            if "email_key" not in str(error.orig):
                raise
            raise EmailTaken(f"Another account has the e-mail {account.email}.") from error

    async def _enter_state(self, account: Account, *, reason: str) -> None:
        account.locked_until = None
        account.state_reason = reason
        credentials = CredentialRepository(self.session)
        match account.state:
            case AccountState.ACTIVE:
                await credentials.forget_attempts(digest(account.email_key))
            case AccountState.INVITED:
                account.password_hash = None
            case AccountState.LOCKED | AccountState.DISABLED:
                await SessionRepository(self.session).revoke_sessions_of(
                    account.id, now=self.clock.now()
                )
                await credentials.delete_invite(account.id)
                await credentials.delete_reset(account.id)
        self.record_change(account, outdates_tokens=True)
        _log.info(
            "account state changed", account_id=str(account.id), state=account.state, reason=reason
        )


def _check_roles(roles: frozenset[Role]) -> None:
    if not roles:
        raise RolesInvalid("An account needs at least one role.")
    if Role.INTEGRATOR in roles and len(roles) > 1:
        raise RolesInvalid("An integrator is a machine: it can be nothing else beside.")


def _keep_an_admin(admins: Sequence[Account], *, without: Account) -> None:
    """The administrators are locked, so that two cannot remove each other at the same time."""
    if Role.ADMIN in without.roles and not any(
        _can_administer(admin) for admin in admins if admin.id != without.id
    ):
        raise LastAdmin("This is the last administrator. Make another one first.")


def _can_administer(admin: Account) -> bool:
    # A lock after failed logins ends by itself.
    return admin.state is AccountState.ACTIVE or (
        admin.state is AccountState.LOCKED and admin.locked_until is not None
    )


def parse_name(text: str) -> str:
    """Return a person's name without needless spaces.

    Raises:
        ValidationFailed: there is none, or it is too long.
    """
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH:
        raise ValidationFailed(f"A name must have 1 to {NAME_LENGTH} characters.")
    return name
