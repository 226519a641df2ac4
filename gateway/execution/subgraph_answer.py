"""Reads what a subgraph answered: bytes to ``data`` and ``errors``, or the reason why it is no GraphQL response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gateway.transports.base import SubgraphResponse
from gateway.transports.errors import ResponseMalformed, SubgraphBadStatus

from .json_text import decode_json
from .prepared_plan import PreparedGroup
from .representations import Collected
from .result import JsonObject
from .written_keys import Written


class SubgraphAnswer(NamedTuple):
    """A GraphQL response."""

    data: JsonObject | None
    errors: list[JsonObject]
    text: bytes | None = None
    """What was received, where it holds ``data`` and nothing else."""


def read_answer(response: SubgraphResponse, *, exact_integers: bool) -> SubgraphAnswer:
    """Return the GraphQL response in ``response``, also when its status is an error: 4xx and 5xx may carry one.

    Raises:
        SubgraphBadStatus: the status is an error and the body is not a GraphQL response.
        ResponseMalformed: the status is fine and the body is not a GraphQL response.
    """
    try:
        payload = decode_json(response.body, exact_integers=exact_integers)
        return parse_payload(payload, response.body)
    except (ValueError, RecursionError, ResponseMalformed) as error:
        if not 200 <= response.status < 300:
            raise SubgraphBadStatus(
                f"Status {response.status}: {_excerpt(response.body)}"
            ) from error
        raise ResponseMalformed(f"{error} The body: {_excerpt(response.body)}") from error


def parse_payload(payload: object, text: bytes | None = None) -> SubgraphAnswer:
    """Return the parts of a GraphQL response that has been decoded from ``text``.

    Raises:
        ResponseMalformed: it is none.
    """
    if not isinstance(payload, dict):
        raise ResponseMalformed("The response is not an object.")
    data = payload.get("data")
    if len(payload) == 1 and isinstance(data, dict):
        return SubgraphAnswer(data, [], text)  # what nearly every response is
    errors = payload.get("errors")
    if data is not None and not isinstance(data, dict):
        raise ResponseMalformed("data is not an object.")
    if errors is None:
        errors = []
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise ResponseMalformed("errors is not a list of objects.")
    if data is None and not errors:
        raise ResponseMalformed("There is neither data nor an error.")
    return SubgraphAnswer(data, errors)


def root_of(answer: SubgraphAnswer, written: Written) -> JsonObject | None:
    """Return what an answer holds of a root type, without what nobody asked for.

    Raises:
        ResponseMalformed: a root field is not there, and no error says why.
    """
    data, known = answer.data, written.keys.keys
    if data is None:
        return None
    if not answer.errors and not data.keys() >= known.keys():
        missing = sorted(known.keys() - data.keys())
        raise ResponseMalformed(f"Fields are missing in data: {', '.join(missing)}.")
    return data if len(data) <= len(known) else _only(data, known)


def entities_of(
    answer: SubgraphAnswer, group: PreparedGroup, collected: Collected
) -> list[JsonObject | None]:
    """Return the entities of one group, in step with its representations.

    An entity with more fields than were asked for loses them: they could be taken for another subgraph's.

    Raises:
        ResponseMalformed: there is no such list, its length is wrong, or it holds something else than objects and
            null. A list that is too short cannot be used in part: nothing says which entities are missing.
    """
    alias, known = group.group.alias, group.written.keys.keys
    entities = answer.data.get(alias) if answer.data is not None else None
    if entities is None and answer.errors:
        return [None] * len(collected.representations)
    if not isinstance(entities, list):
        raise ResponseMalformed(f"{alias} is not a list.")
    if len(entities) != len(collected.representations):
        raise ResponseMalformed(
            f"{alias} holds {len(entities)} entities for {len(collected.representations)} representations."
        )
    count = len(known)
    for index, entity in enumerate(entities):
        if entity.__class__ is dict:
            if len(entity) > count:
                entities[index] = _only(entity, known)
        elif entity is not None:
            raise ResponseMalformed(f"{alias} holds something that is not an object.")
    return entities


def _only(value: JsonObject, known: Mapping[str, object]) -> JsonObject:
    return {key: item for key, item in value.items() if key in known}


def _excerpt(body: bytes) -> str:
    return repr(body[:200].decode("utf-8", "replace"))
