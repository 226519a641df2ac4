"""Where the gateway stands between its start and its end.

::

    STARTING ──(supergraph loaded)──▶ READY ──(asked to stop)──▶ DRAINING
        │                                                           ▲
        ├──(supergraph cannot be had)──▶ FAILED                     │
        └──────────────────────(asked to stop)──────────────────────┘

A gateway that is READY can be given another pipeline at any time. Requests stay with the one they began on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.errors import GatewayError, NotReady
from gateway.pipeline.pipeline import Pipeline


class Phase(StrEnum):
    """What the gateway is doing."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"
    FAILED = "failed"


_ALLOWED: dict[Phase, frozenset[Phase]] = {
    Phase.STARTING: frozenset({Phase.READY, Phase.FAILED, Phase.DRAINING}),
    Phase.READY: frozenset({Phase.DRAINING}),
    Phase.DRAINING: frozenset(),
    Phase.FAILED: frozenset({Phase.DRAINING}),
}


@dataclass(frozen=True, slots=True)
class SupergraphStatus:
    """Which supergraph is served."""

    id: str
    loaded_at: datetime
    problem: str | None = None
    """Why it is not the newest, in codes only: health is open to anybody."""


class Serving:
    """The phase, the pipeline once there is one, and why there is none before."""

    def __init__(self) -> None:
        self.phase = Phase.STARTING
        self.detail = "The supergraph is being loaded."
        self.failure: GatewayError | None = None
        self._pipeline: Pipeline | None = None
        self.is_watched = False
        """Whether whoever runs the app looks at the phase, and stops by itself when it is FAILED."""

        self.in_flight = 0
        """Requests being worked on."""

        self.supergraph: SupergraphStatus | None = None
        self.reload_asked = asyncio.Event()
        """Set by whoever wants what the gateway is made of to be looked at now."""

        self.has_garbage = False
        """Whether a supergraph is not needed any more, and its memory can be had back."""

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline; raises ``NotReady`` before there is one."""
        if self._pipeline is None:
            raise NotReady("The gateway is not ready yet.")
        return self._pipeline

    def start(self, pipeline: Pipeline, supergraph: SupergraphStatus) -> None:
        """Serve."""
        self._enter(Phase.READY)
        self._pipeline = pipeline
        self.supergraph = supergraph
        self.detail = ""

    def swap(self, pipeline: Pipeline, supergraph: SupergraphStatus) -> None:
        """Serve requests that come from now on with another pipeline; legal while shutting down, too."""
        if self._pipeline is None:
            raise RuntimeError(f"A gateway that is {self.phase} has nothing to swap.")
        self._pipeline = pipeline
        self.supergraph = supergraph

    def note_problem(self, problem: str | None) -> None:
        """Say why the supergraph is not the newest, or that it is."""
        if self.supergraph is not None:
            self.supergraph = replace(self.supergraph, problem=problem)

    def fail(self, failure: GatewayError) -> None:
        """Give up: there will be no supergraph."""
        self._enter(Phase.FAILED)
        self.failure = failure
        self.detail = "The supergraph cannot be loaded."

    def drain(self) -> None:
        """Tell whoever asks that no more requests should come; those that do are still answered."""
        if self.phase is not Phase.DRAINING:
            self._enter(Phase.DRAINING)
            self.detail = "The gateway is shutting down."

    def _enter(self, phase: Phase) -> None:
        if phase not in _ALLOWED[self.phase]:
            raise RuntimeError(f"A gateway that is {self.phase} cannot become {phase}.")
        self.phase = phase
