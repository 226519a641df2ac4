"""Deciding: grade an application when nothing open can change the verdict, then hire, reject, or ask a manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from subgraphs.hiring.decision_rules import RULES, AttemptFacts, Inputs, Verdict, mean_score
from subgraphs.hiring.errors import ApplicationNotFound, VersionConflict
from subgraphs.hiring.grading import BPS
from subgraphs.hiring.models import Application, Attempt, Decision
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.settings import DecisionSettings
from subgraphs.hiring.states import FINAL_ATTEMPT, UNDER_WAY, ApplicationState

from .steps import SYSTEM, check_note, close_attempts, move
from .workers import WorkerService

GATE_SAMPLE = 1_000
"""How many of the applications graded last make up "the best of late"."""


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decides applications, by rule or on a manager's word."""

    session: AsyncSession
    clock: Clock
    settings: DecisionSettings = field(default_factory=DecisionSettings)

    async def settle(self, application: Application) -> None:
        """Grade and decide a locked application, if it is time.

        It is time when no attempt is under way, and either all have ended or the rule has made up its mind without the
        rest: whoever failed a mandatory test need not sit through the others, whoever is hired already need not take
        the optional ones. Those attempts end with the application.
        """
        attempts = await HiringRepository(self.session).list_attempts(application.id)
        if any(attempt.state in UNDER_WAY for attempt in attempts):
            return
        inputs = await self._inputs(attempts)
        verdict = RULES[self.settings.rule_version](inputs)
        all_ended = all(attempt.state in FINAL_ATTEMPT for attempt in attempts)
        if verdict is Verdict.ASK_MANAGER and not all_ended:
            return
        await close_attempts(self.session, application)
        application.score_bps = mean_score(inputs.attempts)
        application.graded_at = self.clock.now()
        await self._move(application, ApplicationState.GRADED)
        if verdict is not Verdict.ASK_MANAGER:
            await self._conclude(
                application, inputs, hire=verdict is Verdict.HIRE, by=SYSTEM, reason="by rule"
            )

    async def decide(
        self, application_id: UUID, *, hire: bool, reason: str, expected_version: int, actor: str
    ) -> Application:
        """Decide a graded application that the rule left to a manager. A decision is never changed.

        Raises:
            ApplicationNotFound: no such application.
            VersionConflict: it has changed since the caller read it; somebody may have decided.
            IllegalTransition: it is not graded yet, or has ended.
        """
        reason = check_note("reason", reason)
        application = await HiringRepository(self.session).lock_application(application_id)
        if application is None:
            raise ApplicationNotFound(f"Application {application_id} does not exist.")
        if application.version != expected_version:
            raise VersionConflict(
                f"The application is at version {application.version}, not {expected_version}."
            )
        attempts = await HiringRepository(self.session).list_attempts(application.id)
        inputs = await self._inputs(attempts)
        await self._conclude(application, inputs, hire=hire, by=actor, reason=reason)
        return application

    async def _conclude(
        self, application: Application, inputs: Inputs, *, hire: bool, by: str, reason: str
    ) -> None:
        verdict = ApplicationState.HIRED if hire else ApplicationState.REJECTED
        await self._move(application, verdict, actor=by, note=reason)
        now = self.clock.now()
        self.session.add(
            Decision(
                application_id=application.id,
                verdict=verdict,
                automatic=by == SYSTEM,
                by=by,
                reason=reason,
                rule_version=self.settings.rule_version,
                inputs=inputs.to_json(),
                at=now,
                seconds_taken=int((now - application.created_at).total_seconds()),
            )
        )
        if hire:
            await WorkerService(self.session, self.clock).hire(application)

    async def _move(
        self,
        application: Application,
        target: ApplicationState,
        *,
        actor: str = SYSTEM,
        note: str | None = None,
    ) -> None:
        await move(self.session, self.clock, application, target, actor=actor, note=note)

    async def _inputs(self, attempts: Sequence[Attempt]) -> Inputs:
        return Inputs(
            floor_bps=await self._floor(),
            attempts=tuple(
                AttemptFacts(
                    test_id=str(attempt.test_id),
                    test_version=attempt.test_version,
                    mandatory=attempt.mandatory,
                    state=attempt.state,
                    score_bps=attempt.score_bps,
                )
                for attempt in attempts
            ),
        )

    async def _floor(self) -> int | None:
        """Return the mean that the best of late have reached; none while there are too few for one to be the best."""
        if self.settings.top_bps is None:
            return None
        scores = await HiringRepository(self.session).list_graded_scores(limit=GATE_SAMPLE)
        places = len(scores) * self.settings.top_bps // BPS
        return sorted(scores, reverse=True)[places - 1] if places else None


def replay_decision(decision: Decision) -> Verdict:
    """Return what the rule of a decision says to its inputs today: for an automatic one, what was decided."""
    return RULES[decision.rule_version](Inputs.from_json(decision.inputs))
