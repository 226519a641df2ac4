"""Random secrets that we hand out once and keep as digests: refresh tokens, invites, codes, integrators' secrets.

They have 256 random bits, so a plain SHA-256 keeps them: there is nothing to guess that a slow hash would slow down.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """Return a fresh secret of 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_same(token: str, stored_digest: str) -> bool:
    """Compare without telling by the time how much was right."""
    return hmac.compare_digest(digest(token), stored_digest)
