"""Who sends a request, as the gateway knows it: the claims of a verified token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """The bearer of a verified access token."""

    subject: str
    role: str | None
    """The value of the roles claim, for the log; several roles are joined by commas."""

    expires_at: float
    """Seconds since the epoch, clock skew not added; infinite for a token without ``exp``."""

    claims: Mapping[str, object] = field(repr=False)
    roles: frozenset[str] = frozenset()
    """The values of the roles claim."""
