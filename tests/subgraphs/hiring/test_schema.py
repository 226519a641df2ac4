"""Hiring as the gateway sees it: over HTTP, with tokens, by role."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.demo import CLEANING
from shared.identity import ANONYMOUS, Principal, Role
from subgraphs.hiring.models import Application
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import ApplicationState
from tests.support.callers import a_person, a_service
from tests.support.service import Answer, RunningService

from .builders import (
    RIGHT,
    WRONG,
    a_choice,
    a_draft,
    account_of,
    an_application,
    attempts_of,
    outbox_of,
)
from .test_apply import APPLY, variables

MANAGER = a_person(Role.MANAGER)
QUESTIONS = [
    a_choice("q1", weight=3, traits=["careful"]),
    {
        "id": "q2",
        "kind": "multi",
        "text": "Which ones?",
        "options": ["a", "b", "c"],
        "answer": ["a", "c"],
    },
]
SAVE_TEST = """
mutation ($id: ID, $input: TestInput!, $expectedVersion: Int) {
  saveTest(id: $id, input: $input, expectedVersion: $expectedVersion) {
    id version state questions { id answer traits weight }
  }
}
"""
PUBLISH = "mutation ($id: ID!) { setTestState(id: $id, state: PUBLISHED) { state } }"
SAVE_SET = """
mutation ($name: String!, $testIds: [ID!]!) {
  saveTestSet(name: $name, vacancy: "cleaner", testIds: $testIds) { id version tests { id } }
}
"""
CONTACT = 'mutation ($id: ID!) { markContacted(id: $id, note: "Friendly.") { state contactedBy } }'
ASSIGN = """
mutation ($id: ID!, $testSetId: ID, $deadline: DateTime!) {
  assignTests(id: $id, testSetId: $testSetId, deadline: $deadline) {
    state candidateAccountId attempts { id state testVersion }
  }
}
"""
MY_APPLICATION = """
{ myApplication {
    id state scoreBps candidateAccountId timeline { actor }
    decision { verdict automatic ruleVersion by }
    worker { id strengths { code weight } }
    attempts {
      id state deadline scoreBps
      test { title passBps questions { id } }
      questions { id text kind options weight answer traits }
      answers { questionId values correct }
    }
} }
"""
START = "mutation ($id: ID!) { startAttempt(id: $id) { id state startedAt deadline questions { id answer } } }"
SUBMIT = """
mutation ($id: ID!, $answers: [AnswerInput!]!, $key: ID!) {
  submitAttempt(id: $id, answers: $answers, key: $key) { id state scoreBps answers { correct } }
}
"""


def an_input(**changes: object) -> dict[str, object]:
    return {
        "code": "BASICS",
        "title": "Basics",
        "questions": json.dumps(QUESTIONS),
        "passBps": 8_000,
        "timeLimitSec": 600,
        "mandatory": True,
        "traits": ["careful", "polite"],
        **changes,
    }


async def in_state(
    hiring: RunningService, state: ApplicationState, **options: Any
) -> tuple[Application, Principal]:
    """Return an application in ``state`` and its candidate."""
    async with hiring.database.transaction() as session:
        application = await an_application(session, hiring.clock, state=state, **options)
    return application, a_person(Role.CANDIDATE, account_id=application.candidate_account_id)


async def attempt_ids(hiring: RunningService, application: Application) -> list[str]:
    async with hiring.database.reading() as session:
        return [str(each.id) for each in await attempts_of(session, application)]


async def hired_at(hiring: RunningService, application: Application) -> str:
    async with hiring.database.reading() as session:
        worker_id = account_of(application)
        found = (await HiringRepository(session).find_workers([worker_id]))[worker_id]
    return found.hired_at.isoformat().replace("+00:00", "Z")


async def test_from_application_to_worker_by_graphql_alone(hiring: RunningService) -> None:
    """The whole story, as a manager with a console and a candidate with nothing but the endpoint live it."""
    saved = await hiring.fetch(SAVE_TEST, {"input": an_input()}, caller=MANAGER)
    test_id = saved["saveTest"]["id"]
    await hiring.fetch(PUBLISH, {"id": test_id}, caller=MANAGER)
    made = await hiring.fetch(SAVE_SET, {"name": "Cleaners", "testIds": [test_id]}, caller=MANAGER)
    requirement = 'mutation ($id: ID!) { saveSkillRequirement(serviceTypeId: $id, traits: ["careful"]) { version } }'
    await hiring.fetch(requirement, {"id": str(CLEANING)}, caller=MANAGER)

    applied = await hiring.fetch(APPLY, variables(hiring))
    application_id = applied["apply"]["id"]
    contacted = await hiring.fetch(CONTACT, {"id": application_id}, caller=MANAGER)
    deadline = (hiring.clock.now() + timedelta(days=3)).isoformat()
    assigned = await hiring.fetch(
        ASSIGN,
        {
            "id": application_id,
            "testSetId": made["saveTestSet"]["id"],
            "deadline": deadline,
        },
        caller=MANAGER,
    )
    candidate = Principal(
        subject=assigned["assignTests"]["candidateAccountId"],
        roles=frozenset({Role.CANDIDATE}),
        version=1,
    )

    before = (await hiring.fetch(MY_APPLICATION, caller=candidate))["myApplication"]
    attempt_id = before["attempts"][0]["id"]
    started = await hiring.fetch(START, {"id": attempt_id}, caller=candidate)
    reading = (await hiring.fetch(MY_APPLICATION, caller=candidate))["myApplication"]
    answers = [
        {"questionId": "q1", "value": RIGHT},
        {"questionId": "q2", "value": '["c", "a"]'},
    ]
    submitted = await hiring.fetch(
        SUBMIT, {"id": attempt_id, "answers": answers, "key": "k"}, caller=candidate
    )
    after = (await hiring.fetch(MY_APPLICATION, caller=candidate))["myApplication"]

    assert contacted["markContacted"] == {"state": "CONTACTED", "contactedBy": MANAGER.subject}
    assert assigned["assignTests"]["state"] == "TESTS_ASSIGNED"
    assert before["attempts"][0]["questions"] is None
    assert started["startAttempt"]["state"] == "STARTED"
    assert reading["attempts"][0]["questions"] == [
        {
            "id": "q1",
            "text": "Which?",
            "kind": "choice",
            "options": [RIGHT, WRONG],
            "weight": 3,
            "answer": None,
            "traits": None,
        },
        {
            "id": "q2",
            "text": "Which ones?",
            "kind": "multi",
            "options": ["a", "b", "c"],
            "weight": 1,
            "answer": None,
            "traits": None,
        },
    ]
    assert reading["attempts"][0]["test"]["questions"] is None
    assert submitted["submitAttempt"] == {
        "id": attempt_id,
        "state": "PASSED",
        "scoreBps": 10_000,
        "answers": [{"correct": None}, {"correct": None}],
    }
    assert (after["state"], after["scoreBps"], after["timeline"]) == ("HIRED", 10_000, None)
    assert after["decision"] == {
        "verdict": "HIRED",
        "automatic": True,
        "ruleVersion": 1,
        "by": "system",
    }
    async with hiring.database.reading() as session:
        (event,) = await outbox_of(session, "hiring.worker-hired.v1")
    assert (event["workerId"], event["skills"]) == (candidate.subject, [str(CLEANING)])


async def test_managers_see_what_is_right(hiring: RunningService) -> None:
    application, _ = await in_state(hiring, ApplicationState.GRADED)
    one = """query ($id: ID!) { application(id: $id) {
        timeline { from to actor note }
        attempts { questions { id answer traits } answers { questionId values correct } test { questions { answer } } }
    } }"""

    found = (await hiring.fetch(one, {"id": str(application.id)}, caller=MANAGER))["application"]

    (attempt,) = found["attempts"]
    assert attempt["questions"][0] == {"id": "q1", "answer": [RIGHT], "traits": ["careful"]}
    assert attempt["answers"] == [
        {"questionId": "q1", "values": [RIGHT], "correct": True},
        {"questionId": "q2", "values": [WRONG], "correct": False},
    ]
    assert attempt["test"]["questions"][0] == {"answer": [RIGHT]}
    assert [step["to"] for step in found["timeline"]] == [
        "SUBMITTED",
        "CONTACTED",
        "TESTS_ASSIGNED",
        "TESTING",
        "GRADED",
    ]


async def test_the_questions_of_an_attempt_stay_those_of_its_version(
    hiring: RunningService,
) -> None:
    application, candidate = await in_state(
        hiring, ApplicationState.TESTS_ASSIGNED, tests=[a_draft(code="T2")]
    )
    (attempt_id,) = await attempt_ids(hiring, application)
    tests = await hiring.fetch("{ tests { id version } }", caller=MANAGER)
    test_id = tests["tests"][0]["id"]
    edit = {
        "id": test_id,
        "input": an_input(code="T2", questions=json.dumps([a_choice("new")])),
        "expectedVersion": 1,
    }

    edited = await hiring.fetch(SAVE_TEST, edit, caller=MANAGER)
    stale = await hiring.execute(SAVE_TEST, edit, caller=MANAGER)
    started = await hiring.fetch(START, {"id": attempt_id}, caller=candidate)

    assert edited["saveTest"]["version"] == 2
    assert stale.codes == ["CONFLICT"]
    assert started["startAttempt"]["questions"] == [{"id": "q1", "answer": None}]


async def test_a_submission_repeated_with_its_key_is_graded_once(hiring: RunningService) -> None:
    application, candidate = await in_state(hiring, ApplicationState.TESTING)
    (attempt_id,) = await attempt_ids(hiring, application)
    sent = {
        "id": attempt_id,
        "answers": [{"questionId": "q1", "value": RIGHT}, {"questionId": "q2", "value": RIGHT}],
        "key": "once",
    }

    answers = await asyncio.gather(
        *(hiring.fetch(SUBMIT, sent, caller=candidate) for _ in range(4))
    )
    changed = {**sent, "answers": [{"questionId": "q1", "value": WRONG}]}
    mismatch = await hiring.execute(SUBMIT, changed, caller=candidate)
    other_key = await hiring.execute(SUBMIT, {**sent, "key": "twice"}, caller=candidate)

    assert [answer["submitAttempt"]["state"] for answer in answers] == ["PASSED"] * 4
    assert mismatch.codes == ["IDEMPOTENCY_MISMATCH"]
    assert other_key.codes == ["BAD_STATE"]
    async with hiring.database.reading() as session:
        assert len(await outbox_of(session, "hiring.worker-hired.v1")) == 1


async def test_of_two_decisions_at_the_same_moment_one_holds(hiring: RunningService) -> None:
    application, _ = await in_state(hiring, ApplicationState.GRADED)
    decide = """mutation ($id: ID!, $hire: Boolean!, $version: Int!) {
        decide(id: $id, hire: $hire, reason: "r", expectedVersion: $version) { state decision { by } }
    }"""

    def send(hire: bool) -> Any:
        wanted = {"id": str(application.id), "hire": hire, "version": application.version}
        return hiring.execute(decide, wanted, caller=a_person(Role.MANAGER))

    answers: list[Answer] = await asyncio.gather(*(send(at % 2 == 0) for at in range(4)))

    held = [answer for answer in answers if not answer.errors]
    assert len(held) == 1
    assert [answer.codes for answer in answers if answer.errors] == [["CONFLICT"]] * 3
    async with hiring.database.reading() as session:
        hired = await outbox_of(session, "hiring.worker-hired.v1")
    assert held[0].data is not None
    assert len(hired) == int(held[0].data["decide"]["state"] == "HIRED")


async def test_candidates_see_and_do_only_what_is_theirs(hiring: RunningService) -> None:
    application, candidate = await in_state(hiring, ApplicationState.TESTING)
    (attempt_id,) = await attempt_ids(hiring, application)
    stranger = a_person(Role.CANDIDATE)

    own = await hiring.fetch(MY_APPLICATION, caller=candidate)
    foreign = await hiring.fetch(MY_APPLICATION, caller=stranger)
    start = await hiring.execute(START, {"id": attempt_id}, caller=stranger)
    submit = await hiring.execute(
        SUBMIT, {"id": attempt_id, "answers": [], "key": "k"}, caller=stranger
    )
    withdraw = "mutation ($id: ID!) { withdraw(id: $id) { state } }"
    refused = await hiring.execute(withdraw, {"id": str(application.id)}, caller=stranger)
    done = await hiring.execute(withdraw, {"id": str(application.id)}, caller=candidate)

    assert own["myApplication"]["id"] == str(application.id)
    assert foreign["myApplication"] is None
    assert start.codes == submit.codes == refused.codes == ["NOT_FOUND"]
    assert done.data == {"withdraw": {"state": "WITHDRAWN"}}


async def test_a_test_handed_in_too_late_is_refused_by_name(hiring: RunningService) -> None:
    application, candidate = await in_state(hiring, ApplicationState.TESTING)
    (attempt_id,) = await attempt_ids(hiring, application)
    hiring.advance(timedelta(seconds=601))

    answer = await hiring.execute(
        SUBMIT, {"id": attempt_id, "answers": [], "key": "k"}, caller=candidate
    )

    # The timer may have ended the attempt already; either way it is too late.
    assert answer.codes == ["BAD_STATE"]
    assert answer.reasons[0] in {"HIRING_ATTEMPT_EXPIRED", "HIRING_ILLEGAL_TRANSITION"}


async def test_a_review_is_a_managers(hiring: RunningService) -> None:
    text = {"id": "t", "kind": "text", "text": "Why?"}
    application, candidate = await in_state(
        hiring, ApplicationState.TESTS_ASSIGNED, tests=[a_draft([text])]
    )
    (attempt_id,) = await attempt_ids(hiring, application)
    await hiring.fetch(START, {"id": attempt_id}, caller=candidate)
    answers = [{"questionId": "t", "value": "Because."}]

    waiting = await hiring.fetch(
        SUBMIT, {"id": attempt_id, "answers": answers, "key": "k"}, caller=candidate
    )
    review = """mutation ($id: ID!) {
        reviewAttempt(id: $id, scoreBps: 9000, note: "Good.") { state scoreBps gradedBy }
    }"""
    reviewed = await hiring.fetch(review, {"id": attempt_id}, caller=MANAGER)

    assert waiting["submitAttempt"]["state"] == "NEEDS_REVIEW"
    assert reviewed["reviewAttempt"] == {
        "state": "PASSED",
        "scoreBps": 9_000,
        "gradedBy": MANAGER.subject,
    }


async def test_a_worker_is_seen_by_role(hiring: RunningService) -> None:
    application, _ = await in_state(hiring, ApplicationState.HIRED)
    worker_id = str(account_of(application))
    entity = """query ($representations: [_Any!]!) { _entities(representations: $representations) {
        ... on Worker { id profile { name ageMonths breed furColour photoRef } strengths { code weight }
                        weaknesses { code } hiredAt application { id } }
    } }"""

    async def resolve(caller: Principal) -> dict[str, Any] | None:
        representations = [{"__typename": "Worker", "id": worker_id}]
        data = await hiring.fetch(entity, {"representations": representations}, caller=caller)
        found: dict[str, Any] | None = data["_entities"][0]
        return found

    everything = {
        "id": worker_id,
        "profile": {
            "name": "Tom",
            "ageMonths": 20,
            "breed": "Manx",
            "furColour": "grey",
            "photoRef": "tom.jpg",
        },
        "strengths": [{"code": "careful", "weight": 80}],
        "weaknesses": [],
        "hiredAt": await hired_at(hiring, application),
        "application": {"id": str(application.id)},
    }
    looks = {
        "id": worker_id,
        "profile": {
            "name": "Tom",
            "ageMonths": None,
            "breed": "Manx",
            "furColour": "grey",
            "photoRef": "tom.jpg",
        },
        "strengths": None,
        "weaknesses": None,
        "hiredAt": None,
        "application": None,
    }
    for role in (Role.MANAGER, Role.QUALITY, Role.ADMIN):
        assert await resolve(a_person(role)) == everything
    own = a_person(Role.WORKER, account_id=account_of(application))
    assert await resolve(own) == everything
    assert await resolve(a_person(Role.CLIENT)) == looks
    assert await resolve(a_person(Role.EMPLOYEE)) == looks
    for caller in (a_person(Role.WORKER), a_person(Role.CANDIDATE), ANONYMOUS, a_service("jobs")):
        assert await resolve(caller) is None


async def test_references_are_resolved_for_those_who_may_see_them(hiring: RunningService) -> None:
    application, candidate = await in_state(hiring, ApplicationState.TESTING)
    (attempt_id,) = await attempt_ids(hiring, application)
    tests = await hiring.fetch("{ tests { id } }", caller=MANAGER)
    representations = [
        {"__typename": "Application", "id": str(application.id)},
        {"__typename": "Attempt", "id": attempt_id},
        {"__typename": "Test", "id": tests["tests"][0]["id"]},
        {"__typename": "Worker", "id": str(uuid4())},
        {"__typename": "Test", "id": str(uuid4())},
    ]
    entities = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"

    async def resolve(caller: Principal) -> list[str | None]:
        data = await hiring.fetch(entities, {"r": representations}, caller=caller)
        return [found and found["__typename"] for found in data["_entities"]]

    assert await resolve(MANAGER) == ["Application", "Attempt", "Test", None, None]
    assert await resolve(candidate) == ["Application", "Attempt", None, None, None]
    assert await resolve(a_person(Role.CANDIDATE)) == [None] * 5
    assert await resolve(ANONYMOUS) == [None] * 5


async def test_a_dismissed_worker_is_shown_as_such(hiring: RunningService) -> None:
    application, _ = await in_state(hiring, ApplicationState.HIRED)
    dismiss = """mutation ($id: ID!) {
        dismissWorker(workerId: $id, reason: "Sleeps.") { id dismissedAt application { worker { id } } }
    }"""

    first = await hiring.fetch(dismiss, {"id": str(account_of(application))}, caller=MANAGER)
    again = await hiring.fetch(dismiss, {"id": str(account_of(application))}, caller=MANAGER)
    unknown = await hiring.execute(dismiss, {"id": str(uuid4())}, caller=MANAGER)

    assert first["dismissWorker"]["dismissedAt"] is not None
    assert first == again
    assert unknown.codes == ["NOT_FOUND"]


async def test_applications_are_listed_newest_first_and_go_on_behind_the_last(
    hiring: RunningService,
) -> None:
    made = []
    for _ in range(4):
        made.append(str((await in_state(hiring, ApplicationState.SUBMITTED))[0].id))
        hiring.advance(timedelta(minutes=1))
    await in_state(hiring, ApplicationState.CONTACTED)
    listing = """query ($state: [ApplicationState!], $first: Int!, $after: String) {
        applications(state: $state, first: $first, after: $after) { id }
    }"""

    async def page(**wanted: object) -> list[str]:
        data = await hiring.fetch(listing, {"first": 3, **wanted}, caller=MANAGER)
        return [found["id"] for found in data["applications"]]

    first = await page(state=["SUBMITTED"])
    second = await page(state=["SUBMITTED"], after=first[-1])
    bad_page = await hiring.execute(listing, {"first": 0}, caller=MANAGER)
    bad_cursor = await hiring.execute(listing, {"first": 1, "after": "x"}, caller=MANAGER)

    assert first + second == made[::-1]
    assert len(await page(first=200)) == 5
    assert bad_page.codes == bad_cursor.codes == ["VALIDATION"]


async def test_the_funnel_counts_how_far_applications_came(hiring: RunningService) -> None:
    start = hiring.clock.now()
    for state in (
        ApplicationState.SUBMITTED,
        ApplicationState.CONTACTED,
        ApplicationState.GRADED,
        ApplicationState.HIRED,
        ApplicationState.REJECTED,
    ):
        await in_state(hiring, state)
    later = await in_state(hiring, ApplicationState.GRADED)
    hiring.advance(timedelta(hours=5, minutes=59))
    # Only now: before, its attempt would be overdue, and be ended by a timer some time or other.
    await in_state(hiring, ApplicationState.TESTING)
    decide = 'mutation ($id: ID!, $v: Int!) { decide(id: $id, hire: true, reason: "r", expectedVersion: $v) { id } }'
    await hiring.fetch(decide, {"id": str(later[0].id), "v": later[0].version}, caller=MANAGER)
    funnel = """query ($from: DateTime!, $to: DateTime!) { funnel(from: $from, to: $to) {
        submitted contacted tested hired rejected medianHoursToDecision
    } }"""

    async def count(begin: timedelta, end: timedelta) -> Any:
        period = {"from": (start + begin).isoformat(), "to": (start + end).isoformat()}
        return (await hiring.execute(funnel, period, caller=MANAGER)).data

    hour = timedelta(hours=1)
    assert await count(timedelta(), 7 * hour) == {
        "funnel": {
            "submitted": 7,
            "contacted": 6,
            "tested": 4,
            "hired": 2,
            "rejected": 1,
            "medianHoursToDecision": 0,
        }
    }
    assert await count(-hour, timedelta()) == {
        "funnel": {
            "submitted": 0,
            "contacted": 0,
            "tested": 0,
            "hired": 0,
            "rejected": 0,
            "medianHoursToDecision": None,
        }
    }
    assert await count(hour, hour) == {"funnel": None}


async def test_sets_and_requirements_are_listed(hiring: RunningService) -> None:
    saved = await hiring.fetch(SAVE_TEST, {"input": an_input()}, caller=MANAGER)
    test_id = saved["saveTest"]["id"]
    await hiring.fetch(SAVE_SET, {"name": "Cleaners", "testIds": [test_id]}, caller=MANAGER)
    requirement = """mutation ($id: ID!, $v: Int) {
        saveSkillRequirement(serviceTypeId: $id, traits: ["careful"], expectedVersion: $v) { version }
    }"""
    await hiring.fetch(requirement, {"id": str(CLEANING)}, caller=MANAGER)
    conflict = await hiring.execute(requirement, {"id": str(CLEANING), "v": 0}, caller=MANAGER)

    listed = await hiring.fetch(
        """{ tests(state: DRAFT) { code } published: tests(state: PUBLISHED) { code }
             testSets { name vacancy tests { code } } skillRequirements { serviceTypeId traits updatedBy } }""",
        caller=MANAGER,
    )

    assert conflict.codes == ["CONFLICT"]
    assert listed == {
        "tests": [{"code": "BASICS"}],
        "published": [],
        "testSets": [{"name": "Cleaners", "vacancy": "cleaner", "tests": [{"code": "BASICS"}]}],
        "skillRequirements": [
            {
                "serviceTypeId": str(CLEANING),
                "traits": ["careful"],
                "updatedBy": MANAGER.subject,
            }
        ],
    }


async def test_a_version_is_expected_only_of_a_test_that_exists(hiring: RunningService) -> None:
    answer = await hiring.execute(
        SAVE_TEST, {"input": an_input(), "expectedVersion": 1}, caller=MANAGER
    )

    assert answer.codes == ["VALIDATION"]


ID = str(uuid4())
OPERATIONS: dict[str, tuple[str, set[Role]]] = {
    "myApplication": ("{ myApplication { id } }", {Role.CANDIDATE}),
    "application": (f'{{ application(id: "{ID}") {{ id }} }}', {Role.MANAGER}),
    "applications": ("{ applications { id } }", {Role.MANAGER}),
    "tests": ("{ tests { id } }", {Role.MANAGER}),
    "testSets": ("{ testSets { id } }", {Role.MANAGER}),
    "skillRequirements": ("{ skillRequirements { version } }", {Role.MANAGER}),
    "worker": (
        f'{{ worker(id: "{ID}") {{ id }} }}',
        {Role.WORKER, Role.MANAGER, Role.QUALITY, Role.ADMIN},
    ),
    "funnel": (
        '{ funnel(from: "2030-01-01T00:00:00Z", to: "2030-01-02T00:00:00Z") { hired } }',
        {Role.MANAGER},
    ),
    "markContacted": (
        f'mutation {{ markContacted(id: "{ID}", note: "n") {{ id }} }}',
        {Role.MANAGER},
    ),
    "assignTests": (
        f'mutation {{ assignTests(id: "{ID}", deadline: "2030-01-01T00:00:00Z") {{ id }} }}',
        {Role.MANAGER},
    ),
    "reviewAttempt": (
        f'mutation {{ reviewAttempt(id: "{ID}", scoreBps: 1, note: "n") {{ id }} }}',
        {Role.MANAGER},
    ),
    "decide": (
        f'mutation {{ decide(id: "{ID}", hire: true, reason: "r", expectedVersion: 1) {{ id }} }}',
        {Role.MANAGER},
    ),
    "saveTest": (
        'mutation { saveTest(input: {code: "", title: "", questions: "", passBps: 1, timeLimitSec: 1, '
        "mandatory: true, traits: []}) { id } }",
        {Role.MANAGER},
    ),
    "setTestState": (
        f'mutation {{ setTestState(id: "{ID}", state: PUBLISHED) {{ id }} }}',
        {Role.MANAGER},
    ),
    "saveTestSet": ('mutation { saveTestSet(name: "", testIds: []) { id } }', {Role.MANAGER}),
    "saveSkillRequirement": (
        'mutation { saveSkillRequirement(serviceTypeId: "x", traits: []) { version } }',
        {Role.MANAGER},
    ),
    "dismissWorker": (
        f'mutation {{ dismissWorker(workerId: "{ID}", reason: "r") {{ id }} }}',
        {Role.MANAGER},
    ),
    "startAttempt": (f'mutation {{ startAttempt(id: "{ID}") {{ id }} }}', {Role.CANDIDATE}),
    "submitAttempt": (
        f'mutation {{ submitAttempt(id: "{ID}", answers: [], key: "k") {{ id }} }}',
        {Role.CANDIDATE},
    ),
    "withdraw": (f'mutation {{ withdraw(id: "{ID}") {{ id }} }}', {Role.CANDIDATE}),
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_operation_is_for_its_roles_only(hiring: RunningService, name: str) -> None:
    """The matrix: whoever is let through may still be refused for what they sent, but not for who they are."""
    operation, permitted = OPERATIONS[name]

    assert (await hiring.execute(operation)).codes == ["UNAUTHENTICATED"]
    assert (await hiring.execute(operation, caller=a_service("orders"))).codes == ["FORBIDDEN"]
    for role in Role:
        codes = set((await hiring.execute(operation, caller=a_person(role))).codes)
        if role in permitted:
            assert codes <= {"NOT_FOUND", "VALIDATION"}
        else:
            assert codes == {"FORBIDDEN"}


async def test_every_root_field_is_in_the_matrix(hiring: RunningService) -> None:
    roots = await hiring.fetch(
        "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"
    )
    fields = {
        field["name"]
        for root in roots["__schema"].values()
        for field in root["fields"]
        if not field["name"].startswith("_")
    }

    assert fields - {"apply", "applicationChallenge"} == set(OPERATIONS)
