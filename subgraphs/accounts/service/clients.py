"""Clients, as an import brings them and takes them away. Its events may come in any order and more than once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.identity import Role
from subgraphs.accounts.models import ClientSource
from subgraphs.accounts.repository import AccountRepository

from .accounts import AccountService, NewAccount, parse_name
from .emails import email_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientImport:
    """What an import says about a client."""

    client_id: UUID
    external_id: str
    source_version: int
    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True)
class ClientService:
    """Keeps clients' accounts in step with their source."""

    session: AsyncSession
    clock: Clock

    async def put(self, imported: ClientImport) -> None:
        """Create the client's account or update its e-mail, name and locale. What is not newer changes nothing.

        Raises:
            EmailTaken: somebody else's account has the e-mail; nothing is overwritten.
            EmailInvalid: that is no e-mail address.
            ValidationFailed: there is no name.
        """
        # One flush at the end instead of one before each look-up: an import brings a hundred thousand of these.
        with self.session.no_autoflush:
            await self._put(imported)

    async def withdraw(self, client_id: UUID, *, external_id: str, source_version: int) -> None:
        """The client has left: nobody signs in with the account any more. An older word changes nothing."""
        source = await self._source(client_id, external_id)
        if source_version < source.source_version:
            return
        # Remembered even without an account: what the import said before may still be on its way.
        source.source_version, source.withdrawn = source_version, True
        account = await AccountRepository(self.session).lock(client_id)
        if account is not None:
            await AccountService(self.session, self.clock).disable(
                account, reason="The client has left Happy Cat Box."
            )

    async def _put(self, imported: ClientImport) -> None:
        source = await self._source(imported.client_id, imported.external_id)
        if imported.source_version <= source.source_version:
            return
        source.source_version = imported.source_version
        repository, accounts = (
            AccountRepository(self.session),
            AccountService(self.session, self.clock),
        )
        account = await repository.lock(imported.client_id)
        if account is None:
            await accounts.create(
                NewAccount(
                    account_id=imported.client_id,
                    email=imported.email,
                    display_name=imported.display_name,
                    roles=frozenset({Role.CLIENT}),
                    locale=imported.locale,
                    external_ref=imported.external_id,
                )
            )
            return
        email = await accounts.claim_email(imported.email, for_account=account.id)
        told = (email, parse_name(imported.display_name), imported.locale, imported.external_id)
        if told == (account.email, account.display_name, account.locale, account.external_ref):
            return
        account.email, account.display_name, account.locale, account.external_ref = told
        account.email_key = email_key(email)
        accounts.record_change(account)

    async def _source(self, client_id: UUID, external_id: str) -> ClientSource:
        source = await AccountRepository(self.session).lock_client_source(client_id)
        if source is None:
            source = ClientSource(
                account_id=client_id, external_id=external_id, source_version=-1, withdrawn=False
            )
            self.session.add(source)
        return source
