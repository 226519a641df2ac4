"""The button that requests supplies: one request per job, and always an answer the worker can act upon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.identity import Principal, Role
from shared.local_apps import publish_app
from shared.settings import SettingsInvalid
from subgraphs.jobs.models import Job
from subgraphs.jobs.service import JobService
from subgraphs.jobs.states import JobState
from tests.support.callers import a_person
from tests.support.service import RunningService, running_service

from .builders import a_job

REQUEST = """
mutation ($id: ID!, $key: ID!) {
  requestSupplies(jobId: $id, key: $key) { created supplyRequestId job { state supplyRequestId } }
}
"""
ENVIRONMENT = {
    "CATTERY_CONSUMABLES_URL": "app://fake-consumables",
    "CATTERY_ACCOUNTS_URL": "app://fake-consumables",
    "CATTERY_SERVICE_SECRET": "secret",
    "CATTERY_JOBS_REQUIRES_SUPPLIES": "true",
}


@dataclass
class FakeConsumables:
    """Consumables, which keeps one request per job, and accounts' token endpoint, at their HTTP edge."""

    lost_answers: int = 0
    """How many answers get lost after the work was done."""
    refusal: str | None = None
    requests: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> Starlette:
        async def graphql(request: Request) -> Response:
            variables = (await request.json())["variables"]
            self.calls.append(variables)
            if self.refusal is not None:
                error = {"message": "no", "extensions": {"code": self.refusal}}
                return JSONResponse({"errors": [error]})
            made = self.requests.setdefault(variables["jobId"], str(uuid4()))
            if len(self.calls) <= self.lost_answers:
                return PlainTextResponse("Bad Gateway", 502)
            return JSONResponse({"data": {"createSupplyRequest": {"id": made}}})

        async def token(_: Request) -> JSONResponse:
            return JSONResponse({"access_token": "t", "expires_in": 600})

        return Starlette(
            routes=[
                Route("/graphql", graphql, methods=["POST"]),
                Route("/oauth/token", token, methods=["POST"]),
            ]
        )


@pytest.fixture
def consumables() -> FakeConsumables:
    fake = FakeConsumables()
    publish_app("fake-consumables", fake.app())
    return fake


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service("jobs", tmp_path, ENVIRONMENT) as running:
        yield running


async def make_job(
    service: RunningService, state: JobState = JobState.ASSIGNED, worker_id: UUID | None = None
) -> tuple[Job, Principal]:
    async with service.database.transaction() as session:
        job = await a_job(session, service.clock, state=state, worker_id=worker_id)
    return job, a_person(Role.WORKER, account_id=job.worker_id)


async def press(
    service: RunningService, job: Job, worker: Principal, *, key: str = "k1"
) -> dict[str, Any]:
    data = await service.fetch(REQUEST, {"id": str(job.id), "key": key}, caller=worker)
    ticket: dict[str, Any] = data["requestSupplies"]
    return ticket


async def test_the_first_press_creates_and_every_other_finds(
    service: RunningService, consumables: FakeConsumables
) -> None:
    job, worker = await make_job(service)

    first, again, other_key = [
        await press(service, job, worker, key=key) for key in ("k1", "k1", "k2")
    ]

    made = consumables.requests[str(job.id)]
    assert first == {
        "created": True,
        "supplyRequestId": made,
        "job": {"state": "SUPPLIES_REQUESTED", "supplyRequestId": made},
    }
    assert again == first
    assert other_key == {**first, "created": False}
    assert len(consumables.calls) == 1
    assert consumables.calls[0] == {
        "jobId": str(job.id),
        "workerId": str(job.worker_id),
        "clientId": str(job.client_id),
        "serviceTypeId": str(job.service_type_id),
        "neededBy": consumables.calls[0]["neededBy"],
        "key": f"job/{job.id}",
    }


async def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_key(
    service: RunningService, consumables: FakeConsumables
) -> None:
    consumables.lost_answers = 1
    job, worker = await make_job(service)

    ticket = await press(service, job, worker)

    assert ticket["created"]
    assert consumables.calls[0] == consumables.calls[1]
    assert len(consumables.requests) == 1


