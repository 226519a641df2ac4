"""Why a plan is as it is, as data: for every fetch what it serves, and what else could have served it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a field is fetched for."""

    CLIENT = "client"
    KEY = "key"
    """To enter another subgraph."""

    REQUIRES = "requires"
    """To be sent as an input of ``@requires``."""

    CONTEXT = "context"
    """To be sent as the value of a context."""


class Because(StrEnum):
    """Why a field comes from the subgraph that it comes from."""

    ONLY = "only"
    """No other subgraph has it here."""

    PROVIDED = "provided"
    """The field above it provides it, so that nobody else has to be asked."""

    AT_HAND = "at hand"
    """The subgraph is asked anyway, and has the object or gets to it in the same request."""

    CHEAPEST = "cheapest"
    """Every other way takes more requests."""

    NO_WORSE = "no worse"
    """Other ways take as many requests, and are no better."""

    BEST_FOUND = "best found"
    """Of other ways some are better, or were not found or tried: growing a plan is greedy, not exhaustive."""


class Outcome(StrEnum):
    """What becomes of a plan when one field comes from another subgraph, and the rest from where it is best then."""

    IMPOSSIBLE = "impossible"
    """The subgraph cannot serve the field here."""

    NOT_FOUND = "not found"
    """Planning found no plan in which the subgraph serves the field."""

    UNKNOWN = "unknown"
    """It was not tried: the operation is too large to be planned so often."""

    MORE_REQUESTS = "more requests"
    LATER = "later"
    """As many requests, but some fields of the answer come later."""

    MORE_CALLS = "more calls"
    """As many requests, with more entities to look up in them."""

    LARGER = "larger"
    """As many requests, with more fields in them."""

    AS_GOOD = "as good"
    """It makes no difference."""

    BETTER = "better"
    """The plan is better, which planning did not find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A subgraph that knows a field and does not serve it, and what the best plan would be if it did."""

    subgraph: str
    outcome: Outcome
    requests: int | None = None
    """How many more requests that plan takes than this one; ``None``: there is none, or it was not looked for."""

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
