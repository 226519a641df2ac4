"""The rows of the key ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from subgraphs.accounts.models import SigningKey


@dataclass(frozen=True, slots=True)
class SigningKeyRepository:
    """Reads rows of one session."""

    session: AsyncSession

    async def list_keys(self) -> Sequence[SigningKey]:
        """Return every key, in the order in which they sign."""
        found = await self.session.scalars(
            select(SigningKey).order_by(SigningKey.signs_from, SigningKey.kid)
        )
        return found.all()
