"""What comes of a request: the text of a GraphQL response, and what kind of response it is.

Spec: GraphQL, 7.1 (Response Format).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple, Protocol, Self

from gateway.errors import ClientError, OperationRefused, RequestRefused
from gateway.execution.incremental_format import IncrementalFormat
from gateway.execution.json_text import encode_json


class Outcome(Enum):
    """The kinds of response, as far as protocols tell them apart."""

    COMPLETE = auto()
    """Data, no errors."""

    PARTIAL = auto()
    """Data, though it may be null, and errors."""

    MALFORMED = auto()
    """No data: the document cannot be read."""

    UNPROCESSABLE = auto()
    """No data: the document can be read, and cannot be run."""

    REFUSED = auto()
    """No data: the request is not taken; ``status`` says why."""

    FAILED = auto()
    """No data: a mishap of the gateway's own."""


class LaterParts(Protocol):
    """The parts of an answer after the first, as they come."""

    def __aiter__(self) -> Self:
        """Return itself."""

    async def __anext__(self) -> bytes:
        """Wait for the next part."""

    async def aclose(self) -> None:
        """End what is under way."""

    def cut_short(self, error: ClientError) -> bytes:
        """Write a last part that says why the rest does not come; to be called after ``aclose``."""


class Answer(NamedTuple):
    """A finished response."""

    outcome: Outcome
    body: bytes
    """JSON text."""

    status: int = 200
    """The HTTP status of a ``REFUSED`` request; without meaning otherwise."""

    headers: tuple[tuple[str, str], ...] = ()
    is_list: bool = False
    """Whether ``body`` is a list of responses: JSON, though no GraphQL response itself."""

    error_codes: tuple[str, ...] = ()
    incremental: IncrementalFormat | None = None
    """The format of an answer in parts, of which ``body`` is the first."""

    parts: LaterParts | None = None
    """The parts after the first, as JSON text; to be closed by whoever takes them."""


def refuse(error: ClientError) -> Answer:
    """Return the answer to a request that ``error`` ends."""
    body = encode_json({"errors": list_errors(error)})
    match error:
        case RequestRefused():
            return Answer(
                outcome=Outcome.REFUSED,
                body=body,
                status=error.status,
                headers=error.headers,
                error_codes=(error.code,),
            )
        case OperationRefused(is_unprocessable=True):
            return Answer(outcome=Outcome.UNPROCESSABLE, body=body, error_codes=(error.code,))
        case _:
            return Answer(outcome=Outcome.MALFORMED, body=body, error_codes=(error.code,))


def list_errors(error: ClientError) -> list[dict[str, object]]:
    """Return the errors of a response, one for each problem."""
    errors: list[dict[str, object]] = []
    for problem in error.problems:
        entry: dict[str, object] = {"message": problem.message}
        if problem.locations:
            entry["locations"] = [
                {"line": line, "column": column} for line, column in problem.locations
            ]
        entry["extensions"] = {"code": error.code}
        errors.append(entry)
    return errors


def fail(masked_error: dict[str, object]) -> Answer:
    """Return the answer to a request that met a mishap, already masked."""
    extensions = masked_error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return Answer(
        outcome=Outcome.FAILED,
        body=encode_json({"errors": [masked_error]}),
        error_codes=(str(code),),
    )
