"""Generates Python code that checks whether what has been decoded is, as it stands, what a projection would make of it.

Checking is half the work of rebuilding: no object is made. The code knows the good case only and raises at the first
value that is not as the schema says, at a key too many and at one that is missing. It counts the keys on its way, by
which whoever has the text can tell that no key is in there twice.
"""

from __future__ import annotations

from collections.abc import Callable
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

CompiledCheck: TypeAlias = Callable[[object], int]
"""Returns the number of keys in and below a value; raises whatever comes up unless it is what the client is to see."""


class Unlike(Exception):
    """A value is not, as it stands, the client's."""


def compile_check(projection: ObjectProjection | ListProjection) -> CompiledCheck:
    """Return a function that checks a value whose keys are the client's; milliseconds of work."""
    writer = _Writer()
    name = writer.function(projection)
    constants = {**writer.constants, "unlike": _unlike}
    return make_function(name, writer.lines, constants, about="likeness")


def _unlike() -> None:
    raise Unlike


class _Writer:
    """Collects functions, inner ones first, and the constants that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, object] = {}
        self._functions: dict[int, str] = {}
        self._count = 0

    def function(self, node: ObjectProjection | ListProjection) -> str:
        """Return the name of a function that checks a value and returns the number of keys in and below it."""
        if isinstance(node, ObjectProjection):
            return self._object_function(node)
        return self._list_function(node)

    def _object_function(self, node: ObjectProjection) -> str:
        known = self._functions.get(id(node))
        if known is not None:
            return known
        name = self._functions[id(node)] = self._name("o")
        body = [f"def {name}(o):"]
        if node.typename_key is None:
            body += self._class_check(node.classes[0], _size_test(node.classes[0]), "    ")
        else:
            body += [
                "    if o.__class__ is not dict: unlike()",
                f"    t = o[{node.typename_key!r}]",
            ]
            for chosen in node.classes:
                body.append(f"    if t in {self._constant('T', chosen.types)}:")
                # What was asked for does not tell how keys that depend on the type follow on each other.
                keys = tuple(part.source for part in chosen.fields)
                body += self._class_check(
                    chosen, f"(*o,) == {self._constant('K', keys)}", "        "
                )
            # An object of a type that the client does not know is null.
            body.append("    unlike()")
        self.lines += body
        return name

    def _class_check(self, chosen: ClassProjection, size_test: str, indent: str) -> list[str]:
        count = " + ".join([str(len(chosen.fields)), *self._counts(chosen)])
        tests = " and ".join([size_test, *self._leaf_tests(chosen)])
        return [f"{indent}if not ({tests}): unlike()", f"{indent}return {count}"]

    def _leaf_tests(self, chosen: ClassProjection) -> list[str]:
        """Return tests of ``o`` for having the keys that are leaves, with values of their kinds."""
        tests = []
        for part in chosen.fields:
            test = self._leaf_test(part.value, f"(v := o[{part.source!r}])")
            if test is not None:
                tests.append(test if part.non_null else f"({test} or v is None)")
            elif isinstance(part.value, LeafProjection):
                key = repr(part.source)
                tests.append(f"o[{key}] is not None" if part.non_null else f"{key} in o")
        return tests

    def _counts(self, chosen: ClassProjection) -> list[str]:
        """Return expressions that check the composite values of ``o`` and count the keys below them."""
        counts = []
        for part in chosen.fields:
            function = self._composite_function(part.value)
            if function is not None:
                counts.append(_call(function, f"o[{part.source!r}]", part))
        return counts

    def _composite_function(self, node: ValueProjection) -> str | None:
        match node:
            case ObjectProjection() | ListProjection():
                return self.function(node)
            case LeafProjection() | EnumProjection() | TypenameProjection():
                return None
            case IntrospectionProjection() | DeniedProjection():
                raise Unlike
            case _:
                assert_never(node)

    def _list_function(self, node: ListProjection) -> str:
        known = self._functions.get(id(node))
        if known is not None:
            return known
        name = self._functions[id(node)] = self._name("l")
        head = [f"def {name}(items):", "    if items.__class__ is not list: unlike()"]
        item = node.item
        if isinstance(item, ObjectProjection) and item.typename_key is None:
            self.lines += head + self._objects(item.classes[0], item_non_null=node.item_non_null)
            return name
        function = self._composite_function(item)
        if function is not None:
            count = f"{function}(v)" if node.item_non_null else f"v is not None and {function}(v)"
            self.lines += [*head, f"    return sum([{count} for v in items])"]
            return name
        test = self._leaf_test(item, "v") or "v is not None"
        if not node.item_non_null:
            test = f"{test} or v is None"
        self.lines += [
            *head,
            "    for v in items:",
            f"        if not ({test}): unlike()",
            "    return 0",
        ]
        return name

    def _objects(self, chosen: ClassProjection, *, item_non_null: bool) -> list[str]:
        """The usual list: its objects are checked right here, without a call for each."""
        size = len(chosen.fields)
        skip_null = ["        if o is None:", f"            n -= {size}", "            continue"]
        counts = self._counts(chosen)
        tests = " and ".join([_size_test(chosen), *self._leaf_tests(chosen)])
        return [
            f"    n = {size} * len(items)",
            "    for o in items:",
            *([] if item_non_null else skip_null),
            f"        if not ({tests}): unlike()",
            *([f"        n += {' + '.join(counts)}"] if counts else []),
            "    return n",
        ]

    def _leaf_test(self, node: ValueProjection, value: str) -> str | None:
        """Return a test of a leaf, which assigns it to ``v``; ``None`` when anything goes, or it is no leaf."""
        match node:
            case LeafProjection():
                test = LEAF_TESTS.get(node.kind)
                return None if test is None else test.format(v=value)
            case EnumProjection():
                return f"{value} in {self._constant('E', node.values)}"
            case TypenameProjection(constant=None):
                # By which the class was chosen.
                return f"{value} == t"
            case TypenameProjection():
                return f"{value} == {node.constant!r}"
            case _:
                return None

    def _constant(self, prefix: str, value: object) -> str:
        name = self._name(prefix)
        self.constants[name] = value
        return name

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"


def _size_test(chosen: ClassProjection) -> str:
    return f"o.__class__ is dict and len(o) == {len(chosen.fields)}"


def _call(function: str, value: str, part: FieldProjection) -> str:
    if part.non_null:
        return f"{function}({value})"
    return f"(0 if (v := {value}) is None else {function}(v))"
