"""Whose rows are whose: what a caller may see of jobs, by role and by ownership. Pure."""

from __future__ import annotations

from uuid import UUID

from shared.identity import Principal, Role

_STAFF = (Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN)


def can_see_job(caller: Principal, *, client_id: UUID, worker_id: UUID) -> bool:
    """Staff see every job, a worker their own, a client that of their own order."""
    if can_see_worker(caller, worker_id=worker_id):
        return True
    return caller.has_any(Role.CLIENT) and caller.subject == str(client_id)


def can_see_worker(caller: Principal, *, worker_id: UUID) -> bool:
    """Staff see everybody's jobs, a worker their own."""
    if caller.has_any(*_STAFF):
        return True
    return caller.has_any(Role.WORKER) and caller.subject == str(worker_id)
