"""Override labels in a proof: which of them matter where, and the choices of their values to go through.

A label matters at a type when some field that is read there may move with it. Only such labels are chosen, and only
those that can still matter further down are remembered on the way, so that a proof goes through the combinations that
a query can meet, each consistent along its path, and not through all 2ⁿ.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

Choice: TypeAlias = frozenset[tuple[str, bool]]
"""Labels with whether they are active."""

NO_CHOICE: Choice = frozenset()


def choices(labels: frozenset[str], given: Choice) -> Iterator[Choice]:
    """Yield every way to choose ``labels``, together with those that are given already."""
    if not labels:
        yield given
        return
    known = {label for label, _ in given}
    open_ = sorted(labels - known)
    for values in product((False, True), repeat=len(open_)):
        yield given | frozenset(zip(open_, values, strict=True))
