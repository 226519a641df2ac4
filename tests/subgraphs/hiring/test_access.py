from __future__ import annotations

from uuid import uuid4

import pytest

from shared.identity import ANONYMOUS, Role
from subgraphs.hiring.access import (
    WorkerView,
    can_see_application,
    can_see_right_answers,
    can_see_tests,
    worker_view,
)
from tests.support.callers import a_person, a_service

OWN = uuid4()


@pytest.mark.parametrize(
    ("role", "own", "other"),
    [
        (Role.MANAGER, WorkerView.EVERYTHING, WorkerView.EVERYTHING),
        (Role.QUALITY, WorkerView.EVERYTHING, WorkerView.EVERYTHING),
        (Role.ADMIN, WorkerView.EVERYTHING, WorkerView.EVERYTHING),
        (Role.WORKER, WorkerView.EVERYTHING, WorkerView.NOTHING),
        (Role.CLIENT, WorkerView.LOOKS, WorkerView.LOOKS),
        (Role.EMPLOYEE, WorkerView.LOOKS, WorkerView.LOOKS),
        (Role.CANDIDATE, WorkerView.NOTHING, WorkerView.NOTHING),
        (Role.INTEGRATOR, WorkerView.NOTHING, WorkerView.NOTHING),
    ],
)
def test_how_much_of_a_worker_a_role_sees(role: Role, own: WorkerView, other: WorkerView) -> None:
    assert worker_view(a_person(role, account_id=OWN), worker_id=OWN) is own
    assert worker_view(a_person(role), worker_id=OWN) is other


@pytest.mark.parametrize(
    ("role", "own", "other"),
    [
        (Role.MANAGER, True, True),
        (Role.QUALITY, True, True),
        (Role.ADMIN, True, True),
        (Role.WORKER, True, False),
        (Role.CANDIDATE, True, False),
        (Role.CLIENT, False, False),
        (Role.EMPLOYEE, False, False),
        (Role.INTEGRATOR, False, False),
    ],
)
def test_whose_applications_a_role_sees(role: Role, own: bool, other: bool) -> None:
    assert can_see_application(a_person(role, account_id=OWN), account_id=OWN) is own
    assert can_see_application(a_person(role), account_id=OWN) is other
    assert can_see_application(a_person(role), account_id=None) is other


def test_strangers_and_services_see_nothing() -> None:
    for caller in (ANONYMOUS, a_service("orders")):
        assert worker_view(caller, worker_id=OWN) is WorkerView.NOTHING
        assert not can_see_application(caller, account_id=None)
        assert not can_see_tests(caller)


@pytest.mark.parametrize("role", list(Role))
def test_only_managers_see_what_is_right(role: Role) -> None:
    assert can_see_right_answers(a_person(role)) is (role is Role.MANAGER)
    assert can_see_tests(a_person(role)) is (role is Role.MANAGER)
