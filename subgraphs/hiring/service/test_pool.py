"""The pool of tests and their sets. Every edit adds a version; attempts that run stay on theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identifiers import new_id
from subgraphs.hiring.errors import (
    CodeTaken,
    IllegalTransition,
    TestNotFound,
    TestSetNotFound,
    VersionConflict,
)
from subgraphs.hiring.grading import BPS
from subgraphs.hiring.models import Test, TestSet, TestSetItem, TestVersion
from subgraphs.hiring.questions import parse_questions
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import TestState, advance

from .applications import MAX_TESTS, MAX_VACANCY
from .skills import check_traits

MAX_CODE = 64
MAX_NAME = 200
MAX_TIME_LIMIT_SEC = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDraft:
    """What a manager writes about a test."""

    __test__ = False  # the name makes test runners curious

    code: str
    title: str
    questions: str
    """JSON; the format is in ``questions.py``."""
    pass_bps: int
    time_limit_sec: int
    mandatory: bool
    traits: Sequence[str]


@dataclass(frozen=True, slots=True)
class TestPoolService:
    """Keeps the pool."""

    __test__ = False

    session: AsyncSession
    clock: Clock

    async def create(
        self, draft: TestDraft, *, actor: str, test_id: UUID | None = None
    ) -> TestVersion:
        """Add a test to the pool, as a draft.

        Raises:
            CodeTaken: another test has the code.
            QuestionsInvalid: the questions do not follow the format.
            ValidationFailed: another value cannot be meant.
        """
        _check(draft)
        if await HiringRepository(self.session).find_test_by_code(draft.code) is not None:
            raise CodeTaken(f"The code {draft.code} is in use.")
        row = Test(id=test_id or new_id(), code=draft.code, state=TestState.DRAFT, version=1)
        self.session.add(row)
        await self._flush(draft)
        return self._write_version(row, draft, actor)

    async def edit(
        self, test_id: UUID, draft: TestDraft, *, actor: str, expected_version: int | None = None
    ) -> TestVersion:
        """Change what a test asks of those to whom it is assigned from now on.

        Raises:
            TestNotFound: there is none with this id.
            VersionConflict: somebody edited it since the caller read ``expected_version``.
            IllegalTransition: it is retired.
            CodeTaken, QuestionsInvalid, ValidationFailed: as in ``create``.
        """
        _check(draft)
        row = await self._lock(test_id)
        if expected_version is not None and row.version != expected_version:
            raise VersionConflict(f"The test is at version {row.version}, not {expected_version}.")
        if row.state is TestState.RETIRED:
            raise IllegalTransition("A retired test is not edited any more.")
        if draft.code != row.code and await HiringRepository(self.session).find_test_by_code(
            draft.code
        ):
            raise CodeTaken(f"The code {draft.code} is in use.")
        row.code = draft.code
        row.version += 1
        await self._flush(draft)
        return self._write_version(row, draft, actor)

    async def set_state(self, test_id: UUID, state: TestState) -> Test:
        """Publish a draft, or retire what was published. Repeating it changes nothing.

        Raises:
            TestNotFound: there is none with this id.
            IllegalTransition: the state does not lead there.
        """
        row = await self._lock(test_id)
        if row.state is not state:
            row.state = advance(row.state, state)
        return row

    async def save_set(
        self,
        test_set_id: UUID | None,
        *,
        name: str,
        vacancy: str | None,
        test_ids: Sequence[UUID],
        new_set_id: UUID | None = None,
    ) -> TestSet:
        """Make a set of tests, or change one.

        Raises:
            TestSetNotFound, TestNotFound: there is none with that id.
            ValidationFailed: the name is empty, or the set is, or far too large.
        """
        if not name.strip() or len(name) > MAX_NAME:
            raise ValidationFailed(f"`name` has 1 to {MAX_NAME} characters.")
        if vacancy is not None and not 1 <= len(vacancy) <= MAX_VACANCY:
            raise ValidationFailed(f"`vacancy` has 1 to {MAX_VACANCY} characters.")
        wanted = list(dict.fromkeys(test_ids))
        if not 1 <= len(wanted) <= MAX_TESTS:
            raise ValidationFailed(f"A set has 1 to {MAX_TESTS} tests.")
        found = await HiringRepository(self.session).find_tests(wanted)
        for test_id in wanted:
            if test_id not in found:
                raise TestNotFound(f"Test {test_id} does not exist.")
        row = await self._ensure_set(test_set_id, new_set_id)
        row.name, row.vacancy = name.strip(), vacancy
        row.version += 1
        await self.session.flush()
        for place, test_id in enumerate(wanted):
            self.session.add(TestSetItem(test_set_id=row.id, place=place, test_id=test_id))
        return row

    async def _lock(self, test_id: UUID) -> Test:
        row = await HiringRepository(self.session).lock_test(test_id)
        if row is None:
            raise TestNotFound(f"Test {test_id} does not exist.")
        return row

    async def _ensure_set(self, test_set_id: UUID | None, new_set_id: UUID | None) -> TestSet:
        if test_set_id is None:
            row = TestSet(id=new_set_id or new_id(), version=0)
            self.session.add(row)
            return row
        found = await HiringRepository(self.session).lock_test_set(test_set_id)
        if found is None:
            raise TestSetNotFound(f"Test set {test_set_id} does not exist.")
        await HiringRepository(self.session).clear_test_set(test_set_id)
        return found

    async def _flush(self, draft: TestDraft) -> None:
        try:
            await self.session.flush()
        except IntegrityError as error:
            # Two took the code at the same moment; the other was first.
            raise CodeTaken(f"The code {draft.code} is in use.") from error

    def _write_version(self, row: Test, draft: TestDraft, actor: str) -> TestVersion:
        version = TestVersion(
            test_id=row.id,
            version=row.version,
            code=draft.code,
            title=draft.title.strip(),
            questions=draft.questions,
            pass_bps=draft.pass_bps,
            time_limit_sec=draft.time_limit_sec,
            mandatory=draft.mandatory,
            traits=check_traits(draft.traits),
            updated_by=actor,
            updated_at=self.clock.now(),
        )
        self.session.add(version)
        return version


def _check(draft: TestDraft) -> None:
    if not draft.code.strip() or len(draft.code) > MAX_CODE:
        raise ValidationFailed(f"`code` has 1 to {MAX_CODE} characters.")
    if not draft.title.strip() or len(draft.title) > MAX_NAME:
        raise ValidationFailed(f"`title` has 1 to {MAX_NAME} characters.")
    if not 0 <= draft.pass_bps <= BPS:
        raise ValidationFailed(f"`passBps` is between 0 and {BPS}.")
    if not 1 <= draft.time_limit_sec <= MAX_TIME_LIMIT_SEC:
        raise ValidationFailed(f"`timeLimitSec` is between 1 and {MAX_TIME_LIMIT_SEC}.")
    parse_questions(draft.questions, traits=check_traits(draft.traits))
