"""All of hiring's SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import ValidationFailed
from shared.paging import MAX_PAGE

from .models import (
    Application,
    ApplicationStep,
    Attempt,
    Decision,
    SkillRequirement,
    Test,
    TestSet,
    TestSetItem,
    TestVersion,
    Worker,
)
from .states import CLOSED, EXPIRABLE, ApplicationState, TestState


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelCounts:
    """How far the applications of a period have come."""

    submitted: int
    contacted: int
    tested: int
    hired: int
    rejected: int
    median_seconds_to_decision: int | None


@dataclass(frozen=True, slots=True)
class HiringRepository:
    """Reads and locks rows of one session."""

    session: AsyncSession

    # -- applications

    async def lock_application(self, application_id: UUID) -> Application | None:
        """Return the application and keep others from changing it, or its attempts, until the transaction ends."""
        found = await self.session.scalars(
            select(Application).where(Application.id == application_id).with_for_update()
        )
        return found.one_or_none()

    async def lock_application_of(self, attempt_id: UUID) -> Application | None:
        """Return the application that an attempt belongs to, locked."""
        owner = select(Attempt.application_id).where(Attempt.id == attempt_id).scalar_subquery()
        found = await self.session.scalars(
            select(Application).where(Application.id == owner).with_for_update()
        )
        return found.one_or_none()

    async def find_applications(self, application_ids: Collection[UUID]) -> dict[UUID, Application]:
        """Return the applications that exist among ``application_ids``."""
        found = await self.session.scalars(
            select(Application).where(Application.id.in_(application_ids))
        )
        return {row.id: row for row in found}

    async def find_newest_of_account(self, account_id: UUID) -> Application | None:
        """Return the last application that was made for an account."""
        found = await self.session.scalars(
            select(Application)
            .where(Application.candidate_account_id == account_id)
            .order_by(Application.created_at.desc())
            .limit(1)
        )
        return found.one_or_none()

    async def has_open_application(self, contact: str) -> bool:
        """Whether the contact, in lower case, waits for a decision already."""
        found = await self.session.scalar(
            select(Application.id).where(Application.open_contact == contact)
        )
        return found is not None

    async def find_account_of_contact(self, contact: str) -> UUID | None:
        """Return the account that the contact, in lower case, was invited to before."""
        return await self.session.scalar(
            select(Application.candidate_account_id)
            .where(
                Application.contact_key == contact, Application.candidate_account_id.is_not(None)
            )
            .order_by(Application.created_at.desc())
            .limit(1)
        )

    async def list_applications(
        self, states: Collection[ApplicationState] | None, *, first: int, after: UUID | None
    ) -> Sequence[Application]:
        """Return up to ``first`` applications, newest first, beginning behind the one with the id ``after``.

        Raises:
            ValidationFailed: ``first`` is out of range.
        """
        if not 1 <= first <= MAX_PAGE:
            raise ValidationFailed(f"`first` must be between 1 and {MAX_PAGE}.")
        wanted = select(Application).order_by(Application.created_at.desc(), Application.id.desc())
        if states is not None:
            wanted = wanted.where(Application.state.in_(states))
        if after is not None:
            seen = select(Application.created_at).where(Application.id == after).scalar_subquery()
            wanted = wanted.where(
                (Application.created_at < seen)
                | ((Application.created_at == seen) & (Application.id < after))
            )
        return (await self.session.scalars(wanted.limit(first))).all()

    async def find_idle(self, *, since: datetime, limit: int) -> Sequence[UUID]:
        """Return open applications about which nobody has done anything after ``since``."""
        is_open = Application.state.in_(
            [state for state in ApplicationState if state not in CLOSED]
        )
        found = await self.session.scalars(
            select(Application.id)
            .where(is_open, Application.active_at <= since)
            .order_by(Application.active_at)
            .limit(limit)
        )
        return found.all()

    async def next_step(self, application_id: UUID) -> int:
        """Return the number of the application's next step; the application must be locked."""
        last = await self.session.scalar(
            select(func.max(ApplicationStep.seq)).where(
                ApplicationStep.application_id == application_id
            )
        )
        return (last or 0) + 1

    async def find_steps(
        self, application_ids: Collection[UUID]
    ) -> dict[UUID, list[ApplicationStep]]:
        """Return the timelines of ``application_ids``."""
        found = await self.session.scalars(
            select(ApplicationStep)
            .where(ApplicationStep.application_id.in_(application_ids))
            .order_by(ApplicationStep.seq)
        )
        timelines: dict[UUID, list[ApplicationStep]] = {key: [] for key in application_ids}
        for step in found:
            timelines[step.application_id].append(step)
        return timelines

    async def find_decisions(self, application_ids: Collection[UUID]) -> dict[UUID, Decision]:
        """Return the decisions that exist about ``application_ids``."""
        found = await self.session.scalars(
            select(Decision).where(Decision.application_id.in_(application_ids))
        )
        return {row.application_id: row for row in found}

    async def list_graded_scores(self, *, limit: int) -> list[int]:
        """Return the mean scores of the applications graded last, newest first."""
        found = await self.session.scalars(
            select(Application.score_bps)
            .where(Application.graded_at.is_not(None), Application.score_bps.is_not(None))
            .order_by(Application.graded_at.desc())
            .limit(limit)
        )
        return [score for score in found if score is not None]

    async def count_funnel(self, *, start: datetime, end: datetime) -> FunnelCounts:
        """Return how far the applications that arrived in ``[start, end)`` have come by now."""
        period = (Application.created_at >= start, Application.created_at < end)
        submitted, contacted, tested = (
            await self.session.execute(
                select(
                    func.count(),
                    func.count(Application.contacted_at),
                    func.count(Application.graded_at),
                ).where(*period)
            )
        ).one()
        verdicts = await self.session.execute(
            _decided(period)
            .with_only_columns(Decision.verdict, func.count().label("amount"))
            .group_by(Decision.verdict)
        )
        by_verdict = {row.verdict: row.amount for row in verdicts}
        decided = sum(by_verdict.values())
        median = None
        if decided:
            # The lower median: a time that some application really took.
            median = await self.session.scalar(
                _decided(period)
                .with_only_columns(Decision.seconds_taken)
                .order_by(Decision.seconds_taken)
                .offset((decided - 1) // 2)
                .limit(1)
            )
        return FunnelCounts(
            submitted=submitted,
            contacted=contacted,
            tested=tested,
            hired=by_verdict.get(ApplicationState.HIRED, 0),
            rejected=by_verdict.get(ApplicationState.REJECTED, 0),
            median_seconds_to_decision=median,
        )

    # -- attempts

    async def list_attempts(self, application_id: UUID) -> Sequence[Attempt]:
        """Return an application's attempts in their order; lock the application to change them."""
        found = await self.session.scalars(
            select(Attempt)
            .where(Attempt.application_id == application_id)
            .order_by(Attempt.place)
            .execution_options(populate_existing=True)
        )
        return found.all()

    async def find_attempts(self, attempt_ids: Collection[UUID]) -> dict[UUID, Attempt]:
        """Return the attempts that exist among ``attempt_ids``."""
        found = await self.session.scalars(select(Attempt).where(Attempt.id.in_(attempt_ids)))
        return {row.id: row for row in found}

    async def find_attempts_of(
        self, application_ids: Collection[UUID]
    ) -> dict[UUID, list[Attempt]]:
        """Return the attempts of each of ``application_ids``, in their order."""
        found = await self.session.scalars(
            select(Attempt)
            .where(Attempt.application_id.in_(application_ids))
            .order_by(Attempt.place)
        )
        attempts: dict[UUID, list[Attempt]] = {key: [] for key in application_ids}
        for attempt in found:
            attempts[attempt.application_id].append(attempt)
        return attempts

    async def find_overdue(self, *, now: datetime, limit: int) -> Sequence[UUID]:
        """Return the applications that have attempts whose time is over."""
        found = await self.session.scalars(
            select(Attempt.application_id)
            .where(Attempt.state.in_(EXPIRABLE), Attempt.ends_at <= now)
            .group_by(Attempt.application_id)
            .order_by(func.min(Attempt.ends_at))
            .limit(limit)
        )
        return found.all()

    # -- the pool of tests

    async def lock_test(self, test_id: UUID) -> Test | None:
        """Return the test and keep others from editing it."""
        found = await self.session.scalars(select(Test).where(Test.id == test_id).with_for_update())
        return found.one_or_none()

    async def find_test_by_code(self, code: str) -> Test | None:
        """Return the test with this code."""
        found = await self.session.scalars(select(Test).where(Test.code == code))
        return found.one_or_none()

    async def find_tests(self, test_ids: Collection[UUID]) -> dict[UUID, Test]:
        """Return the tests that exist among ``test_ids``."""
        found = await self.session.scalars(select(Test).where(Test.id.in_(test_ids)))
        return {row.id: row for row in found}

    async def list_tests(self, state: TestState | None) -> Sequence[Test]:
        """Return the pool, by code."""
        wanted = select(Test).order_by(Test.code)
        if state is not None:
            wanted = wanted.where(Test.state == state)
        return (await self.session.scalars(wanted)).all()

    async def find_versions(
        self, keys: Collection[tuple[UUID, int]]
    ) -> dict[tuple[UUID, int], TestVersion]:
        """Return the versions that exist among ``keys``, each a test's id and a version number."""
        columns = tuple_(TestVersion.test_id, TestVersion.version)
        found = await self.session.scalars(select(TestVersion).where(columns.in_(list(keys))))
        return {(row.test_id, row.version): row for row in found}

    async def lock_test_set(self, test_set_id: UUID) -> TestSet | None:
        """Return the set and keep others from editing it."""
        found = await self.session.scalars(
            select(TestSet).where(TestSet.id == test_set_id).with_for_update()
        )
        return found.one_or_none()

    async def list_test_sets(self) -> Sequence[TestSet]:
        """Return every set, by name."""
        found = await self.session.scalars(select(TestSet).order_by(TestSet.name, TestSet.id))
        return found.all()

    async def find_set_tests(self, test_set_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the tests of each set, in their order."""
        found = await self.session.scalars(
            select(TestSetItem)
            .where(TestSetItem.test_set_id.in_(test_set_ids))
            .order_by(TestSetItem.place)
        )
        tests: dict[UUID, list[UUID]] = {key: [] for key in test_set_ids}
        for item in found:
            tests[item.test_set_id].append(item.test_id)
        return tests

    async def clear_test_set(self, test_set_id: UUID) -> None:
        """Empty a set that is locked."""
        await self.session.execute(
            delete(TestSetItem).where(TestSetItem.test_set_id == test_set_id)
        )

    # -- workers

    async def lock_worker(self, worker_id: UUID) -> Worker | None:
        """Return the worker and keep others from changing them."""
        found = await self.session.scalars(
            select(Worker).where(Worker.id == worker_id).with_for_update()
        )
        return found.one_or_none()

    async def find_workers(self, worker_ids: Collection[UUID]) -> dict[UUID, Worker]:
        """Return the workers that exist among ``worker_ids``."""
        found = await self.session.scalars(select(Worker).where(Worker.id.in_(worker_ids)))
        return {row.id: row for row in found}

    async def find_workers_of(self, application_ids: Collection[UUID]) -> dict[UUID, Worker]:
        """Return the workers who came by ``application_ids``, by application."""
        found = await self.session.scalars(
            select(Worker).where(Worker.application_id.in_(application_ids))
        )
        return {row.application_id: row for row in found}

    async def lock_skill_requirement(self, service_type_id: UUID) -> SkillRequirement | None:
        """Return what a service type requires and keep others from editing it."""
        found = await self.session.scalars(
            select(SkillRequirement)
            .where(SkillRequirement.service_type_id == service_type_id)
            .with_for_update()
        )
        return found.one_or_none()

    async def list_skill_requirements(self) -> Sequence[SkillRequirement]:
        """Return every requirement there is."""
        found = await self.session.scalars(
            select(SkillRequirement).order_by(SkillRequirement.service_type_id)
        )
        return found.all()


def _decided(period: Sequence[object]) -> Select[Decision]:
    return (
        select(Decision).join(Application, Application.id == Decision.application_id).where(*period)  # type: ignore[arg-type]
    )
