"""Which media type an answer has, and which HTTP status follows from the two.

Spec: GraphQL over HTTP (draft of August 2026), Response; RFC 9110, 12.5.1 (Accept).
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from gateway.errors import NothingAcceptable
from gateway.pipeline.answer import Answer, Outcome


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


@lru_cache(maxsize=256)
def choose_media_type(accept: str | None) -> MediaType:
    """Return the media type that ``accept`` ranks highest; of equals, the first.

    Raises:
        NothingAcceptable: it names none that the gateway writes.
    """
    if not accept:
        return MediaType.JSON
    best: MediaType | None = None
    best_quality = 0.0
    for part in accept.split(","):
        media_range, quality = _read_range(part)
        media_type = _RANGES.get(media_range)
        if media_type is not None and quality > best_quality:
            best, best_quality = media_type, quality
    if best is None:
        raise NothingAcceptable(
            f"The gateway answers with {' or '.join(MediaType)}; Accept names neither."
        )
    return best


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


def _read_range(part: str) -> tuple[str, float]:
    media_range, *parameters = (word.strip().lower() for word in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        value = value.strip('" ')
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return media_range, 0.0
        elif name.strip() == "charset" and value not in {"utf-8", "utf8"}:
            return media_range, 0.0
    return media_range, quality
