"""Whose rows are whose: what a caller may see of searches and of the pool. Pure."""

from __future__ import annotations

from uuid import UUID

from shared.identity import Principal, Role

_STAFF = (Role.MANAGER, Role.QUALITY, Role.ADMIN)


def can_see_searches(caller: Principal) -> bool:
    """How a worker was found, and who was passed over, is the staff's business only."""
    return caller.has_any(*_STAFF)


def can_see_pool_member(caller: Principal, *, worker_id: UUID) -> bool:
    """Staff see everybody's place in the pool, a worker their own."""
    if caller.has_any(*_STAFF):
        return True
    return caller.has_any(Role.WORKER) and caller.subject == str(worker_id)
