"""Hiring's object types, and whom their rows are shown to."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.identifiers import parse_id
from subgraphs.hiring.access import (
    WorkerView,
    can_see_application,
    can_see_right_answers,
    can_see_tests,
    worker_view,
)
from subgraphs.hiring.grading import is_right
from subgraphs.hiring.loaders import Info
from subgraphs.hiring.models import (
    Application,
    ApplicationStep,
    Attempt,
    Decision,
    SkillRequirement,
    Test,
    TestSet,
    TestVersion,
    Worker,
)
from subgraphs.hiring.questions import Question
from subgraphs.hiring.repository import FunnelCounts
from subgraphs.hiring.service.attempts import read_questions
from subgraphs.hiring.states import ApplicationState, AttemptState, TestState

strawberry.enum(ApplicationState)
strawberry.enum(AttemptState)
strawberry.enum(TestState)

_HOUR_SEC = 3_600


@strawberry.federation.type(shareable=True)
class Trait:
    """A strength or a weakness."""

    code: str
    weight: int = strawberry.field(description="How pronounced, 0 to 100.")


@strawberry.type
class CatProfile:
    """How somebody looks."""

    name: str
    age_months: int | None = strawberry.field(description="Not shown to clients.")
    breed: str
    fur_colour: str
    photo_ref: str | None

    @classmethod
    def from_row(cls, row: Application | Worker, *, with_age: bool = True) -> Self:
        """Show a profile."""
        return cls(
            name=row.name,
            age_months=row.age_months if with_age else None,
            breed=row.breed,
            fur_colour=row.fur_colour,
            photo_ref=row.photo_ref,
        )


@strawberry.type(name="Decision")
class DecisionType:
    """What became of an application."""

    verdict: ApplicationState
    automatic: bool
    by: strawberry.ID = strawberry.field(description='The manager, or "system".')
    reason: str
    rule_version: int
    at: datetime

    @classmethod
    def from_row(cls, row: Decision) -> Self:
        """Show a decision."""
        return cls(
            verdict=row.verdict,
            automatic=row.automatic,
            by=strawberry.ID(row.by),
            reason=row.reason,
            rule_version=row.rule_version,
            at=row.at,
        )


@strawberry.type(name="Question")
class QuestionType:
    """A question of a test."""

    id: strawberry.ID
    text: str
    kind: str = strawberry.field(
        description="choice: one option is right; multi: some are; text: a manager reads the answer."
    )
    options: list[str]
    weight: int
    answer: list[str] | None = strawberry.field(description="The right options; for managers only.")
    traits: list[str] | None = strawberry.field(description="What it measures; for managers only.")

    @classmethod
    def from_question(cls, info: Info, question: Question) -> Self:
        """Show a question; what is right, only to those who may know."""
        shows_all = can_see_right_answers(info.context.principal)
        return cls(
            id=strawberry.ID(question.id),
            text=question.text,
            kind=question.kind.value,
            options=list(question.options),
            weight=question.weight,
            answer=sorted(question.answer) if shows_all else None,
            traits=list(question.traits) if shows_all else None,
        )


@strawberry.federation.type(name="Test", keys=["id"])
class TestType:
    """A test of the pool, at one of its versions."""

    __test__ = False  # the name makes test runners curious

    row: strawberry.Private[TestVersion]
    id: strawberry.ID
    code: str
    title: str
    state: TestState
    version: int
    pass_bps: int
    time_limit_sec: int
    mandatory: bool
    traits: list[str]

    @classmethod
    async def find(cls, info: Info, test_id: UUID, version: int | None = None) -> Self | None:
        """Show a test at a version, or at its newest."""
        row = await info.context.test.load(test_id)
        if row is None:
            return None
        found = await info.context.test_version.load((test_id, version or row.version))
        return None if found is None else cls.from_rows(row, found)

    @classmethod
    def from_rows(cls, row: Test, version: TestVersion) -> Self:
        """Show one version of a test."""
        return cls(
            row=version,
            id=strawberry.ID(str(row.id)),
            code=version.code,
            title=version.title,
            state=row.state,
            version=version.version,
            pass_bps=version.pass_bps,
            time_limit_sec=version.time_limit_sec,
            mandatory=version.mandatory,
            traits=version.traits,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a test as it is now, for those who see the pool."""
        if not can_see_tests(info.context.principal):
            return None
        return await cls.find(info, parse_id(id))

    @strawberry.field(
        description="For managers only; a candidate reads those of an attempt, once it is started."
    )
    def questions(self, info: Info) -> list[QuestionType] | None:
        """What the test asks."""
        if not can_see_tests(info.context.principal):
            return None
        return [QuestionType.from_question(info, each) for each in read_questions(self.row)]


@strawberry.type(name="TestSet")
class TestSetType:
    """Tests that are assigned together."""

    __test__ = False

    id: strawberry.ID
    name: str
    vacancy: str | None
    version: int

    @classmethod
    def from_row(cls, row: TestSet) -> Self:
        """Show a set."""
        return cls(
            id=strawberry.ID(str(row.id)), name=row.name, vacancy=row.vacancy, version=row.version
        )

    @strawberry.field
    async def tests(self, info: Info) -> list[TestType]:
        """The tests of the set, at their newest version."""
        test_ids = await info.context.set_tests.load(UUID(self.id))
        found = [await TestType.find(info, test_id) for test_id in test_ids]
        return [test for test in found if test is not None]


