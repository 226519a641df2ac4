"""What may be done in hiring, by role. Each mutation is one command in one transaction."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from shared.authorization import anyone, roles
from shared.errors import ValidationFailed
from shared.idempotency import run_once
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.hiring.loaders import Info
from subgraphs.hiring.models import Application, Attempt
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import (
    ApplicationService,
    AttemptService,
    CatProfile,
    DecisionService,
    NewApplication,
    SkillService,
    TestDraft,
    TestPoolService,
    WorkerService,
)
from subgraphs.hiring.service.applications import normal_contact
from subgraphs.hiring.states import TestState

from .types import (
    ApplicationType,
    AttemptType,
    SkillRequirementType,
    TestSetType,
    TestType,
    WorkerType,
)

QUESTIONS = """
A JSON list of questions, each `{"id", "kind", "text"}` and, by kind:

- `choice`: `options` (2 to 50 different strings) and `answer`, the right one;
- `multi`: `options` and `answer`, the list of all right ones;
- `text`: nothing more. A manager reads the answer, so the attempt waits for `reviewAttempt`.

Any question may have a `weight` (1 to 100, else 1) and `traits`, some of the test's (else all of them). Ids are
letters, digits, `-` and `_`, up to 64; trait codes are lower case. A question counts fully or not at all.
""".strip()
ANSWER = """
For a `choice` the option; for a `multi` a JSON list of options, such as `["Mop", "Cloth"]`; for a `text` the text.
""".strip()
APPLY = """
Apply for work: open to everybody, nobody needs an account. `contact` is an e-mail address; one contact has one open
application. `proof` is a proof of work, see `applicationChallenge`. Repeating it with the same key, and a fresh
proof if the old one has expired, gives the same application. Too many at a time are refused as `RATE_LIMITED` with
`retryAfterSeconds`.
""".strip()


@strawberry.input
class CatProfileInput:
    """How somebody looks."""

    name: str
    age_months: int
    breed: str
    fur_colour: str
    photo_ref: str | None = None

    def to_profile(self) -> CatProfile:
        """Return the input as the command takes it."""
        return CatProfile(
            name=self.name,
            age_months=self.age_months,
            breed=self.breed,
            fur_colour=self.fur_colour,
            photo_ref=self.photo_ref,
        )


@strawberry.input
class TestInput:
    """What a manager writes about a test."""

    __test__ = False  # the name makes test runners curious

    code: str
    title: str
    questions: str = strawberry.field(description=QUESTIONS)
    pass_bps: int
    time_limit_sec: int
    mandatory: bool
    traits: list[str]

    def to_draft(self) -> TestDraft:
        """Return the input as the command takes it."""
        return TestDraft(
            code=self.code,
            title=self.title,
            questions=self.questions,
            pass_bps=self.pass_bps,
            time_limit_sec=self.time_limit_sec,
            mandatory=self.mandatory,
            traits=self.traits,
        )


@strawberry.input
class AnswerInput:
    """An answer to one question."""

    question_id: strawberry.ID
    value: str = strawberry.field(description=ANSWER)


@strawberry.type
class Mutation:
    """Root of what may be done."""

    # -- candidates

    @strawberry.mutation(extensions=[anyone()], description=APPLY)
    async def apply(
        self,
        info: Info,
        *,
        profile: CatProfileInput,
        contact: str,
        proof: str,
        key: strawberry.ID,
        vacancy: str | None = None,
        locale: Annotated[
            str, strawberry.argument(description="A language tag; letters are written in it.")
        ] = "en",
    ) -> ApplicationType:
        """Apply for work."""
        context = info.context
        wanted = NewApplication(
            profile=profile.to_profile(), contact=contact, vacancy=vacancy, locale=locale
        )
        async with (
            context.admission.admit(
                address=context.client_address, contact=contact, key=key, proof=proof
            ),
            context.transaction() as session,
        ):
            service = ApplicationService(session, context.clock)

            async def apply() -> UUID:
                return (await service.apply(wanted)).id

            application_id = await run_once(
                session,
                apply,
                actor=hashlib.sha256(normal_contact(contact).encode()).hexdigest(),
                mutation="apply",
                key=key,
                arguments={**vars(profile), "vacancy": vacancy, "locale": locale},
                now=context.clock.now(),
            )
        return await _show_application(info, application_id)

    @strawberry.mutation(extensions=[roles(Role.CANDIDATE)])
    async def withdraw(self, info: Info, id: strawberry.ID) -> ApplicationType:  # noqa: A002
        """Take one's application back."""
        account_id = info.context.principal.account_id
        async with info.context.transaction() as session:
            row = await ApplicationService(session, info.context.clock).withdraw(
                parse_id(id), account_id=account_id
            )
        return ApplicationType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.CANDIDATE)])
    async def start_attempt(self, info: Info, id: strawberry.ID) -> AttemptType:  # noqa: A002
        """Begin a test: its questions are shown, its time runs. Repeating it changes nothing."""
        account_id = info.context.principal.account_id
        async with info.context.transaction() as session:
            row = await AttemptService(session, info.context.clock).start(
                parse_id(id), account_id=account_id
            )
        return AttemptType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.CANDIDATE)])
    async def submit_attempt(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        answers: list[AnswerInput],
        key: strawberry.ID,
    ) -> AttemptType:
        """Hand a test in; it is graded at once, unless a manager must read it."""
        context = info.context
        account_id = context.principal.account_id
        given = [(str(answer.question_id), answer.value) for answer in answers]
        async with context.transaction() as session:
            service = AttemptService(session, context.clock, context.settings.decision)

            async def submit() -> UUID:
                return (await service.submit(parse_id(id), given, account_id=account_id)).id

            attempt_id = await run_once(
                session,
                submit,
                actor=str(account_id),
                mutation="submitAttempt",
                key=key,
                arguments={"id": id, "answers": given},
                now=context.clock.now(),
            )
        return AttemptType.from_row(await _find_attempt(info, attempt_id))

    # -- managers

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def mark_contacted(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        note: str,
    ) -> ApplicationType:
        """Note that one has spoken with the candidate."""
        async with info.context.transaction() as session:
            row = await ApplicationService(session, info.context.clock).mark_contacted(
                parse_id(id), note=note, actor=info.context.principal.subject
            )
        return ApplicationType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def assign_tests(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        deadline: datetime,
        test_ids: list[strawberry.ID] | None = None,
        test_set_id: strawberry.ID | None = None,
    ) -> ApplicationType:
        """Give a candidate tests, one by one or as a set, and an account to take them with."""
        async with info.context.transaction() as session:
            row = await ApplicationService(session, info.context.clock).assign_tests(
                parse_id(id),
                test_ids=[parse_id(test_id) for test_id in test_ids or ()],
                test_set_id=None if test_set_id is None else parse_id(test_set_id),
                deadline=deadline,
                actor=info.context.principal.subject,
            )
        return ApplicationType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def review_attempt(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        score_bps: Annotated[
            int, strawberry.argument(description="The score of the whole attempt, 0 to 10000.")
        ],
        note: str,
    ) -> AttemptType:
        """Judge an attempt that has answers in words."""
        context = info.context
        async with context.transaction() as session:
            row = await AttemptService(session, context.clock, context.settings.decision).review(
                parse_id(id), score_bps=score_bps, note=note, actor=context.principal.subject
            )
        return AttemptType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def decide(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        hire: bool,
        reason: str,
        expected_version: int,
    ) -> ApplicationType:
        """Decide what the rule has left open. A decision is never changed."""
        context = info.context
        async with context.transaction() as session:
            row = await DecisionService(session, context.clock, context.settings.decision).decide(
                parse_id(id),
                hire=hire,
                reason=reason,
                expected_version=expected_version,
                actor=context.principal.subject,
            )
        return ApplicationType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def save_test(
        self,
        info: Info,
        input: TestInput,  # noqa: A002
        id: strawberry.ID | None = None,  # noqa: A002
        expected_version: int | None = None,
    ) -> TestType:
        """Add a test as a draft or, with an id, edit one: it gets a new version, and running attempts keep theirs."""
        draft, actor = input.to_draft(), info.context.principal.subject
        async with info.context.transaction() as session:
            pool = TestPoolService(session, info.context.clock)
            if id is None:
                if expected_version is not None:
                    raise ValidationFailed(
                        "`expectedVersion` is of a test that exists: give its id."
                    )
                version = await pool.create(draft, actor=actor)
            else:
                version = await pool.edit(
                    parse_id(id), draft, actor=actor, expected_version=expected_version
                )
        return await _show_test(info, version.test_id)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def set_test_state(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
        state: TestState,
    ) -> TestType:
        """Publish a draft, or retire what was published."""
        async with info.context.transaction() as session:
            row = await TestPoolService(session, info.context.clock).set_state(parse_id(id), state)
        return await _show_test(info, row.id)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def save_test_set(
        self,
        info: Info,
        name: str,
        test_ids: list[strawberry.ID],
        id: strawberry.ID | None = None,  # noqa: A002
        vacancy: str | None = None,
    ) -> TestSetType:
        """Make a set of tests or, with an id, change one."""
        async with info.context.transaction() as session:
            row = await TestPoolService(session, info.context.clock).save_set(
                None if id is None else parse_id(id),
                name=name,
                vacancy=vacancy,
                test_ids=[parse_id(test_id) for test_id in test_ids],
            )
        return TestSetType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def save_skill_requirement(
        self,
        info: Info,
        service_type_id: strawberry.ID,
        traits: list[str],
        expected_version: int | None = None,
    ) -> SkillRequirementType:
        """Say what workers must be good at for a service type. It counts for those hired from now on."""
        async with info.context.transaction() as session:
            row = await SkillService(session, info.context.clock).save(
                parse_id(service_type_id),
                traits,
                actor=info.context.principal.subject,
                expected_version=expected_version,
            )
        return SkillRequirementType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def dismiss_worker(self, info: Info, worker_id: strawberry.ID, reason: str) -> WorkerType:
        """Let a worker go. Repeating it changes nothing."""
        async with info.context.transaction() as session:
            row = await WorkerService(session, info.context.clock).dismiss(
                parse_id(worker_id), reason=reason, actor=info.context.principal.subject
            )
        shown = WorkerType.if_visible(info, row)
        if shown is None:
            raise AssertionError("managers see every worker")
        return shown


async def _show_application(info: Info, application_id: UUID) -> ApplicationType:
    row: Application | None = await info.context.application.load(application_id)
    if row is None:
        raise AssertionError(f"application {application_id} was committed a moment ago")
    return ApplicationType.from_row(row)


async def _find_attempt(info: Info, attempt_id: UUID) -> Attempt:
    async with info.context.reading() as session:
        found = await HiringRepository(session).find_attempts([attempt_id])
    return found[attempt_id]


async def _show_test(info: Info, test_id: UUID) -> TestType:
    found = await TestType.find(info, test_id)
    if found is None:
        raise AssertionError(f"test {test_id} was committed a moment ago")
    return found
