"""Who has the time. The slot that is checked here is the one that is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Self

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest, Slot
from subgraphs.matching.pipeline.ladder import Relaxation

SHIFT_BY = timedelta(minutes=15)
LONGEST_SLOT = timedelta(hours=12)
LONGEST_SHIFT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Free:
    """Drops workers whose booked slots overlap the wanted one."""

    length: timedelta
    max_shift: timedelta
    """How much later the service may start when the slot is relaxed; zero: never."""

    NAME: ClassVar[str] = "free"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[Mapping[str, object]] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "slotMinutes": {
                "type": "integer",
                "minimum": 15,
                "maximum": LONGEST_SLOT // timedelta(minutes=1),
                "default": 120,
            },
            "maxShiftMinutes": {
                "type": "integer",
                "minimum": 0,
                "maximum": LONGEST_SHIFT // timedelta(minutes=1),
                "default": 0,
            },
        },
    }

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        """Return the step for its slot length and shift."""
        return cls(
            length=timedelta(minutes=int(str(config["slotMinutes"]))),
            max_shift=timedelta(minutes=int(str(config["maxShiftMinutes"]))),
        )

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Keep those who are free, each with their slot."""
        found = ((each, self._find_slot(request, each)) for each in candidates)
        return tuple(replace(each, slot=slot) for each, slot in found if slot is not None)

    def _find_slot(self, request: SearchRequest, candidate: Candidate) -> Slot | None:
        shift = self.max_shift if Relaxation.SLOT in request.relaxed else timedelta()
        for step in range(shift // SHIFT_BY + 1):
            slot = Slot.of(request.starts_at + step * SHIFT_BY, self.length)
            if not any(slot.overlaps(booked) for booked in candidate.booked):
                return slot
        return None
