"""What an answer in parts consists of, whatever format it is written in. Spec: incremental delivery RFC."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.query_plan.nodes import DeferredPart

from .projection import Projector
from .result import ClientPath, JsonObject, WireError


@dataclass(slots=True, eq=False)
class Pending:
    """A deferred fragment at one place of the answer: the client waits for it."""

    part: DeferredPart
    path: ClientPath
    parent: Pending | None
    """The one that it stands in; it is announced when that is completed."""

    obj: JsonObject
    """The object of the response tree that it stands at."""

    projector: Projector
    """Of all that the fragment selects."""

    id: str = ""
    """What the client knows it by; given when it is announced."""


@dataclass(frozen=True, slots=True)
class Increment:
    """Fields that are added to one object of the answer."""

    pending: Pending
    path: ClientPath
    """Of the object: at or below the place of ``pending``."""

    data: JsonObject
    errors: list[WireError]


@dataclass(frozen=True, slots=True)
class Completion:
    """The client waits for a fragment no longer."""

    pending: Pending
    errors: list[WireError] | None = None
    """Why there is no such fragment: null reached its own place. ``None`` when all went well."""

    repeated: JsonObject | None = None
    """All that the fragment selects, whether or not the client has it, if that was asked for."""


@dataclass(slots=True)
class Delivery:
    """One part of an answer: the primary one, or what came next."""

    data: JsonObject | None = None
    """Of the primary part."""

    errors: list[WireError] = field(default_factory=list)
    """Of the primary part."""

    pending: list[Pending] = field(default_factory=list)
    """What the client has to wait for from now on."""

    increments: list[Increment] = field(default_factory=list)
    completed: list[Completion] = field(default_factory=list)
    extensions: JsonObject = field(default_factory=dict)
    """``degraded``: names of the subgraphs that gave no usable answer to this part, if any."""

    has_next: bool = True

    def all_errors(self) -> list[WireError]:
        """Every error in it, wherever it stands."""
        found = list(self.errors)
        for increment in self.increments:
            found += increment.errors
        for completion in self.completed:
            found += completion.errors or ()
        return found
