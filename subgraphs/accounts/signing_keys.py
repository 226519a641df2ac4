"""The key ring: Ed25519 keys in the database, a new one every so often, old ones published while their tokens live.

A key is published for a while before it signs, so that services which cache the ring have it when they need it. The
private half is encrypted at rest when a secret is configured (JWE, key by scrypt from the secret).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, OKPKey
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.identity import UNKNOWN_KEY_REFRESH
from shared.logging import get_logger

from .errors import KeySecretWrong
from .models import SigningKey
from .repository import SigningKeyRepository

PUBLISHED_BEFORE = timedelta(hours=1)
"""Longer than anybody caches the ring."""
PUBLISHED_AFTER = timedelta(days=1)
"""Longer than any token lives."""
_JWE_HEADER = {"alg": "dir", "enc": "A256GCM"}
_log = get_logger(__name__)


@dataclass(slots=True)
class KeyRing:
    """The ring as this process knows it. It is also the service's own source of keys to verify with."""

    database: Database
    clock: Clock
    rotation: timedelta
    secret: str | None = field(default=None, repr=False)
    _keys: list[tuple[datetime, OKPKey]] = field(default_factory=list, init=False)
    _public: KeySet = field(default_factory=lambda: KeySet([]), init=False)
    _read_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def signing_key(self) -> OKPKey:
        """Return the key to sign with now."""
        now = self.clock.now()
        for signs_from, key in reversed(self._keys):
            if signs_from <= now:
                return key
        raise RuntimeError("The key ring is empty: it is filled when the service starts.")

    def to_jwks(self) -> dict[str, object]:
        """Return the public keys as a JWKS document."""
        return {"keys": [_public_jwk(key) for _, key in self._keys]}

    async def find_keys(self, key_id: str | None) -> KeySet:
        """Return the keys to verify with, read again when another replica may have made the one that is asked for."""
        if not self._knows(key_id):
            async with self._lock:
                is_due = self.clock.now() - self._read_at > UNKNOWN_KEY_REFRESH
                if is_due and not self._knows(key_id):
                    async with self.database.reading() as session:
                        await self._read(session)
        return self._public

    async def rotate(self) -> None:
        """Make the next key when it is time, drop those that are over, and read the ring; safe to repeat."""
        async with self._lock, self.database.transaction() as session:
            repository = SigningKeyRepository(session)
            rows = list(await repository.list_keys())
            now = self.clock.now()
            if not rows:
                rows.append(await self._make(session, signs_from=now))
            elif rows[-1].signs_from + self.rotation - PUBLISHED_BEFORE <= now:
                rows.append(await self._make(session, signs_from=now + PUBLISHED_BEFORE))
            for row, successor in pairwise(rows):
                if successor.signs_from + PUBLISHED_AFTER < now:
                    await session.delete(row)
            await session.flush()
            await self._encrypt_plain(rows)
            await self._read(session)

    def _knows(self, key_id: str | None) -> bool:
        return key_id is None or any(key.kid == key_id for key in self._public.keys)

    async def _make(self, session: AsyncSession, *, signs_from: datetime) -> SigningKey:
        key = OKPKey.generate_key("Ed25519", auto_kid=True)
        private = json.dumps(key.as_dict(private=True))
        row = SigningKey(
            kid=_kid(key),
            public_jwk=_public_jwk(key),
            private_jwk=await self._seal(_kid(key), private),
            signs_from=signs_from,
            created_at=self.clock.now(),
        )
        session.add(row)
        _log.info("signing key made", kid=row.kid, signs_from=signs_from.isoformat())
        return row

    async def _encrypt_plain(self, rows: list[SigningKey]) -> None:
        """A ring from before the secret was configured is sealed with it."""
        for row in rows:
            if self.secret is not None and row.private_jwk.startswith("{"):
                row.private_jwk = await self._seal(row.kid, row.private_jwk)

    async def _read(self, session: AsyncSession) -> None:
        rows = await SigningKeyRepository(session).list_keys()
        known = {_kid(key): key for _, key in self._keys}
        self._keys = [
            (row.signs_from, known.get(row.kid) or await self._unseal(row)) for row in rows
        ]
        self._public = KeySet.import_key_set({"keys": [dict(row.public_jwk) for row in rows]})
        self._read_at = self.clock.now()

    async def _seal(self, kid: str, private: str) -> str:
        if self.secret is None:
            return private
        key = await asyncio.to_thread(_derive_key, self.secret, kid)
        return jwe.encrypt_compact(dict(_JWE_HEADER), private.encode(), key)

    async def _unseal(self, row: SigningKey) -> OKPKey:
        text = row.private_jwk
        if not text.startswith("{"):
            if self.secret is None:
                raise KeySecretWrong(
                    "The signing keys are encrypted: set CATTERY_ACCOUNTS_KEY_SECRET to the secret they were made with."
                )
            key = await asyncio.to_thread(_derive_key, self.secret, row.kid)
            try:
                opened = jwe.decrypt_compact(text, key).plaintext or b""
            except (JoseError, ValueError) as error:
                raise KeySecretWrong(
                    "CATTERY_ACCOUNTS_KEY_SECRET is not the secret that the signing keys were encrypted with."
                ) from error
            text = opened.decode()
        return OKPKey.import_key(json.loads(text))


def _kid(key: OKPKey) -> str:
    if key.kid is None:
        raise RuntimeError("Every key of the ring has an id.")
    return key.kid


def _public_jwk(key: OKPKey) -> dict[str, str]:
    fields = key.as_dict(private=False)
    return {
        **{name: str(value) for name, value in fields.items()},
        "use": "sig",
        "alg": "Ed25519",
    }


def _derive_key(secret: str, kid: str) -> OctKey:
    # The key id is as good a salt as any: unique, and at hand when the key is read back.
    derived = hashlib.scrypt(secret.encode(), salt=kid.encode(), n=2**14, r=8, p=1, dklen=32)
    return OctKey.import_key(derived)
