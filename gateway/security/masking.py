"""What clients see of errors: the gateway's own mishaps never, those of subgraphs as configured.

Whatever is masked carries an id under which the log has the full text, so that a report can be matched to its cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from gateway.config.settings import ErrorsConfig, SubgraphErrors
from gateway.errors import GatewayError, is_mishap_code
from shared.logging import get_logger

MASKED_MESSAGE = "Something went wrong inside the gateway."
MASKED_SUBGRAPH_MESSAGE = "A subgraph could not answer this."

_DEBUGGING = frozenset(
    {
        "debug",
        "debuginfo",
        "debugmessage",
        "exception",
        "innererror",
        "innerexception",
        "originalerror",
        "stack",
        "stacktrace",
        "trace",
        "traceback",
    }
)
"""Keys of ``extensions`` under which servers show their insides, in lower case and without separators."""

_KEPT_WHEN_INTERNAL = ("code", "service", "errorId", "furtherPlaces")
_KEPT_WHEN_MASKED = ("code", "errorId", "furtherPlaces")
_OUR_PREFIX = "SUBGRAPH_"
"""Codes of failures that have been logged where they were found, with a text for clients that says nothing."""

_ERROR_ID = re.compile(r"[0-9a-f]{32}")

_log = get_logger(__name__)


def mask_exception(error: Exception, *, request_id: str) -> dict[str, object]:
    """Log ``error`` in full and return the error that the client gets in its place."""
    error_id = uuid4().hex
    _log.error("request failed", error_id=error_id, request_id=request_id, exc_info=error)
    return {"message": MASKED_MESSAGE, "extensions": {"code": code_of(error), "errorId": error_id}}


def code_of(error: Exception) -> str:
    """Return the code that clients see of an exception."""
    return error.code if isinstance(error, GatewayError) else GatewayError.code


class Shown(NamedTuple):
    """What a client sees of an error, besides its path."""

    message: str
    extensions: dict[str, object]


class SubgraphErrorMask:
    """Hides from clients what they are not to see of subgraphs' errors."""

    def __init__(self, config: ErrorsConfig) -> None:
        self._default = config.subgraph_errors
        self._own = dict(config.subgraphs)

    def policy_for(self, subgraph: str) -> SubgraphErrors:
        """Return what is shown of the errors of ``subgraph``."""
        return self._own.get(subgraph, self._default)

    def open(self, about: Mapping[str, object]) -> AnswerMask:
        """Return the mask for the errors of one answer; ``about`` tells its request apart in the log."""
        return AnswerMask(self, about)


class AnswerMask:
    """Masks the errors of one answer; what it hides goes to the log."""

    def __init__(self, mask: SubgraphErrorMask, about: Mapping[str, object]) -> None:
        self._mask = mask
        self._about = about
        self._ids: dict[tuple[object, ...], str] = {}

    def show(
        self, message: str, extensions: dict[str, object], path: Sequence[str | int] | None
    ) -> Shown:
        """Return what is shown of an error: those with a ``service`` in ``extensions`` are a subgraph's."""
        subgraph = extensions.get("service")
        if not isinstance(subgraph, str):
            return Shown(message, extensions)
        match self._mask.policy_for(subgraph):
            case SubgraphErrors.PASSTHROUGH:
                return Shown(message, extensions)
            case SubgraphErrors.MASKED_INTERNALS:
                if not is_mishap_code(extensions.get("code")):
                    return Shown(message, _without_debugging(extensions))
                kept = _keep(extensions, _KEPT_WHEN_INTERNAL)
                kept["errorId"] = self._log_in_full(message, extensions, path)
                return Shown(f"Something went wrong inside subgraph {subgraph!r}.", kept)
            case SubgraphErrors.MASKED:
                kept = _keep(extensions, _KEPT_WHEN_MASKED)
                if not str(extensions.get("code")).startswith(_OUR_PREFIX):
                    kept["errorId"] = self._log_in_full(message, extensions, path)
                return Shown(MASKED_SUBGRAPH_MESSAGE, kept)

    def _log_in_full(
        self, message: str, extensions: Mapping[str, object], path: Sequence[str | int] | None
    ) -> str:
        """Write one line for each different error, however many places it has; returns its id.

        An id that the subgraph gave it is kept when it is one like ours: its log has the error under it, too.
        """
        own_id = extensions.get("errorId")
        is_like_ours = isinstance(own_id, str) and _ERROR_ID.fullmatch(own_id) is not None
        subgraph = extensions["service"]
        key = (subgraph, extensions.get("code"), message, own_id if is_like_ours else None)
        error_id = self._ids.get(key)
        if error_id is None:
            error_id = self._ids[key] = str(own_id) if is_like_ours else uuid4().hex
            _log.warning(
                "subgraph_error",
                **self._about,
                error_id=error_id,
                subgraph=subgraph,
                path=None if path is None else list(path),
                reason=message,
                extensions=dict(extensions),
            )
        return error_id


def _keep(extensions: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    return {name: extensions[name] for name in names if name in extensions}


def _without_debugging(extensions: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in extensions.items() if not _is_debugging(key)}


def _is_debugging(key: str) -> bool:
    return key.lower().replace("_", "").replace("-", "") in _DEBUGGING
