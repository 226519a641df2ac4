"""Who may call what: every root field of a schema carries one of these rules, or the schema does not build.

Rules decide by role alone. Which *rows* a caller sees is decided by the domain's own ``access.py``, since only it knows
what makes a row somebody's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.types import Info

from .errors import Forbidden, Unauthenticated
from .identity import Principal, Role
from .request_context import RequestContext


@dataclass(frozen=True, slots=True)
class Rule:
    """A yes-or-no question about the caller, and how to say no."""

    description: str
    permits: Callable[[Principal], bool]
    open_to_anonymous: bool = False

    def check(self, principal: Principal) -> None:
        """Do nothing when the caller is permitted.

        Raises:
            Unauthenticated: nobody is signed in, and somebody must be.
            Forbidden: the caller is not among those who may.
        """
        if self.permits(principal):
            return
        if principal.is_anonymous:
            raise Unauthenticated("Sign in first.")
        raise Forbidden(f"Only {self.description} may do this.")


class Allow(FieldExtension):
    """Lets only those callers through to the resolver whom ``rule`` permits."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        """Check, then resolve."""
        self._check(info)
        return next_(source, info, **arguments)

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any
    ) -> Any:
        """Check, then resolve."""
        self._check(info)
        return await next_(source, info, **arguments)

    def _check(self, info: Info) -> None:
        context = info.context
        if not isinstance(context, RequestContext):
            raise TypeError(f"The context must be a RequestContext, not {type(context).__name__}")
        self.rule.check(context.principal)


def anyone() -> Allow:
    """Open to everybody, signed in or not."""
    return Allow(Rule("anyone", lambda _: True, open_to_anonymous=True))


def signed_in() -> Allow:
    """Open to every person with an account."""
    return Allow(
        Rule("signed-in people", lambda caller: not caller.is_anonymous and not caller.is_service)
    )


def roles(*permitted: Role) -> Allow:
    """Open to people with one of the roles."""
    names = ", ".join(role.value for role in permitted)
    return Allow(Rule(names, lambda caller: caller.has_any(*permitted)))


def services() -> Allow:
    """Open to our own services only, by client credentials."""
    return Allow(Rule("services", lambda caller: caller.is_service))
