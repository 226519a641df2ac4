"""The demo's accounts: one of each role, with a password that everybody knows. Other domains derive the same ids."""

from __future__ import annotations

from shared.clock import Clock
from shared.database import Database
from shared.demo import PASSWORD, demo_id
from shared.identity import Role

from .passwords import Passwords
from .repository import AccountRepository
from .service import AccountService, NewAccount

DOMAIN = "demo.test"
_NAMES = {
    Role.CLIENT: "Clara Client",
    Role.WORKER: "Whiskers",
    Role.CANDIDATE: "Candy Date",
    Role.MANAGER: "Manuel Manager",
    Role.QUALITY: "Quinn Quality",
    Role.EMPLOYEE: "Emil Employee",
    Role.ADMIN: "Ada Admin",
}


async def seed_demo_accounts(database: Database, clock: Clock, passwords: Passwords) -> None:
    """Create those demo accounts that are not there yet: ``client@demo.test`` and so on."""
    wanted = {demo_id(role.lower()): role for role in _NAMES}
    async with database.reading() as session:
        present = await AccountRepository(session).find(wanted)
    missing = {account_id: role for account_id, role in wanted.items() if account_id not in present}
    if not missing:
        return
    hashed = await passwords.hash(PASSWORD)
    async with database.transaction() as session:
        for account_id, role in missing.items():
            new = NewAccount(
                account_id=account_id,
                email=f"{role.lower()}@{DOMAIN}",
                display_name=_NAMES[role],
                roles=frozenset({role}),
            )
            await AccountService(session, clock).create_active(new, password_hash=hashed)
