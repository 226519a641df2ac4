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
