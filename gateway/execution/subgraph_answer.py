"""Reads what a subgraph answered: bytes to ``data`` and ``errors``, or the reason why it is no GraphQL response."""

from __future__ import annotations

from typing import NamedTuple

from gateway.transports.base import SubgraphResponse
from gateway.transports.errors import ResponseMalformed, SubgraphBadStatus

from .json_text import decode_json
from .prepared_plan import PreparedFetch
from .representations import Collected
from .result import JsonObject


class SubgraphAnswer(NamedTuple):
    """A GraphQL response."""

    data: JsonObject | None
    errors: list[JsonObject]


def read_answer(response: SubgraphResponse, *, exact_integers: bool) -> SubgraphAnswer:
    """Return the GraphQL response in ``response``, also when its status is an error: 4xx and 5xx may carry one.

    Raises:
        SubgraphBadStatus: the status is an error and the body is not a GraphQL response.
        ResponseMalformed: the status is fine and the body is not a GraphQL response.
    """
    try:
        payload = decode_json(response.body, exact_integers=exact_integers)
        return parse_payload(payload)
    except (ValueError, RecursionError, ResponseMalformed) as error:
        if not 200 <= response.status < 300:
            raise SubgraphBadStatus(
                f"Status {response.status}: {_excerpt(response.body)}"
            ) from error
        raise ResponseMalformed(f"{error} The body: {_excerpt(response.body)}") from error


def parse_payload(payload: object) -> SubgraphAnswer:
    """Return the parts of a decoded GraphQL response.

    Raises:
        ResponseMalformed: it is none.
    """
    if not isinstance(payload, dict):
        raise ResponseMalformed("The response is not an object.")
    data, errors = payload.get("data"), payload.get("errors")
    if data is not None and not isinstance(data, dict):
        raise ResponseMalformed("data is not an object.")
    if errors is None:
        errors = []
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise ResponseMalformed("errors is not a list of objects.")
    if data is None and not errors:
        raise ResponseMalformed("There is neither data nor an error.")
    return SubgraphAnswer(data, errors)


def check_root(answer: SubgraphAnswer, prepared: PreparedFetch) -> None:
    """Refuse an answer that leaves out a field and does not say why.

    Raises:
        ResponseMalformed: a root field is not there.
    """
    if answer.data is None or answer.errors or prepared.root_written is None:
        return
    missing = prepared.root_written.keys.keys.keys() - answer.data.keys()
    if missing:
        raise ResponseMalformed(f"Fields are missing in data: {', '.join(sorted(missing))}.")


def entities_of(
    answer: SubgraphAnswer, alias: str, collected: Collected
) -> list[JsonObject | None]:
    """Return the entities of one group, in step with its representations.

    Raises:
        ResponseMalformed: there is no such list, its length is wrong, or it holds something else than objects and
            null. A list that is too short cannot be used in part: nothing says which entities are missing.
    """
    entities = answer.data.get(alias) if answer.data is not None else None
    if entities is None and answer.errors:
        return [None] * len(collected.representations)
    if not isinstance(entities, list):
        raise ResponseMalformed(f"{alias} is not a list.")
    if len(entities) != len(collected.representations):
        raise ResponseMalformed(
            f"{alias} holds {len(entities)} entities for {len(collected.representations)} representations."
        )
    for entity in entities:
        if entity.__class__ is not dict and entity is not None:
            raise ResponseMalformed(f"{alias} holds something that is not an object.")
    return entities


def _excerpt(body: bytes) -> str:
    return repr(body[:200].decode("utf-8", "replace"))
