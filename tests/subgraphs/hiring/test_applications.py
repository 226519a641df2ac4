"""Commands on applications against a real database; the clock stands still and nothing is mocked."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import (
    AlreadyApplied,
    ApplicationNotFound,
    IllegalTransition,
    TestNotFound,
    TestNotPublished,
    TestSetNotFound,
)
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import ApplicationService, CatProfile, TestPoolService
from subgraphs.hiring.service.applications import candidate_account_id
from subgraphs.hiring.states import CLOSED, ApplicationState, AttemptState

from .builders import (
    MANAGER,
    a_draft,
    a_request,
    a_test,
    account_of,
    an_application,
    attempts_of,
    forget_for_a_month,
    outbox_of,
)

CHANGED, INVITED, HIRED = (
    "hiring.application.changed.v1",
    "hiring.candidate-invited.v1",
    "hiring.worker-hired.v1",
)
OPEN = sorted(set(ApplicationState) - CLOSED)


async def test_applying_tells_of_the_application_and_of_nothing_else(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await ApplicationService(session, clock).apply(a_request())

    assert (application.state, application.version) == (ApplicationState.SUBMITTED, 1)
    assert application.candidate_account_id is None
    assert await outbox_of(session, CHANGED) == [
        {"applicationId": str(application.id), "state": "SUBMITTED", "version": 1}
    ]
    assert await outbox_of(session, INVITED) == []


@pytest.mark.parametrize("state", OPEN)
async def test_a_contact_has_one_open_application(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    await an_application(session, clock, state=state, contact="tom@cats.test")

    with pytest.raises(AlreadyApplied):
        await ApplicationService(session, clock).apply(a_request(contact=" Tom@Cats.test "))


@pytest.mark.parametrize("state", sorted(CLOSED))
async def test_a_contact_whose_application_has_ended_may_apply_again(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    await an_application(session, clock, state=state, contact="tom@cats.test")

    again = await ApplicationService(session, clock).apply(a_request(contact="tom@cats.test"))

    assert again.state is ApplicationState.SUBMITTED


async def test_whoever_applies_again_keeps_their_account(
    session: AsyncSession, clock: ManualClock
) -> None:
    first = await an_application(
        session, clock, state=ApplicationState.REJECTED, contact="tom@cats.test"
    )
    clock.advance(timedelta(days=1))
    second = await an_application(
        session, clock, state=ApplicationState.TESTS_ASSIGNED, contact="TOM@cats.test"
    )

    assert account_of(first) == candidate_account_id(first.id)
    assert second.candidate_account_id == first.candidate_account_id


@pytest.mark.parametrize(
    "contact",
    [
        "",
        "tom",
        "tom@",
        "@cats.test",
        "tom@cats",
        "tom@cats.",
        "tom@.test",
        "a b@cats.test",
        "tom@cats.test\r\nBcc: all@cats.test",
        "tom,tim@cats.test",
        "<tom@cats.test>",
        "tom@tim@cats.test",
        "t" * 250 + "@c.test",
    ],
)
async def test_a_contact_must_be_an_e_mail_address(
    session: AsyncSession, clock: ManualClock, contact: str
) -> None:
    with pytest.raises(ValidationFailed, match="contact"):
        await ApplicationService(session, clock).apply(a_request(contact=contact))


@pytest.mark.parametrize(
    "changes",
    [
        {"vacancy": ""},
        {"vacancy": "x" * 101},
        {"locale": ""},
        {"locale": "english, please"},
        {"profile": CatProfile(name=" ", age_months=1, breed="b", fur_colour="f")},
        {"profile": CatProfile(name="n" * 101, age_months=1, breed="b", fur_colour="f")},
        {"profile": CatProfile(name="n", age_months=-1, breed="b", fur_colour="f")},
        {"profile": CatProfile(name="n", age_months=481, breed="b", fur_colour="f")},
        {"profile": CatProfile(name="n", age_months=1, breed="", fur_colour="f")},
        {"profile": CatProfile(name="n", age_months=1, breed="b", fur_colour="")},
        {"profile": CatProfile(name="n", age_months=1, breed="b", fur_colour="f", photo_ref="")},
    ],
)
async def test_what_cannot_be_meant_is_refused(
    session: AsyncSession, clock: ManualClock, changes: dict[str, object]
) -> None:
    with pytest.raises(ValidationFailed):
        await ApplicationService(session, clock).apply(a_request(**changes))


async def test_contacting_is_noted_in_the_timeline(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock)
    clock.advance(timedelta(hours=2))

    await ApplicationService(session, clock).mark_contacted(
        application.id, note=" Friendly. ", actor=MANAGER
    )

    assert (application.contacted_by, application.contacted_at) == (MANAGER, clock.now())
    await session.flush()
    steps = (await HiringRepository(session).find_steps([application.id]))[application.id]
    assert [(step.from_state, step.to_state, step.actor, step.note) for step in steps] == [
        (None, "SUBMITTED", "applicant", None),
        ("SUBMITTED", "CONTACTED", MANAGER, "Friendly."),
    ]


@pytest.mark.parametrize("note", ["", "  ", "x" * 4_001])
async def test_a_note_is_a_text(session: AsyncSession, clock: ManualClock, note: str) -> None:
    application = await an_application(session, clock)

    with pytest.raises(ValidationFailed, match="note"):
        await ApplicationService(session, clock).mark_contacted(
            application.id, note=note, actor=MANAGER
        )


async def test_assigning_tests_invites_the_candidate_and_keeps_the_tests_versions(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock, state=ApplicationState.CONTACTED)
    in_set, alone = await a_test(session, clock), await a_test(session, clock)
    pool = TestPoolService(session, clock)
    await pool.edit(alone, a_draft(code="alone"), actor=MANAGER)
    test_set = await pool.save_set(None, name="Set", vacancy=None, test_ids=[in_set])
    deadline = clock.now() + timedelta(days=3)

    await ApplicationService(session, clock).assign_tests(
        application.id,
        test_ids=[alone, in_set, alone],
        test_set_id=test_set.id,
        deadline=deadline,
        actor=MANAGER,
    )

    attempts = await attempts_of(session, application)
    assert [(each.test_id, each.test_version) for each in attempts] == [(in_set, 1), (alone, 2)]
    assert {(each.state, each.ends_at) for each in attempts} == {(AttemptState.ASSIGNED, deadline)}
    assert await outbox_of(session, INVITED) == [
        {
            "applicationId": str(application.id),
            "accountId": str(candidate_account_id(application.id)),
            "email": application.contact,
            "displayName": "Tom",
            "locale": "en",
        }
    ]


@pytest.mark.parametrize("ahead", [timedelta(), -timedelta(hours=1), timedelta(days=30, seconds=1)])
async def test_a_deadline_is_within_the_next_30_days(
    session: AsyncSession, clock: ManualClock, ahead: timedelta
) -> None:
    application = await an_application(session, clock, state=ApplicationState.CONTACTED)

    with pytest.raises(ValidationFailed, match="deadline"):
        await ApplicationService(session, clock).assign_tests(
            application.id,
            test_ids=[await a_test(session, clock)],
            deadline=clock.now() + ahead,
            actor=MANAGER,
        )


async def test_only_published_tests_that_exist_are_assigned(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock, state=ApplicationState.CONTACTED)
    draft = await TestPoolService(session, clock).create(a_draft(), actor=MANAGER)
    applications = ApplicationService(session, clock)
    deadline = clock.now() + timedelta(days=1)

    with pytest.raises(TestNotPublished):
        await applications.assign_tests(
            application.id, test_ids=[draft.test_id], deadline=deadline, actor=MANAGER
        )
    with pytest.raises(TestNotFound):
        await applications.assign_tests(
            application.id, test_ids=[uuid4()], deadline=deadline, actor=MANAGER
        )
    with pytest.raises(TestSetNotFound):
        await applications.assign_tests(
            application.id, test_set_id=uuid4(), deadline=deadline, actor=MANAGER
        )
    with pytest.raises(ValidationFailed, match="tests are assigned"):
        await applications.assign_tests(application.id, deadline=deadline, actor=MANAGER)
    assert application.state is ApplicationState.CONTACTED


@pytest.mark.parametrize("state", sorted(set(ApplicationState) - {ApplicationState.CONTACTED}))
async def test_tests_are_assigned_once_and_after_contact(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    application = await an_application(session, clock, state=state)

    with pytest.raises(IllegalTransition):
        await ApplicationService(session, clock).assign_tests(
            application.id,
            test_ids=[await a_test(session, clock)],
            deadline=clock.now() + timedelta(days=1),
            actor=MANAGER,
        )


@pytest.mark.parametrize(
    "state", [ApplicationState.TESTS_ASSIGNED, ApplicationState.TESTING, ApplicationState.GRADED]
)
async def test_a_candidate_may_withdraw_until_the_decision(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    application = await an_application(session, clock, state=state)

    await ApplicationService(session, clock).withdraw(
        application.id, account_id=account_of(application)
    )

    assert application.state is ApplicationState.WITHDRAWN
    assert {each.state for each in await attempts_of(session, application)} <= {
        AttemptState.EXPIRED,
        AttemptState.PASSED,
    }


@pytest.mark.parametrize("state", [ApplicationState.HIRED, ApplicationState.REJECTED])
async def test_nobody_withdraws_from_a_decision(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    application = await an_application(session, clock, state=state)

    with pytest.raises(IllegalTransition):
        await ApplicationService(session, clock).withdraw(
            application.id, account_id=account_of(application)
        )


async def test_nobody_withdraws_somebody_elses_application(
    session: AsyncSession, clock: ManualClock
) -> None:
    application = await an_application(session, clock, state=ApplicationState.TESTING)
    untouched = await an_application(session, clock)

    for application_id in (application.id, untouched.id, uuid4()):
        with pytest.raises(ApplicationNotFound):
            await ApplicationService(session, clock).withdraw(application_id, account_id=uuid4())


@pytest.mark.parametrize("state", OPEN)
async def test_an_application_nobody_touches_for_30_days_expires(
    session: AsyncSession, clock: ManualClock, state: ApplicationState
) -> None:
    application = await an_application(session, clock, state=state)
    applications = ApplicationService(session, clock)

    early = await applications.expire_if_idle(application.id)
    await forget_for_a_month(session, application)
    late = await applications.expire_if_idle(application.id)
    again = await applications.expire_if_idle(application.id)

    assert (early, late, again) == (False, True, False)
    assert application.state is ApplicationState.EXPIRED
    assert (await outbox_of(session, CHANGED))[-1]["state"] == "EXPIRED"
    assert await outbox_of(session, HIRED) == []
