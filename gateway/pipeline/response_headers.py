"""Which headers of subgraph responses clients get to see: none, unless rules say so.

Spec of the rules: ``docs/gateway-settings.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from gateway.config.settings import (
    HeaderMerge,
    HeadersConfig,
    InsertHeader,
    ResponseHeaderRule,
)
from gateway.transports.base import SubgraphResponse
from gateway.transports.response_headers import ResponseHeaders

Pairs: TypeAlias = tuple[tuple[str, str], ...]

_ONE_LINE_EACH = "set-cookie"
"""The one header whose values cannot be put into one line. Spec: RFC 9110, 5.3."""


class ResponseHeaderRules:
    """The rules of a configuration."""

    def __init__(self, config: HeadersConfig) -> None:
        self._common = config.responses
        self._own = {name: own.responses for name, own in config.subgraphs if own.responses}

    def collect(self, subgraphs: Sequence[str]) -> ResponseHeaderCollector:
        """Return what collects the headers of one answer; ``subgraphs`` are those of the fetches, by id."""
        return ResponseHeaderCollector(self, subgraphs)

    def rules_of(self, subgraph: str) -> tuple[ResponseHeaderRule, ...]:
        """Return the rules for responses of one subgraph."""
        return (*self._common, *self._own.get(subgraph, ()))


class ResponseHeaderCollector:
    """Collects from the responses of one execution."""

    __slots__ = ("_responses", "_rules", "_subgraphs")

    def __init__(self, rules: ResponseHeaderRules, subgraphs: Sequence[str]) -> None:
        self._rules = rules
        self._subgraphs = subgraphs
        self._responses: list[tuple[int, Mapping[str, str]]] = []

    def add(self, fetch_id: int, _representations: int, response: SubgraphResponse) -> None:
        """Take note of one response."""
        self._responses.append((fetch_id, response.headers))

    def headers(self) -> Pairs:
        """Return the headers for the client.

        Responses count in the plan's order, not in that of their arrival: the same answers make the same headers.
        """
        out: dict[str, list[str]] = {}
        defaults: dict[str, list[str]] = {}
        for fetch_id, headers in sorted(self._responses, key=lambda pair: pair[0]):
            for rule in self._rules.rules_of(self._subgraphs[fetch_id]):
                _apply(rule, headers, out, defaults)
        out = {**defaults, **out}
        return tuple(
            (name, value)
            for name, values in out.items()
            for value in (values if name == _ONE_LINE_EACH else (", ".join(values),))
        )


def _apply(
    rule: ResponseHeaderRule,
    headers: Mapping[str, str],
    out: dict[str, list[str]],
    defaults: dict[str, list[str]],
) -> None:
    if isinstance(rule, InsertHeader):
        out[rule.name] = [rule.value or ""]
        return
    name, values = rule.rename or rule.name, _values_of(headers, rule.name)
    if not values:
        if rule.default is not None:
            defaults[name] = [rule.default]
        return
    match rule.merge:
        case HeaderMerge.FIRST:
            out.setdefault(name, values)
        case HeaderMerge.LAST:
            out[name] = values
        case HeaderMerge.APPEND:
            out.setdefault(name, []).extend(values)


def _values_of(headers: Mapping[str, str], name: str) -> list[str]:
    if isinstance(headers, ResponseHeaders):
        return list(headers.all_of(name))
    return [headers[name]] if name in headers else []


def compile_response_rules(config: HeadersConfig) -> ResponseHeaderRules | None:
    """Return the rules; ``None`` when there are none."""
    if config.responses or any(own.responses for _, own in config.subgraphs):
        return ResponseHeaderRules(config)
    return None