@strawberry.type
class Answer:
    """What a candidate answered."""

    question_id: strawberry.ID
    values: list[str] = strawberry.field(description="The options chosen, or the text written.")
    correct: bool | None = strawberry.field(
        description="Null for a text, and for everybody but managers."
    )


@strawberry.federation.type(name="Attempt", keys=["id"])
class AttemptType:
    """A candidate's go at a test."""

    row: strawberry.Private[Attempt]
    id: strawberry.ID
    test_version: int
    state: AttemptState
    score_bps: int | None
    started_at: datetime | None
    deadline: datetime | None = strawberry.field(
        description="When it must be handed in; once started, the time limit counts too."
    )
    submitted_at: datetime | None
    graded_by: strawberry.ID | None

    @classmethod
    def from_row(cls, row: Attempt) -> Self:
        """Show an attempt."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            test_version=row.test_version,
            state=row.state,
            score_bps=row.score_bps,
            started_at=row.started_at,
            deadline=row.ends_at,
            submitted_at=row.submitted_at,
            graded_by=None if row.graded_by is None else strawberry.ID(row.graded_by),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find an attempt that another subgraph refers to, for those who see its application."""
        row = await info.context.attempt.load(parse_id(id))
        if row is None:
            return None
        application = await info.context.application.load(row.application_id)
        return None if ApplicationType.if_visible(info, application) is None else cls.from_row(row)

    @strawberry.field
    async def test(self, info: Info) -> TestType:
        """The test at the version that was assigned."""
        found = await TestType.find(info, self.row.test_id, self.row.test_version)
        if found is None:
            raise AssertionError("an attempt keeps its test by a foreign key")
        return found

    @strawberry.field(
        description="What is asked. A candidate sees it from the moment the attempt is started."
    )
    async def questions(self, info: Info) -> list[QuestionType] | None:
        """The questions of the attempt's version, without what is right unless the caller may know."""
        if self.row.started_at is None and not can_see_tests(info.context.principal):
            return None
        return [QuestionType.from_question(info, each) for each in await self._questions(info)]

    @strawberry.field(description="What was answered, once it is handed in.")
    async def answers(self, info: Info) -> list[Answer] | None:
        """The candidate's answers, in the order of the questions."""
        given = self.row.answers
        if given is None:
            return None
        shows_right = can_see_right_answers(info.context.principal)
        return [
            Answer(
                question_id=strawberry.ID(question.id),
                values=given[question.id],
                correct=is_right(question, given[question.id])
                if shows_right and question.options
                else None,
            )
            for question in await self._questions(info)
            if question.id in given
        ]

    async def _questions(self, info: Info) -> tuple[Question, ...]:
        key = (self.row.test_id, self.row.test_version)
        version = await info.context.test_version.load(key)
        return () if version is None else read_questions(version)


@strawberry.type(name="ApplicationStep")
class ApplicationStepType:
    """One step of an application's timeline."""

    at: datetime
    from_: ApplicationState | None = strawberry.field(name="from")
    to: ApplicationState
    actor: str
    note: str | None

    @classmethod
    def from_row(cls, row: ApplicationStep) -> Self:
        """Show a step."""
        return cls(at=row.at, from_=row.from_state, to=row.to_state, actor=row.actor, note=row.note)


@strawberry.federation.type(name="Application", keys=["id"])
class ApplicationType:
    """Somebody who wants to work here."""

    row: strawberry.Private[Application]
    id: strawberry.ID
    profile: CatProfile
    contact: str
    vacancy: str | None
    state: ApplicationState
    created_at: datetime
    version: int

    @classmethod
    def from_row(cls, row: Application) -> Self:
        """Show an application."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            profile=CatProfile.from_row(row),
            contact=row.contact,
            vacancy=row.vacancy,
            state=row.state,
            created_at=row.created_at,
            version=row.version,
        )

    @classmethod
    def if_visible(cls, info: Info, row: Application | None) -> Self | None:
        """Show an application to those who may see it; to others it does not exist."""
        if row is None or not _is_visible(info, row):
            return None
        return cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find an application that another subgraph refers to."""
        return cls.if_visible(info, await info.context.application.load(parse_id(id)))

    # An applicant is shown what they sent and how it stands, though nobody is signed in. The rest needs an account.

    @strawberry.field
    def candidate_account_id(self, info: Info) -> strawberry.ID | None:
        """The account that takes the tests, once there are some."""
        account_id = self.row.candidate_account_id
        if account_id is None or not _is_visible(info, self.row):
            return None
        return strawberry.ID(str(account_id))

    @strawberry.field
    def contacted_by(self, info: Info) -> strawberry.ID | None:
        """The manager who spoke with the candidate."""
        if self.row.contacted_by is None or not _is_visible(info, self.row):
            return None
        return strawberry.ID(self.row.contacted_by)

    @strawberry.field
    def score_bps(self, info: Info) -> int | None:
        """The mean of the attempts' scores, floored; known when all have ended."""
        return self.row.score_bps if _is_visible(info, self.row) else None

    @strawberry.field
    async def attempts(self, info: Info) -> list[AttemptType]:
        """The tests that were assigned, in their order."""
        if not _is_visible(info, self.row):
            return []
        return [AttemptType.from_row(row) for row in await info.context.attempts.load(self.row.id)]

    @strawberry.field
    async def decision(self, info: Info) -> DecisionType | None:
        """What was decided."""
        if not _is_visible(info, self.row):
            return None
        row = await info.context.decision.load(self.row.id)
        return None if row is None else DecisionType.from_row(row)

    @strawberry.field
    async def worker(self, info: Info) -> WorkerType | None:
        """The worker whom it led to."""
        row = await info.context.worker_of.load(self.row.id)
        return None if row is None else WorkerType.if_visible(info, row)

    @strawberry.field(description="For managers only.")
    async def timeline(self, info: Info) -> list[ApplicationStepType] | None:
        """What happened to the application, step by step, with the managers' notes."""
        if not can_see_tests(info.context.principal):
            return None
        return [
            ApplicationStepType.from_row(row) for row in await info.context.steps.load(self.row.id)
        ]


