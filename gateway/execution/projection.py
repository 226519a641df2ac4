"""From the response tree to the client's answer: the client's keys in the client's order, as the API schema says.

Two programs do the same: an interpreter of the plan's projection, which finds every error and says where it is, and
code generated from the projection, which is several times faster, finds no errors, and gives up as soon as something
is not as the schema says. Then the interpreter starts over. Spec: GraphQL, 6.4.3 (Value Completion).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.query_plan.nodes import ObjectProjection

from .likeness import Trial
from .projection_interpreter import Projected, interpret_projection
from .projection_source import CompiledProjection, compile_projection
from .result import JsonObject
from .written_keys import Position, WrittenKeys

_USES_BEFORE_COMPILING = 1
"""Operations that come but once are not worth the milliseconds that compiling takes."""


class Projector:
    """The projection of one plan.

    May add to the tree that it reads: absent keys, as null, and under integer keys, which JSON does not have, what
    became of an object that is in several places, at the positions in ``unified``. What one fetch alone writes, at the
    places in ``sole``, may go into the answer as it is.
    """

    def __init__(
        self,
        projection: ObjectProjection,
        unified: frozenset[Position] = frozenset(),
        sole: Mapping[Position, WrittenKeys] = MappingProxyType({}),
    ) -> None:
        self._projection = projection
        self._unified = unified
        self._sole = sole
        self._trial = Trial()
        self._compiled: dict[bool, CompiledProjection] = {}
        """By whether it keeps what it can."""

        self._uses = 0
        self._has_missed = False

    def project(self, root: JsonObject) -> Projected:
        """Return the client's data and the problems found on the way; parts of ``root`` may be in it."""
        if self._uses < _USES_BEFORE_COMPILING:
            self._uses += 1
            return interpret_projection(self._projection, root)
        keeps = bool(self._sole) and self._trial.is_due()
        compiled = self._compiled.get(keeps) or self._compile(keeps=keeps)
        self._has_missed = False
        try:
            data = compiled(root)
        except Exception:  # noqa: BLE001 - whatever the fast program trips over, the slow one looks at properly
            return interpret_projection(self._projection, root)
        if keeps:
            self._trial.note(has_paid=not self._has_missed)
        return Projected(data, [])

    def _compile(self, *, keeps: bool) -> CompiledProjection:
        sole = self._sole if keeps else {}
        compiled = compile_projection(self._projection, self._unified, sole, self._on_miss)
        self._compiled[keeps] = compiled
        return compiled

    def _on_miss(self) -> None:
        self._has_missed = True
