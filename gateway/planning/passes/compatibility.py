"""Whether entity frames of one scope can be sent as one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from gateway.planning.frames import Frame, Input
from gateway.planning.scopes import Demand


def can_be_one_call(frames: Sequence[Frame]) -> bool:
    """Whether no representation would need two values under one name, or be sent in two ways."""
    if len({bool(frame.input_classes) for frame in frames}) > 1:
        return False
    return all(_agree(one, other) for one, other in combinations(frames, 2))


def _agree(one: Frame, other: Frame) -> bool:
    apart = one.input_classes and set(one.input_classes).isdisjoint(other.input_classes)
    if apart:
        return True
    return _typename(one) == _typename(other) and not _conflict([*one.inputs, *other.inputs])


def _typename(frame: Frame) -> str | None:
    return frame.entry.typename if frame.entry else None


def _conflict(inputs: Iterable[Input]) -> bool:
    sources: dict[str, Demand] = {}
    return any(
        sources.setdefault(each.demand.name, each.demand) is not each.demand for each in inputs
    )