@strawberry.federation.type(name="Worker", keys=["id"])
class WorkerType:
    """Somebody who was hired."""

    row: strawberry.Private[Worker]
    view: strawberry.Private[WorkerView]
    id: strawberry.ID
    profile: CatProfile | None

    @classmethod
    def if_visible(cls, info: Info, row: Worker) -> Self | None:
        """Show a worker as far as the caller may see them; to those who may see nothing they do not exist."""
        view = worker_view(info.context.principal, worker_id=row.id)
        if view is WorkerView.NOTHING:
            return None
        return cls(
            row=row,
            view=view,
            id=strawberry.ID(str(row.id)),
            profile=CatProfile.from_row(row, with_age=view is WorkerView.EVERYTHING),
        )

    @classmethod
    async def find(cls, info: Info, worker_id: UUID) -> Self | None:
        """Show a worker by id."""
        row = await info.context.worker.load(worker_id)
        return None if row is None else cls.if_visible(info, row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a worker that another subgraph refers to."""
        return await cls.find(info, parse_id(id))

    @strawberry.field
    def strengths(self) -> list[Trait] | None:
        """What they are good at. Clients see looks only."""
        return self._traits(self.row.strengths)

    @strawberry.field
    def weaknesses(self) -> list[Trait] | None:
        """What they are bad at. Clients see looks only."""
        return self._traits(self.row.weaknesses)

    @strawberry.field
    def hired_at(self) -> datetime | None:
        """Since when they work here."""
        return self.row.hired_at if self.view is WorkerView.EVERYTHING else None

    @strawberry.field
    def dismissed_at(self) -> datetime | None:
        """Since when they do not any more."""
        return self.row.dismissed_at if self.view is WorkerView.EVERYTHING else None

    @strawberry.field
    async def application(self, info: Info) -> ApplicationType | None:
        """The application by which they came."""
        row = await info.context.application.load(self.row.application_id)
        return ApplicationType.if_visible(info, row)

    def _traits(self, weights: dict[str, int]) -> list[Trait] | None:
        if self.view is not WorkerView.EVERYTHING:
            return None
        return [Trait(code=code, weight=weight) for code, weight in sorted(weights.items())]


@strawberry.type(name="SkillRequirement")
class SkillRequirementType:
    """What a worker must be good at to have the skill for a service type."""

    service_type_id: strawberry.ID
    traits: list[str] = strawberry.field(description="All of them must be strengths.")
    version: int
    updated_by: strawberry.ID
    updated_at: datetime

    @classmethod
    def from_row(cls, row: SkillRequirement) -> Self:
        """Show a requirement."""
        return cls(
            service_type_id=strawberry.ID(str(row.service_type_id)),
            traits=row.traits,
            version=row.version,
            updated_by=strawberry.ID(row.updated_by),
            updated_at=row.updated_at,
        )


@strawberry.type
class Funnel:
    """How far the applications of a period have come by now."""

    submitted: int
    contacted: int
    tested: int
    hired: int
    rejected: int
    median_hours_to_decision: int | None = strawberry.field(
        description="Whole hours from arrival, floored; null before anything is decided."
    )

    @classmethod
    def from_counts(cls, counts: FunnelCounts) -> Self:
        """Show counts."""
        seconds = counts.median_seconds_to_decision
        return cls(
            submitted=counts.submitted,
            contacted=counts.contacted,
            tested=counts.tested,
            hired=counts.hired,
            rejected=counts.rejected,
            median_hours_to_decision=None if seconds is None else seconds // _HOUR_SEC,
        )


@strawberry.type
class ApplicationChallenge:
    """What the proof of work of ``apply`` must be made from."""

    stamp: str
    bits: int
    expires_at: datetime


def _is_visible(info: Info, row: Application) -> bool:
    return can_see_application(info.context.principal, account_id=row.candidate_account_id)
