"""Generates Python code that projects a response tree: one function per object or list of the projection.

The code knows the good case only. An object becomes one dict literal, a leaf one type test; the first value that is
not as the schema says raises, and the interpreter takes over. The two agree on everything else, which is tested on
random trees.

A list that one subgraph has written, and just as the client is to see it, is looked through and kept: see ``likeness``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias, assert_never

from gateway.query_plan.nodes import (
    ClassProjection,
    DeniedProjection,
    EnumProjection,
    FieldProjection,
    IntrospectionProjection,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    TypenameProjection,
    ValueProjection,
)

from .generated_code import make_function
from .leaf_tests import LEAF_TESTS
from .likeness import is_selected_alike
from .likeness_source import compile_check
from .result import JsonObject
from .written_keys import Position, WrittenKeys

CompiledProjection: TypeAlias = Callable[[JsonObject], JsonObject]
"""Raises whatever comes up (``Irregular``, ``TypeError`` …) unless the whole tree is as the schema says."""


class Irregular(Exception):
    """A value is not as the API schema says."""


def compile_projection(
    projection: ObjectProjection,
    unified: frozenset[Position] = frozenset(),
    sole: Mapping[Position, WrittenKeys] = MappingProxyType({}),
    on_miss: Callable[[], None] = lambda: None,
) -> CompiledProjection:
    """Return a function that projects a whole tree; milliseconds of work.

    Args:
        projection: what the client is to see.
        unified: where one object may be in several places: it is projected once.
        sole: places that one fetch writes with all that is below, and the keys there: what can be kept is.
        on_miss: called for a list that could not be kept, though what was asked for was just what is to be seen.
    """
    writer = _Writer(unified, sole)
    name = writer.object_function(projection, ())
    constants = {
        **writer.constants,
        "bad": _bad,
        "none": _none,
        "fill": _fill,
        "miss": on_miss,
    }
    return make_function(name, writer.lines, constants, about="projection")


def _bad() -> object:
    """Refuse a value."""
    raise Irregular


def _none(value: object) -> None:
    """Let null pass where a value of another kind was expected, and nothing else."""
    if value is not None:
        raise Irregular


def _fill(obj: JsonObject, keys: tuple[str, ...]) -> None:
    """Put null for absent keys, which counts as the same."""
    for key in keys:
        obj.setdefault(key, None)


class _Writer:
    """Collects functions, inner ones first, and the constants that they name."""

    def __init__(self, unified: frozenset[Position], sole: Mapping[Position, WrittenKeys]) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, object] = {}
        self._unified = unified
        self._sole = sole
        self._functions: dict[tuple[int, Position], str] = {}
        self._keepers: dict[tuple[int, Position], str] = {}
        self._count = 0

    def object_function(self, node: ObjectProjection, position: Position) -> str:
        """Return the name of a function from an object to its projection, ``None`` for an unknown type."""
        known = self._functions.get((id(node), position))
        if known is not None:
            return known
        name = self._functions[id(node), position] = self._name("o")
        literals = [
            (chosen, self._literal(chosen, node.typename_key, position)) for chosen in node.classes
        ]
        kept = f"o[{self._slot(name)}] = " if position in self._unified else ""
        body = [f"def {name}(o):", "    if o.__class__ is not dict: bad()", "    try:"]
        if node.typename_key is not None:
            body.append(f"        t = o[{node.typename_key!r}]")
        for chosen, literal in literals:
            test = "True" if node.typename_key is None else self._type_test(chosen)
            body += [
                f"        if {test}:",
                f"            p = {kept}{literal}",
                "            return p",
            ]
        keys = self._constant("K", _keys_of(node))
        if node.typename_key is not None:
            body.append("        if t.__class__ is not str: bad()")
        if node.denied and node.typename_key is not None:
            # The client is told of it, with the place.
            body.append(f"        if t in {self._constant('D', node.denied)}: bad()")
        body += [
            "        return None",
            "    except KeyError:",
            f"        fill(o, {keys})",
            f"        return {name}(o)",
        ]
        self.lines += body
        return name

    def object_call(self, node: ObjectProjection, position: Position, variable: str) -> str:
        """Return an expression for the projection of the object in ``variable``."""
        function = self.object_function(node, position)
        if position not in self._unified:
            return f"{function}({variable})"
        return f"({variable}.get({self._slot(function)}) or {function}({variable}))"

    def list_function(self, node: ListProjection, position: Position) -> str:
        """Return the name of a function from a list to its projection."""
        known = self._functions.get((id(node), position))
        if known is not None:
            return known
        name = self._functions[id(node), position] = self._name("l")
        self.lines += self._list_of(node, name, position)
        return name

    def _list_of(self, node: ListProjection, name: str, position: Position) -> list[str]:
        item = node.item
        if isinstance(item, LeafProjection | EnumProjection):
            # Leaves pass unchanged, and so does the list of them.
            test = self._leaf_test(item)
            if test is None:
                test = "v is not None" if node.item_non_null else "True"
            else:
                test = (
                    test.format(v="v")
                    if node.item_non_null
                    else f"v is None or {test.format(v='v')}"
                )
            return [
                f"def {name}(items):",
                "    for v in items:",
                f"        if not ({test}): bad()",
                "    return items",
            ]
        if isinstance(item, ObjectProjection):
            return self._list_of_objects(item, name, position, item_non_null=node.item_non_null)
        value = self._value(item, "v := i", position, non_null=node.item_non_null)
        return [f"def {name}(items):", f"    return [{value} for i in items]"]

    def _list_of_objects(
        self, item: ObjectProjection, name: str, position: Position, *, item_non_null: bool
    ) -> list[str]:
        null = "bad()" if item_non_null else "add(None)"
        head = [
            f"def {name}(items):",
            "    out = []",
            "    add = out.append",
            "    for o in items:",
        ]
        if (
            item.typename_key is not None
            or position in self._unified
            or not item.classes
            or not item.classes[0].fields
        ):
            call = self.object_call(item, position, "o")
            return [
                *head,
                f"        p = None if o is None else {call}",
                f"        if p is None: {null}",
                "        else: add(p)",
                "    return out",
            ]
        # The usual list: its objects are written right here, without a call for each.
        literal = self._literal(item.classes[0], None, position)
        keys = self._constant("K", _keys_of(item))
        return [
            *head,
            "        if o.__class__ is dict:",
            "            try:",
            f"                add({literal})",
            "            except KeyError:",
            f"                fill(o, {keys})",
            f"                add({literal})",
            f"        elif o is None: {null}",
            "        else: bad()",
            "    return out",
        ]

    def _literal(
        self, chosen: ClassProjection, typename_key: str | None, position: Position
    ) -> str:
        entries = [
            f"{part.response_key!r}: {self._field(part, typename_key, position)}"
            for part in chosen.fields
        ]
        return "{" + ", ".join(entries) + "}"

    def _field(self, part: FieldProjection, typename_key: str | None, position: Position) -> str:
        if isinstance(part.value, TypenameProjection):
            if part.value.constant is not None:
                return repr(part.value.constant)
            # Where it is read, the type has been tested already, so it is a name.
            return "t" if typename_key is not None else ("bad()" if part.non_null else "None")
        below = (*position, part.source)
        taken = f"v := o[{part.source!r}]"
        if not isinstance(part.value, ListProjection) or not self._can_be_kept(part.value, below):
            return self._value(part.value, taken, below, non_null=part.non_null)
        keeper = self._keeper(part.value, below, non_null=part.non_null)
        return f"{keeper}(v) if ({taken}) is not None else {'bad()' if part.non_null else None}"

    def _can_be_kept(self, node: ListProjection, position: Position) -> bool:
        """Whether to look first if a list can stay as it is; those of leaves do anyway."""
        return (
            not isinstance(node.item, LeafProjection | EnumProjection)
            and position in self._sole
            and is_selected_alike(node, self._sole[position])
        )

    def _keeper(self, node: ListProjection, position: Position, *, non_null: bool) -> str:
        """Return the name of a function from a list to itself, or to its projection."""
        known = self._keepers.get((id(node), position))
        if known is not None:
            return known
        name = self._keepers[id(node), position] = self._name("k")
        check = self._constant("C", compile_check(node))
        # Once is enough: what is in a list that is not kept is not looked at again.
        sole, self._sole = self._sole, {}
        projected = self._value(node, "v", position, non_null=non_null)
        self._sole = sole
        self.lines += [
            f"def {name}(v):",
            "    try:",
            f"        {check}(v)",
            "        return v",
            "    except Exception:",
            "        miss()",
            f"    return {projected}",
        ]
        return name

    def _value(
        self, node: ValueProjection, taken: str, position: Position, *, non_null: bool
    ) -> str:
        """Return an expression for a value; ``taken`` assigns the raw one to ``v``."""
        otherwise = "bad()" if non_null else "none(v)"
        match node:
            case LeafProjection() | EnumProjection():
                test = self._leaf_test(node)
                if test is None:
                    return f"v if ({taken}) is not None else bad()" if non_null else f"({taken})"
                return f"v if {test.format(v=f'({taken})')} else {otherwise}"
            case ListProjection():
                function = self.list_function(node, position)
                return f"{function}(v) if ({taken}).__class__ is list else {otherwise}"
            case ObjectProjection():
                call = self.object_call(node, position, "v")
                if non_null and (node.typename_key is not None or not node.classes):
                    call = f"({call} or bad())" if _has_fields(node) else f"required({call})"
                    self.constants["required"] = _required
                return f"{call} if ({taken}).__class__ is dict else {otherwise}"
            case IntrospectionProjection() | TypenameProjection() | DeniedProjection():
                return _ready_made(node, taken, non_null=non_null)
            case _:
                assert_never(node)

    def _leaf_test(self, node: LeafProjection | EnumProjection) -> str | None:
        """Return a test of ``v``; ``None`` when anything goes."""
        if isinstance(node, EnumProjection):
            return f"{{v}} in {self._constant('E', node.values)}"
        return LEAF_TESTS.get(node.kind)

    def _type_test(self, chosen: ClassProjection) -> str:
        if len(chosen.types) == 1:
            return f"t == {next(iter(chosen.types))!r}"
        return f"t in {self._constant('T', chosen.types)}"

    def _constant(self, prefix: str, value: object) -> str:
        name = self._name(prefix)
        self.constants[name] = value
        return name

    @staticmethod
    def _slot(function: str) -> int:
        """Return the key under which an object keeps what a function made of it."""
        return int(function[1:])

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"


def _ready_made(
    node: IntrospectionProjection | TypenameProjection | DeniedProjection,
    taken: str,
    *,
    non_null: bool,
) -> str:
    match node:
        case IntrospectionProjection():
            return f"v if ({taken}) is not None else bad()" if non_null else f"({taken})"
        case TypenameProjection():
            return repr(node.constant) if node.constant is not None else f"({taken})"
        case DeniedProjection():
            # Where null climbs, the interpreter sees to it.
            return "bad()" if non_null else "None"


def _required(value: object) -> object:
    """Refuse null, which stands for an object of an unknown type."""
    if value is None:
        raise Irregular
    return value


def _has_fields(node: ObjectProjection) -> bool:
    return all(chosen.fields for chosen in node.classes)


def _keys_of(node: ObjectProjection) -> tuple[str, ...]:
    """Return every key that the code of ``node`` reads."""
    keys = [
        part.source
        for chosen in node.classes
        for part in chosen.fields
        if not isinstance(part.value, DeniedProjection)
    ]
    if node.typename_key is not None:
        keys.append(node.typename_key)
    return tuple(dict.fromkeys(keys))
