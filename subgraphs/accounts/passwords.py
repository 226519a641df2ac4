"""Password hashes: Argon2id, computed in threads, a few at a time.

A hash costs tens of megabytes and a core for a while on purpose. Without a bound, a burst of logins would take all
memory; beyond a short queue, callers are told to come back.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from shared.errors import RateLimited

from .errors import PasswordUnacceptable
from .settings import PasswordCost

MIN_LENGTH, MAX_LENGTH = 10, 200
AT_ONCE = 4
MAX_WAITING = 64
BUSY = timedelta(seconds=2)
Result = TypeVar("Result")


def check_acceptable(password: str, *, email: str) -> None:
    """Refuse a password that is too easy.

    Raises:
        PasswordUnacceptable: too short, too long, or the e-mail itself.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise PasswordUnacceptable(f"A password must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if password.casefold() == email.casefold():
        raise PasswordUnacceptable("The e-mail address is no password.")


class Passwords:
    """Makes and checks hashes at one cost."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
        )
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # What a password is compared with when there is no account, so that it takes as long as when there is one.
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash of ``password``.

        Raises:
            RateLimited: too many are being computed.
        """
        return await self._in_turn(lambda: self._hasher.hash(_normalize(password)))

    async def is_right(self, password: str, hashed: str | None) -> bool:
        """Whether ``hashed`` is the hash of ``password``; with ``None`` it never is, after the same time.

        Raises:
            RateLimited: too many are being computed.
        """
        # Longer ones cannot have been set; hashing them would only cost.
        candidate = _normalize(password[: MAX_LENGTH + 1])
        matches = await self._in_turn(lambda: self._matches(candidate, hashed or self._nobodys))
        return matches and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than the present one."""
        return self._hasher.check_needs_rehash(hashed)

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False

    async def _in_turn(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= MAX_WAITING:
            raise RateLimited("Too many people are signing in. Try again soon.", retry_after=BUSY)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _normalize(password: str) -> str:
    """Keyboards disagree on how an accent is encoded; people do not see it. Spec: NIST SP 800-63B, section 5.1.1.2."""
    return unicodedata.normalize("NFKC", password)
