"""Photos uploaded and looked at over HTTP."""

from __future__ import annotations

import httpx
import pytest

from shared.identity import Principal, Role
from subgraphs.jobs.photos import MAX_UPLOAD_BYTES
from subgraphs.jobs.states import JobState
from tests.support.callers import a_person, sign_token
from tests.support.service import RunningService

from .builders import PHOTO, PHOTO_SHA256, a_job

WORKER = a_person(Role.WORKER)


async def upload(
    jobs: RunningService, content: bytes = PHOTO, *, media: str = "image/jpeg", caller: Principal
) -> httpx.Response:
    headers = {"authorization": f"Bearer {sign_token(caller, jobs.clock)}", "content-type": media}
    return await jobs.http.put("/blobs", content=content, headers=headers)


async def download(jobs: RunningService, ref: str, *, caller: Principal) -> httpx.Response:
    headers = {"authorization": f"Bearer {sign_token(caller, jobs.clock)}"}
    return await jobs.http.get(f"/blobs/{ref}", headers=headers)


def code_of(response: httpx.Response) -> str:
    code: str = response.json()["errors"][0]["extensions"]["code"]
    return code


async def test_a_worker_uploads_a_photo(jobs: RunningService) -> None:
    for _ in range(2):
        response = await upload(jobs, caller=WORKER)

        assert response.status_code == 201
        assert response.json() == {"ref": PHOTO_SHA256, "sizeBytes": len(PHOTO)}


async def test_nobody_else_does(jobs: RunningService) -> None:
    client = await upload(jobs, caller=a_person(Role.CLIENT, Role.MANAGER))
    nobody = await jobs.http.put("/blobs", content=PHOTO, headers={"content-type": "image/png"})
    forged = await jobs.http.put(
        "/blobs", content=PHOTO, headers={"authorization": "Bearer x", "content-type": "image/png"}
    )

    assert (client.status_code, code_of(client)) == (403, "FORBIDDEN")
    assert (nobody.status_code, code_of(nobody)) == (401, "UNAUTHENTICATED")
    assert (forged.status_code, code_of(forged)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"", "image/jpeg", 400),
        (PHOTO, "text/html", 400),
        (PHOTO, "image/svg+xml", 400),
        (bytes(MAX_UPLOAD_BYTES), "image/webp; charset=x", 201),
        (bytes(MAX_UPLOAD_BYTES + 1), "image/webp", 413),
    ],
)
async def test_only_photos_up_to_a_size_are_taken(
    jobs: RunningService, content: bytes, media: str, status: int
) -> None:
    assert (await upload(jobs, content, media=media, caller=WORKER)).status_code == status


async def test_evidence_is_seen_by_those_who_may_see_the_job(jobs: RunningService) -> None:
    async with jobs.database.transaction() as session:
        job = await a_job(session, jobs.clock, state=JobState.STARTED)
    own = a_person(Role.WORKER, account_id=job.worker_id)
    client = a_person(Role.CLIENT, account_id=job.client_id)
    await upload(jobs, caller=own)

    seen = [
        await download(jobs, PHOTO_SHA256, caller=caller)
        for caller in (own, client, a_person(Role.QUALITY))
    ]
    hidden = [
        await download(jobs, PHOTO_SHA256, caller=caller)
        for caller in (WORKER, a_person(Role.CLIENT))
    ]

    assert [(response.status_code, response.content) for response in seen] == [(200, PHOTO)] * 3
    assert seen[0].headers["content-type"] == "application/octet-stream"
    assert seen[0].headers["x-content-type-options"] == "nosniff"
    assert [response.status_code for response in hidden] == [404, 404]


@pytest.mark.parametrize("ref", ["0" * 64, "nonsense", "..%2F..%2Fjobs.sqlite3"])
async def test_what_is_no_evidence_is_not_there(jobs: RunningService, ref: str) -> None:
    response = await download(jobs, ref, caller=a_person(Role.MANAGER))

    assert response.status_code == 404


async def test_evidence_whose_photo_is_lost_is_not_there(jobs: RunningService) -> None:
    async with jobs.database.transaction() as session:
        await a_job(session, jobs.clock, state=JobState.STARTED)

    assert (await download(jobs, PHOTO_SHA256, caller=a_person(Role.MANAGER))).status_code == 404


async def test_a_store_that_is_away_is_said_to_be(jobs: RunningService) -> None:
    (jobs.settings.data_dir / "jobs-blobs").write_text("in the way")

    response = await upload(jobs, caller=WORKER)

    assert (response.status_code, code_of(response)) == (503, "UPSTREAM_UNAVAILABLE")
