"""Reads which headers go on to subgraphs: the list that is enough for most, and rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.errors import ConfigInvalid

from .reader import Section, describe, suggest
from .settings import (
    HeaderMerge,
    HeaderRule,
    HeadersConfig,
    InsertHeader,
    PropagateHeader,
    PropagateHeaders,
    RemoveHeaders,
    ResponseHeaderRule,
    ReturnHeader,
    SubgraphHeaders,
    TrafficConfig,
)
from .traffic import refuse_unknown_subgraphs

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_KINDS = ["propagate", "insert", "remove"]

NEVER_FORWARDED = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""They belong to one connection or one body, not to the request."""

_WRITTEN_BY_GATEWAY = frozenset(
    {
        "age",
        "cache-control",
        "date",
        "etag",
        "server",
        "vary",
        "x-content-type-options",
        "x-request-id",
    }
)
"""Of an answer: what it says holds for the whole, not for a subgraph's part."""


def read_headers(section: Section, names: Sequence[str] | None) -> HeadersConfig:
    """Return the settings.

    Args:
        section: ``headers``.
        names: the subgraphs that there are; ``None`` when only the supergraph will tell.

    Raises:
        ConfigInvalid: a setting or a rule is not as it should be, or a subgraph is unknown.
    """
    default = HeadersConfig()
    forward = _read_forward(section, default.forward)
    requests = _read_rules(section, "requests")
    responses = _read_response_rules(section)
    subgraphs = section.section("subgraphs")
    section.close()
    given = subgraphs.names()
    if names is not None:
        refuse_unknown_subgraphs(given, names, where=subgraphs.path)
    own = []
    for name in given:
        one = subgraphs.section(name)
        own.append(
            (
                name,
                SubgraphHeaders(
                    forward=_read_forward(one, ()) if one.is_given("forward") else None,
                    requests=_read_rules(one, "requests"),
                    responses=_read_response_rules(one),
                ),
            )
        )
        one.close()
    return HeadersConfig(
        forward=forward, requests=requests, responses=responses, subgraphs=tuple(own)
    )


def refuse_shared_cookies(headers: HeadersConfig, traffic: TrafficConfig) -> None:
    """Raise ``ConfigInvalid`` when a cookie that a subgraph sets for one client could go to another."""
    if shares_cookies(headers, traffic):
        raise ConfigInvalid(
            "gateway.headers.responses must not propagate set-cookie while traffic.coalesce_queries or "
            "traffic.coalesce_calls is on: a cookie would go to everybody who shares the answer."
        )


def shares_cookies(headers: HeadersConfig, traffic: TrafficConfig) -> bool:
    """Whether cookies go to clients, and equal requests share their answers."""
    rules = [*headers.responses, *(rule for _, own in headers.subgraphs for rule in own.responses)]
    returned = [rule for rule in rules if isinstance(rule, ReturnHeader)]
    if not any("set-cookie" in {rule.name, rule.rename} for rule in returned):
        return False
    shares = traffic.coalesce_queries or traffic.coalesce_calls
    return shares or any(own.coalesce_calls for _, own in traffic.subgraphs)


