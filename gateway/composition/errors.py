"""What composition has to say: coded errors and hints, each naming the subgraphs and lines it is about.

Errors stop a supergraph from being produced, hints never do.
"""

from __future__ import annotations

from dataclasses import dataclass

from .codes import CompositionCode, HintCode, HintLevel, hint_level


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A place in one subgraph's SDL; line and column count from 1."""

    subgraph: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.subgraph}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionError:
    """One reason why there is no supergraph."""

    code: CompositionCode
    message: str
    coordinate: str | None = None
    """``Type``, ``Type.field``, ``Type.field(argument:)``, ``@directive``, or ``None`` for the whole."""

    locations: tuple[SourceLocation, ...] = ()
    """The source lines at fault, in subgraph order."""

    def __str__(self) -> str:
        return _describe(self.code, self.message, self.locations)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionHint:
    """Something worth knowing about a supergraph that composed all the same."""

    code: HintCode
    message: str
    coordinate: str | None = None
    locations: tuple[SourceLocation, ...] = ()

    @property
    def level(self) -> HintLevel:
        """The published level of this hint's code."""
        return hint_level(self.code)

    def __str__(self) -> str:
        return _describe(self.code, self.message, self.locations)


def _describe(code: str, message: str, locations: tuple[SourceLocation, ...]) -> str:
    places = ", ".join(str(location) for location in locations)
    return f"{code}: {message}" + (f" ({places})" if places else "")
