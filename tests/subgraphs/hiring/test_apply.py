"""``apply`` as strangers see it: over HTTP, without an account, with a proof of work."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from messaging.tables import OutboxMessage
from shared.identity import Role
from subgraphs.hiring.models import Application
from subgraphs.hiring.proofs import is_strong, make_proof
from tests.support.callers import a_person
from tests.support.service import Answer, RunningService, running_service

from .conftest import LENIENT

BITS = int(LENIENT["CATTERY_HIRING_PROOF_BITS"])
APPLY = """
mutation ($profile: CatProfileInput!, $contact: String!, $proof: String!, $key: ID!, $vacancy: String) {
  apply(profile: $profile, contact: $contact, vacancy: $vacancy, proof: $proof, key: $key) {
    id state version contact vacancy profile { name ageMonths }
    candidateAccountId attempts { id } scoreBps decision { reason } contactedBy timeline { actor }
  }
}
"""
PROFILE = {"name": "Tom", "ageMonths": 20, "breed": "Manx", "furColour": "grey"}


def variables(
    hiring: RunningService, *, contact: str = "tom@cats.test", key: str = "k", **changes: object
) -> dict[str, object]:
    proof = make_proof(contact=contact, key=key, bits=BITS, now=hiring.clock.now())
    return {
        "profile": PROFILE,
        "contact": contact,
        "vacancy": "cleaner",
        "proof": proof,
        "key": key,
        **changes,
    }


def a_weak_proof(hiring: RunningService, contact: str, key: str) -> str:
    """Return a proof with a good stamp and a nonce that does not do."""
    now = hiring.clock.now()
    nonces = (f"{int(now.timestamp())}:{nonce}" for nonce in range(1_000))
    return next(p for p in nonces if not is_strong(p, contact=contact, key=key, bits=BITS))


async def count_applications(hiring: RunningService) -> int:
    async with hiring.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Application)) or 0


async def test_a_stranger_applies_and_sees_what_they_sent(hiring: RunningService) -> None:
    answer = await hiring.fetch(APPLY, variables(hiring))

    application = answer["apply"]
    application.pop("id")
    assert application == {
        "state": "SUBMITTED",
        "version": 1,
        "contact": "tom@cats.test",
        "vacancy": "cleaner",
        "profile": {"name": "Tom", "ageMonths": 20},
        "candidateAccountId": None,
        "attempts": [],
        "scoreBps": None,
        "decision": None,
        "contactedBy": None,
        "timeline": None,
    }
    async with hiring.database.reading() as session:
        assert list(await session.scalars(select(OutboxMessage.subject))) == [
            "hiring.application.changed.v1"
        ]


async def test_the_challenge_is_all_that_a_proof_needs(hiring: RunningService) -> None:
    challenge = (await hiring.fetch("{ applicationChallenge { stamp bits expiresAt } }"))[
        "applicationChallenge"
    ]
    stamp, bits = challenge["stamp"], challenge["bits"]
    nonces = (f"{stamp}:{nonce}" for nonce in range(10_000))
    proof = next(p for p in nonces if is_strong(p, contact="a@b.test", key="k", bits=bits))

    answer = await hiring.execute(
        APPLY, variables(hiring, contact="a@b.test", key="k", proof=proof)
    )

    assert answer.errors == []
    assert bits == BITS


async def test_the_same_key_gives_the_same_application(hiring: RunningService) -> None:
    first = await hiring.fetch(APPLY, variables(hiring))
    again = await hiring.fetch(APPLY, variables(hiring))
    hiring.advance(timedelta(hours=2))
    much_later = await hiring.fetch(APPLY, variables(hiring))
    other_profile = {**PROFILE, "name": "Tim"}
    mismatch = await hiring.execute(APPLY, variables(hiring, profile=other_profile))

    assert first == again == much_later
    assert mismatch.codes == ["IDEMPOTENCY_MISMATCH"]
    assert await count_applications(hiring) == 1


async def test_a_proof_is_not_taken_twice(hiring: RunningService) -> None:
    """With the easy proofs of this test a foreign one could hold by chance, so one that does not is chosen."""
    proof = a_weak_proof(hiring, "tim@cats.test", "k2")

    weak = await hiring.execute(
        APPLY, variables(hiring, contact="tim@cats.test", key="k2", proof=proof)
    )
    stale = variables(hiring)
    hiring.advance(timedelta(minutes=61))
    too_late = await hiring.execute(APPLY, stale)
    nonsense = await hiring.execute(APPLY, variables(hiring, proof="please"))

    for answer in (weak, too_late, nonsense):
        assert (answer.codes, answer.reasons) == (["VALIDATION"], ["HIRING_PROOF_INVALID"])
    assert await count_applications(hiring) == 0


async def test_a_contact_applies_once(hiring: RunningService) -> None:
    await hiring.fetch(APPLY, variables(hiring))

    again = await hiring.execute(APPLY, variables(hiring, contact="TOM@cats.test", key="k2"))

    assert (again.codes, again.reasons) == (["BAD_STATE"], ["HIRING_ALREADY_APPLIED"])


async def test_of_two_at_the_same_moment_one_is_taken(hiring: RunningService) -> None:
    answers = await asyncio.gather(
        *(hiring.execute(APPLY, variables(hiring, key=f"k{at}")) for at in range(6))
    )

    taken = [answer for answer in answers if not answer.errors]
    refused = [answer for answer in answers if answer.errors]
    assert len(taken) == 1
    assert {reason for answer in refused for reason in answer.reasons} == {"HIRING_ALREADY_APPLIED"}
    assert await count_applications(hiring) == 1


async def test_a_key_sent_twice_at_the_same_moment_applies_once(hiring: RunningService) -> None:
    answers = await asyncio.gather(*(hiring.fetch(APPLY, variables(hiring)) for _ in range(4)))

    assert len({answer["apply"]["id"] for answer in answers}) == 1
    assert await count_applications(hiring) == 1


async def post_from(hiring: RunningService, address: str, **changes: str) -> Answer:
    response = await hiring.http.post(
        "/graphql",
        json={"query": APPLY, "variables": variables(hiring, **changes)},
        headers={"x-client-ip": address},
    )
    body = response.json()
    return Answer(response.status_code, body.get("data"), body.get("errors") or [])


async def test_one_address_is_slowed_down_and_others_are_not(tmp_path: Path) -> None:
    limits = {**LENIENT, "CATTERY_HIRING_APPLY_BURST": "2", "CATTERY_HIRING_APPLY_PER_MINUTE": "1"}
    async with running_service("hiring", tmp_path, limits) as hiring:
        first, second, third = [
            await post_from(hiring, "198.51.100.1", contact=f"c{at}@cats.test") for at in range(3)
        ]
        other = await post_from(hiring, "198.51.100.2", contact="d@cats.test")
        hiring.advance(timedelta(minutes=2))
        later = await post_from(hiring, "198.51.100.1", contact="e@cats.test")

    assert [answer.errors for answer in (first, second, other, later)] == [[], [], [], []]
    assert third.codes == ["RATE_LIMITED"]
    assert 1 <= third.errors[0]["extensions"]["retryAfterSeconds"] <= 60
    assert third.data is None


@pytest.mark.parametrize(
    "changes",
    [{"contact": "nobody"}, {"profile": {**PROFILE, "name": ""}}, {"vacancy": ""}, {"key": " "}],
)
async def test_what_cannot_be_meant_is_refused(
    hiring: RunningService, changes: dict[str, object]
) -> None:
    answer = await hiring.execute(APPLY, variables(hiring, **changes))  # type: ignore[arg-type]

    assert answer.codes == ["VALIDATION"]


async def test_whoever_is_signed_in_may_apply_too(hiring: RunningService) -> None:
    answer = await hiring.execute(APPLY, variables(hiring), caller=a_person(Role.CLIENT))

    assert answer.errors == []
