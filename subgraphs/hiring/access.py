"""Whose rows are whose: what a caller may see of applications, tests and workers, by role and by ownership. Pure."""

from __future__ import annotations

from enum import IntEnum
from uuid import UUID

from shared.identity import Principal, Role


class WorkerView(IntEnum):
    """How much of a worker a caller sees."""

    NOTHING = 0
    LOOKS = 1
    """Name, breed, fur and photo: enough to open the door to them."""
    EVERYTHING = 2


def worker_view(caller: Principal, *, worker_id: UUID) -> WorkerView:
    """Staff who judge workers see everything, workers everything of themselves.

    Clients and the consumables department see looks only. They reach workers by their own orders, jobs and requests,
    and it is those subgraphs that decide which; here they have no field to ask by.
    """
    if caller.has_any(Role.MANAGER, Role.QUALITY, Role.ADMIN):
        return WorkerView.EVERYTHING
    if caller.has_any(Role.WORKER) and caller.subject == str(worker_id):
        return WorkerView.EVERYTHING
    if caller.has_any(Role.CLIENT, Role.EMPLOYEE):
        return WorkerView.LOOKS
    return WorkerView.NOTHING


def can_see_application(caller: Principal, *, account_id: UUID | None) -> bool:
    """Staff who judge workers see every application, candidates and workers the one they came by."""
    if caller.has_any(Role.MANAGER, Role.QUALITY, Role.ADMIN):
        return True
    return (
        account_id is not None
        and caller.has_any(Role.CANDIDATE, Role.WORKER)
        and caller.subject == str(account_id)
    )


def can_see_right_answers(caller: Principal) -> bool:
    """Only those who write the tests."""
    return caller.has_any(Role.MANAGER)


def can_see_tests(caller: Principal) -> bool:
    """Only those who write the tests; a candidate sees the questions of an attempt that has been started."""
    return caller.has_any(Role.MANAGER)
