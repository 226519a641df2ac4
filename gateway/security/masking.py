"""What clients see of errors: the gateway's own mishaps never, those of subgraphs as configured.

A masked error carries an id that is also in the log, so that a report can be matched to its cause.
"""

from __future__ import annotations

from uuid import uuid4

from gateway.config.settings import SubgraphErrors
from gateway.errors import GatewayError
from shared.logging import get_logger

MASKED_MESSAGE = "Something went wrong inside the gateway."
MASKED_SUBGRAPH_MESSAGE = "A subgraph could not answer this."

_log = get_logger(__name__)


def mask_exception(error: Exception, *, request_id: str) -> dict[str, object]:
    """Log ``error`` in full and return the error that the client gets in its place."""
    error_id = uuid4().hex
    code = error.code if isinstance(error, GatewayError) else GatewayError.code
    _log.error("request failed", error_id=error_id, request_id=request_id, exc_info=error)
    return {"message": MASKED_MESSAGE, "extensions": {"code": code, "errorId": error_id}}


def mask_subgraph_errors(
    errors: list[dict[str, object]], policy: SubgraphErrors, *, request_id: str
) -> list[dict[str, object]]:
    """Return the errors of an executed plan as ``policy`` shows them; codes and paths always stay."""
    if policy is SubgraphErrors.PASSTHROUGH:
        return errors
    _log.warning("subgraph errors", request_id=request_id, errors=errors)
    return [_mask(error) for error in errors]


def _mask(error: dict[str, object]) -> dict[str, object]:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    masked: dict[str, object] = {"message": MASKED_SUBGRAPH_MESSAGE}
    if "path" in error:
        masked["path"] = error["path"]
    masked["extensions"] = {"code": code} if code is not None else {}
    return masked
