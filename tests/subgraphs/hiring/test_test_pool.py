from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import (
    CodeTaken,
    IllegalTransition,
    QuestionsInvalid,
    TestNotFound,
    TestSetNotFound,
    VersionConflict,
)
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import SkillService, TestPoolService
from subgraphs.hiring.states import TestState

from .builders import MANAGER, a_choice, a_draft, a_test


async def test_a_test_begins_as_a_draft_and_every_edit_is_a_version(
    session: AsyncSession, clock: ManualClock
) -> None:
    pool = TestPoolService(session, clock)
    first = await pool.create(a_draft(code="BASICS", title="One"), actor=MANAGER)
    await pool.set_state(first.test_id, TestState.PUBLISHED)

    second = await pool.edit(
        first.test_id, a_draft(code="BASICS", title="Two"), actor=MANAGER, expected_version=1
    )

    assert (first.version, first.title) == (1, "One")
    assert (second.version, second.title) == (2, "Two")
    (row,) = await HiringRepository(session).list_tests(TestState.PUBLISHED)
    assert (row.id, row.version) == (first.test_id, 2)


async def test_editing_needs_the_newest_version_if_one_is_named(
    session: AsyncSession, clock: ManualClock
) -> None:
    test_id = await a_test(session, clock)
    pool = TestPoolService(session, clock)
    await pool.edit(test_id, a_draft(), actor=MANAGER)

    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        await pool.edit(test_id, a_draft(), actor=MANAGER, expected_version=1)
    with pytest.raises(TestNotFound):
        await pool.edit(uuid4(), a_draft(), actor=MANAGER)


async def test_two_tests_cannot_share_a_code(session: AsyncSession, clock: ManualClock) -> None:
    await a_test(session, clock, a_draft(code="A"))
    other = await a_test(session, clock, a_draft(code="B"))

    with pytest.raises(CodeTaken):
        await a_test(session, clock, a_draft(code="A"))
    with pytest.raises(CodeTaken):
        await TestPoolService(session, clock).edit(other, a_draft(code="A"), actor=MANAGER)


async def test_states_lead_one_way_and_may_be_repeated(
    session: AsyncSession, clock: ManualClock
) -> None:
    pool = TestPoolService(session, clock)
    test_id = (await pool.create(a_draft(), actor=MANAGER)).test_id

    with pytest.raises(IllegalTransition):
        await pool.set_state(test_id, TestState.RETIRED)
    await pool.set_state(test_id, TestState.PUBLISHED)
    await pool.set_state(test_id, TestState.PUBLISHED)
    await pool.set_state(test_id, TestState.RETIRED)
    with pytest.raises(IllegalTransition):
        await pool.set_state(test_id, TestState.PUBLISHED)
    with pytest.raises(IllegalTransition):
        await pool.edit(test_id, a_draft(), actor=MANAGER)
    with pytest.raises(TestNotFound):
        await pool.set_state(uuid4(), TestState.PUBLISHED)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": " "},
        {"code": "x" * 65},
        {"title": ""},
        {"title": "x" * 201},
        {"pass_bps": -1},
        {"pass_bps": 10_001},
        {"time_limit_sec": 0},
        {"time_limit_sec": 86_401},
        {"traits": ["Not A Code"]},
        {"traits": [f"t{at}" for at in range(21)]},
    ],
)
async def test_what_cannot_be_meant_is_refused(
    session: AsyncSession, clock: ManualClock, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValidationFailed):
        await TestPoolService(session, clock).create(a_draft(**changes), actor=MANAGER)


async def test_questions_are_checked_when_they_are_written(
    session: AsyncSession, clock: ManualClock
) -> None:
    with pytest.raises(QuestionsInvalid):
        await TestPoolService(session, clock).create(
            a_draft([a_choice(answer="neither")]), actor=MANAGER
        )


async def test_a_set_keeps_its_tests_in_order_and_can_be_changed(
    session: AsyncSession, clock: ManualClock
) -> None:
    pool = TestPoolService(session, clock)
    a, b, c = [await a_test(session, clock) for _ in range(3)]
    row = await pool.save_set(None, name="Cleaners", vacancy="cleaner", test_ids=[c, a])

    changed = await pool.save_set(row.id, name="Cooks", vacancy=None, test_ids=[b, c, b])

    assert (changed.id, changed.name, changed.vacancy, changed.version) == (
        row.id,
        "Cooks",
        None,
        2,
    )
    await session.flush()
    assert await HiringRepository(session).find_set_tests([row.id]) == {row.id: [b, c]}


async def test_a_set_is_of_tests_that_exist(session: AsyncSession, clock: ManualClock) -> None:
    pool = TestPoolService(session, clock)
    test_id = await a_test(session, clock)

    with pytest.raises(TestNotFound):
        await pool.save_set(None, name="Set", vacancy=None, test_ids=[test_id, uuid4()])
    with pytest.raises(TestSetNotFound):
        await pool.save_set(uuid4(), name="Set", vacancy=None, test_ids=[test_id])
    with pytest.raises(ValidationFailed, match="tests"):
        await pool.save_set(None, name="Set", vacancy=None, test_ids=[])
    with pytest.raises(ValidationFailed, match="name"):
        await pool.save_set(None, name=" ", vacancy=None, test_ids=[test_id])
    with pytest.raises(ValidationFailed, match="vacancy"):
        await pool.save_set(None, name="Set", vacancy="", test_ids=[test_id])


async def test_skill_requirements_are_kept_by_version(
    session: AsyncSession, clock: ManualClock
) -> None:
    skills, service_type_id = SkillService(session, clock), uuid4()

    first = await skills.save(service_type_id, ["careful", "careful"], actor=MANAGER)
    assert (first.version, first.traits) == (1, ["careful"])
    await skills.save(service_type_id, ["polite"], actor=MANAGER, expected_version=1)
    with pytest.raises(VersionConflict):
        await skills.save(service_type_id, [], actor=MANAGER, expected_version=1)
    with pytest.raises(ValidationFailed):
        await skills.save(service_type_id, ["NO"], actor=MANAGER)

    await session.flush()
    (row,) = await HiringRepository(session).list_skill_requirements()
    assert (row.service_type_id, row.version, row.traits) == (service_type_id, 2, ["polite"])
