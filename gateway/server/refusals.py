"""Answers for what never reaches an endpoint, and for mishaps outside the pipeline: coded JSON, like all others."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import MethodRefused, PathUnknown
from gateway.execution.json_text import encode_json
from gateway.pipeline.answer import list_errors
from gateway.security.masking import mask_exception

_JSON = "application/json; charset=utf-8"


async def answer_http_exception(_request: Request, error: Exception) -> Response:
    """Answer a path that is not there, or a method that it does not take."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    refusal = (
        MethodRefused("This path is for GET.")
        if error.status_code == 405
        else PathUnknown("Nothing is served at this path.")
    )
    return Response(
        encode_json({"errors": list_errors(refusal)}),
        status_code=error.status_code,
        headers={**(error.headers or {}), "content-type": _JSON},
    )


async def answer_mishap(request: Request, error: Exception) -> Response:
    """Answer for a defect: nothing of it is shown, all of it is logged."""
    masked = mask_exception(error, request_id=request.headers.get("x-request-id", ""))
    return Response(
        encode_json({"errors": [masked]}), status_code=500, headers={"content-type": _JSON}
    )
