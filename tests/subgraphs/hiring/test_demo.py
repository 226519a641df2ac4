from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from messaging.tables import OutboxMessage
from shared.demo import CLEANING, demo_id
from shared.identity import Role
from tests.support.callers import a_person
from tests.support.service import running_service

DEMO = {"CATTERY_HIRING_DEMO": "true"}


async def test_the_demos_worker_is_hired_and_told_of_once_however_often_it_starts(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        async with running_service("hiring", tmp_path, DEMO) as hiring:
            async with hiring.database.reading() as session:
                events = (await session.scalars(select(OutboxMessage))).all()
            shown = await hiring.fetch(
                """query ($id: ID!) {
                    worker(id: $id) { profile { name } strengths { code } application { state vacancy } }
                    tests(state: PUBLISHED) { code }
                    testSets { vacancy tests { code } }
                    skillRequirements { serviceTypeId }
                }""",
                {"id": str(demo_id("worker"))},
                caller=a_person(Role.MANAGER),
            )

        (hired,) = [event.data for event in events if event.subject == "hiring.worker-hired.v1"]
        assert (hired["workerId"], hired["skills"]) == (str(demo_id("worker")), [str(CLEANING)])
        assert shown["worker"]["profile"] == {"name": "Whiskers"}
        assert shown["worker"]["application"] == {"state": "HIRED", "vacancy": "cleaner"}
        assert shown["tests"] == [{"code": "BASICS"}, {"code": "MANNERS"}]
        assert shown["testSets"] == [
            {"vacancy": "cleaner", "tests": [{"code": "BASICS"}, {"code": "MANNERS"}]}
        ]
        assert shown["skillRequirements"] == [{"serviceTypeId": str(CLEANING)}]
