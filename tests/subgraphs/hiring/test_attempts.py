"""Taking tests: the commands against a real database."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import (
    AnswersInvalid,
    AttemptExpired,
    AttemptNotFound,
    IllegalTransition,
)
from subgraphs.hiring.models import Application, Attempt
from subgraphs.hiring.service import ApplicationService, AttemptService, TestPoolService
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
    submit,
)

TEXT = {"id": "t", "kind": "text", "text": "Why?"}
TWO = [a_draft(), a_draft()]


async def a_candidate(
    session: AsyncSession, clock: ManualClock, *drafts: object
) -> tuple[Application, list[Attempt]]:
    application = await an_application(
        session,
        clock,
        state=ApplicationState.TESTS_ASSIGNED,
        tests=list(drafts) or TWO,  # type: ignore[arg-type]
    )
    return application, list(await attempts_of(session, application))


async def test_the_first_attempt_starts_the_testing(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, second) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts = AttemptService(session, clock)

    await attempts.start(first.id, account_id=account_of(application))
    await attempts.start(second.id, account_id=account_of(application))

    assert application.state is ApplicationState.TESTING
    assert (first.state, first.started_at) == (AttemptState.STARTED, clock.now())
    assert first.ends_at == clock.now() + timedelta(seconds=600)


async def test_starting_twice_gives_no_more_time(session: AsyncSession, clock: ManualClock) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts = AttemptService(session, clock)
    await attempts.start(first.id, account_id=account_of(application))
    ends_at = first.ends_at
    clock.advance(timedelta(minutes=5))

    await attempts.start(first.id, account_id=account_of(application))

    assert first.ends_at == ends_at


async def test_the_deadline_counts_when_it_comes_before_the_time_limit(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    deadline = first.ends_at
    clock.advance(timedelta(days=7) - timedelta(seconds=30))

    await AttemptService(session, clock).start(first.id, account_id=account_of(application))

    assert first.ends_at == deadline


async def test_the_clock_decides_though_the_timer_is_late(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, second) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts, account_id = AttemptService(session, clock), account_of(application)
    await attempts.start(first.id, account_id=account_id)
    clock.advance(timedelta(seconds=600))

    with pytest.raises(AttemptExpired):
        await attempts.submit(first.id, [("q1", RIGHT)], account_id=account_id)
    with pytest.raises(AttemptExpired):
        await attempts.start(first.id, account_id=account_id)
    clock.advance(timedelta(days=7))
    with pytest.raises(AttemptExpired):
        await attempts.start(second.id, account_id=account_id)


async def test_the_last_second_is_in_time(session: AsyncSession, clock: ManualClock) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts, account_id = AttemptService(session, clock), account_of(application)
    await attempts.start(first.id, account_id=account_id)
    clock.advance(timedelta(seconds=599))

    await attempts.submit(first.id, [("q1", RIGHT)], account_id=account_id)

    assert (first.state, first.score_bps, first.graded_by) == (
        AttemptState.PASSED,
        10_000,
        "system",
    )


@pytest.mark.parametrize(
    ("pass_bps", "state"), [(6_666, AttemptState.PASSED), (6_667, AttemptState.FAILED)]
)
async def test_an_attempt_passes_from_the_tests_mark_on(
    session: AsyncSession, clock: ManualClock, pass_bps: int, state: AttemptState
) -> None:
    """Two of three is 6666 basis points: floored."""
    questions = [a_choice("q1", weight=2), a_choice("q2")]
    draft = a_draft(questions, pass_bps=pass_bps, mandatory=False)
    _, (first, _) = await a_candidate(session, clock, draft, a_draft())

    await submit(session, clock, first, {"q1": RIGHT, "q2": WRONG})

    assert (first.state, first.score_bps) == (state, 6_666)
    assert first.answers == {"q1": [RIGHT], "q2": [WRONG]}


async def test_a_running_attempt_stays_on_its_version(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    account_id = account_of(application)
    await AttemptService(session, clock).start(first.id, account_id=account_id)
    reversed_key = a_draft([a_choice(answer=WRONG)], pass_bps=1)
    await TestPoolService(session, clock).edit(first.test_id, reversed_key, actor=MANAGER)

    await AttemptService(session, clock).submit(first.id, [("q1", RIGHT)], account_id=account_id)

    assert (first.test_version, first.state) == (1, AttemptState.PASSED)


@pytest.mark.parametrize(
    "answers",
    [
        [("q9", RIGHT)],
        [("q1", "neither")],
        [("q1", RIGHT), ("q1", WRONG)],
    ],
)
async def test_answers_that_do_not_fit_are_refused_and_the_attempt_goes_on(
    session: AsyncSession, clock: ManualClock, answers: list[tuple[str, str]]
) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts, account_id = AttemptService(session, clock), account_of(application)
    await attempts.start(first.id, account_id=account_id)

    with pytest.raises(AnswersInvalid):
        await attempts.submit(first.id, answers, account_id=account_id)

    assert first.state is AttemptState.STARTED


async def test_an_attempt_is_handed_in_once_and_only_when_started(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts, account_id = AttemptService(session, clock), account_of(application)

    with pytest.raises(IllegalTransition, match="ASSIGNED"):
        await attempts.submit(first.id, [("q1", RIGHT)], account_id=account_id)
    await submit(session, clock, first, {"q1": RIGHT})
    with pytest.raises(IllegalTransition, match="PASSED"):
        await attempts.submit(first.id, [("q1", WRONG)], account_id=account_id)
    with pytest.raises(IllegalTransition, match="PASSED"):
        await attempts.start(first.id, account_id=account_id)

    assert first.score_bps == 10_000


async def test_somebody_elses_attempt_does_not_exist(
    session: AsyncSession, clock: ManualClock
) -> None:
    _, (first, _) = await a_candidate(session, clock, a_draft(), a_draft())
    attempts = AttemptService(session, clock)

    for attempt_id in (first.id, uuid4()):
        with pytest.raises(AttemptNotFound):
            await attempts.start(attempt_id, account_id=uuid4())
        with pytest.raises(AttemptNotFound):
            await attempts.submit(attempt_id, [], account_id=uuid4())
    with pytest.raises(AttemptNotFound):
        await attempts.review(uuid4(), score_bps=1, note="n", actor=MANAGER)


@pytest.mark.parametrize(
    ("score_bps", "state"), [(8_000, AttemptState.PASSED), (7_999, AttemptState.FAILED)]
)
async def test_words_are_judged_by_a_manager(
    session: AsyncSession, clock: ManualClock, score_bps: int, state: AttemptState
) -> None:
    _, (first, _) = await a_candidate(
        session, clock, a_draft([TEXT, a_choice()], mandatory=False), a_draft()
    )
    await submit(session, clock, first, {"t": "Because.", "q1": RIGHT})
    waiting = (first.state, first.score_bps)

    await AttemptService(session, clock).review(
        first.id, score_bps=score_bps, note="Well put.", actor=MANAGER
    )

    assert waiting == (AttemptState.NEEDS_REVIEW, None)
    assert (first.state, first.score_bps, first.graded_by) == (state, score_bps, MANAGER)


async def test_a_review_is_given_once_and_is_a_share(
    session: AsyncSession, clock: ManualClock
) -> None:
    _, (first, second) = await a_candidate(session, clock, a_draft([TEXT]), a_draft())
    attempts = AttemptService(session, clock)
    await submit(session, clock, first, {"t": "Because."})

    for score_bps in (-1, 10_001):
        with pytest.raises(ValidationFailed, match="scoreBps"):
            await attempts.review(first.id, score_bps=score_bps, note="n", actor=MANAGER)
    with pytest.raises(ValidationFailed, match="note"):
        await attempts.review(first.id, score_bps=9_000, note=" ", actor=MANAGER)
    await attempts.review(first.id, score_bps=9_000, note="n", actor=MANAGER)
    for attempt_id in (first.id, second.id):
        with pytest.raises(IllegalTransition):
            await attempts.review(attempt_id, score_bps=1, note="n", actor=MANAGER)

    assert first.score_bps == 9_000


async def test_what_a_withdrawn_candidate_wrote_is_not_judged_any_more(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, _) = await a_candidate(session, clock, a_draft([TEXT]), a_draft())
    await submit(session, clock, first, {"t": "Because."})
    await ApplicationService(session, clock).withdraw(
        application.id, account_id=account_of(application)
    )

    with pytest.raises(IllegalTransition, match="WITHDRAWN"):
        await AttemptService(session, clock).review(
            first.id, score_bps=9_000, note="n", actor=MANAGER
        )


async def test_overdue_attempts_end_and_others_go_on(
    session: AsyncSession, clock: ManualClock
) -> None:
    application, (first, second) = await a_candidate(
        session, clock, a_draft(mandatory=False), a_draft()
    )
    attempts = AttemptService(session, clock)
    await attempts.start(first.id, account_id=account_of(application))

    early = await attempts.expire_overdue(application.id)
    clock.advance(timedelta(seconds=600))
    late = await attempts.expire_overdue(application.id)
    again = await attempts.expire_overdue(application.id)

    assert (early, late, again) == (0, 1, 0)
    assert (first.state, second.state) == (AttemptState.EXPIRED, AttemptState.ASSIGNED)
    assert application.state is ApplicationState.TESTING
