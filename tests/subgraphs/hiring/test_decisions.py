"""From the last answer to the verdict, and to the worker."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.hiring.decision_rules import Verdict
from subgraphs.hiring.errors import ApplicationNotFound, IllegalTransition, VersionConflict
from subgraphs.hiring.models import Application, Decision
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import (
    AttemptService,
    DecisionService,
    SkillService,
    TestDraft,
    replay_decision,
)
from subgraphs.hiring.settings import DecisionSettings
from subgraphs.hiring.states import ApplicationState, AttemptState

from .builders import (
    MANAGER,
    RIGHT,
    WRONG,
    a_choice,
    a_draft,
    account_of,
    an_application,
    attempts_of,
    outbox_of,
    start,
    submit,
)

HIRED_EVENT = "hiring.worker-hired.v1"
TEXT = {"id": "t", "kind": "text", "text": "Why?"}


async def after_testing(
    session: AsyncSession,
    clock: ManualClock,
    *tests: tuple[TestDraft, dict[str, str] | None],
    settings: DecisionSettings | None = None,
) -> Application:
    """Return an application whose candidate has handed in each test for which there are answers."""
    application = await an_application(
        session, clock, state=ApplicationState.TESTS_ASSIGNED, tests=[draft for draft, _ in tests]
    )
    for attempt, (_, answers) in zip(await attempts_of(session, application), tests, strict=True):
        if answers is not None:
            await submit(session, clock, attempt, answers, settings=settings)
    return application


async def decision_on(session: AsyncSession, application: Application) -> Decision:
    await session.flush()
    return (await HiringRepository(session).find_decisions([application.id]))[application.id]


async def test_whoever_passes_everything_well_is_hired_by_the_rule(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await after_testing(
        session, clock, (a_draft(), {"q1": RIGHT}), (a_draft(), {"q1": RIGHT})
    )

    decision = await decision_on(session, application)
    assert application.state is ApplicationState.HIRED
    assert (decision.automatic, decision.by, decision.rule_version) == (True, "system", 1)
    assert (application.score_bps, application.graded_at) == (10_000, clock.now())
    assert replay_decision(decision) is Verdict.HIRE
    assert len(await outbox_of(session, HIRED_EVENT)) == 1


async def test_whoever_fails_a_mandatory_test_is_rejected_without_the_others(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await after_testing(session, clock, (a_draft(), {"q1": WRONG}), (a_draft(), None))

    decision = await decision_on(session, application)
    assert application.state is ApplicationState.REJECTED
    assert (decision.automatic, replay_decision(decision)) == (True, Verdict.REJECT)
    assert [each.state for each in await attempts_of(session, application)] == [
        AttemptState.FAILED,
        AttemptState.EXPIRED,
    ]
    assert await outbox_of(session, HIRED_EVENT) == []
    assert await HiringRepository(session).find_workers([account_of(application)]) == {}


async def test_an_optional_test_need_not_be_taken_by_whoever_is_good_enough(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await after_testing(
        session, clock, (a_draft(mandatory=False), None), (a_draft(), {"q1": RIGHT})
    )

    assert application.state is ApplicationState.HIRED
    assert application.score_bps == 10_000


async def test_an_optional_test_under_way_is_waited_for(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(
        session,
        clock,
        state=ApplicationState.TESTS_ASSIGNED,
        tests=[a_draft(mandatory=False), a_draft()],
    )
    optional, mandatory = await attempts_of(session, application)
    await start(session, clock, optional)

    await submit(session, clock, mandatory, {"q1": RIGHT})
    waiting = application.state
    await submit(session, clock, optional, {"q1": WRONG})

    assert waiting is ApplicationState.TESTING
    # Half right on average is too little for the rule, and nothing mandatory failed: a manager decides.
    assert (application.state, application.score_bps) == (ApplicationState.GRADED, 5_000)


async def test_an_optional_test_may_lift_a_mean_that_is_too_low(
    session: AsyncSession, clock: ManualClock
) -> None:
    fair = a_draft([a_choice("q1", weight=80), a_choice("q2", weight=20)])
    application = await after_testing(
        session, clock, (fair, {"q1": RIGHT, "q2": WRONG}), (a_draft(mandatory=False), None)
    )
    waiting = application.state

    await submit(session, clock, (await attempts_of(session, application))[1], {"q1": RIGHT})

    assert waiting is ApplicationState.TESTING
    assert (application.state, application.score_bps) == (ApplicationState.HIRED, 9_000)


async def test_a_review_can_be_the_last_word(session: AsyncSession, clock: ManualClock) -> None:
    application = await after_testing(
        session, clock, (a_draft([TEXT]), {"t": "Because."}), (a_draft(), {"q1": RIGHT})
    )
    waiting = application.state
    words = (await attempts_of(session, application))[0]

    await AttemptService(session, clock).review(
        words.id, score_bps=9_000, note="Good.", actor=MANAGER
    )

    assert waiting is ApplicationState.TESTING
    assert (application.state, application.score_bps) == (ApplicationState.HIRED, 9_500)


async def test_a_mandatory_test_left_until_its_deadline_is_a_rejection(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock, state=ApplicationState.TESTS_ASSIGNED)
    clock.advance(timedelta(days=7))

    await AttemptService(session, clock).expire_overdue(application.id)

    assert application.state is ApplicationState.REJECTED
    assert application.score_bps is None


@pytest.mark.parametrize("hire", [True, False])
async def test_what_the_rule_leaves_open_a_manager_decides(
    session: AsyncSession, clock: ManualClock, hire: bool
) -> None:
    application = await an_application(session, clock, state=ApplicationState.GRADED)
    clock.advance(timedelta(hours=30))

    await DecisionService(session, clock).decide(
        application.id,
        hire=hire,
        reason="We talked.",
        expected_version=application.version,
        actor=MANAGER,
    )

    decision = await decision_on(session, application)
    assert application.state is (ApplicationState.HIRED if hire else ApplicationState.REJECTED)
    assert (decision.automatic, decision.by, decision.reason) == (False, MANAGER, "We talked.")
    assert decision.seconds_taken == 30 * 3600
    assert len(await outbox_of(session, HIRED_EVENT)) == int(hire)


@pytest.mark.parametrize("state", sorted(set(ApplicationState) - {ApplicationState.GRADED}))
async def test_only_a_graded_application_is_decided(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    application = await an_application(session, clock, state=state)
    events = len(await outbox_of(session, HIRED_EVENT))

    with pytest.raises(IllegalTransition):
        await DecisionService(session, clock).decide(
            application.id,
            hire=True,
            reason="r",
            expected_version=application.version,
            actor=MANAGER,
        )

    assert len(await outbox_of(session, HIRED_EVENT)) == events


async def test_of_two_managers_the_second_sees_that_there_was_a_first(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock, state=ApplicationState.GRADED)
    decisions, seen = DecisionService(session, clock), application.version
    await decisions.decide(
        application.id, hire=True, reason="r", expected_version=seen, actor=MANAGER
    )

    with pytest.raises(VersionConflict):
        await decisions.decide(
            application.id, hire=False, reason="r", expected_version=seen, actor="another"
        )
    with pytest.raises(ApplicationNotFound):
        await decisions.decide(uuid4(), hire=True, reason="r", expected_version=1, actor=MANAGER)
    with pytest.raises(ValidationFailed, match="reason"):
        await decisions.decide(
            application.id, hire=True, reason="", expected_version=seen, actor=MANAGER
        )


async def test_the_worker_hired_is_told_of_with_traits_and_skills(
    session: AsyncSession, clock: ManualClock
) -> None:
    careful, polite, both, free = (uuid4() for _ in range(4))
    skills = SkillService(session, clock)
    await skills.save(careful, ["careful"], actor=MANAGER)
    await skills.save(polite, ["polite"], actor=MANAGER)
    await skills.save(both, ["careful", "polite"], actor=MANAGER)
    await skills.save(free, [], actor=MANAGER)
    questions = [
        a_choice("q1", weight=96, traits=["careful"]),
        a_choice("q2", weight=3, traits=["polite"]),
        a_choice("q3", weight=1, traits=["polite"]),
    ]
    draft = a_draft(questions, traits=["careful", "polite"])

    application = await after_testing(
        session, clock, (draft, {"q1": RIGHT, "q2": WRONG, "q3": RIGHT})
    )

    (event,) = await outbox_of(session, HIRED_EVENT)
    assert set(event.pop("skills")) == {str(careful), str(free)}  # type: ignore[call-overload]
    assert event == {
        "workerId": str(account_of(application)),
        "applicationId": str(application.id),
        "profile": {
            "name": "Tom",
            "ageMonths": 20,
            "breed": "Manx",
            "furColour": "grey",
            "photoRef": "tom.jpg",
        },
        "strengths": [{"code": "careful", "weight": 100}],
        "weaknesses": [{"code": "polite", "weight": 75}],
        "scoreBps": 9_700,
        "hiredAt": "2030-01-07T09:00:00.000000Z",
    }
    worker = (await HiringRepository(session).find_workers([account_of(application)]))[
        account_of(application)
    ]
    assert (worker.strengths, worker.weaknesses) == ({"careful": 100}, {"polite": 75})


async def test_a_gate_lets_only_the_best_of_late_in_by_rule(
    session: AsyncSession, clock: ManualClock
) -> None:
    """Of ten who scored 9000 one in ten is the best: the next 9000 reaches that, an 8600 does not."""
    settings = DecisionSettings(top_bps=1_000)
    draft = [a_choice("q1", weight=90), a_choice("q2", weight=10)]
    for _ in range(10):
        await after_testing(session, clock, (a_draft(draft), {"q1": RIGHT, "q2": WRONG}))

    equal = await after_testing(
        session, clock, (a_draft(draft), {"q1": RIGHT, "q2": WRONG}), settings=settings
    )
    weaker = await after_testing(
        session,
        clock,
        (
            a_draft([a_choice("q1", weight=86), a_choice("q2", weight=14)]),
            {"q1": RIGHT, "q2": WRONG},
        ),
        settings=settings,
    )

    assert (equal.state, weaker.state) == (ApplicationState.HIRED, ApplicationState.GRADED)
    inputs = (await decision_on(session, equal)).inputs
    assert inputs["floorBps"] == 9_000


async def test_a_gate_waits_until_there_are_enough_to_compare_with(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await after_testing(
        session, clock, (a_draft(), {"q1": RIGHT}), settings=DecisionSettings(top_bps=300)
    )

    assert application.state is ApplicationState.HIRED


@pytest.mark.parametrize("answers", [{"q1": RIGHT}, {"q1": WRONG}, {}])
async def test_every_automatic_decision_can_be_replayed(
    session: AsyncSession, clock: ManualClock, answers: dict[str, str]
) -> None:
    application = await after_testing(session, clock, (a_draft(), answers))

    decision = await decision_on(session, application)
    expected = Verdict.HIRE if decision.verdict is ApplicationState.HIRED else Verdict.REJECT
    assert replay_decision(decision) is expected
