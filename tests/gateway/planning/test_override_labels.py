"""Progressive overrides: which labels an operation can meet, and its plan with them and without."""

from __future__ import annotations

from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.planning.override_labels import find_override_labels
from gateway.supergraph.model import Supergraph
from tests.support.supergraphs import plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    a="""
      type Query { p: P other: Other any: Any node: Node }
      interface Node { id: ID! }
      union Any = P | Other
      type P implements Node @key(fields: "id") { id: ID! name: String code: Int plain: Int other: Other }
      type Other implements Node @key(fields: "id") { id: ID! size: Int }
    """,
    b="""
      type P @key(fields: "id") {
        id: ID!
        name: String @override(from: "a", label: "percent(5)")
        code: Int @override(from: "a", label: "code")
      }
      type Other @key(fields: "id") { id: ID! size: Int @override(from: "a", label: "size") }
    """,
    c="""
      type P @key(fields: "id") { id: ID! code: Int @external sum: Int @requires(fields: "code") }
    """,
)


def labels_of(source: str, supergraph: Supergraph = SUPERGRAPH) -> set[str]:
    document = parse_document(source, max_tokens=1000)
    return set(find_override_labels(document, select_operation(document, None), supergraph))


def subgraphs(source: str, *labels: str) -> list[str]:
    plan = plan_of(SUPERGRAPH, source, override_labels=frozenset(labels))
    return [fetch.subgraph for fetch in plan.fetches]


def test_a_field_meets_the_label_it_moves_with() -> None:
    # What keys and @requires read counts wherever a type is, since hops may read it.
    assert labels_of("{ p { name } }") == {"percent(5)", "code"}
    assert labels_of("{ other { size } }") == {"size"}
    assert labels_of("{ other { id } }") == set()


def test_labels_are_met_below_and_in_fragments_of_any_type() -> None:
    assert labels_of("{ p { other { ...F } } } fragment F on Other { size }") >= {"size"}
    assert labels_of("{ any { ... on Other { size } } }") >= {"size"}
    assert labels_of("{ node { id ... on P { name } } }") == {"percent(5)", "code"}


def test_a_supergraph_without_labels_has_none_to_meet() -> None:
    plain = supergraph_of(a="type Query { a: Int }")

    assert labels_of("{ a __typename }", plain) == set()


def test_an_active_label_moves_its_field_and_no_other() -> None:
    assert subgraphs("{ p { name plain } }") == ["a"]
    assert subgraphs("{ p { name plain } }", "percent(5)") == ["a", "b"]
    assert subgraphs("{ p { name plain } }", "code", "size") == ["a"]


def test_inputs_of_requires_are_read_where_their_label_says() -> None:
    assert subgraphs("{ p { sum } }") == ["a", "c"]
    assert subgraphs("{ p { sum } }", "code") == ["a", "b", "c"]
