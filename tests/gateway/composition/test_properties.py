"""Properties of composition over generated subgraphs."""

from __future__ import annotations

import random

from graphql import lexicographic_sort_schema, parse, print_ast, print_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition.compose import SubgraphSource, compose
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import codes, fed

TYPES = ("A", "B", "C")
SCALARS = ("ID", "Int", "String!", "[Int!]")


@st.composite
def subgraph_sdls(draw: st.DrawFn) -> dict[str, str]:
    """Two or three subgraphs that share entities, value types and an enum; many of them do not compose."""
    sdls: dict[str, str] = {}
    for name in ("x", "y", "z")[: draw(st.integers(2, 3))]:
        parts = [f"type Query {{ {name}: {draw(st.sampled_from(TYPES))} both: Int @shareable }}"]
        for type_name in TYPES:
            key = draw(st.sampled_from(("id", "id", "k", None)))
            fields = {"own" + name: draw(st.sampled_from(SCALARS + TYPES))}
            if draw(st.booleans()):
                fields["shared"] = draw(st.sampled_from(("Int", "Int", "Int!", "String")))
            if key is not None:
                fields[key] = "ID!"
            directive = f' @key(fields: "{key}")' if key else ""
            body = " ".join(f"{f}: {t} @shareable" for f, t in fields.items())
            parts.append(f"type {type_name}{directive} {{ {body} }}")
        values = draw(st.lists(st.sampled_from("UVW"), min_size=1, unique=True))
        parts.append(f"enum E {{ {' '.join(values)} }} extend type Query {{ e{name}: E }}")
        sdls[name] = "\n".join(parts)
    return sdls


def sources(sdls: dict[str, str]) -> list[SubgraphSource]:
    return [SubgraphSource(name, f"http://{name}.test", fed(sdl)) for name, sdl in sdls.items()]


def shuffled(sdl: str, seed: int) -> str:
    """The same schema with definitions, and fields inside each, in another order."""
    order = random.Random(seed)  # noqa: S311 – an order, not a secret
    definitions = [print_ast(d) for d in parse(sdl).definitions]
    order.shuffle(definitions)
    return "\n".join(definitions)


@settings(max_examples=25, deadline=None)
@given(subgraph_sdls())
def test_composing_ends_in_a_supergraph_that_loads_or_in_errors(sdls: dict[str, str]) -> None:
    result = compose(sources(sdls))

    assert (result.supergraph_sdl is None) == bool(result.errors)
    if result.supergraph_sdl is not None:
        assert load_supergraph(result.supergraph_sdl).subgraphs.keys() == sdls.keys()


@settings(max_examples=20, deadline=None)
@given(subgraph_sdls(), st.integers(0, 1000))
def test_order_inside_an_sdl_does_not_matter(sdls: dict[str, str], seed: int) -> None:
    one = compose(sources(sdls))
    other = compose(sources({name: shuffled(sdl, seed) for name, sdl in sdls.items()}))

    assert codes(one) == codes(other)
    assert {e.coordinate for e in one.errors} == {e.coordinate for e in other.errors}
    if one.supergraph_sdl is not None and other.supergraph_sdl is not None:
        assert _api_schema(one.supergraph_sdl) == _api_schema(other.supergraph_sdl)


def _api_schema(sdl: str) -> str:
    return print_schema(lexicographic_sort_schema(load_supergraph(sdl).api_schema))


@settings(max_examples=10, deadline=None)
@given(subgraph_sdls())
def test_composing_twice_gives_the_same_text(sdls: dict[str, str]) -> None:
    assert compose(sources(sdls)) == compose(sources(sdls))


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1))
def test_any_description_survives(text: str) -> None:
    described = fed("type Query { a: Int }").replace("type Query", f"{_block(text)}\ntype Query")
    source = SubgraphSource("a", "http://a.test", described)

    result = compose([source])

    expected = parse(described).definitions[-1].description  # type: ignore[attr-defined]
    assert result.supergraph_sdl is not None
    query = load_supergraph(result.supergraph_sdl).api_schema.query_type
    assert query is not None
    assert (query.description or "") == expected.value


def _block(text: str) -> str:
    """The text as a string of the kind that SDL has; characters that GraphQL does not allow are left out."""
    allowed = "".join(c for c in text if c in "\t\n" or " " <= c <= "\ud7ff" or c >= "\ue000")
    return '"' + allowed.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
