"""Properties of contracts over generated supergraphs with tags everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import (
    DirectiveNode,
    GraphQLSchema,
    Node,
    StringValueNode,
    Visitor,
    parse,
    print_schema,
    visit,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition.contracts import TagFilter, apply_contract
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import compose_all

TAGS = ("p", "q", "r")
OUTPUTS = ("Int", "E", "[T]", "T", "I", "U", "V!")
INPUTS = ("Int", "E", "In", "Int!", "E = X")


@st.composite
def tagged_sdls(draw: st.DrawFn) -> str:
    """One subgraph in which any element may have tags."""

    def tags() -> str:
        chosen = draw(st.lists(st.sampled_from(TAGS), max_size=1))
        return "".join(f' @tag(name: "{tag}")' for tag in chosen)

    def fields(names: str) -> str:
        return " ".join(
            f"{name}(a: {draw(st.sampled_from(INPUTS))}{tags()}): {draw(st.sampled_from(OUTPUTS))}{tags()}"
            for name in names
        )

    return f"""
    type Query {{ {fields("abc")} }}
    interface I{tags()} {{ i: Int{tags()} }}
    type T implements I{tags()} {{ i: Int{tags()} {fields("de")} }}
    type V{tags()} {{ {fields("f")} }}
    union U{tags()} = T | V
    enum E{tags()} {{ X{tags()} Y{tags()} }}
    input In{tags()} {{ g: {draw(st.sampled_from(INPUTS))}{tags()} h: Int{tags()} }}
    """


filters = st.builds(
    TagFilter,
    include=st.frozensets(st.sampled_from(TAGS), max_size=3),
    exclude=st.frozensets(st.sampled_from(TAGS), max_size=1),
    hide_unreachable=st.booleans(),
)


def coordinates(schema: GraphQLSchema) -> set[str]:
    """Everything a client can name, one line of the printed schema at a time."""
    found = set()
    head = ""
    for line in print_schema(schema).splitlines():
        if not line.startswith(" "):
            head = " ".join(line.split()[:2])
            found.add(head)
        else:
            found.add(f"{head} {line.split('(')[0].split(':')[0].strip()}")
    return found


class _Directives(Visitor):
    """Collects, element by element, the directives and the tags on it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[set[str], set[str]]] = []

    def enter(self, node: Node, *_: object) -> None:
        applied: Sequence[DirectiveNode] = getattr(node, "directives", None) or ()
        self.found.append(
            (
                {directive.name.value for directive in applied},
                {
                    argument.value.value
                    for directive in applied
                    if directive.name.value == "tag"
                    for argument in directive.arguments or ()
                    if isinstance(argument.value, StringValueNode)
                },
            )
        )


def applied_directives(sdl: str) -> list[tuple[set[str], set[str]]]:
    collector = _Directives()
    visit(parse(sdl), collector)
    return collector.found


@settings(max_examples=40, deadline=None)
@given(tagged_sdls(), filters)
def test_a_contract_is_a_valid_part_of_the_whole_or_refused(sdl: str, tags: TagFilter) -> None:
    whole = compose_all(a=sdl).supergraph_sdl
    assert whole is not None

    result = apply_contract(whole, tags)

    assert (result.supergraph_sdl is None) == bool(result.errors)
    if result.supergraph_sdl is not None:
        part = load_supergraph(result.supergraph_sdl)
        assert coordinates(part.api_schema) <= coordinates(load_supergraph(whole).api_schema)
        assert part.types.keys() == load_supergraph(whole).types.keys()


@settings(max_examples=25, deadline=None)
@given(tagged_sdls(), filters)
def test_a_contract_applied_twice_is_the_contract_applied_once(sdl: str, tags: TagFilter) -> None:
    whole = compose_all(a=sdl).supergraph_sdl
    assert whole is not None

    once = apply_contract(whole, tags).supergraph_sdl

    if once is not None:
        assert apply_contract(once, tags).supergraph_sdl == once


@settings(max_examples=25, deadline=None)
@given(tagged_sdls(), filters)
def test_what_has_an_excluded_tag_is_never_seen(sdl: str, tags: TagFilter) -> None:
    whole = compose_all(a=sdl).supergraph_sdl
    assert whole is not None

    result = apply_contract(whole, tags)

    if result.supergraph_sdl is not None:
        for names, tags_there in applied_directives(result.supergraph_sdl):
            assert not tags_there & tags.exclude or "inaccessible" in names
