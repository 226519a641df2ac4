"""Who sees what of an account. Pure.

Everybody who is signed in may read the name of an account they come across (a client that of their worker); the rest is
for its owner and for staff.
"""

from __future__ import annotations

from uuid import UUID

from shared.errors import Forbidden, Unauthenticated
from shared.identity import Principal, Role

_STAFF = (Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN)


def require_signed_in(caller: Principal) -> None:
    """Refuse strangers; our own services come in.

    Raises:
        Unauthenticated: the caller is anonymous.
    """
    if caller.is_anonymous:
        raise Unauthenticated("Sign in first.")


def require_private(caller: Principal, *, account_id: UUID) -> None:
    """Let the owner and staff see e-mail, roles, state and the like.

    Raises:
        Forbidden: the caller is neither.
    """
    if not (caller.has_any(*_STAFF) or caller.subject == str(account_id)):
        raise Forbidden("Only its owner and staff may see this of an account.")


def require_sessions(caller: Principal, *, account_id: UUID) -> None:
    """Let the owner and administrators see where somebody is signed in.

    Raises:
        Forbidden: the caller is neither.
    """
    if not (caller.has_any(Role.ADMIN) or caller.subject == str(account_id)):
        raise Forbidden("Only its owner and administrators may see an account's sessions.")
