"""Jobs' HTTP endpoints beside GraphQL: photos too large to be sent inline.

PUT /blobs          a worker uploads a photo: 201 {"ref": …, "sizeBytes": …}; the ref is the photo's sha256
GET /blobs/{ref}    those who may see a job may see its evidence
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from shared.authorization import roles
from shared.database import Database
from shared.errors import DomainError, Forbidden, NotFound, Unauthenticated, UpstreamUnavailable
from shared.identity import Principal, Role, TokenVerifier

from .access import can_see_job
from .blobs import BlobStore
from .errors import PhotoInvalid, PhotoTooLarge
from .photos import MAX_UPLOAD_BYTES, MEDIA_TYPES, is_digest
from .repository import JobRepository

_UPLOADERS = roles(Role.WORKER).rule
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (PhotoTooLarge, 413),
    (UpstreamUnavailable, 503),
)
Endpoint = Callable[[Request, Principal], Awaitable[Response]]


def make_routes(verifier: TokenVerifier, database: Database, blobs: BlobStore) -> list[BaseRoute]:
    """Return the endpoints."""

    async def put(request: Request, caller: Principal) -> Response:
        _UPLOADERS.check(caller)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in MEDIA_TYPES:
            raise PhotoInvalid(f"A photo is one of {', '.join(sorted(MEDIA_TYPES))}.")
        content = await _read_photo(request)
        ref = await blobs.put(content)
        return JSONResponse({"ref": ref, "sizeBytes": len(content)}, 201)

    async def get(request: Request, caller: Principal) -> Response:
        ref = request.path_params["ref"]
        async with database.reading() as session:
            proven = await JobRepository(session).find_proven_by(ref) if is_digest(ref) else ()
        if not any(
            can_see_job(caller, client_id=job.client_id, worker_id=job.worker_id) for job in proven
        ):
            raise NotFound("There is no such photo.")
        content = await blobs.get(ref)
        if content is None:
            raise NotFound("There is no such photo.")
        # What a worker has uploaded is shown as a file, never run as a page of ours.
        headers = {
            "content-disposition": f'attachment; filename="{ref[:12]}"',
            "x-content-type-options": "nosniff",
            "cache-control": "private, immutable, max-age=31536000",
        }
        return Response(content, media_type="application/octet-stream", headers=headers)

    return [
        Route("/blobs", _guarded(verifier, put), methods=["PUT"]),
        Route("/blobs/{ref}", _guarded(verifier, get), methods=["GET"]),
    ]


def _guarded(
    verifier: TokenVerifier, endpoint: Endpoint
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint with its caller proven and its refusals as JSON, coded as in GraphQL."""

    async def answer(request: Request) -> Response:
        try:
            caller = await verifier.verify_header(request.headers.get("authorization"))
            return await endpoint(request, caller)
        except DomainError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
            body = {"errors": [{"message": str(error), "extensions": error.extensions()}]}
            return JSONResponse(body, status)

    return answer


async def _read_photo(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_UPLOAD_BYTES:
            raise PhotoTooLarge(f"A photo has at most {MAX_UPLOAD_BYTES} bytes.")
    if not content:
        raise PhotoInvalid("There is no photo in the request.")
    return bytes(content)
