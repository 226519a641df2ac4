"""The demo's part in hiring: a pool of tests, a set for cleaners, and one worker who was hired by taking them.

Everything is done by hiring's own commands, so the events go out as for anybody: matching and accounts learn of the
demo's worker as they would of any other, once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.demo import CLEANING, demo_id

from .questions import Kind, parse_questions
from .repository import HiringRepository
from .service import (
    ApplicationService,
    AttemptService,
    CatProfile,
    NewApplication,
    SkillService,
    TestDraft,
    TestPoolService,
)
from .states import TestState

CLEANERS = demo_id("test-set/cleaner")
WORKER = demo_id("worker")
VACANCY = "cleaner"
_MANAGER = str(demo_id("manager"))
_BASICS = TestDraft(
    code="BASICS",
    title="Cleaning without knocking things over",
    questions=json.dumps(
        [
            {
                "id": "order",
                "kind": "choice",
                "text": "What is cleaned first?",
                "options": ["The shelf", "The floor", "Yourself"],
                "answer": "The shelf",
                "weight": 2,
            },
            {
                "id": "tools",
                "kind": "multi",
                "text": "What do you bring?",
                "options": ["A mop", "A cloth", "A mouse"],
                "answer": ["A mop", "A cloth"],
            },
            {
                "id": "glass",
                "kind": "choice",
                "text": "A glass stands at the edge of the table. What do you do?",
                "options": ["Move it to the middle", "Push it"],
                "answer": "Move it to the middle",
                "weight": 3,
                "traits": ["careful"],
            },
        ]
    ),
    pass_bps=8_000,
    time_limit_sec=1_200,
    mandatory=True,
    traits=("thorough", "careful"),
)
_MANNERS = TestDraft(
    code="MANNERS",
    title="At the client's door",
    questions=json.dumps(
        [
            {
                "id": "shoes",
                "kind": "choice",
                "text": "Your paws are wet. What now?",
                "options": ["Wipe them", "Walk in", "Lick them on the carpet"],
                "answer": "Wipe them",
            },
            {
                "id": "late",
                "kind": "choice",
                "text": "You will be ten minutes late. What now?",
                "options": ["Say so before", "Nap"],
                "answer": "Say so before",
                "traits": ["punctual"],
            },
        ]
    ),
    pass_bps=7_000,
    time_limit_sec=600,
    mandatory=True,
    traits=("polite", "punctual"),
)
_TESTS = {demo_id("test/basics"): _BASICS, demo_id("test/manners"): _MANNERS}
_WHISKERS = NewApplication(
    profile=CatProfile(
        name="Whiskers", age_months=40, breed="European shorthair", fur_colour="tabby"
    ),
    contact="worker@demo.test",
    vacancy=VACANCY,
)


async def seed_demo(database: Database, clock: Clock) -> None:
    """Make the demo's tests and its worker, unless they are there already. All of it or nothing."""
    async with database.transaction() as session:
        if await HiringRepository(session).lock_worker(WORKER) is None:
            await _Seed(session, clock).plant()


@dataclass(frozen=True, slots=True)
class _Seed:
    session: AsyncSession
    clock: Clock

    async def plant(self) -> None:
        pool = TestPoolService(self.session, self.clock)
        for test_id, draft in _TESTS.items():
            await pool.create(draft, actor=_MANAGER, test_id=test_id)
            await pool.set_state(test_id, TestState.PUBLISHED)
        await pool.save_set(
            None, name="Cleaners", vacancy=VACANCY, test_ids=list(_TESTS), new_set_id=CLEANERS
        )
        await SkillService(self.session, self.clock).save(
            CLEANING, ["careful", "thorough"], actor=_MANAGER
        )
        await self._hire()

    async def _hire(self) -> None:
        applications = ApplicationService(self.session, self.clock)
        application_id = (await applications.apply(_WHISKERS)).id
        await applications.mark_contacted(application_id, note="Purrs well.", actor=_MANAGER)
        await applications.assign_tests(
            application_id,
            test_set_id=CLEANERS,
            deadline=self.clock.now() + timedelta(days=7),
            actor=_MANAGER,
            account_id=WORKER,
        )
        for attempt in await HiringRepository(self.session).list_attempts(application_id):
            await self._pass(attempt.id, attempt.test_id)

    async def _pass(self, attempt_id: UUID, test_id: UUID) -> None:
        attempts = AttemptService(self.session, self.clock)
        draft = _TESTS[test_id]
        right = [
            (
                question.id,
                json.dumps(sorted(question.answer))
                if question.kind is Kind.MULTI
                else next(iter(question.answer)),
            )
            for question in parse_questions(draft.questions, traits=draft.traits)
        ]
        await attempts.start(attempt_id, account_id=WORKER)
        await attempts.submit(attempt_id, right, account_id=WORKER)
