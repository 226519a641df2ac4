"""Jobs as the gateway sees it: over HTTP, with tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.identity import Principal, Role
from subgraphs.jobs.models import Job
from subgraphs.jobs.states import JobState, Outcome
from tests.support.callers import a_person, sign_token
from tests.support.service import RunningService
from tests.support.statements import statements_on
from tests.support.waiting import until

from .builders import PHOTO, PHOTO_SHA256, a_job, inline

MANAGER, QUALITY = a_person(Role.MANAGER), a_person(Role.QUALITY)
CHECK_IN = """
mutation ($id: ID!, $photo: String!, $sha: String!) {
  checkIn(jobId: $id, photoRef: $photo, sha256: $sha) { state evidence { kind blobRef sha256 } }
}
"""
REPORT = """
mutation ($id: ID!, $photo: String!, $sha: String!) {
  submitReport(jobId: $id, reportPhotoRef: $photo, sha256: $sha) { state }
}
"""
CONFIRM = """
mutation ($id: ID!, $accept: Boolean!) { confirmReport(jobId: $id, accept: $accept) { state outcome } }
"""
DECLINE = 'mutation ($id: ID!) { declineJob(jobId: $id, reason: "tired") { state failCause } }'
FORCE = """
mutation ($id: ID!, $outcome: Outcome!, $cause: FailCause) {
  forceOutcome(jobId: $id, outcome: $outcome, cause: $cause, reason: "because") { state failCause }
}
"""
ONE = "query ($id: ID!) { job(id: $id) { id state } }"


async def make_job(
    jobs: RunningService, state: JobState = JobState.ASSIGNED, **changes: Any
) -> tuple[Job, Principal, Principal]:
    """Return a job, its worker and its client."""
    async with jobs.database.transaction() as session:
        job = await a_job(session, jobs.clock, state=state, **changes)
    return (
        job,
        a_person(Role.WORKER, account_id=job.worker_id),
        a_person(Role.CLIENT, account_id=job.client_id),
    )


def with_photo(job: Job, photo: str | None = None, sha256: str = PHOTO_SHA256) -> dict[str, str]:
    return {"id": str(job.id), "photo": photo or inline(), "sha": sha256}


async def test_a_job_goes_from_the_check_in_to_the_confirmed_report(jobs: RunningService) -> None:
    job, worker, client = await make_job(jobs)

    started = await jobs.fetch(CHECK_IN, with_photo(job), caller=worker)
    reported = await jobs.fetch(REPORT, with_photo(job), caller=worker)
    confirmed = await jobs.fetch(CONFIRM, {"id": str(job.id), "accept": True}, caller=client)
    shown = await jobs.fetch(
        "query ($id: ID!) { job(id: $id) { outcome price { minor currency } version order { id } worker { id }"
        " timeline { from to actor } } }",
        {"id": str(job.id)},
        caller=MANAGER,
    )

    assert started["checkIn"] == {
        "state": "STARTED",
        "evidence": [{"kind": "START_PHOTO", "blobRef": PHOTO_SHA256, "sha256": PHOTO_SHA256}],
    }
    assert reported["submitReport"] == {"state": "REPORT_SUBMITTED"}
    assert confirmed["confirmReport"] == {"state": "DONE", "outcome": "DONE"}
    assert shown["job"] == {
        "outcome": "DONE",
        "price": {"minor": "10000", "currency": "KTU"},
        "version": 4,
        "order": {"id": str(job.order_id)},
        "worker": {"id": str(job.worker_id)},
        "timeline": [
            {"from": None, "to": "ASSIGNED", "actor": "system"},
            {"from": "ASSIGNED", "to": "STARTED", "actor": worker.subject},
            {"from": "STARTED", "to": "REPORT_SUBMITTED", "actor": worker.subject},
            {"from": "REPORT_SUBMITTED", "to": "DONE", "actor": client.subject},
        ],
    }


async def test_a_photo_that_was_uploaded_serves_as_evidence(jobs: RunningService) -> None:
    job, worker, _ = await make_job(jobs)
    before = await jobs.execute(CHECK_IN, with_photo(job, PHOTO_SHA256), caller=worker)
    headers = {
        "authorization": f"Bearer {sign_token(worker, jobs.clock)}",
        "content-type": "image/jpeg",
    }
    uploaded = await jobs.http.put("/blobs", content=PHOTO, headers=headers)

    after = await jobs.fetch(CHECK_IN, with_photo(job, uploaded.json()["ref"]), caller=worker)

    assert before.reasons == ["JOBS_PHOTO_INVALID"]
    assert after["checkIn"]["state"] == "STARTED"


async def test_a_photo_that_is_not_what_its_sha256_says_starts_nothing(
    jobs: RunningService,
) -> None:
    job, worker, _ = await make_job(jobs)

    refused = await jobs.execute(CHECK_IN, with_photo(job, sha256="0" * 64), caller=worker)

    assert (refused.codes, refused.reasons) == (["VALIDATION"], ["JOBS_PHOTO_INVALID"])
    assert (await jobs.fetch(ONE, {"id": str(job.id)}, caller=worker))["job"]["state"] == "ASSIGNED"


async def test_a_store_that_is_away_changes_nothing(jobs: RunningService) -> None:
    job, worker, _ = await make_job(jobs)
    (jobs.settings.data_dir / "jobs-blobs").write_text("in the way")

    refused = await jobs.execute(CHECK_IN, with_photo(job), caller=worker)

    assert refused.codes == ["UPSTREAM_UNAVAILABLE"]
    assert (await jobs.fetch(ONE, {"id": str(job.id)}, caller=worker))["job"]["state"] == "ASSIGNED"


async def test_strangers_store_no_photos_for_somebody_elses_job(jobs: RunningService) -> None:
    job, _, _ = await make_job(jobs)

    refused = await jobs.execute(CHECK_IN, with_photo(job), caller=a_person(Role.WORKER))

    assert refused.reasons == ["JOBS_JOB_NOT_FOUND"]
    assert not (jobs.settings.data_dir / "jobs-blobs").exists()


async def test_a_refusal_says_what_is_wrong(jobs: RunningService) -> None:
    job, worker, client = await make_job(jobs, starts_at=jobs.clock.now() + timedelta(hours=4))

    early = await jobs.execute(CHECK_IN, with_photo(job), caller=worker)
    no_report = await jobs.execute(CONFIRM, {"id": str(job.id), "accept": True}, caller=client)
    no_department = await jobs.execute(
        'mutation ($id: ID!) { requestSupplies(jobId: $id, key: "k") { created } }',
        {"id": str(job.id)},
        caller=worker,
    )
    no_cause = await jobs.execute(FORCE, {"id": str(job.id), "outcome": "FAILED"}, caller=MANAGER)

    assert (early.codes, early.reasons) == (["BAD_STATE"], ["JOBS_CHECK_IN_TOO_EARLY"])
    assert no_report.reasons == ["JOBS_ILLEGAL_TRANSITION"]
    assert (no_department.codes, no_department.reasons) == (
        ["UPSTREAM_UNAVAILABLE"],
        ["JOBS_NO_SUPPLIES_DEPARTMENT"],
    )
    assert (no_cause.codes, no_cause.reasons) == (["VALIDATION"], ["JOBS_OUTCOME_INVALID"])


async def test_a_worker_declines_and_a_manager_forces(jobs: RunningService) -> None:
    job, worker, _ = await make_job(jobs)
    other, _, _ = await make_job(jobs, JobState.STARTED)

    declined = await jobs.fetch(DECLINE, {"id": str(job.id)}, caller=worker)
    forced = await jobs.fetch(
        FORCE,
        {"id": str(other.id), "outcome": "FAILED", "cause": "REPORT_INVALID"},
        caller=MANAGER,
    )

    assert declined["declineJob"] == {"state": "FAILED", "failCause": "WORKER_DECLINED"}
    assert forced["forceOutcome"] == {"state": "FAILED", "failCause": "REPORT_INVALID"}


@pytest.mark.parametrize(
    ("operation", "permitted"),
    [
        (CHECK_IN, {Role.WORKER}),
        (REPORT, {Role.WORKER}),
        (DECLINE, {Role.WORKER}),
        (CONFIRM, {Role.CLIENT}),
        (FORCE, {Role.MANAGER}),
        (ONE, {Role.WORKER, Role.MANAGER, Role.QUALITY}),
        ("{ myJobs { totalCount } }", {Role.WORKER}),
        ("{ jobs { totalCount } }", {Role.MANAGER}),
        ("{ sampleDoneJobs(n: 1, seed: 1) { id } }", {Role.QUALITY}),
        (
            'mutation ($id: ID!) { requestSupplies(jobId: $id, key: "k") { created } }',
            {Role.WORKER},
        ),
    ],
)
async def test_each_operation_is_for_its_roles_only(
    jobs: RunningService, operation: str, permitted: set[Role]
) -> None:
    variables = {
        "id": str(uuid4()),
        "photo": inline(),
        "sha": PHOTO_SHA256,
        "accept": True,
        "outcome": "DONE",
    }
    used = {name: value for name, value in variables.items() if f"${name}" in operation}

    nobody = await jobs.execute(operation, used)
    for role in Role:
        answer = await jobs.execute(operation, used, caller=a_person(role))
        assert ("FORBIDDEN" in answer.codes) == (role not in permitted), role

    assert nobody.codes == ["UNAUTHENTICATED"]


async def test_a_job_is_seen_by_its_worker_its_client_and_staff_only(
    jobs: RunningService,
) -> None:
    job, worker, client = await make_job(jobs)
    entities = """
    query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Job { state } ... on Order { job { id } } ... on Worker { stats { active } jobs { totalCount } } } }
    """
    of = [
        {"__typename": "Job", "id": str(job.id)},
        {"__typename": "Order", "id": str(job.order_id)},
        {"__typename": "Worker", "id": str(job.worker_id)},
    ]

    async def see(caller: Principal) -> list[Any]:
        found: list[Any] = (await jobs.fetch(entities, {"of": of}, caller=caller))["_entities"]
        return found

    everything = [
        {"state": "ASSIGNED"},
        {"job": {"id": str(job.id)}},
        {"stats": {"active": 1}, "jobs": {"totalCount": 1}},
    ]
    nothing = [None, {"job": None}, {"stats": None, "jobs": None}]
    for staff in (Role.MANAGER, Role.QUALITY, Role.EMPLOYEE, Role.ADMIN):
        assert await see(a_person(staff)) == everything
    assert await see(worker) == everything
    assert await see(client) == [*everything[:2], nothing[2]]
    assert await see(a_person(Role.WORKER, Role.CLIENT, Role.CANDIDATE)) == nothing
    assert (await jobs.fetch(ONE, {"id": str(job.id)}, caller=worker))["job"] is not None
    stranger = a_person(Role.WORKER)
    assert (await jobs.fetch(ONE, {"id": str(job.id)}, caller=stranger))["job"] is None


async def test_jobs_are_listed_by_what_is_asked_for(jobs: RunningService) -> None:
    worker_id = uuid4()
    done, worker, _ = await make_job(jobs, JobState.DONE, worker_id=worker_id)
    started, _, _ = await make_job(jobs, JobState.STARTED, worker_id=worker_id)
    other, _, _ = await make_job(jobs, JobState.FAILED)
    listed = "query ($f: JobFilter) { jobs(filter: $f) { nodes { id } } }"
    now = jobs.clock.now()

    async def names(**condition: object) -> set[UUID]:
        data = await jobs.fetch(listed, {"f": condition}, caller=MANAGER)
        return {UUID(node["id"]) for node in data["jobs"]["nodes"]}

    own = await jobs.fetch(
        "query { myJobs(state: [STARTED, DONE], first: 1) { nodes { id } totalCount hasNextPage } }",
        caller=worker,
    )

    assert await names() == {done.id, started.id, other.id}
    assert await names(workerId=str(worker_id)) == {done.id, started.id}
    assert await names(state=["STARTED"]) == {started.id}
    assert await names(outcome="FAILED") == {other.id}
    later = (now + timedelta(hours=1)).isoformat()
    assert await names(finishedFrom=(now - timedelta(hours=1)).isoformat(), finishedTo=later) == {
        done.id,
        other.id,
    }
    assert await names(finishedFrom=later) == set()
    assert await names(startsTo=(now - timedelta(hours=1)).isoformat()) == set()
    assert (own["myJobs"]["totalCount"], own["myJobs"]["hasNextPage"]) == (2, True)


async def test_a_workers_jobs_are_counted_by_how_they_ended(jobs: RunningService) -> None:
    worker_id = uuid4()
    for state in (JobState.DONE, JobState.DONE, JobState.FAILED, JobState.CANCELLED):
        await make_job(jobs, state, worker_id=worker_id)
    for state in (JobState.ASSIGNED, JobState.STARTED, JobState.REPORT_SUBMITTED):
        await make_job(jobs, state, worker_id=worker_id)

    data = await jobs.fetch(
        "query ($of: [_Any!]!) { _entities(representations: $of) {"
        " ... on Worker { stats { done failed cancelled active } } } }",
        {"of": [{"__typename": "Worker", "id": str(worker_id)}]},
        caller=MANAGER,
    )

    assert data["_entities"] == [{"stats": {"done": 2, "failed": 1, "cancelled": 1, "active": 3}}]


async def test_the_same_seed_draws_the_same_jobs(jobs: RunningService) -> None:
    done = {str((await make_job(jobs, JobState.DONE))[0].id) for _ in range(6)}
    await make_job(jobs, JobState.FAILED)
    draw = "query ($n: Int!, $s: Int!) { sampleDoneJobs(n: $n, seed: $s) { id } }"

    async def drawn(n: int, seed: int) -> list[str]:
        data = await jobs.fetch(draw, {"n": n, "s": seed}, caller=QUALITY)
        return [job["id"] for job in data["sampleDoneJobs"]]

    first = await drawn(3, 1)
    draws = {tuple(await drawn(3, seed)) for seed in range(8)}

    assert await drawn(3, 1) == first
    assert len(set(first)) == 3
    assert len(draws) > 1
    assert set(await drawn(100, 5)) == done
    for n in (0, 101):
        refused = await jobs.execute(draw, {"n": n, "s": 1}, caller=QUALITY)
        assert refused.codes == ["VALIDATION"]
    jobs.advance(timedelta(days=8))
    assert await drawn(3, 1) == []


async def test_a_page_of_jobs_costs_the_same_however_long_it_is(jobs: RunningService) -> None:
    listed = "{ jobs(first: 200) { nodes { timeline { to } evidence { kind } } } }"

    async def count() -> int:
        with statements_on("job_steps", "evidence") as statements:
            await jobs.fetch(listed, caller=MANAGER)
        return len(statements)

    await make_job(jobs, JobState.DONE)
    short = await count()
    for _ in range(10):
        await make_job(jobs, JobState.DONE)

    assert await count() == short == 2


async def test_the_clock_ends_what_the_client_says_nothing_to(jobs: RunningService) -> None:
    _, worker, _ = await make_job(jobs, JobState.REPORT_SUBMITTED)
    jobs.advance(timedelta(hours=25))

    async def is_done() -> bool:
        data = await jobs.fetch("{ myJobs { nodes { outcome } } }", caller=worker)
        return bool(data["myJobs"]["nodes"][0] == {"outcome": Outcome.DONE.value})

    await until(is_done)
