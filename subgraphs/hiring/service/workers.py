"""Workers: hired candidates, what they are good at, and their dismissal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from subgraphs.hiring.errors import WorkerNotFound
from subgraphs.hiring.events import Profile, TraitFact, WorkerDismissed, WorkerHired
from subgraphs.hiring.grading import Trait, Traits, judge_traits, tally_traits
from subgraphs.hiring.models import Application, SkillRequirement, Worker
from subgraphs.hiring.questions import parse_questions
from subgraphs.hiring.repository import HiringRepository

from .steps import check_note


@dataclass(frozen=True, slots=True)
class WorkerService:
    """Makes workers and lets them go."""

    session: AsyncSession
    clock: Clock

    async def hire(self, application: Application) -> Worker:
        """Make a worker of a candidate whose locked application has just become HIRED, and tell the others.

        An account that was a worker before is one again, with what the new tests say.
        """
        worker_id = application.candidate_account_id
        if worker_id is None:
            raise AssertionError("tests were assigned, so there is an account")
        traits = await self._judge(application)
        worker = await HiringRepository(self.session).lock_worker(worker_id)
        if worker is None:
            worker = Worker(id=worker_id)
            self.session.add(worker)
        worker.application_id = application.id
        worker.name = application.name
        worker.age_months = application.age_months
        worker.breed = application.breed
        worker.fur_colour = application.fur_colour
        worker.photo_ref = application.photo_ref
        worker.strengths = _weights(traits.strengths)
        worker.weaknesses = _weights(traits.weaknesses)
        worker.hired_at = self.clock.now()
        worker.dismissed_at = worker.dismissed_by = worker.dismiss_reason = None
        requirements = await HiringRepository(self.session).list_skill_requirements()
        outbox.record(self.session, _hired(application, worker, traits, requirements))
        return worker

    async def dismiss(self, worker_id: UUID, *, reason: str, actor: str) -> Worker:
        """Let a worker go. Repeating it changes nothing.

        Raises:
            WorkerNotFound: nobody was hired under this id.
        """
        reason = check_note("reason", reason)
        worker = await HiringRepository(self.session).lock_worker(worker_id)
        if worker is None:
            raise WorkerNotFound(f"Worker {worker_id} does not exist.")
        if worker.dismissed_at is not None:
            return worker
        now = self.clock.now()
        worker.dismissed_at, worker.dismissed_by, worker.dismiss_reason = now, actor, reason
        dismissed = WorkerDismissed(worker_id=worker.id, reason=reason, at=now, occurred_at=now)
        outbox.record(self.session, dismissed)
        return worker

    async def _judge(self, application: Application) -> Traits:
        hiring = HiringRepository(self.session)
        attempts = [
            attempt
            for attempt in await hiring.list_attempts(application.id)
            if attempt.score_bps is not None
        ]
        versions = await hiring.find_versions(
            [(attempt.test_id, attempt.test_version) for attempt in attempts]
        )
        tallies = []
        for attempt in attempts:
            version = versions[attempt.test_id, attempt.test_version]
            questions = parse_questions(version.questions, traits=version.traits)
            tallies.append(
                tally_traits(questions, attempt.answers or {}, review_bps=attempt.review_bps)
            )
        return judge_traits(tallies)


def find_skills(
    strengths: Iterable[str], requirements: Iterable[SkillRequirement]
) -> tuple[UUID, ...]:
    """Return the service types all of whose required traits are among the strengths."""
    have = set(strengths)
    return tuple(row.service_type_id for row in requirements if have.issuperset(row.traits))


def _weights(traits: Iterable[Trait]) -> dict[str, int]:
    return {trait.code: trait.weight for trait in traits}


def _hired(
    application: Application,
    worker: Worker,
    traits: Traits,
    requirements: Iterable[SkillRequirement],
) -> WorkerHired:
    if application.score_bps is None:
        raise AssertionError("whoever is hired has a score")
    return WorkerHired(
        worker_id=worker.id,
        application_id=application.id,
        profile=Profile(
            name=worker.name,
            age_months=worker.age_months,
            breed=worker.breed,
            fur_colour=worker.fur_colour,
            photo_ref=worker.photo_ref,
        ),
        strengths=_facts(traits.strengths),
        weaknesses=_facts(traits.weaknesses),
        skills=find_skills((trait.code for trait in traits.strengths), requirements),
        score_bps=application.score_bps,
        hired_at=worker.hired_at,
        occurred_at=worker.hired_at,
    )


def _facts(traits: Iterable[Trait]) -> tuple[TraitFact, ...]:
    return tuple(TraitFact(code=trait.code, weight=trait.weight) for trait in traits)
