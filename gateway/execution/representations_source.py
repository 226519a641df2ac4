"""Generates Python code that collects representations: nested loops in place of a path that is walked.

The code takes the usual case: objects and lists where the path says so, keys that are strings or integers. A
single object out of the ordinary is handed to the interpreter; a tree out of the ordinary raises, and the interpreter
takes over.

Of objects of one position that are equal in all they hold, the first takes the place of all others: the tree then
holds it many times, what lies below is walked once, results are attached to it once, and it is projected once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import orjson

from gateway.query_plan.nodes import (
    ITEM,
    EntityGroup,
    EntityTarget,
    OnTypes,
    RepresentationShape,
)

from .generated_code import make_function
from .json_text import encode_json
from .representations import Collected, LotFinder, Lots, Uses, read_context, represent
from .result import JsonObject
from .unification import NOTHING_UNIFIED, Unified
from .written_keys import position_of

CompiledCollection: TypeAlias = Callable[[JsonObject], Collected]
"""Raises whatever comes up when a value is not where the path says."""


class ContentDiffers(Exception):
    """Two objects are not equal, though their representations are."""


def compile_collection(
    group: EntityGroup, unified: Unified = NOTHING_UNIFIED
) -> CompiledCollection:
    """Return a function that does what ``collect_representations`` does for a tree in order.

    Args:
        group: what to collect for.
        unified: what may become of equal objects.

    The function raises ``ContentDiffers`` when objects have been compared in vain; the tree is as good as before.
    """
    writer = _Writer(unified)
    writer.write(group)
    constants = {
        **writer.constants,
        "Uses": Uses,
        "Collected": Collected,
        # The text tells 1, 1.0 and true apart, which Python holds for equal.
        "text": orjson.dumps,
        "differ": _differ,
    }
    return make_function("collect", writer.lines, constants, about="representations")


def _differ() -> None:
    raise ContentDiffers


class _Writer:
    def __init__(self, unified: Unified) -> None:
        self._unified = unified
        self.lines: list[str] = []
        self.constants: dict[str, object] = {}
        self._known: dict[tuple[object, ...], str] = {}
        self._depth = 1

    def write(self, group: EntityGroup) -> None:
        self.lines.append("def collect(root):")
        self._line("R = []; add = R.append; texts = {}; U = []")
        if group.contexts:
            self._line("C = Collected(R, U, Lots()); N = C.lots.numbers")
            self._line("lot = LotFinder(group, C).find; texts_of = {}")
            self.constants |= {"group": group, "Lots": Lots, "LotFinder": LotFinder}
        head = len(self.lines)
        for number, target in enumerate(group.targets):
            self._target(number, target)
        self._line("return C" if group.contexts else "return Collected(R, U)")
        # Contents are known by shape, across targets: the names are only complete now.
        self.lines[head:head] = [f"    {name} = {{}}" for name in self._known.values()]

    def _target(self, number: int, target: EntityTarget) -> None:
        self._line("O = []; I = []; take = O.append; use = I.append; first = {}")
        self._line("U.append(Uses(O, I))")
        if number in self._unified.compared:
            self._line("texts_of_first = {}")
        depth = self._depth
        obj, place, chain = self._walk(number, target)
        if target.contexts:
            self._lot(number, target, chain)
        self._constant(f"slow{number}", _slow(target))
        if len(target.shapes) == 1 and target.shapes[0].types is None:
            self._shape(target, number, target.shapes[0], obj)
        else:
            self._line(f"t = {obj}.get({target.typename_key!r})")
            for order, shape in enumerate(target.shapes):
                types = self._constant(f"S{number}_{order}", shape.types)
                test = "True" if shape.types is None else f"t in {types}"
                self._line(f"{'if' if order == 0 else 'elif'} {test}:")
                self._depth += 1
                self._shape(target, number, shape, obj)
                self._depth -= 1
            self._line("else: i = None")
        self._record(number, target, obj, place)
        self._depth = depth

    def _lot(self, number: int, target: EntityTarget, chain: list[str]) -> None:
        """Write code that leaves in ``g`` the number of the lot, and goes on if there is one."""
        values = []
        for order, source in enumerate(target.contexts):
            holder = chain[source.depth]
            if source.field is None:
                values.append("None")
            elif source.field.shapes:
                part = self._constant(f"P{number}_{order}", source.field)
                self.constants["read_context"] = read_context
                values.append(f"read_context({part}, {holder})")
            else:
                values.append(f"{holder}.get({source.field.source!r})")
        self._line(f"g = lot(({', '.join(values)},))")
        self._line("if g is not None:")
        self._depth += 1
        self._line("texts = texts_of.setdefault(g, {})")

    def _walk(self, number: int, target: EntityTarget) -> tuple[str, str, list[str]]:
        """Open the loops to the objects of a target; those in several places are gone into once.

        Return the variable of the object, what stands for its place, and the variables on the way, as in
        ``find_chains``.
        """
        is_unified = number in self._unified.targets
        here, place, is_guarded = "root", "", True
        chain = [here]
        start = len(self.lines)
        last = max(
            step for step, segment in enumerate(target.path) if not isinstance(segment, OnTypes)
        )
        for step, segment in enumerate(target.path):
            match segment:
                case OnTypes(types, typename_key):
                    known = self._constant(f"T{len(self.constants)}", types)
                    self._guard(here, is_guarded)
                    self._line(f"if {here}.get({typename_key!r}) in {known}:")
                    self._depth += 1
                    is_guarded = True
                case _ if segment == ITEM:
                    name = f"a{step}"
                    if step == last and is_unified:
                        self._line(f"for n, {name} in enumerate({here} or ()):")
                        place = f"{here}[n]"
                    else:
                        self._line(f"for {name} in {here} or ():")
                    self._depth += 1
                    here, is_guarded = name, False
                case str():
                    self._guard(here, is_guarded)
                    name = f"a{step}"
                    self._line(f"{name} = {here}.get({segment!r})")
                    place = f"{here}[{segment!r}]"
                    here, is_guarded = name, False
            if self._is_shared(number, target, step):
                self._guard(here, is_guarded)
                is_guarded = True
                # Where objects take values from above, the way to them matters; they are not unified.
                self._line(f"if id({here}) not in seen{step}:")
                self._depth += 1
                self._line(f"seen{step}.add(id({here}))")
                self.lines.insert(start, f"    seen{step} = set()")
            chain.append(here)
        self._guard(here, is_guarded)
        return here, place, chain

    def _is_shared(self, number: int, target: EntityTarget, step: int) -> bool:
        """Say whether the values at a step of the path may be the same objects over and over."""
        path = target.path
        if target.contexts:
            return False
        if step == len(path) - 1:
            return number in self._unified.revisited
        if path[step + 1] == ITEM or isinstance(path[step + 1], OnTypes):
            return False
        return position_of(path[: step + 1]) in self._unified.shared

    def _guard(self, name: str, is_guarded: bool) -> None:
        """Go on only with what is there."""
        if not is_guarded:
            self._line(f"if {name} is not None:")
            self._depth += 1

    def _shape(
        self, target: EntityTarget, number: int, shape: RepresentationShape, obj: str
    ) -> None:
        """Write code that leaves in ``i`` the index of the object's representation, ``None`` for none."""
        slow = f"i = slow{number}({obj}, R, texts)"
        if not shape.fields or any(part.shapes for part in shape.fields):
            self._line(slow)
            return
        self._line("try:")
        self._depth += 1
        tests: list[str] = []
        content: list[str] = ["g"] if target.contexts else []
        for order, part in enumerate(shape.fields):
            self._line(f"v{order} = {obj}[{part.source!r}]")
            content.append(f"v{order}")
            if part.is_key:
                tests.append(f"(v{order}.__class__ is str or v{order}.__class__ is int)")
            else:
                # Python holds 1, 1.0 and True for equal; they are not the same content.
                content.append(f"v{order}.__class__")
        self._depth -= 1
        self._line("except KeyError:")
        self._line(f"    {slow}")
        self._line("else:")
        self._depth += 1
        if tests:
            self._line(f"if {' and '.join(tests)}:")
            self._depth += 1
        known = self._known.setdefault(
            (shape.typename, *((part.name, part.is_key) for part in shape.fields)),
            f"k{len(self._known)}",
        )
        self._line(f"k = {content[0] if len(content) == 1 else '(' + ', '.join(content) + ')'}")
        self._line(f"i = {known}.get(k)")
        entries = [f"'__typename': {shape.typename!r}"] if shape.typename is not None else []
        entries += [f"{part.name!r}: v{order}" for order, part in enumerate(shape.fields)]
        self._line(f"if i is None: i = {known}[k] = len(R); add({{{', '.join(entries)}}})")
        if tests:
            self._depth -= 1
            self._line("else:")
            self._line(f"    {slow}")
        self._depth -= 1

    def _record(self, number: int, target: EntityTarget, obj: str, place: str) -> None:
        if target.contexts:
            self._line("if len(N) < len(R): N.append(g)")
        self._line("if i is not None:")
        self._depth += 1
        if number in self._unified.targets:
            self._line("c = first.get(i)")
            self._line(f"if c is None: first[i] = {obj}; take({obj}); use(i)")
            if number in self._unified.compared:
                self._line(f"elif c is not {obj}:")
                self._line("    w = texts_of_first.get(i)")
                self._line("    if w is None: w = texts_of_first[i] = text(c)")
                self._line(f"    if text({obj}) != w: differ()")
                self._line(f"    {place} = c")
            else:
                self._line(f"else: {place} = c")
        else:
            self._line(f"take({obj}); use(i)")

    def _constant(self, name: str, value: object) -> str:
        self.constants[name] = value
        return name

    def _line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)


def _slow(
    target: EntityTarget,
) -> Callable[[JsonObject, list[JsonObject], dict[bytes, int]], int | None]:
    """Return a function for objects out of the ordinary: the index of the representation, by the interpreter."""

    def index_of(
        obj: JsonObject, representations: list[JsonObject], texts: dict[bytes, int]
    ) -> int | None:
        representation = represent(target, obj)
        if representation is None:
            return None
        index = texts.setdefault(encode_json(representation), len(representations))
        if index == len(representations):
            representations.append(representation)
        return index

    return index_of
