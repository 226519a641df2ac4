"""What people do with the marketplace, from beginning to end, through its one endpoint."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from shared.demo import CLEANING, PASSWORD, demo_id
from tests.support.conversation import Conversation
from tests.support.platform import eventually

CLIENT, WORKER, MANAGER, ADMIN = (
    f"{who}@demo.test" for who in ("client", "worker", "manager", "admin")
)

SUBMIT = """
mutation ($input: SubmitOrder!, $key: ID!) { submitOrder(input: $input, key: $key) { id number state version } }
"""
ORDER = "query ($id: ID!) { order(id: $id) { state outcome workerId job { id state } timeline { to } } }"
ACROSS_FIVE = """
query ($id: ID!) {
  order(id: $id) {
    number state
    client { account { displayName } }
    searches { state poolSize }
    job { state worker { id profile { name breed } account { displayName } } }
  }
}
"""
CHECK_IN = """
mutation ($job: ID!, $ref: String!, $sha256: String!) {
  checkIn(jobId: $job, photoRef: $ref, sha256: $sha256) { state }
}
"""
REPORT = """
mutation ($job: ID!, $ref: String!, $sha256: String!) {
  submitReport(jobId: $job, reportPhotoRef: $ref, sha256: $sha256) { state }
}
"""
CONFIRM = "mutation ($job: ID!) { confirmReport(jobId: $job, accept: true) { state } }"
_PIXELS = b"\x89PNG\r\n\x1a\n" + b"a cat at work"
PHOTO = {
    "ref": "data:image/png;base64," + b64encode(_PIXELS).decode(),
    "sha256": hashlib.sha256(_PIXELS).hexdigest(),
}


async def submit_order(
    platform: Conversation,
    *,
    email: str = CLIENT,
    ahead: timedelta = timedelta(minutes=10),
    key: str | None = None,
) -> str:
    """Order cleaning; return the order's id."""
    starts_at = platform.clock.now() + ahead
    wanted = {
        "serviceTypeId": str(CLEANING),
        "description": "Two rooms and a balcony",
        "place": "Under the stairs",
        "startsAt": starts_at.isoformat(),
    }
    data = await platform.fetch(SUBMIT, {"input": wanted, "key": key or str(uuid4())}, email=email)
    order_id: str = data["submitOrder"]["id"]
    return order_id


async def wait_for_state(
    platform: Conversation, order_id: str, state: str, *, email: str = CLIENT
) -> dict[str, Any]:
    """Return the order when it has come to ``state``."""
    last: dict[str, Any] = {}

    async def look() -> bool:
        nonlocal last
        last = (await platform.fetch(ORDER, {"id": order_id}, email=email))["order"]
        return bool(
            last["state"] == state and (state == "SUBMITTED" or last["job"] or state == "SEARCHING")
        )

    assert await eventually(look), f"the order never became {state}: {last}"
    return last


async def work_off(
    platform: Conversation, job_id: str, *, worker: str = WORKER, client: str = CLIENT
) -> None:
    """The worker checks in and reports, the client confirms."""
    job = {"job": job_id, **PHOTO}
    started = await platform.fetch(CHECK_IN, job, email=worker)
    assert started == {"checkIn": {"state": "STARTED"}}
    reported = await platform.fetch(REPORT, job, email=worker)
    assert reported == {"submitReport": {"state": "REPORT_SUBMITTED"}}
    confirmed = await platform.fetch(CONFIRM, {"job": job_id}, email=client)
    assert confirmed == {"confirmReport": {"state": "DONE"}}


async def order_to_completion(platform: Conversation) -> str:
    """A client orders, a worker is found and does the work, the client confirms; return the order's id."""
    await wait_for_the_demo(platform)
    order_id = await submit_order(platform)
    assigned = await wait_for_state(platform, order_id, "ASSIGNED")
    seen = (await platform.fetch(ACROSS_FIVE, {"id": order_id}, email=MANAGER))["order"]
    assert seen["client"]["account"]["displayName"] == "Clara Client"
    [search] = seen["searches"]
    assert search["state"] == "FOUND"
    assert seen["job"]["worker"]["id"] == assigned["workerId"]
    assert seen["job"]["worker"]["profile"]["name"]
    assert seen["job"]["worker"]["account"]["displayName"]

    await work_off(platform, assigned["job"]["id"])

    done = await wait_for_state(platform, order_id, "COMPLETED")
    assert done["outcome"] == "DONE"
    steps = [step["to"] for step in done["timeline"]]
    assert steps == ["SUBMITTED", "SEARCHING", "ASSIGNED", "IN_PROGRESS", "COMPLETED"]
    return order_id


async def wait_for_the_demo(platform: Conversation) -> None:
    """Wait until the demo's worker can be found.

    Matching hears by events that they are hired, and that they are done with an order.
    """
    await _wait_for_pool(platform, str(demo_id("worker")))


