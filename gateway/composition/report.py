"""Collects what the phases of one composition find, and says what later ones had better not look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .codes import CompositionCode, HintCode
from .errors import CompositionError, CompositionHint, SourceLocation

MAX_PROBLEMS = 200
"""How many errors, and how many hints, one run reports; further ones would bury the first."""


@dataclass(slots=True)
class Report:
    """Collects what all phases of one run find.

    A repeat of the very same error is dropped: two phases may meet one fault from two sides.
    """

    errors: list[CompositionError] = field(default_factory=list)
    hints: list[CompositionHint] = field(default_factory=list)
    _seen: set[tuple[str, str | None, str]] = field(default_factory=set)
    _coordinates: set[str] = field(default_factory=set)

    def error(
        self,
        code: CompositionCode,
        message: str,
        *,
        at: Iterable[SourceLocation | None] = (),
        coordinate: str | None = None,
    ) -> None:
        """Record an error; ``at`` may hold ``None`` for elements that have no source."""
        identity = (code, coordinate, message)
        if identity in self._seen:
            return
        self._seen.add(identity)
        locations = tuple(location for location in at if location is not None)
        self.errors.append(
            CompositionError(code=code, message=message, coordinate=coordinate, locations=locations)
        )
        if coordinate is not None:
            self._coordinates.add(coordinate)

    def hint(
        self,
        code: HintCode,
        message: str,
        *,
        at: Iterable[SourceLocation | None] = (),
        coordinate: str | None = None,
    ) -> None:
        """Record a hint."""
        locations = tuple(location for location in at if location is not None)
        self.hints.append(
            CompositionHint(code=code, message=message, coordinate=coordinate, locations=locations)
        )

    @property
    def has_errors(self) -> bool:
        """Whether any phase has found an error so far."""
        return bool(self.errors)

    def suspect_coordinates(self) -> frozenset[str]:
        """Coordinates that errors so far are about.

        What a later phase finds wrong with them may be a mere consequence.
        """
        return frozenset(self._coordinates)

    def is_suspect(self, coordinate: str) -> bool:
        """Whether an error so far is about a coordinate."""
        return coordinate in self._coordinates
