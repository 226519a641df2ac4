"""Whether entity frames of one scope can be sent as one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.planning.frames import ContextInput, Frame, Input
from gateway.planning.scopes import PlanClass
from gateway.supergraph.model import ContextKey


class SharedCall:
    """Frames that are sent as one call, by the classes whose objects they send."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._sends_types = bool(frames[0].input_classes)
        self._by_class: dict[PlanClass | None, list[Frame]] = {}
        self._contexts: dict[ContextKey, ContextInput] = {}
        self.add(frames)

    def add(self, frames: Iterable[Frame]) -> None:
        """Let more frames into the call."""
        for frame in frames:
            for plan_class in _classes(frame):
                self._by_class.setdefault(plan_class, []).append(frame)
            for context in frame.contexts:
                self._contexts.setdefault(context.argument.key, context)

    def can_take(self, frames: Sequence[Frame]) -> bool:
        """Whether no representation would need two values under one name, or be sent in two ways."""
        if bool(frames[0].input_classes) != self._sends_types:
            return False
        for frame in frames:
            for context in frame.contexts:
                if _clash(self._contexts.get(context.argument.key, context), context):
                    return False
        # Frames for other objects have nothing to agree on.
        return all(
            _agree(known, frame)
            for frame in frames
            for plan_class in _classes(frame)
            for known in self._by_class.get(plan_class, ())
        )


def _classes(frame: Frame) -> Sequence[PlanClass | None]:
    return frame.input_classes or (None,)


def _agree(one: Frame, other: Frame) -> bool:
    return _typename(one) == _typename(other) and not _conflict([*one.inputs, *other.inputs])


def _clash(one: ContextInput, other: ContextInput) -> bool:
    """Whether a context is read at two places."""
    demands = [[each.demand for each in context.inputs] for context in (one, other)]
    return one.home is not other.home or demands[0] != demands[1]


def _typename(frame: Frame) -> str | None:
    return frame.entry.typename if frame.entry else None


def _conflict(inputs: Iterable[Input]) -> bool:
    """Whether two values would go by one name, here or in an object further down."""
    by_name: dict[str, list[Input]] = {}
    for each in inputs:
        by_name.setdefault(each.demand.name, []).append(each)
    return any(
        any(each.demand is not same[0].demand for each in same[1:])
        or any(map(_conflict, _by_class(same)))
        for same in by_name.values()
        if len(same) > 1
    )


def _by_class(same: Iterable[Input]) -> Iterable[list[Input]]:
    """Return what is read below one field by class; what is read of every object is read of each class, too."""
    of_all: list[Input] = []
    of_class: dict[PlanClass, list[Input]] = {}
    for each in same:
        for plan_class, inputs in each.below:
            found = of_all if plan_class.is_whole else of_class.setdefault(plan_class, [])
            found.extend(inputs)
    return [[*of_all, *inputs] for inputs in of_class.values()] or [of_all]
