from __future__ import annotations

from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.hiring.models import Application
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import ApplicationState, AttemptState
from subgraphs.hiring.timers import Deadlines

from .builders import a_draft, an_application, outbox_of


async def find(database: Database, application: Application) -> Application:
    async with database.reading() as session:
        return (await HiringRepository(session).find_applications([application.id]))[application.id]


async def test_overdue_attempts_end_by_themselves(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        mandatory = await an_application(session, clock, state=ApplicationState.TESTING)
        optional = await an_application(
            session, clock, state=ApplicationState.TESTING, tests=[a_draft(mandatory=False)]
        )
        waiting = await an_application(session, clock, state=ApplicationState.TESTS_ASSIGNED)
    deadlines = Deadlines(database, clock)

    await deadlines.expire_attempts()
    early = (await find(database, mandatory)).state
    clock.advance(timedelta(seconds=600))
    await deadlines.expire_attempts()
    await deadlines.expire_attempts()

    assert early is ApplicationState.TESTING
    assert (await find(database, mandatory)).state is ApplicationState.REJECTED
    assert (await find(database, optional)).state is ApplicationState.GRADED
    assert (await find(database, waiting)).state is ApplicationState.TESTS_ASSIGNED
    async with database.reading() as session:
        attempts = await HiringRepository(session).list_attempts(mandatory.id)
        assert [each.state for each in attempts] == [AttemptState.EXPIRED]
        assert await outbox_of(session, "hiring.worker-hired.v1") == []


async def test_idle_applications_expire_by_themselves(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        idle = await an_application(session, clock)
        hired = await an_application(session, clock, state=ApplicationState.HIRED)
        clock.advance(timedelta(days=1))
        touched = await an_application(session, clock, state=ApplicationState.CONTACTED)
    deadlines = Deadlines(database, clock)
    clock.advance(timedelta(days=29))

    await deadlines.expire_applications()
    await deadlines.expire_applications()

    assert (await find(database, idle)).state is ApplicationState.EXPIRED
    assert (await find(database, hired)).state is ApplicationState.HIRED
    assert (await find(database, touched)).state is ApplicationState.CONTACTED
    async with database.reading() as session:
        states = [
            event["state"] for event in await outbox_of(session, "hiring.application.changed.v1")
        ]
    assert states.count("EXPIRED") == 1


def test_everything_is_looked_at_often_enough(database: Database, clock: ManualClock) -> None:
    every = {timer.name: timer.every for timer in Deadlines(database, clock).timers()}

    assert every == {
        "hiring-attempts": timedelta(seconds=5),
        "hiring-applications": timedelta(minutes=1),
        "hiring-keys": timedelta(hours=1),
    }
