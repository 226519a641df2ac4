"""What a step is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest


class Step(Protocol):
    """Keeps, drops, orders or marks candidates. Never adds any, reads no clock and draws no lots."""

    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    """Grows when the same input may give another result; traces keep it."""
    SCHEMA: ClassVar[Mapping[str, object]]
    """JSON Schema of the configuration."""

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        """Return the step for a configuration that fits ``SCHEMA``."""
        ...

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Return those of ``candidates`` that stay."""
        ...