APPLY = """
mutation ($profile: CatProfileInput!, $contact: String!, $proof: String!, $key: ID!) {
  apply(profile: $profile, contact: $contact, vacancy: "cleaner", proof: $proof, key: $key) { id state }
}
"""
_ANSWERS = {
    "order": "The shelf",
    "tools": '["A mop", "A cloth"]',
    "glass": "Move it to the middle",
    "shoes": "Wipe them",
    "late": "Say so before",
}


async def apply_for_work(platform: Conversation, contact: str, name: str) -> str:
    """Apply as anybody may; return the application's id."""
    challenge = (await platform.fetch("{ applicationChallenge { stamp bits } }"))[
        "applicationChallenge"
    ]
    key = str(uuid4())
    proof = _prove(challenge["stamp"], challenge["bits"], contact, key)
    profile = {"name": name, "ageMonths": 30, "breed": "Siberian", "furColour": "grey"}
    variables = {"profile": profile, "contact": contact, "proof": proof, "key": key}
    data = await platform.fetch(APPLY, variables)
    assert data["apply"]["state"] == "SUBMITTED"
    application_id: str = data["apply"]["id"]
    return application_id


def _prove(stamp: str, bits: int, contact: str, key: str) -> str:
    for nonce in count():
        proof = f"{stamp}:{nonce}"
        digest = sha256(f"{proof}:{contact}:{key}".encode()).hexdigest()
        if int(digest, 16) >> (256 - bits) == 0:
            return proof
    raise AssertionError("numbers do not end")


async def hire(platform: Conversation, *, contact: str, name: str) -> str:
    """A candidate applies, is given tests, passes them and is hired; return their account's id, the worker's."""
    application_id = await apply_for_work(platform, contact, name)
    one = {"id": application_id}
    sets = (await platform.fetch("{ testSets { id } }", email=MANAGER))["testSets"]
    await platform.fetch(
        'mutation ($id: ID!) { markContacted(id: $id, note: "called") { state } }',
        one,
        email=MANAGER,
    )
    deadline = (platform.clock.now() + timedelta(days=2)).isoformat()
    assign = """
    mutation ($id: ID!, $set: ID!, $deadline: DateTime!) {
      assignTests(id: $id, testSetId: $set, deadline: $deadline) { state candidateAccountId }
    }
    """
    assigned = (
        await platform.fetch(
            assign, {**one, "set": sets[0]["id"], "deadline": deadline}, email=MANAGER
        )
    )["assignTests"]
    assert assigned["state"] == "TESTS_ASSIGNED"
    account_id: str = assigned["candidateAccountId"]

    await _accept_invite(platform, account_id, contact)
    await _take_tests(platform, contact)

    state = "query ($id: ID!) { application(id: $id) { state decision { automatic } } }"
    hired = (await platform.fetch(state, one, email=MANAGER))["application"]
    assert hired == {"state": "HIRED", "decision": {"automatic": True}}
    await _wait_for_pool(platform, account_id)
    return account_id


async def _accept_invite(platform: Conversation, account_id: str, email: str) -> None:
    issue = "mutation ($id: ID!) { issueInvite(accountId: $id) }"
    token: str | None = None

    async def look() -> bool:
        nonlocal token
        answer = await platform.execute(issue, {"id": account_id}, email=ADMIN)
        token = (answer.get("data") or {}).get("issueInvite")
        return token is not None

    # The account is made when accounts has heard of the invitation.
    assert await eventually(look), "the candidate never got an account"
    accept = """
    mutation ($token: String!, $password: String!) {
      acceptInvite(token: $token, password: $password) { accessToken }
    }
    """
    data = await platform.fetch(accept, {"token": token, "password": PASSWORD})
    platform.tokens[email] = data["acceptInvite"]["accessToken"]


async def _take_tests(platform: Conversation, email: str) -> None:
    mine = await platform.fetch("{ myApplication { attempts { id state } } }", email=email)
    start = "mutation ($id: ID!) { startAttempt(id: $id) { state questions { id } } }"
    submit = """
    mutation ($id: ID!, $answers: [AnswerInput!]!, $key: ID!) {
      submitAttempt(id: $id, answers: $answers, key: $key) { state scoreBps }
    }
    """
    for attempt in mine["myApplication"]["attempts"]:
        started = await platform.fetch(start, {"id": attempt["id"]}, email=email)
        answers = [
            {"questionId": question["id"], "value": _ANSWERS[question["id"]]}
            for question in started["startAttempt"]["questions"]
        ]
        variables = {"id": attempt["id"], "answers": answers, "key": str(uuid4())}
        graded = await platform.fetch(submit, variables, email=email)
        assert graded == {"submitAttempt": {"state": "PASSED", "scoreBps": 10_000}}


async def _wait_for_pool(platform: Conversation, worker_id: str) -> None:
    pool = "{ pool(first: 200) { id pool { bookedSlots { jobId } } } }"

    async def look() -> bool:
        workers = (await platform.fetch(pool, email=MANAGER))["pool"]
        free = {worker["id"] for worker in workers if worker["pool"]["bookedSlots"] == []}
        return worker_id in free

    assert await eventually(look), "the worker never came into the pool, or never got free"
