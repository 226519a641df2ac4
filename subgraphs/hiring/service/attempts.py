"""Taking tests: started and handed in by candidates, judged by the key or by a manager, ended by the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import (
    AnswersInvalid,
    AttemptExpired,
    AttemptNotFound,
    IllegalTransition,
)
from subgraphs.hiring.grading import BPS, needs_reading, score
from subgraphs.hiring.models import Application, Attempt, TestVersion
from subgraphs.hiring.questions import Question, parse_answer, parse_questions
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.settings import DecisionSettings
from subgraphs.hiring.states import (
    CLOSED,
    EXPIRABLE,
    ApplicationState,
    AttemptState,
    advance,
)

from .decisions import DecisionService
from .steps import SYSTEM, check_note, move


@dataclass(frozen=True, slots=True)
class AttemptService:
    """Changes attempts, on behalf of a mutation or of a timer."""

    session: AsyncSession
    clock: Clock
    settings: DecisionSettings = field(default_factory=DecisionSettings)

    async def start(self, attempt_id: UUID, *, account_id: UUID) -> Attempt:
        """Show the candidate the questions; the time limit runs from now. Repeating it changes nothing.

        Raises:
            AttemptNotFound: the account has no such attempt.
            AttemptExpired: the deadline is over.
            IllegalTransition: it has ended already.
        """
        application, attempt = await self._lock_own(attempt_id, account_id)
        self._check_time(attempt)
        if attempt.state is AttemptState.STARTED:
            return attempt
        attempt.state = advance(attempt.state, AttemptState.STARTED)
        now = self.clock.now()
        version = await self._version(attempt)
        attempt.started_at = now
        attempt.ends_at = min(attempt.ends_at, now + timedelta(seconds=version.time_limit_sec))
        await self._touch(application, actor=str(account_id))
        return attempt

    async def submit(
        self, attempt_id: UUID, answers: Iterable[tuple[str, str]], *, account_id: UUID
    ) -> Attempt:
        """Hand the answers in, by question; questions left out are not right. They are graded at once.

        Raises:
            AttemptNotFound: the account has no such attempt.
            AttemptExpired: the time limit or the deadline is over.
            AnswersInvalid: an answer is to no question, the second to one, or not among its options.
            IllegalTransition: it was not started, or handed in before.
        """
        application, attempt = await self._lock_own(attempt_id, account_id)
        self._check_time(attempt)
        version = await self._version(attempt)
        questions = read_questions(version)
        parsed = _parse(questions, answers)
        attempt.state = advance(attempt.state, AttemptState.SUBMITTED)
        attempt.submitted_at = self.clock.now()
        attempt.answers = {key: list(chosen) for key, chosen in parsed.items()}
        if needs_reading(questions):
            attempt.state = advance(attempt.state, AttemptState.NEEDS_REVIEW)
        else:
            self._grade(attempt, version, score(questions, parsed), by=SYSTEM)
        await self._touch(application, actor=str(account_id))
        await self._settle(application)
        return attempt

    async def review(self, attempt_id: UUID, *, score_bps: int, note: str, actor: str) -> Attempt:
        """Judge an attempt that no key can: ``score_bps`` is the score of the whole attempt.

        Raises:
            AttemptNotFound: no such attempt.
            IllegalTransition: it does not wait for a review, or its application has ended.
            ValidationFailed: the score is no share.
        """
        application, attempt = await self._lock(attempt_id)
        if not 0 <= score_bps <= BPS:
            raise ValidationFailed(f"`scoreBps` is between 0 and {BPS}.")
        if application.state in CLOSED:
            raise IllegalTransition(f"The application is {application.state}.")
        attempt.review_note = check_note("note", note)
        attempt.review_bps = score_bps
        self._grade(attempt, await self._version(attempt), score_bps, by=actor)
        application.active_at = self.clock.now()
        await self._settle(application)
        return attempt

    async def expire_overdue(self, application_id: UUID) -> int:
        """End the attempts whose time is over, and decide if nothing else is open; return how many were ended."""
        application = await HiringRepository(self.session).lock_application(application_id)
        if application is None or application.state in CLOSED:
            return 0
        now = self.clock.now()
        attempts = await HiringRepository(self.session).list_attempts(application_id)
        overdue = [
            attempt for attempt in attempts if attempt.state in EXPIRABLE and attempt.ends_at <= now
        ]
        for attempt in overdue:
            attempt.state = advance(attempt.state, AttemptState.EXPIRED)
        if overdue:
            await self._settle(application)
        return len(overdue)

    async def _lock(self, attempt_id: UUID) -> tuple[Application, Attempt]:
        application = await HiringRepository(self.session).lock_application_of(attempt_id)
        if application is None:
            raise AttemptNotFound(f"Attempt {attempt_id} does not exist.")
        attempts = await HiringRepository(self.session).list_attempts(application.id)
        return application, next(each for each in attempts if each.id == attempt_id)

    async def _lock_own(self, attempt_id: UUID, account_id: UUID) -> tuple[Application, Attempt]:
        application, attempt = await self._lock(attempt_id)
        if application.candidate_account_id != account_id:
            raise AttemptNotFound(f"Attempt {attempt_id} does not exist.")
        return application, attempt

    def _check_time(self, attempt: Attempt) -> None:
        # The timer may be a moment late; the clock decides.
        if attempt.state in EXPIRABLE and attempt.ends_at <= self.clock.now():
            raise AttemptExpired("The time for this test is over.")

    async def _version(self, attempt: Attempt) -> TestVersion:
        key = (attempt.test_id, attempt.test_version)
        return (await HiringRepository(self.session).find_versions([key]))[key]

    def _grade(self, attempt: Attempt, version: TestVersion, score_bps: int, *, by: str) -> None:
        passed = score_bps >= version.pass_bps
        attempt.state = advance(
            attempt.state, AttemptState.PASSED if passed else AttemptState.FAILED
        )
        attempt.score_bps = score_bps
        attempt.graded_by = by

    async def _touch(self, application: Application, *, actor: str) -> None:
        application.active_at = self.clock.now()
        if application.state is ApplicationState.TESTS_ASSIGNED:
            await move(self.session, self.clock, application, ApplicationState.TESTING, actor=actor)

    async def _settle(self, application: Application) -> None:
        await DecisionService(self.session, self.clock, self.settings).settle(application)


def read_questions(version: TestVersion) -> tuple[Question, ...]:
    """Return the questions of a version of a test."""
    return parse_questions(version.questions, traits=version.traits)


def _parse(
    questions: Iterable[Question], answers: Iterable[tuple[str, str]]
) -> Mapping[str, tuple[str, ...]]:
    by_id = {question.id: question for question in questions}
    parsed: dict[str, tuple[str, ...]] = {}
    for question_id, value in answers:
        if question_id not in by_id:
            raise AnswersInvalid(f"The test has no question {question_id[:64]!r}.")
        if question_id in parsed:
            raise AnswersInvalid(f"There are two answers to {question_id}.")
        parsed[question_id] = parse_answer(by_id[question_id], value)
    return parsed
