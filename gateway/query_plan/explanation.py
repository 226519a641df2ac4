"""Why a plan is as it is, as data: for every fetch what it serves, and what else could have served it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a field is fetched for."""

    CLIENT = "client"
    KEY = "key"
    """To enter another subgraph."""

    REQUIRES = "requires"
    """To be sent as an input of ``@requires``."""


class Because(StrEnum):
    """Why a field comes from the subgraph that it comes from."""

    ONLY = "only"
    """No other subgraph has it here."""

    PROVIDED = "provided"
    """The field above it provides it, so that nobody else has to be asked."""

    AT_HAND = "at hand"
    """The subgraph is asked about the object anyway."""

    CHEAPEST = "cheapest"
    """It takes the fewest requests, of several ways."""

    FIRST = "first"
    """Others take as many requests; which is taken makes no difference, or a worse plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A subgraph that knows a field and does not serve it."""

    subgraph: str
    requests: int | None
    """How many more requests it would have taken when the field was given away; ``None``: it cannot serve it."""

    obstacle: str = ""
    """Why it cannot serve it here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReason:
    """One field that a fetch serves."""

    path: str
    """Physical keys from the root, lists as ``@``: ``users.@.name``."""

    coordinate: str
    purpose: Purpose
    because: Because
    requests: int
    """How many requests it took when the field was given away, beside those there were."""

    requires: str | None = None
    """The field set that is sent along, for which the subgraph is entered once more."""

    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReason:
    """Objects that a fetch begins with."""

    path: str
    key: str | None
    """The key they are found by; ``None`` at a root."""

    requires: bool = False
    """Whether the entry is for a field with ``@requires``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReason:
    """Why there is a fetch."""

    id: int
    subgraph: str
    entries: tuple[EntryReason, ...]
    fields: tuple[FieldReason, ...]


@dataclass(frozen=True, slots=True)
class PlanExplanation:
    """Why a plan is as it is, fetch by fetch."""

    fetches: tuple[FetchReason, ...]


def explanation_to_json(explanation: PlanExplanation) -> list[dict[str, object]]:
    """Write an explanation as JSON values, one object for each fetch."""
    return [
        {
            "id": fetch.id,
            "subgraph": fetch.subgraph,
            "entries": [
                {"path": entry.path, "key": entry.key, "requires": entry.requires}
                for entry in fetch.entries
            ],
            "fields": [_field_json(each) for each in fetch.fields],
        }
        for fetch in explanation.fetches
    ]


def _field_json(field: FieldReason) -> dict[str, object]:
    return {
        "path": field.path,
        "coordinate": field.coordinate,
        "purpose": field.purpose.value,
        "because": field.because.value,
        "requests": field.requests,
        "requires": field.requires,
        "alternatives": [
            {
                "subgraph": each.subgraph,
                "requests": each.requests,
                "obstacle": each.obstacle or None,
            }
            for each in field.alternatives
        ],
    }


def print_explanation(explanation: PlanExplanation) -> str:
    """Write an explanation for people."""
    return "".join(f"{line}\n" for fetch in explanation.fetches for line in _fetch_lines(fetch))


def _fetch_lines(fetch: FetchReason) -> Iterator[str]:
    yield f"Fetch {fetch.id} from {fetch.subgraph}"
    for entry in fetch.entries:
        if entry.key is None:
            yield f"  at the root{f' below {entry.path}' if entry.path else ''}"
        else:
            again = ", once more, with what @requires asks for" if entry.requires else ""
            yield f'  for the objects at {entry.path}, by key "{entry.key}"{again}'
    for field in fetch.fields:
        yield f"    {field.path}  ({field.coordinate}{_purpose(field.purpose)}): {_because(field, fetch)}"
        for each in field.alternatives:
            if each.requests is None:
                yield f"      not {each.subgraph}: {each.obstacle}"
            elif field.because is not Because.ONLY:
                yield f"      not {each.subgraph}: {_count(each.requests)}"


def _purpose(purpose: Purpose) -> str:
    match purpose:
        case Purpose.CLIENT:
            return ""
        case Purpose.KEY:
            return ", a key"
        case Purpose.REQUIRES:
            return ", an input of @requires"


def _because(field: FieldReason, fetch: FetchReason) -> str:
    sent = f'; entered with @requires(fields: "{field.requires}")' if field.requires else ""
    match field.because:
        case Because.ONLY:
            return f"only {fetch.subgraph} has it here{sent}"
        case Because.PROVIDED:
            return f"provided by the field above it{sent}"
        case Because.AT_HAND:
            return f"{fetch.subgraph} is asked about the object anyway{sent}"
        case Because.CHEAPEST:
            return f"the cheapest way, {_count(field.requests)}{sent}"
        case Because.FIRST:
            return f"as cheap as any other way, {_count(field.requests)}{sent}"


def _count(requests: int) -> str:
    if requests == 0:
        return "no more requests"
    return f"{requests} more request{'s' * (requests > 1)}"
