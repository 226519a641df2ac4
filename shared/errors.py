"""What a service refuses, and how it says so.

DomainError
├── Unauthenticated      who are you?
├── Forbidden            you may not
├── NotFound             there is no such thing, or none that you may see
├── ValidationFailed     the input is wrong, whatever the state
├── BadState             the thing is in a state that does not allow this
├── Conflict             somebody changed it in the meantime
├── IdempotencyMismatch  the key was used for something else
├── RateLimited          later
├── UpstreamUnavailable  a service we need did not do it
└── UpstreamUnknown      a service we need may or may not have done it

Domains raise these, or subclasses that set ``reason`` (UPPER_SNAKE, prefixed by the domain) for clients that must tell
two refusals of one code apart. The text is for the person who asked: it never holds internals.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class DomainError(Exception):
    """A refusal with a code that clients can act upon."""

    code: ClassVar[str] = "DOMAIN_ERROR"
    reason: ClassVar[str | None] = None

    def extensions(self) -> dict[str, object]:
        """Return what goes into the GraphQL error's ``extensions``."""
        found: dict[str, object] = {"code": self.code}
        if self.reason is not None:
            found["reason"] = self.reason
        return found


class Unauthenticated(DomainError):
    """The caller gave no valid proof of who they are."""

    code = "UNAUTHENTICATED"


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code = "FORBIDDEN"


class NotFound(DomainError):
    """Nothing with that identifier is visible to the caller."""

    code = "NOT_FOUND"


class ValidationFailed(DomainError):
    """The input breaks a rule that does not depend on the state of anything."""

    code = "VALIDATION"


class BadState(DomainError):
    """The thing's present state does not allow this."""

    code = "BAD_STATE"


class Conflict(DomainError):
    """The caller edited an older version."""

    code = "CONFLICT"


class IdempotencyMismatch(DomainError):
    """The idempotency key was used before with other arguments."""

    code = "IDEMPOTENCY_MISMATCH"


class RateLimited(DomainError):
    """Too many requests; try again after ``retry_after``."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def extensions(self) -> dict[str, object]:
        """Add ``retryAfterSeconds``."""
        return {**super().extensions(), "retryAfterSeconds": self.retry_after.total_seconds()}


class UpstreamUnavailable(DomainError):
    """A service we depend on did not do its part, and nothing has changed."""

    code = "UPSTREAM_UNAVAILABLE"


class UpstreamUnknown(DomainError):
    """A service we depend on did not answer: its part may or may not be done. Repeat with the same key, or look."""

    code = "UPSTREAM_UNKNOWN"
