"""The first administrator, from the environment: without one, nobody could make one."""

from __future__ import annotations

from uuid import UUID

from shared.clock import Clock
from shared.database import Database
from shared.idempotency import run_once
from shared.identifiers import new_id
from shared.identity import Role
from shared.logging import get_logger

from .passwords import Passwords, check_acceptable
from .repository import AccountRepository
from .service import AccountService, NewAccount

_log = get_logger(__name__)


async def ensure_admin(
    database: Database, clock: Clock, passwords: Passwords, *, email: str, password: str
) -> None:
    """Make ``email`` an administrator when there is none; later starts change nothing.

    Raises:
        EmailInvalid, EmailTaken, PasswordUnacceptable: the environment names somebody who cannot be one.
    """
    async with database.reading() as session:
        if await AccountRepository(session).has_any(Role.ADMIN):
            return
    check_acceptable(password, email=email)
    hashed = await passwords.hash(password)
    async with database.transaction() as session:

        async def create() -> UUID:
            new = NewAccount(
                account_id=new_id(),
                email=email,
                display_name="Administrator",
                roles=frozenset({Role.ADMIN}),
            )
            account = await AccountService(session, clock).create_active(new, password_hash=hashed)
            _log.info("first administrator made", account_id=str(account.id))
            return account.id

        # Of replicas that start together, one makes the account and the others wait for it.
        await run_once(
            session,
            create,
            actor="bootstrap",
            mutation="ensureAdmin",
            key="first",
            arguments={},
            now=clock.now(),
        )
