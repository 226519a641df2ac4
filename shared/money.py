"""Money on the wire: a value type that several subgraphs share, so that its definition is one."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import strawberry

from .federation import MinorUnits


@strawberry.enum
class Currency(StrEnum):
    """The one currency: the cat unit."""

    KTU = "KTU"


@strawberry.federation.type(shareable=True)
class Money:
    """An amount."""

    minor: MinorUnits
    currency: Currency

    @classmethod
    def of(cls, minor: int) -> Self:
        """Return an amount of the one currency."""
        return cls(minor=MinorUnits(minor), currency=Currency.KTU)
