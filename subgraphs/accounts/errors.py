"""What accounts refuses, beyond the refusals that every service knows."""

from __future__ import annotations

from shared.errors import (
    BadState,
    Conflict,
    Forbidden,
    NotFound,
    Unauthenticated,
    ValidationFailed,
)


class AccountNotFound(NotFound):
    """No such account."""

    reason = "ACCOUNTS_ACCOUNT_NOT_FOUND"


class KeyNotFound(NotFound):
    """No such integrator key."""

    reason = "ACCOUNTS_KEY_NOT_FOUND"


class InvalidCredentials(Unauthenticated):
    """E-mail and password do not belong together. Says the same whether or not anybody has that e-mail."""

    reason = "ACCOUNTS_INVALID_CREDENTIALS"


class TokenInvalid(Unauthenticated):
    """A refresh, invite or reset token is unknown, used, superseded or too old."""

    reason = "ACCOUNTS_TOKEN_INVALID"


class TokenOutdated(Unauthenticated):
    """The caller's account has changed since the access token was issued: refresh it."""

    reason = "ACCOUNTS_TOKEN_OUTDATED"


class AccountNotUsable(Forbidden):
    """The password is right, but the account is locked or disabled."""

    reason = "ACCOUNTS_NOT_USABLE"


class EmailTaken(ValidationFailed):
    """Another account has this e-mail."""

    reason = "ACCOUNTS_EMAIL_TAKEN"


class EmailInvalid(ValidationFailed):
    """That is no e-mail address."""

    reason = "ACCOUNTS_EMAIL_INVALID"


class PasswordUnacceptable(ValidationFailed):
    """Too short, too long, or the e-mail itself."""

    reason = "ACCOUNTS_PASSWORD_UNACCEPTABLE"


class RolesInvalid(ValidationFailed):
    """An account cannot have this set of roles."""

    reason = "ACCOUNTS_ROLES_INVALID"


class ScopesInvalid(ValidationFailed):
    """An integrator's key cannot have these scopes."""

    reason = "ACCOUNTS_SCOPES_INVALID"


class IllegalTransition(BadState):
    """The account's state does not lead there."""

    reason = "ACCOUNTS_ILLEGAL_TRANSITION"


class LastAdmin(BadState):
    """Nobody would be left who can administer."""

    reason = "ACCOUNTS_LAST_ADMIN"


class VersionConflict(Conflict):
    """Somebody changed the account since the caller read it."""

    reason = "ACCOUNTS_VERSION_CONFLICT"


class KeySecretWrong(RuntimeError):
    """The stored signing keys cannot be read with the configured secret."""