def read_header_names(section: Section, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list of header names, in lower case.

    Raises:
        ConfigInvalid: one is none.
    """
    names = tuple(name.lower() for name in section.texts(key, default))
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigInvalid(f"{section.at(key)} must hold header names; {name!r} is none.")
    return names


def _read_forward(section: Section, default: tuple[str, ...]) -> tuple[str, ...]:
    names = read_header_names(section, "forward", default)
    for name in names:
        _refuse_reserved(name, f"{section.at('forward')} must not hold")
    return names


def _read_rules(section: Section, key: str) -> tuple[HeaderRule, ...]:
    value = section.value(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ConfigInvalid(f"{section.at(key)} must be a list of rules, not {describe(value)}.")
    return tuple(
        _read_rule(Section(rule, f"{section.at(key)}[{number}]", None))
        for number, rule in enumerate(value)
    )


def _read_response_rules(section: Section) -> tuple[ResponseHeaderRule, ...]:
    value = section.value("responses")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ConfigInvalid(
            f"{section.at('responses')} must be a list of rules, not {describe(value)}."
        )
    return tuple(
        _read_response_rule(Section(rule, f"{section.at('responses')}[{number}]", None))
        for number, rule in enumerate(value)
    )


def _read_response_rule(rule: Section) -> ResponseHeaderRule:
    kind = _kind_of(rule, _KINDS[:2])
    content = rule.section(kind)
    name, rename = _read_name(content, "name"), None
    read: ResponseHeaderRule
    if name is None:
        raise ConfigInvalid(f"{content.at('name')} is missing.")
    if kind == "propagate":
        rename = _read_name(content, "rename")
        read = ReturnHeader(
            name=name,
            rename=rename,
            default=_read_value(content, "default"),
            merge=content.choice("merge", HeaderMerge, HeaderMerge.LAST),
        )
    else:
        text = _read_value(content, "value")
        if text is None:
            raise ConfigInvalid(f"{content.at('value')} is missing.")
        read = InsertHeader(name=name, value=text)
    for one in (name, rename):
        if one in _WRITTEN_BY_GATEWAY:
            raise ConfigInvalid(f"{content.path} must not set {one!r}: the gateway does.")
    content.close()
    return read


def _kind_of(rule: Section, allowed: list[str]) -> str:
    kinds = rule.names()
    if len(kinds) != 1 or kinds[0] not in allowed:
        hint = suggest(kinds[0], allowed) if len(kinds) == 1 else ""
        raise ConfigInvalid(f"{rule.path} must be one of {', '.join(allowed)}.{hint}")
    return kinds[0]


def _read_rule(rule: Section) -> HeaderRule:
    kind = _kind_of(rule, _KINDS)
    content = rule.section(kind)
    read: HeaderRule
    match kind:
        case "propagate":
            read = _read_propagate(content)
        case "insert":
            read = _read_insert(content)
        case _:
            read = _read_remove(content)
    content.close()
    return read


def _read_propagate(section: Section) -> PropagateHeader | PropagateHeaders:
    name, matching = _read_name(section, "name"), _read_pattern(section)
    rename, default = _read_name(section, "rename"), _read_value(section, "default")
    if (name is None) == (matching is None):
        raise ConfigInvalid(f"{section.path} must have one of name and matching.")
    if name is not None:
        return PropagateHeader(name=name, rename=rename, default=default)
    if rename is not None or default is not None:
        raise ConfigInvalid(f"{section.path}: rename and default go with name, not with matching.")
    assert matching is not None  # noqa: S101 - one of the two is given
    return PropagateHeaders(matching=matching)


def _read_insert(section: Section) -> InsertHeader:
    name = _read_name(section, "name")
    value, claim = _read_value(section, "value"), section.text("claim", None)
    if name is None:
        raise ConfigInvalid(f"{section.at('name')} is missing.")
    if (value is None) == (claim is None):
        raise ConfigInvalid(f"{section.path} must have one of value and claim.")
    return InsertHeader(name=name, value=value, claim=claim)


def _read_remove(section: Section) -> RemoveHeaders:
    name, matching = _read_name(section, "name"), _read_pattern(section)
    if (name is None) == (matching is None):
        raise ConfigInvalid(f"{section.path} must have one of name and matching.")
    return RemoveHeaders(name=name, matching=matching)


def _read_name(section: Section, key: str) -> str | None:
    text = section.text(key, None)
    if text is None:
        return None
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise ConfigInvalid(f"{section.at(key)} must be the name of a header; {name!r} is none.")
    _refuse_reserved(name, f"{section.at(key)} must not be")
    return name


def _read_value(section: Section, key: str) -> str | None:
    text = section.text(key, None)
    if text is not None and not _VALUE.fullmatch(text):
        raise ConfigInvalid(f"{section.at(key)} holds a character that a header cannot have.")
    return text


def _read_pattern(section: Section) -> str | None:
    text = section.text("matching", None)
    if text is None:
        return None
    try:
        re.compile(text)
    except re.error as error:
        raise ConfigInvalid(
            f"{section.at('matching')} is no regular expression: {error}."
        ) from error
    return text


def _refuse_reserved(name: str, sentence: str) -> None:
    if name in NEVER_FORWARDED:
        raise ConfigInvalid(f"{sentence} {name!r}: it belongs to one connection.")
