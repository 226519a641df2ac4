"""Whose rows are whose: what a caller may see of orders and clients, by role and by ownership. Pure."""

from __future__ import annotations

from uuid import UUID

from shared.identity import Principal, Role

_STAFF = (Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN)


def can_see_order(caller: Principal, *, client_id: UUID, worker_id: UUID | None) -> bool:
    """Staff see every order, a client their own, a worker those they were found for."""
    if caller.has_any(*_STAFF):
        return True
    if caller.has_any(Role.CLIENT) and caller.subject == str(client_id):
        return True
    return caller.has_any(Role.WORKER) and caller.subject == str(worker_id)


def can_see_client(caller: Principal, *, client_id: UUID) -> bool:
    """Staff see every client, a client themselves."""
    return caller.has_any(*_STAFF) or (
        caller.has_any(Role.CLIENT) and caller.subject == str(client_id)
    )
