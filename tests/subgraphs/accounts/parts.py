"""Accounts' parts without HTTP, put together as ``app.py`` does, with hashes that cost nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from shared.identity import Principal, TokenVerifier
from subgraphs.accounts.access_tokens import AccessTokens
from subgraphs.accounts.flows import SignInFlow
from subgraphs.accounts.passwords import Passwords
from subgraphs.accounts.settings import PasswordCost
from subgraphs.accounts.signing_keys import KeyRing

CHEAP = PasswordCost(time_cost=1, memory_kib=8, parallelism=1)
SESSION_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database
    clock: ManualClock
    ring: KeyRing
    passwords: Passwords
    sign_in: SignInFlow
    verifier: TokenVerifier

    async def read_token(self, token: str) -> Principal:
        return await self.verifier.verify(token)


async def make_parts(database: Database, clock: ManualClock) -> Parts:
    ring = KeyRing(database, clock, timedelta(days=30))
    await ring.rotate()
    passwords = Passwords(CHEAP)
    sign_in = SignInFlow(database, clock, passwords, AccessTokens(ring, clock), SESSION_LIFETIME)
    return Parts(database, clock, ring, passwords, sign_in, TokenVerifier(ring, clock))
