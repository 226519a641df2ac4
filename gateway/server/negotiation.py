"""Which media type an answer has, and which HTTP status follows from the two.

Spec: GraphQL over HTTP (draft of August 2026), Response; RFC 9110, 12.5.1 (Accept).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, assert_never

from gateway.errors import NothingAcceptable
from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.answer import Answer, Outcome

MULTIPART = "multipart/mixed"


class MediaType(StrEnum):
    """What the gateway writes."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    """For clients from before the other: a refused operation is answered 200 for them."""


_RANGES = {
    "application/graphql-response+json": MediaType.GRAPHQL,
    "application/json": MediaType.JSON,
    # Whoever takes anything was written before the newer type, or does not look at it.
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
}


class Accepted(NamedTuple):
    """What a client takes."""

    media_type: MediaType
    """Of answers in one piece."""

    incremental: IncrementalFormat | None = None
    """Of answers in parts; ``None`` when the client does not read them."""


@lru_cache(maxsize=256)
def negotiate(accept: str | None) -> Accepted:
    """Return what the gateway writes of all that ``accept`` names: what it ranks highest, of equals the first.

    An answer that can come in parts does so unless the client ranks one in one piece higher. A client that takes
    answers in parts only gets those in one piece as JSON, for there is nothing to part in them.

    Raises:
        NothingAcceptable: it names nothing that the gateway writes.
    """
    if not accept:
        return Accepted(MediaType.JSON)
    media_type: MediaType | None = None
    incremental: IncrementalFormat | None = None
    best = best_incremental = 0.0
    for part in accept.split(","):
        media_range, parameters, quality = _read_range(part)
        whole = _RANGES.get(media_range)
        if whole is not None and quality > best:
            media_type, best = whole, quality
        if media_range == MULTIPART and quality > best_incremental:
            found = _read_incremental(parameters)
            if found is not None:
                incremental, best_incremental = found, quality
    if media_type is None:
        if incremental is None:
            raise NothingAcceptable(
                f"The gateway answers with {' or '.join(MediaType)}; Accept names neither."
            )
        media_type = MediaType.JSON
    elif best_incremental < best:
        incremental = None
    return Accepted(media_type, incremental)


def _read_incremental(parameters: Mapping[str, str]) -> IncrementalFormat | None:
    """The format that a range of type ``multipart/mixed`` asks for: the older one when it names none."""
    if not parameters.keys() & {"deferspec", "incrementalspec", "subscriptionspec"}:
        return IncrementalFormat.LEGACY
    for how in IncrementalFormat:
        name, _, version = how.lower().partition("=")
        if parameters.get(name) == version:
            return how
    return None


def choose_status(answer: Answer, media_type: MediaType, *, strict: bool) -> int:
    """Return the status of ``answer``.

    Args:
        answer: what is answered.
        media_type: as what it is written.
        strict: go by the 2026 draft: 422 for what can be read and not run, 294 for partial data,
            and the same statuses, successes apart, for the older media type.
    """
    is_lenient = media_type is MediaType.JSON and not strict
    match answer.outcome:
        case Outcome.COMPLETE:
            return 200
        case Outcome.PARTIAL:
            return 294 if strict and media_type is MediaType.GRAPHQL else 200
        case Outcome.MALFORMED:
            return 200 if is_lenient else 400
        case Outcome.UNPROCESSABLE:
            return 200 if is_lenient else (422 if strict else 400)
        case Outcome.REFUSED:
            return answer.status
        case Outcome.FAILED:
            return 500
    assert_never(answer.outcome)


def _read_range(part: str) -> tuple[str, Mapping[str, str], float]:
    media_range, *words = (word.strip().lower() for word in part.split(";"))
    parameters: dict[str, str] = {}
    quality = 1.0
    for word in words:
        name, _, value = word.partition("=")
        parameters[name.strip()] = value.strip('" ')
    if "q" in parameters:
        try:
            quality = float(parameters["q"])
        except ValueError:
            quality = 0.0
    if parameters.get("charset", "utf-8") not in {"utf-8", "utf8"}:
        quality = 0.0
    return media_range, parameters, quality
