"""From bodies and URLs to GraphQL requests: the parameters and their types, nothing of what they mean.

Spec: GraphQL over HTTP, Request. ``null`` counts as absent, members that the spec does not name are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from gateway.errors import (
    BatchRefused,
    BodyNotJson,
    ContentTypeMissing,
    ContentTypeRefused,
    NestingTooDeep,
    PersistedQueryUnknown,
    QueryMissing,
    RequestMalformed,
)
from gateway.execution.json_text import decode_json
from gateway.pipeline.request import GraphQLRequest

_JSON = "application/json"
_MAX_URL_PARAMETERS = 64


def split_content_type(content_type: str | None) -> tuple[str, str]:
    """Return media type and charset of a ``Content-Type``, in lower case; empty when not given."""
    if content_type is None or content_type == _JSON:
        return content_type or "", ""
    media_type, *parameters = (word.strip().lower() for word in content_type.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return media_type, value.strip('" ')
    return media_type, ""


def check_json_content(media_type: str, charset: str) -> None:
    """Raise ``ContentTypeMissing`` or ``ContentTypeRefused`` unless a body is JSON in UTF-8."""
    if not media_type:
        raise ContentTypeMissing(f"Content-Type is missing. Send {_JSON}.")
    if media_type != _JSON:
        raise ContentTypeRefused(f"Bodies are read as {_JSON} only.")
    if charset not in {"", "utf-8", "utf8"}:
        raise ContentTypeRefused("Bodies are read as UTF-8 only.")


def read_post(body: bytes, *, max_batch: int) -> GraphQLRequest | list[GraphQLRequest]:
    """Return the request in a JSON body; a list when the body is a list.

    Raises:
        BodyNotJson: the body is no JSON text in UTF-8.
        BatchRefused: it is a list, of more than ``max_batch`` requests.
        RequestMalformed: it is no request, or a parameter is of the wrong type.
        QueryMissing: there is no query.
        PersistedQueryUnknown: there is the hash of a query in its place.
        NestingTooDeep: it is nested too deep to be read.
    """
    try:
        value = decode_json(body, exact_integers=True)
    except RecursionError as error:
        raise NestingTooDeep("The body is nested too deep.") from error
    except ValueError as error:
        raise BodyNotJson("The body must be JSON in UTF-8.") from error
    if not isinstance(value, list):
        return _read_request(value)
    if len(value) > max_batch:
        allowed = f"Send at most {max_batch} at once." if max_batch else "Send one at a time."
        raise BatchRefused(f"The body is a list of {len(value)} requests. {allowed}")
    if not value:
        raise RequestMalformed("The body is an empty list.")
    return [_read_request(item) for item in value]


def read_get(query_string: bytes) -> GraphQLRequest:
    """Return the request in a URL, where an empty parameter counts as absent.

    Raises:
        RequestMalformed: a parameter is given twice, is no UTF-8, or is of the wrong type.
        QueryMissing: there is no query.
        PersistedQueryUnknown: there is the hash of a query in its place.
    """
    found = read_url(query_string)
    return _read_request(
        {
            "query": found.get("query") or None,
            "operationName": found.get("operationName") or None,
            "variables": _read_json_parameter(found, "variables"),
            "extensions": _read_json_parameter(found, "extensions"),
        }
    )


def read_url(query_string: bytes) -> dict[str, str]:
    """Return the parameters of a URL; raise ``RequestMalformed`` for what cannot be read."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_URL_PARAMETERS,
        )
    except ValueError as error:
        raise RequestMalformed("The URL's parameters cannot be read.") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise RequestMalformed(f"The URL's parameter {name!r} is given twice.")
        found[name] = value
    return found


def _read_json_parameter(found: Mapping[str, str], name: str) -> object:
    text = found.get(name)
    if not text:
        return None
    try:
        return decode_json(text.encode(), exact_integers=True)
    except RecursionError as error:
        raise NestingTooDeep(f"The URL's parameter {name!r} is nested too deep.") from error
    except ValueError as error:
        raise RequestMalformed(f"The URL's parameter {name!r} must be JSON.") from error


def _read_request(value: object) -> GraphQLRequest:
    if not isinstance(value, dict):
        raise RequestMalformed("A request must be a JSON object with a query in it.")
    query = value.get("query")
    name = value.get("operationName")
    variables = value.get("variables")
    extensions = value.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise RequestMalformed("'extensions' must be an object.")
    if query is None:
        if extensions and "persistedQuery" in extensions:
            # The text that clients of automatic persisted queries know: they send it in full.
            raise PersistedQueryUnknown("PersistedQueryNotSupported")
        raise QueryMissing("There is no 'query'.")
    if not isinstance(query, str):
        raise RequestMalformed("'query' must be a string.")
    if name is not None and not isinstance(name, str):
        raise RequestMalformed("'operationName' must be a string.")
    if variables is not None and not isinstance(variables, dict):
        raise RequestMalformed("'variables' must be an object.")
    return GraphQLRequest(query=query, operation_name=name or None, variables=variables or {})
