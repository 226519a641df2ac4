"""What clients see of errors: the gateway's own mishaps never, those of subgraphs as configured.

A masked error carries an id that is also in the log, so that a report can be matched to its cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

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


def masked_extensions(extensions: Mapping[str, object]) -> dict[str, object]:
    """Return what stays of a subgraph error's extensions: what clients act upon, not who said it."""
    return {key: extensions[key] for key in ("code", "errorId") if key in extensions}
