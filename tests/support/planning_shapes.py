"""Shapes of supergraphs and operations that grow: what planning costs is measured and asserted on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanningCase:
    """Subgraphs by name, and an operation over them."""

    sdls: dict[str, str]
    operation: str


@dataclass(frozen=True, slots=True)
class PlanningShape:
    """A family of cases, larger and larger."""

    name: str
    build: Callable[[int], PlanningCase]
    size: int
    """The size that the shape is named for."""

    growth: float = 2.2
    """How many times the steps of half the size may be taken at most."""


def _entity(name: str, fields: Iterable[str], *, key: str = "id") -> str:
    return f'type {name} @key(fields: "{key}") {{ {key}: ID! {" ".join(fields)} }}'


def one_kind_of_implementation(size: int) -> PlanningCase:
    """An interface whose implementations are all treated alike."""
    types = (
        f'type T{i} implements N @key(fields: "id") {{ id: ID! name: String x{i}: Int }}'
        for i in range(size)
    )
    sdl = f"type Query {{ all: [N] }} interface N {{ id: ID! name: String }} {' '.join(types)}"
    return PlanningCase({"a": sdl}, "{ all { id name } }")


def two_kinds_of_implementation(size: int) -> PlanningCase:
    """Half of the implementations have a field in another subgraph, and some are selected on."""
    types = (
        f'type T{i} implements N @key(fields: "id") {{ id: ID! name: String'
        f"{' @external' if i % 2 else ''} x{i}: Int }}"
        for i in range(size)
    )
    others = (f'type T{i} @key(fields: "id") {{ id: ID! name: String }}' for i in range(1, size, 2))
    a = f"type Query {{ all: [N] }} interface N {{ id: ID! name: String }} {' '.join(types)}"
    fragments = "... on T0 { x0 } ... on T1 { x1 }"
    return PlanningCase({"a": a, "b": " ".join(others)}, f"{{ all {{ id name {fragments} }} }}")


def requirements_in_a_row(size: int) -> PlanningCase:
    """A chain of ``@requires`` of two subgraphs, each link with a source in two others."""
    own, other, shared = [], [], []
    for i in range(size):
        own.append(f"f{i}: Int" + (f' @requires(fields: "g{i - 1} s{i}")' if i else ""))
        if i:
            own.append(f"s{i}: Int @external")
        other.append(f'g{i}: Int @requires(fields: "f{i}") f{i}: Int @external')
        shared.append(f"s{i}: Int @shareable")
        if i < size - 1:
            own.append(f"g{i}: Int @external")
    return PlanningCase(
        {
            "a": f"type Query {{ p: P }} {_entity('P', own)}",
            "b": _entity("P", other),
            "c": _entity("P", shared),
            "d": _entity("P", shared),
        },
        f"{{ p {{ f{size - 1} }} }}",
    )


def many_subgraphs(size: int) -> PlanningCase:
    """Subgraphs that share one key, each with some fields of an entity."""
    sdls = {f"s{i}": _entity("P", [f"a{i}: Int b{i}: Int"]) for i in range(size)}
    sdls["s0"] += " type Query { p: P }"
    fields = " ".join(f"a{i} b{i}" for i in range(size))
    return PlanningCase(sdls, f"{{ p {{ {fields} }} }}")


def many_leaves(size: int) -> PlanningCase:
    """Leaves of four subgraphs."""
    sdls = {name: _entity("P", [f"{name}{i}: Int" for i in range(size // 4)]) for name in "abcd"}
    sdls["a"] += " type Query { p: P }"
    fields = " ".join(f"{name}{i}" for i in range(size // 4) for name in "abcd")
    return PlanningCase(sdls, f"{{ p {{ {fields} }} }}")


_TREE = {
    "a": f"type Query {{ p: P }} {_entity('P', ['a: Int next: P'])}",
    "b": _entity("P", ["b: Int"]),
}


def nested_fragments(size: int) -> PlanningCase:
    """Fragments that spread the next, each below a field."""
    fragments = " ".join(
        f"fragment F{i} on P {{ a b next {{ ...F{i + 1} }} }}" for i in range(size)
    )
    return PlanningCase(_TREE, f"{{ p {{ ...F0 }} }} {fragments} fragment F{size} on P {{ a b }}")


def fragments_spread_twice(size: int) -> PlanningCase:
    """Fragments that spread the next twice, in one place: 2ⁿ spreads of the same fields."""
    fragments = " ".join(f"fragment F{i} on P {{ a ...F{i + 1} ...F{i + 1} }}" for i in range(size))
    return PlanningCase(_TREE, f"{{ p {{ ...F0 }} }} {fragments} fragment F{size} on P {{ b }}")


def fields_spread_twice(size: int) -> PlanningCase:
    """Fragments that spread the next below a field, twice: 2ⁿ spreads, merged level by level."""
    fragments = " ".join(
        f"fragment F{i} on P {{ a next {{ ...F{i + 1} }} next {{ ...F{i + 1} b }} }}"
        for i in range(size)
    )
    return PlanningCase(_TREE, f"{{ p {{ ...F0 }} }} {fragments} fragment F{size} on P {{ b }}")


def ping_pong(size: int) -> PlanningCase:
    """A path that changes between two subgraphs at every hop."""
    a = f"type Query {{ p: P }} {_entity('P', ['q: Q'])} {_entity('Q', ['a: Int'])}"
    b = f"{_entity('Q', ['p: P'])} {_entity('P', ['b: Int'])}"
    source = "id"
    for i in range(size):
        source = f"p {{ b {source} }}" if i % 2 == size % 2 else f"q {{ a {source} }}"
    return PlanningCase({"a": a, "b": b}, f"{{ p {{ {source} }} }}")


def wide_union(size: int) -> PlanningCase:
    """A union of entities, each selected on, with fields of its own in two subgraphs."""
    members = [_entity(f"M{i}", [f"a{i}: Int"]) for i in range(size)]
    union = f"union U = {' | '.join(f'M{i}' for i in range(size))}"
    fragments = " ".join(f"... on M{i} {{ id a{i} b{i} }}" for i in range(size))
    return PlanningCase(
        {
            "a": f"type Query {{ all: [U] }} {union} {' '.join(members)}",
            "b": " ".join(_entity(f"M{i}", [f"b{i}: Int"]) for i in range(size)),
        },
        f"{{ all {{ {fragments} }} }}",
    )


def aliases(size: int) -> PlanningCase:
    """One field under many names, with selections in two subgraphs."""
    fields = " ".join(f"n{i}: next {{ a b }}" for i in range(size))
    return PlanningCase(_TREE, f"{{ p {{ {fields} }} }}")


def set_cover(size: int) -> PlanningCase:
    """Fields each resolved by all subgraphs but two: the fewest requests are a cover."""
    graphs = 8
    sdls = {
        f"s{graph}": _entity(
            "P",
            [
                f"f{i}: Int @shareable"
                for i in range(size)
                if (i + graph) % graphs not in {0, 1 + i // graphs % (graphs - 1)}
            ],
        )
        for graph in range(graphs)
    }
    sdls["root"] = f"type Query {{ p: P }} {_entity('P', [])}"
    fields = " ".join(f"f{i}" for i in range(size))
    return PlanningCase(sdls, f"{{ p {{ {fields} }} }}")


def sparse_cover(size: int) -> PlanningCase:
    """Fields each resolved by two subgraphs of many: choices everywhere."""
    sdls = {
        f"s{graph}": _entity(
            "P",
            [f"f{i}: Int @shareable" for i in range(size) if graph in {i, (i + 1) % size}],
        )
        for graph in range(size)
    }
    sdls["root"] = f"type Query {{ p: P }} {_entity('P', [])}"
    fields = " ".join(f"f{i}" for i in range(size))
    return PlanningCase(sdls, f"{{ p {{ {fields} }} }}")


def six_subgraphs(size: int) -> PlanningCase:
    """Fields of six subgraphs, in places below each other: what an operation is like."""
    types = {"P": "Q", "Q": "R", "R": "P"}
    sdls = {
        name: " ".join(_entity(of, [f"{name}{i}: Int" for i in range(size // 9)]) for of in types)
        for name in "abcdef"
    }
    for name, (of, to) in zip("abc", types.items(), strict=True):
        sdls[name] = sdls[name].replace(
            f'type {of} @key(fields: "id") {{', f'type {of} @key(fields: "id") {{ to: [{to}]'
        )
    sdls["a"] += " type Query { p: P }"
    names = [f"{name}{i}" for i in range(size // 9) for name in "abcdef"]
    third = len(names) // 2
    source = ""
    for i in range(3):
        fields = " ".join(names[i : i + third])
        source = f"id {fields} {f'to {{ {source} }}' if source else ''}"
    return PlanningCase(sdls, f"{{ p {{ {source} }} }}")


SHAPES = (
    PlanningShape("six subgraphs, 50 fields", six_subgraphs, 50),
    PlanningShape("500 implementations alike", one_kind_of_implementation, 500),
    PlanningShape("500 implementations of two kinds", two_kinds_of_implementation, 500),
    PlanningShape("20 requirements in a row", requirements_in_a_row, 20),
    PlanningShape("40 requirements in a row", requirements_in_a_row, 40),
    PlanningShape("40 subgraphs with one key", many_subgraphs, 40),
    PlanningShape("2000 leaves", many_leaves, 2000),
    PlanningShape("30 fragments deep", nested_fragments, 30),
    PlanningShape("30 fragments, each spread twice", fragments_spread_twice, 30),
    PlanningShape("30 fields, each spread twice", fields_spread_twice, 30),
    PlanningShape("ping-pong, 15 hops", ping_pong, 15),
    PlanningShape("union of 100", wide_union, 100),
    PlanningShape("200 aliases", aliases, 200),
    PlanningShape("dense set cover, 40 fields", set_cover, 40),
    PlanningShape("sparse set cover, 20 subgraphs", sparse_cover, 20, growth=4),
)
