"""From the response tree to the client's answer: the client's keys in the client's order, as the API schema says.

Two programs do the same: an interpreter of the plan's projection, which finds every error and says where it is, and
code generated from the projection, which is several times faster, finds no errors, and gives up as soon as something
is not as the schema says. Then the interpreter starts over. Spec: GraphQL, 6.4.3 (Value Completion).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.query_plan.nodes import ObjectProjection

from .projection_interpreter import Projected, interpret_projection
from .projection_source import CompiledProjection, compile_projection
from .result import JsonObject
from .written_keys import Position, WrittenKeys

_USES_BEFORE_COMPILING = 1
"""Operations that come but once are not worth the milliseconds that compiling takes."""

_MISSES = 3
"""Answers in a row with lists that could not be kept, until none is looked at for that."""


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
        self._compiled: CompiledProjection | None = None
        self._uses = 0
        self._misses = 0
        self._has_missed = False

    def project(self, root: JsonObject) -> Projected:
        """Return the client's data and the problems found on the way; parts of ``root`` may be in it."""
        compiled = self._compiled
        if compiled is None:
            if self._uses < _USES_BEFORE_COMPILING:
                self._uses += 1
                return interpret_projection(self._projection, root)
            compiled = self._compile()
        try:
            data = compiled(root)
        except Exception:  # noqa: BLE001 - whatever the fast program trips over, the slow one looks at properly
            return interpret_projection(self._projection, root)
        if self._has_missed or self._misses:
            self._count_misses()
        return Projected(data, [])

    def _compile(self) -> CompiledProjection:
        self._compiled = compile_projection(
            self._projection, self._unified, self._sole, self._on_miss
        )
        return self._compiled

    def _on_miss(self) -> None:
        self._has_missed = True

    def _count_misses(self) -> None:
        self._misses = self._misses + 1 if self._has_missed else 0
        self._has_missed = False
        if self._misses == _MISSES:
            # A server that leaves out what is null, say, will go on doing so.
            self._sole, self._misses = {}, 0
            self._compile()
