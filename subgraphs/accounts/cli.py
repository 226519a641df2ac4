"""Commands for whoever operates accounts: tokens to hand over while no mail is sent, and the state of the key ring.

They work on the database directly; a running service publishes the events they cause.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import open_database
from shared.errors import DomainError
from shared.migrations import upgrade
from shared.settings import SettingsInvalid, load_settings

from .errors import AccountNotFound
from .repository import AccountRepository, CredentialRepository, SigningKeyRepository
from .service import CredentialService
from .service.emails import email_key
from .settings import AccountsSettings, read_accounts_settings

Result = TypeVar("Result")
Work = Callable[[AsyncSession, Clock, AccountsSettings], Awaitable[Result]]

app = typer.Typer(help="Accounts: invites, password resets, signing keys.", no_args_is_help=True)
console = Console()
problems = Console(stderr=True)
Who = Annotated[str, typer.Argument(metavar="EMAIL|ACCOUNT_ID", help="Whose account.")]


@app.command("invite-link")
def invite_link(who: Who) -> None:
    """Print a new invite token for an account without a password; an earlier one is void.

    Its owner chooses a password with: mutation { acceptInvite(token: "…", password: "…") { accessToken } }
    """

    async def issue(session: AsyncSession, clock: Clock, settings: AccountsSettings) -> str:
        return await CredentialService(session, clock).issue_invite(
            await _find(session, who), lifetime=settings.invite_lifetime
        )

    console.out(_run(issue), highlight=False)


@app.command("reset-link")
def reset_link(who: Who) -> None:
    """Print a token that sets a new password; an earlier one is void.

    Its owner uses it with: mutation { resetPassword(token: "…", password: "…") { accessToken } }
    """

    async def issue(session: AsyncSession, clock: Clock, _: AccountsSettings) -> str:
        return await CredentialService(session, clock).issue_reset(await _find(session, who))

    console.out(_run(issue), highlight=False)


@app.command("reset-requests")
def reset_requests() -> None:
    """List who has asked for a new password and got no token yet."""

    async def read(
        session: AsyncSession, _: Clock, __: AccountsSettings
    ) -> list[tuple[str, str, str]]:
        found = await CredentialRepository(session).list_open_resets()
        return [
            (str(account.id), account.email, f"{asked:%Y-%m-%d %H:%M} UTC")
            for account, asked in found
        ]

    _print_table(("account", "e-mail", "asked at"), _run(read))


@app.command("keys")
def keys() -> None:
    """List the signing keys and since when each one signs."""

    async def read(
        session: AsyncSession, _: Clock, __: AccountsSettings
    ) -> list[tuple[str, str, str]]:
        return [
            (
                key.kid,
                f"{key.signs_from:%Y-%m-%d %H:%M} UTC",
                "no" if key.private_jwk.startswith("{") else "yes",
            )
            for key in await SigningKeyRepository(session).list_keys()
        ]

    _print_table(("key", "signs from", "encrypted"), _run(read))


async def _find(session: AsyncSession, who: str) -> UUID:
    try:
        return UUID(who)
    except ValueError:
        account = await AccountRepository(session).find_by_email(email_key(who))
    if account is None:
        raise AccountNotFound(f"Nobody has the e-mail {who}.")
    return account.id


def _run(work: Work[Result]) -> Result:
    async def run() -> Result:
        async with _transaction() as (session, clock, settings):
            return await work(session, clock, settings)

    try:
        return asyncio.run(run())
    except (DomainError, SettingsInvalid) as error:
        problems.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error


@asynccontextmanager
async def _transaction() -> AsyncIterator[tuple[AsyncSession, Clock, AccountsSettings]]:
    settings = load_settings("accounts")
    database = open_database(settings.database_url)
    try:
        await upgrade(database, revisions=Path(__file__).parent / "migrations")
        async with database.transaction() as session:
            yield session, settings.make_clock(), read_accounts_settings(settings)
    finally:
        await database.close()


def _print_table(columns: tuple[str, ...], rows: list[tuple[str, str, str]]) -> None:
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*row)
    console.print(table)
