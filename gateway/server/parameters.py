"""From bodies and URLs to GraphQL requests: the parameters and their types, nothing of what they mean.

Spec: GraphQL over HTTP, Request. ``null`` counts as absent, members that the spec does not name are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from gateway.errors import (
    BatchRefused,
    BatchTooLong,
    BodyNotJson,
    ClientError,
    ContentTypeMissing,
    ContentTypeRefused,
    NestingTooDeep,
    PersistedQueriesOff,
    QueryMissing,
    RequestMalformed,
)
from gateway.execution.json_text import decode_json
from gateway.pipeline.request import GraphQLRequest
from gateway.transports.uploads import FilePart

_JSON = "application/json"
_MAX_URL_PARAMETERS = 64
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRules:
    """What is taken."""

    max_batch: int = 0
    """Requests in one list; 0 refuses lists."""

    takes_hashes: bool = False
    """Whether a document may be named by its hash."""


def read_post(
    body: bytes, rules: ReadingRules
) -> GraphQLRequest | list[GraphQLRequest | ClientError]:
    """Return the request in a JSON body; a list when the body is a list.

    An item of a list that is no request becomes the error that its client is to read.

    Raises:
        BodyNotJson: the body is no JSON text in UTF-8.
        BatchRefused: it is a list, and lists are not taken.
        BatchTooLong: it is a list of too many requests.
        RequestMalformed: it is no request, or a parameter is of the wrong type.
        QueryMissing: there is no query.
        PersistedQueriesOff: there is the hash of a query in its place, and hashes are not taken.
        NestingTooDeep: it is nested too deep to be read.
    """
    value = read_json(body, "The body")
    if not isinstance(value, list):
        return read_request(value, rules)
    check_batch(value, rules)
    return [read_item(item, rules) for item in value]


def check_batch(items: list[object], rules: ReadingRules) -> None:
    """Raise ``BatchRefused``, ``BatchTooLong`` or ``RequestMalformed`` unless a list of this length is taken."""
    if not rules.max_batch:
        raise BatchRefused("The body is a list of requests. Send one at a time.")
    if len(items) > rules.max_batch:
        raise BatchTooLong(
            f"The body is a list of {len(items)} requests. Send at most {rules.max_batch} at once."
        )
    if not items:
        raise RequestMalformed("The body is an empty list.")


def read_json(text: bytes, what: str) -> object:
    """Return the value of a JSON text; ``what`` names it in errors.

    Raises:
        BodyNotJson: it is none.
        NestingTooDeep: it is nested too deep to be read.
    """
    try:
        return decode_json(text, exact_integers=True)
    except RecursionError as error:
        raise NestingTooDeep(f"{what} is nested too deep.") from error
    except ValueError as error:
        raise BodyNotJson(f"{what} must be JSON in UTF-8.") from error


def read_get(query_string: bytes, rules: ReadingRules) -> GraphQLRequest:
    """Return the request in a URL, where an empty parameter counts as absent.

    Raises:
        RequestMalformed: a parameter is given twice, is no UTF-8, or is of the wrong type.
        QueryMissing: there is no query.
        PersistedQueriesOff: there is the hash of a query in its place, and hashes are not taken.
    """
    found = read_url(query_string)
    return read_request(
        {
            "query": found.get("query") or None,
            "operationName": found.get("operationName") or None,
            "variables": _read_json_parameter(found, "variables"),
            "extensions": _read_json_parameter(found, "extensions"),
        },
        rules,
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


def read_item(
    value: object, rules: ReadingRules, files: tuple[FilePart, ...] = ()
) -> GraphQLRequest | ClientError:
    """Return the request that an item of a list is, or why it is none."""
    try:
        return read_request(value, rules, files)
    except ClientError as error:
        return error


def read_request(
    value: object, rules: ReadingRules, files: tuple[FilePart, ...] = ()
) -> GraphQLRequest:
    """Return the request that a decoded JSON object is.

    Args:
        value: the object; where a file belongs, its variables hold it.
        rules: what is taken.
        files: those files.

    Raises:
        RequestMalformed: it is no object, or a parameter is of the wrong type.
        QueryMissing: there is no query.
        PersistedQueriesOff: there is the hash of a query in its place, and hashes are not taken.
    """
    if not isinstance(value, dict):
        raise RequestMalformed("A request must be a JSON object with a query in it.")
    query = value.get("query")
    name = value.get("operationName")
    variables = value.get("variables")
    extensions = value.get("extensions")
    digest: str | None = None
    if extensions is not None:
        if not isinstance(extensions, dict):
            raise RequestMalformed("'extensions' must be an object.")
        digest = _read_hash(extensions.get("persistedQuery"), rules, is_alone=query is None)
    if query is None:
        if digest is None:
            raise QueryMissing("There is no 'query'.")
    elif not isinstance(query, str):
        raise RequestMalformed("'query' must be a string.")
    if name is not None and not isinstance(name, str):
        raise RequestMalformed("'operationName' must be a string.")
    if variables is not None and not isinstance(variables, dict):
        raise RequestMalformed("'variables' must be an object.")
    return GraphQLRequest(
        query=query,
        persisted_hash=digest,
        operation_name=name or None,
        variables=variables or {},
        files=files,
    )


def _read_hash(value: object, rules: ReadingRules, *, is_alone: bool) -> str | None:
    if value is None:
        return None
    if not rules.takes_hashes:
        if is_alone:
            # The text that clients of automatic persisted queries know: they send the query in full.
            raise PersistedQueriesOff("PersistedQueryNotSupported")
        return None
    if not isinstance(value, dict):
        raise RequestMalformed("'extensions.persistedQuery' must be an object.")
    version = value.get("version")
    if version != 1 or isinstance(version, bool):
        raise RequestMalformed("'extensions.persistedQuery.version' must be 1.")
    digest = value.get("sha256Hash")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise RequestMalformed(
            "'extensions.persistedQuery.sha256Hash' must be a SHA-256 hash in hexadecimal digits."
        )
    return digest.lower()
