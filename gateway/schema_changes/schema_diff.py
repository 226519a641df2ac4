"""The verdict on a new schema: its changes, softened by what recorded traffic shows that nobody uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .change import SchemaChange, Severity
from .traffic import Traffic


class Threshold(StrEnum):
    """From which severity on a new schema is refused."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """The changes between two schemas, and what traffic says of them."""

    changes: tuple[SchemaChange, ...]
    traffic: Traffic | None = None

    def is_safe_by_traffic(self, change: SchemaChange) -> bool:
        """Whether a breaking change is felt by none of the recorded operations."""
        return (
            self.traffic is not None
            and change.severity is Severity.BREAKING
            and not self.traffic.hits[change]
        )

    def counts(self) -> Mapping[Severity, int]:
        """How many changes there are of each severity; those safe by traffic count as safe."""
        counts = dict.fromkeys(Severity, 0)
        for change in self.changes:
            counts[Severity.SAFE if self.is_safe_by_traffic(change) else change.severity] += 1
        return counts

    def is_refused(self, threshold: Threshold) -> bool:
        """Whether the new schema is not to be taken.

        An operation that is no longer valid is a breaking change, whichever change made it so.
        """
        counts = self.counts()
        is_breaking = counts[Severity.BREAKING] > 0 or bool(self.traffic and self.traffic.broken)
        match threshold:
            case Threshold.BREAKING:
                return is_breaking
            case Threshold.DANGEROUS:
                return is_breaking or counts[Severity.DANGEROUS] > 0
            case Threshold.NEVER:
                return False
