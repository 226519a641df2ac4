"""Which headers each subgraph gets, where a list is not enough: rules, compiled once, carried out per request.

Spec of the rules: ``docs/gateway-settings.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, assert_never

from starlette.types import Scope

from gateway.config.headers import NEVER_FORWARDED
from gateway.config.settings import (
    HeaderRule,
    HeadersConfig,
    InsertHeader,
    PropagateHeader,
    PropagateHeaders,
    RemoveHeaders,
)
from gateway.telemetry.request_record import RequestRecord

from .forwarded_headers import CLIENT_ADDRESS, address_headers, select_headers, trail_headers

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Claims: TypeAlias = Mapping[str, object]
_Step: TypeAlias = Callable[[dict[str, str], Mapping[str, str], Claims], None]
"""Changes what goes out, given what came in and the claims of the token."""

_OWN = frozenset({CLIENT_ADDRESS, "x-request-id", "traceparent", "tracestate"})


class _Recipe:
    """How the headers to one subgraph, or to all without rules of their own, are made."""

    def __init__(self, forward: tuple[str, ...], rules: Sequence[HeaderRule]) -> None:
        self.forward = forward
        self._steps = [_compile(rule) for rule in rules]

    def make(self, asked: Asked) -> Pairs:
        """Return the headers for a request."""
        allowed = select_headers(asked.headers, self.forward)
        out = dict(
            (
                *allowed,
                *address_headers(asked.scope, allowed),
                *trail_headers(asked.headers, asked.record),
            )
        )
        for step in self._steps:
            step(out, asked.headers, asked.claims)
        return tuple(out.items())


class Asked:
    """What is known of a request when its headers are made."""

    __slots__ = ("claims", "headers", "record", "scope")

    def __init__(
        self, scope: Scope, headers: Mapping[str, str], record: RequestRecord, claims: Claims
    ) -> None:
        self.scope = scope
        self.headers = headers
        self.record = record
        self.claims = claims


class HeaderRules:
    """The rules of a configuration, for every subgraph."""

    def __init__(self, config: HeadersConfig) -> None:
        self._common = _Recipe(config.forward, config.requests)
        self._own = {
            name: _Recipe(
                config.forward if own.forward is None else own.forward,
                (*config.requests, *own.requests),
            )
            for name, own in config.subgraphs
        }
        rules = [*config.requests, *(rule for _, own in config.subgraphs for rule in own.requests)]
        lists = [config.forward, *(own.forward or () for _, own in config.subgraphs)]
        self._names = {name for names in lists for name in names}
        self._names |= {rule.name for rule in rules if isinstance(rule, PropagateHeader)}
        self._patterns = [
            re.compile(rule.matching) for rule in rules if isinstance(rule, PropagateHeaders)
        ]

    def common(self, asked: Asked) -> Pairs:
        """Return what goes to subgraphs without rules of their own."""
        return self._common.make(asked)

    def own(self, asked: Asked) -> Mapping[str, Pairs]:
        """Return what goes to each of the others; made when it is looked up."""
        return _OwnHeaders(self._own, asked)

    def varying(self) -> tuple[str, ...]:
        """Return the names of all headers that an answer may depend on, for ``Vary``: ``*`` when no list names them."""
        return ("*",) if self._patterns else tuple(sorted(self._names))

    def relevant(self, headers: Mapping[str, str]) -> Pairs:
        """Return all headers of a request that a subgraph could get to see."""
        return tuple(
            (name, value)
            for name, value in headers.items()
            if name in self._names or any(one.fullmatch(name) for one in self._patterns)
        )


class _OwnHeaders(Mapping[str, Pairs]):
    def __init__(self, recipes: Mapping[str, _Recipe], asked: Asked) -> None:
        self._recipes = recipes
        self._asked = asked
        self._made: dict[str, Pairs] = {}

    def __getitem__(self, subgraph: str) -> Pairs:
        made = self._made.get(subgraph)
        if made is None:
            made = self._made[subgraph] = self._recipes[subgraph].make(self._asked)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._recipes)

    def __len__(self) -> int:
        return len(self._recipes)


def compile_header_rules(config: HeadersConfig) -> HeaderRules | None:
    """Return the rules; ``None`` when the list of headers to forward is all there is."""
    has_own = any(own.requests or own.forward is not None for _, own in config.subgraphs)
    return HeaderRules(config) if config.requests or has_own else None


def _compile(rule: HeaderRule) -> _Step:
    match rule:
        case PropagateHeader():
            return _propagate(rule.name, rule.rename or rule.name, rule.default)
        case PropagateHeaders():
            return _propagate_matching(re.compile(rule.matching))
        case InsertHeader():
            return _insert(rule)
        case RemoveHeaders():
            return _remove(rule)
        case _:
            assert_never(rule)


def _propagate(name: str, target: str, default: str | None) -> _Step:
    def step(out: dict[str, str], headers: Mapping[str, str], _: Claims) -> None:
        value = headers.get(name, default)
        if value is not None:
            out[target] = value

    return step


def _propagate_matching(pattern: re.Pattern[str]) -> _Step:
    kept_back = NEVER_FORWARDED | _OWN

    def step(out: dict[str, str], headers: Mapping[str, str], _: Claims) -> None:
        out.update(
            (name, value)
            for name, value in headers.items()
            if name not in kept_back and pattern.fullmatch(name)
        )

    return step


def _insert(rule: InsertHeader) -> _Step:
    name, fixed, claim = rule.name, rule.value, rule.claim

    def step(out: dict[str, str], _: Mapping[str, str], claims: Claims) -> None:
        # Whatever stands there came from the client: without a value of the gateway's own it must not pass for one.
        out.pop(name, None)
        value = fixed if claim is None else _text_of(claims.get(claim))
        if value is not None:
            out[name] = value

    return step


def _remove(rule: RemoveHeaders) -> _Step:
    name = rule.name
    pattern = None if rule.matching is None else re.compile(rule.matching)

    def step(out: dict[str, str], _: Mapping[str, str], __: Claims) -> None:
        if name is not None:
            out.pop(name, None)
        if pattern is not None:
            for found in [one for one in out if pattern.fullmatch(one)]:
                del out[found]

    return step


def _text_of(claim: object) -> str | None:
    """Return a claim as a header's value: lists with commas, what has no plain text not at all."""
    match claim:
        case bool():
            return "true" if claim else "false"
        case str() | int() | float():
            return str(claim)
        case list() if all(isinstance(one, str | int) for one in claim):
            return ",".join(map(str, claim))
        case _:
            return None