async def test_what_stays_unknown_is_said_to_be_and_found_by_the_next_press(
    service: RunningService, consumables: FakeConsumables
) -> None:
    consumables.lost_answers = 3
    job, worker = await make_job(service)

    unknown = await service.execute(REQUEST, {"id": str(job.id), "key": "k1"}, caller=worker)
    ticket = await press(service, job, worker)

    assert unknown.codes == ["UPSTREAM_UNKNOWN"]
    assert ticket["supplyRequestId"] == consumables.requests[str(job.id)]
    assert ticket["job"]["state"] == "SUPPLIES_REQUESTED"


async def test_a_department_that_is_away_changes_nothing(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "CATTERY_CONSUMABLES_URL": "app://nowhere"}
    publish_app("fake-consumables", FakeConsumables().app())
    async with running_service("jobs", tmp_path, environment) as service:
        job, worker = await make_job(service)

        away = await service.execute(REQUEST, {"id": str(job.id), "key": "k1"}, caller=worker)

        async with service.database.reading() as session:
            assert (await session.get_one(Job, job.id)).state is JobState.ASSIGNED
    assert away.codes == ["UPSTREAM_UNAVAILABLE"]


async def test_a_refusal_of_the_departments_is_shown(
    service: RunningService, consumables: FakeConsumables
) -> None:
    consumables.refusal = "VALIDATION"
    job, worker = await make_job(service)

    refused = await service.execute(REQUEST, {"id": str(job.id), "key": "k1"}, caller=worker)

    assert refused.codes == ["UPSTREAM_REFUSED"]


async def test_a_key_stands_for_one_job(
    service: RunningService, consumables: FakeConsumables
) -> None:
    job, worker = await make_job(service)
    other, _ = await make_job(service, worker_id=job.worker_id)
    await press(service, job, worker)

    mismatch = await service.execute(REQUEST, {"id": str(other.id), "key": "k1"}, caller=worker)
    empty = await service.execute(REQUEST, {"id": str(other.id), "key": " "}, caller=worker)

    assert (mismatch.codes, mismatch.reasons) == (
        ["IDEMPOTENCY_MISMATCH"],
        ["JOBS_SUPPLIES_KEY_USED"],
    )
    assert empty.codes == ["VALIDATION"]
    assert len(consumables.calls) == 1


async def test_nobody_is_asked_for_what_is_not_ones_own_or_has_started(
    service: RunningService, consumables: FakeConsumables
) -> None:
    job, _ = await make_job(service)
    declined, owner = await make_job(service)
    async with service.database.transaction() as session:
        await JobService(session, service.clock).decline(
            declined.id, worker_id=declined.worker_id, reason="tired"
        )

    stranger = await service.execute(
        REQUEST, {"id": str(job.id), "key": "k1"}, caller=a_person(Role.WORKER)
    )
    late = await service.execute(REQUEST, {"id": str(declined.id), "key": "k1"}, caller=owner)

    assert stranger.reasons == ["JOBS_JOB_NOT_FOUND"]
    assert late.reasons == ["JOBS_ILLEGAL_TRANSITION"]
    assert consumables.calls == []


async def test_a_check_in_without_supplies_is_refused_where_they_are_required(
    service: RunningService, consumables: FakeConsumables
) -> None:
    job, worker = await make_job(service, JobState.SUPPLIES_REQUESTED)
    check_in = """
    mutation ($id: ID!) { checkIn(jobId: $id, photoRef: "data:image/png;base64,YQ==",
      sha256: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb") { state } }
    """

    refused = await service.execute(check_in, {"id": str(job.id)}, caller=worker)
    async with service.database.transaction() as session:
        await JobService(session, service.clock).equip(
            job.id, supply_request_id=uuid4(), event_id="e1"
        )
    started = await service.fetch(check_in, {"id": str(job.id)}, caller=worker)

    assert refused.reasons == ["JOBS_NOT_EQUIPPED"]
    assert started["checkIn"]["state"] == "STARTED"


async def test_supplies_cannot_be_required_of_nobody(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="CATTERY_CONSUMABLES_URL"):
        async with running_service("jobs", tmp_path, {"CATTERY_JOBS_REQUIRES_SUPPLIES": "yes"}):
            pass
