"""How much composing is, counted in calls: twice the schema is twice the work, whatever its shape."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from gateway.composition.compose import compose
from tests.support.subgraphs import compose_all, read_subgraphs


def entities(size: int) -> dict[str, str]:
    """As many entities, each in four subgraphs."""
    sdls: dict[str, str] = {}
    for name in "abcd":
        roots = " ".join(f"{name}{i}: T{i}" for i in range(size))
        types = " ".join(
            f'type T{i} @key(fields: "id") {{ id: ID! {name}: Int next{name}: T{(i + 1) % size} }}'
            for i in range(size)
        )
        sdls[name] = f"type Query {{ {roots} }} {types}"
    return sdls


def subgraphs(size: int) -> dict[str, str]:
    """One entity in as many subgraphs."""
    return {
        f"s{i}": f'type Query {{ q{i}: T }} type T @key(fields: "id") {{ id: ID! f{i}: Int }}'
        for i in range(size)
    }


def unions(size: int) -> dict[str, str]:
    """A union of as many members, each of which has a field of that union."""
    members = " | ".join(f"T{i}" for i in range(size))
    types = " ".join(
        f'type T{i} @key(fields: "id") {{ id: ID! u: U @shareable }}' for i in range(size)
    )
    sdl = f"type Query {{ u: U @shareable }} union U = {members} {types}"
    return {"a": sdl, "b": sdl}


def interfaces(size: int) -> dict[str, str]:
    """An interface with as many implementations, and an object for it elsewhere."""
    types = " ".join(
        f'type T{i} implements N @key(fields: "id") {{ id: ID! f: Int }}' for i in range(size)
    )
    return {
        "a": f'type Query {{ n: N }} interface N @key(fields: "id") {{ id: ID! }} {types}',
        "b": 'type N @interfaceObject @key(fields: "id") { id: ID! x: Int y: Int z: Int }',
    }


def faults(size: int) -> dict[str, str]:
    """As many fields that require what has another type, and are out of reach besides."""
    own = " ".join(f'type T{i} @key(fields: "id") {{ id: ID! x: Int }}' for i in range(size))
    roots = " ".join(f"t{i}: T{i}" for i in range(size))
    other = " ".join(
        f'type T{i} @key(fields: "id", resolvable: false) {{ id: ID! x: String @external'
        ' y: Int @requires(fields: "x") }'
        for i in range(size)
    )
    return {"a": f"type Query {{ {roots} }} {own}", "b": other}


def inputs(size: int) -> dict[str, str]:
    """As many input types and enums."""
    types = " ".join(
        f"input I{i} {{ a: Int e: [E{i}!] = [V] next: I{(i + 1) % size} }} enum E{i} {{ V W }}"
        for i in range(size)
    )
    roots = " ".join(f"q{i}(x: I{i}): E{i} @shareable" for i in range(size))
    sdl = f"type Query {{ {roots} }} {types}"
    return {"a": sdl, "b": sdl}


def calls(work: Callable[[], object]) -> int:
    """Count the functions that are called, built-in ones included."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", [entities, unions, interfaces, faults, inputs])
def test_twice_the_types_are_twice_the_work(shape: Callable[[int], dict[str, str]]) -> None:
    compose_all(**shape(16))

    once = calls(lambda: compose_all(**shape(16)))
    twice = calls(lambda: compose_all(**shape(32)))

    assert twice < 2.2 * once


def test_federation_1_is_twice_the_work_for_twice_the_subgraphs_of_as_many_types_each() -> None:
    def sources(count: int) -> str:
        return "\n".join(
            f"# subgraph: s{i}\n"
            + (f"type Query {{ {' '.join(f't{j}: T{j}' for j in range(8))} }}\n" if i == 0 else "")
            + " ".join(
                f'{"type" if i == 0 else "extend type"} T{j} @key(fields: "id") {{ id: ID!'
                f" {'@external' if i else ''} f{i}: Int }}"
                for j in range(8)
            )
            for i in range(count)
        )

    compose(read_subgraphs(sources(8)))

    once = calls(lambda: compose(read_subgraphs(sources(8))))
    twice = calls(lambda: compose(read_subgraphs(sources(16))))

    # From each subgraph of an entity, each other one is a way; that is the part which grows faster.
    assert twice < 3 * once


def test_one_entity_in_many_subgraphs_is_walked_once() -> None:
    compose_all(**subgraphs(10))

    once = calls(lambda: compose_all(**subgraphs(10)))
    twice = calls(lambda: compose_all(**subgraphs(20)))

    assert twice < 3 * once
