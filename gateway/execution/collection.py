"""Collects the representations of one entity group: by generated code once that pays, by the interpreter otherwise."""

from __future__ import annotations

from gateway.query_plan.nodes import EntityGroup

from .representations import Collected, collect_representations
from .representations_source import CompiledCollection, ContentDiffers, compile_collection
from .result import JsonObject
from .unification import NOTHING_UNIFIED, Unified

_USES_BEFORE_COMPILING = 1
"""Operations that come but once are not worth the milliseconds that compiling takes."""


class Collector:
    """The collection of one entity group.

    May put one object in the places of others that are equal to it, as ``unified`` says. Where objects have to be
    compared for that, it does so for as long as those with equal representations are equal: then it would often be in
    vain.
    """

    def __init__(self, group: EntityGroup, unified: Unified = NOTHING_UNIFIED) -> None:
        self._group = group
        self._unified = unified
        self._compiled: CompiledCollection | None = None
        self._can_compile = True
        self._uses = 0

    def collect(self, root: JsonObject, *, skip_incomplete: bool) -> Collected:
        """Collect what ``collect_representations`` collects, of unified objects one each."""
        compiled = None if skip_incomplete else self._code()
        if compiled is not None:
            try:
                return compiled(root)
            except ContentDiffers:
                self._unified = self._unified.without_comparing()
                self._compiled = None
                return self.collect(root, skip_incomplete=False)
            except Exception:  # noqa: BLE001, S110 - what the fast program trips over, the slow one reads properly
                pass
        return collect_representations(self._group, root, skip_incomplete=skip_incomplete)

    def _code(self) -> CompiledCollection | None:
        if self._compiled is None and self._can_compile:
            if self._uses < _USES_BEFORE_COMPILING:
                self._uses += 1
                return None
            try:
                self._compiled = compile_collection(self._group, self._unified)
            except SyntaxError:
                # Python nests twenty loops and no more; a path of more lists than that is for the interpreter.
                self._can_compile = False
        return self._compiled
