"""The public keys that access tokens are checked with: fetched from a JWKS address, kept, and fetched again.

They are fetched again when they are old, behind the requests' backs, and when a token names a key that is not among
them, while that request waits. The latter happens at most once in a while, so that forged tokens cannot make the
gateway hammer the issuer. While the issuer is away, the keys fetched last stay good.

Spec: RFC 7517 (JSON Web Key).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from gateway.errors import KeysUnavailable
from shared.logging import get_logger

_MAX_DOCUMENT_BYTES = 1_000_000


_log = get_logger(__name__)

PublicKey: TypeAlias = ECKey | OKPKey | RSAKey

_KEY_TYPE_OF_ALGORITHM: dict[str, type[ECKey] | type[OKPKey] | type[RSAKey]] = {
    "Ed": OKPKey,
    "ES": ECKey,
    "RS": RSAKey,
    "PS": RSAKey,
}
"""By the first two letters of the algorithm's name."""


class KeyFetcher(Protocol):
    """Where key documents come from."""

    async def __call__(self) -> KeySet:
        """Return the current keys; raise ``httpx.HTTPError``, ``JoseError`` or ``ValueError``."""
        ...


class HttpKeyFetcher:
    """Reads the document at one address.

    Args:
        open_client: opens a client for each fetch: they are so rare that no connection is kept.
        url: the address, as that client takes it.
    """

    def __init__(self, open_client: Callable[[], httpx.AsyncClient], url: str) -> None:
        self._open_client = open_client
        self._url = url

    async def __call__(self) -> KeySet:
        """Return the keys at the address."""
        async with self._open_client() as client, client.stream("GET", self._url) as response:
            response.raise_for_status()
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_DOCUMENT_BYTES:
                    raise ValueError("the key document is larger than a key document can be")
        return parse_key_set(body)


def parse_key_set(body: bytes) -> KeySet:
    """Return the keys of a JWKS document.

    Raises:
        ValueError: it is not one, or holds no keys.
    """
    document = json.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise TypeError("the key document holds no list of keys")
    # A key of a kind that nobody here knows must not take the others down with it.
    known = [key for key in document["keys"] if isinstance(key, dict) and "kty" in key]
    usable = [key for key in known if key["kty"] in {"EC", "OKP", "RSA"} and "d" not in key]
    return KeySet.import_key_set({"keys": usable})


class SigningKeys:
    """The keys known now.

    Args:
        fetch: asks the issuer.
        max_age_seconds: when keys are fetched again without a reason.
        retry_seconds: the least time between two fetches that tokens give a reason for.
        now: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        fetch: KeyFetcher,
        *,
        max_age_seconds: float,
        retry_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._max_age_seconds = max_age_seconds
        self._retry_seconds = retry_seconds
        self._listeners: list[Callable[[], None]] = []
        self._now = now
        self._keys: tuple[PublicKey, ...] | None = None
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each fetch that changed the keys."""
        self._listeners.append(listener)

    async def find(self, key_id: str | None, algorithm: str) -> list[PublicKey]:
        """Return the keys that may have signed a token of this key id and algorithm.

        Raises:
            KeysUnavailable: no keys have ever been fetched, and none can be fetched now.
        """
        if not self._matching(key_id, algorithm):
            async with self._lock:
                # Whoever waited for the lock finds what its holder fetched.
                if not self._matching(key_id, algorithm):
                    await self._refresh()
        if self._keys is None:
            raise KeysUnavailable("Access tokens cannot be checked at the moment.")
        return self._matching(key_id, algorithm)

    def refresh_when_old(self) -> None:
        """Start fetching the keys anew if it is time to; never waits for it."""
        is_old = self._now() - self._fetched_at > self._max_age_seconds
        if is_old and self._keys is not None and self._background is None and self._may_ask():
            self._background = asyncio.create_task(self._refresh_in_background())

    async def background(self) -> None:
        """Wait until the fetch that goes on behind the requests' backs is done, if there is one."""
        if self._background is not None:
            await asyncio.wait({self._background})

    async def close(self) -> None:
        """Stop fetching."""
        if self._background is not None:
            self._background.cancel()
            await asyncio.wait({self._background})

    def _matching(self, key_id: str | None, algorithm: str) -> list[PublicKey]:
        kind = _KEY_TYPE_OF_ALGORITHM[algorithm[:2]]
        return [
            key
            for key in self._keys or ()
            if isinstance(key, kind)
            and (key_id is None or key.kid == key_id)
            and key.get("use") in {None, "sig"}
            and _same_algorithm(key.alg or algorithm, algorithm)
        ]

    def _may_ask(self) -> bool:
        # Without any keys nobody can sign in, which is worth asking for more often.
        pause = self._retry_seconds if self._keys is not None else min(self._retry_seconds, 1.0)
        return self._now() - self._asked_at >= pause

    async def _refresh_in_background(self) -> None:
        try:
            async with self._lock:
                await self._refresh()
        finally:
            self._background = None

    async def _refresh(self) -> None:
        if not self._may_ask():
            return
        self._asked_at = self._now()
        try:
            key_set = await self._fetch()
        except (httpx.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
            _log.warning("signing keys not fetched", error=f"{type(error).__name__}: {error}")
            return
        keys = tuple(key for key in key_set.keys if isinstance(key, PublicKey))
        previous, self._keys = self._keys, keys
        self._fetched_at = self._now()
        if previous is not None and _thumbprints(previous) != _thumbprints(keys):
            _log.info("signing keys changed", count=len(keys))
            for listener in self._listeners:
                listener()


def _thumbprints(keys: tuple[PublicKey, ...]) -> set[str]:
    return {key.thumbprint() for key in keys}


def _same_algorithm(one: str, other: str) -> bool:
    # RFC 9864 gave "EdDSA" over Ed25519 the name "Ed25519"; keys and tokens carry either.
    aliases = {"EdDSA", "Ed25519"}
    return one == other or {one, other} <= aliases
