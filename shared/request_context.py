"""What travels with one GraphQL request through a service's resolvers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from .clock import Clock
from .database import Database
from .identity import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The caller, the database and the time; a domain's subclass adds its DataLoaders."""

    principal: Principal
    database: Database
    clock: Clock
    request_id: str
    client_address: str = ""
    """The network address of the person behind the request, as far as it is known; the service's app fills it in."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open the one transaction of a command; it commits when the block ends without an error."""
        return self.database.transaction()

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session for one query or one DataLoader batch."""
        return self.database.reading()
