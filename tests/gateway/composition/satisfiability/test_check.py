"""Satisfiability: fields that no plan can answer, the query that shows it, and why each subgraph is no help."""

from __future__ import annotations

from gateway.composition.compose import CompositionResult
from gateway.composition.report import Report
from gateway.composition.satisfiability.check import check_satisfiability
from gateway.composition.satisfiability.labelled_reach import LabelledReach
from gateway.composition.satisfiability.walk import SatisfiabilityWalk
from gateway.query_graph.budget import Budget
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import codes, compose_all, supergraph_sdl_of


def unreachable(result: CompositionResult) -> set[str | None]:
    assert codes(result) in ([], ["SATISFIABILITY_ERROR"]), [str(e) for e in result.errors]
    return {error.coordinate for error in result.errors}


def test_message_has_a_query_that_could_be_sent_and_a_reason_for_each_subgraph() -> None:
    result = compose_all(
        a="""type Query { node(id: ID!, of: By!, in: [Unit!]!): Node }
        interface Node { id: ID! } type T implements Node @key(fields: "id") { id: ID! }
        input By { a: Int! b: Int } enum Unit { GRAM }""",
        b='type T @key(fields: "sku") { sku: ID! @external weight: Int } type Query { t: T }',
        c='type T @key(fields: "sku") { sku: ID! @shareable }',
    )

    messages = {e.coordinate: e.message for e in result.errors if '"a"' in e.message}
    assert messages["T.weight"] == (
        '"T.weight" cannot be answered by the query\\n'
        "{\\n"
        '  node(id: "…", of: {a: 0}, in: [GRAM]) {\\n'
        "    ... on T {\\n"
        "      weight\\n"
        "    }\\n"
        "  }\\n"
        "}\\n"
        'Coming from subgraph "a":\\n'
        '- subgraph "b" resolves "T.weight" of a "T" with the key "sku", which cannot be had here.'
    ).replace("\\n", "\n")


def test_object_without_key_ends_at_its_subgraph() -> None:
    result = compose_all(
        a="type Query { t: T } type T @shareable { x: Int }",
        b="type Query { u: T } type T @shareable { x: Int y: Int }",
    )

    assert unreachable(result) == {"T.y"}
    assert 'subgraph "b" resolves "T.y", but has no resolvable @key' in result.errors[0].message


def test_unresolvable_key_lets_nobody_in() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type Query { u: T } type T @key(fields: "id", resolvable: false) { id: ID! x: Int }',
    )

    assert unreachable(result) == {"T.x"}


def test_requirement_out_of_reach_is_named() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b="""type T @key(fields: "id") { id: ID! z: Int @external y: Int @requires(fields: "z") }""",
        c='type Query { v: T } type T @key(fields: "no") { no: ID! z: Int }',
    )

    y = next(e for e in result.errors if e.coordinate == "T.y")
    assert 'resolves "T.y" from "z" (@requires), which cannot be had here' in y.message


def test_keys_may_lead_on_over_several_subgraphs() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "a") { a: ID! }',
        b='type T @key(fields: "a") @key(fields: "b") { a: ID! b: ID! }',
        c='type T @key(fields: "b") @key(fields: "c { x }") { b: ID! c: C! } type C @shareable { x: Int }',
        d='type T @key(fields: "c { x }") { c: C! far: Int } type C @shareable { x: Int }',
    )

    assert unreachable(result) == set()


def test_provided_field_counts_only_along_the_path_that_provides_it() -> None:
    sdls = {
        "a": 'type T @key(fields: "id") { id: ID! other: Int } type Query { x: Int }',
        "b": """type Query { with: T @provides(fields: "name") without: T }
        type T @key(fields: "no") { no: ID! name: String @external }""",
        "c": 'type T @key(fields: "id") { id: ID! name: String @shareable }',
    }

    result = compose_all(**sdls)

    queries = [e.message for e in result.errors if e.coordinate == "T.name"]
    assert len(queries) == 1
    assert "without {" in queries[0]


def test_inaccessible_fields_need_not_be_reachable() -> None:
    result = compose_all(
        a="type Query { t: T } type T @shareable { x: Int }",
        b="type T @shareable { x: Int y: Int @inaccessible }",
    )

    assert unreachable(result) == set()


def test_union_member_that_a_subgraph_does_not_return_needs_no_proof_there() -> None:
    result = compose_all(
        a="type Query { hit: Hit } union Hit = P type P { x: Int }",
        b="type Query { other: Hit } union Hit = Q type Q { y: Int }",
    )

    assert unreachable(result) == set()


def test_both_sides_of_a_progressive_override_are_proven() -> None:
    """Inactive, ``k`` is a's and at hand; active, it is b's, where only a resolvable key leads."""
    sdls = {
        "a": 'type Query { t: T } type T @key(fields: "id") { id: ID! k: ID! }',
        "b": """type T @key(fields: "id") { id: ID! k: ID! @shareable @override(from: "a", label: "percent(50)") }
        type Query { unused: Int }""",
        "c": 'type T @key(fields: "k") { k: ID! @shareable more: Int }',
    }

    assert unreachable(compose_all(**sdls)) == set()
    sdls["a"] = sdls["a"].replace('"id")', '"id", resolvable: false)')
    sdls["b"] = sdls["b"].replace('"id")', '"id", resolvable: false)')
    assert unreachable(compose_all(**sdls)) == {"T.k", "T.more"}


def test_shared_mutation_has_to_be_completed_by_one_subgraph() -> None:
    alone = compose_all(
        a="type Query { q: Int } type Mutation { m: R @shareable } type R @shareable { x: Int y: Int }",
        b="type Mutation { m: R @shareable } type R @shareable { x: Int }",
    )
    neither = compose_all(
        a="type Query { q: Int } type Mutation { m: R @shareable } type R @shareable { x: Int y: Int }",
        b="type Mutation { m: R @shareable } type R @shareable { x: Int z: Int }",
    )

    assert unreachable(alone) == set()
    assert unreachable(neither) == {"R.z"}
    assert neither.errors[0].message.count("mutation {") == 1


def test_every_shared_mutation_is_tried_with_every_subgraph_of_its_own() -> None:
    """``first`` can be left to b; ``second`` has only those two that lack a field each."""
    result = compose_all(
        a="""type Query { q: Int } type Mutation { first: R @shareable second: R @shareable }
        type R @shareable { x: Int }""",
        b="type Mutation { first: R @shareable } type R @shareable { x: Int y: Int }",
        c="type Mutation { second: R @shareable } type R @shareable { x: Int }",
    )

    assert unreachable(result) == {"R.y"}
    assert "second {" in result.errors[0].message


def test_shared_query_may_be_put_together_from_several() -> None:
    result = compose_all(
        a="type Query { q: R @shareable } type R @shareable { x: Int y: Int }",
        b="type Query { q: R @shareable } type R @shareable { x: Int z: Int }",
    )

    assert unreachable(result) == set()


def test_fields_through_an_interface_object_are_reachable() -> None:
    result = compose_all(
        a="""type Query { all: [Node] } interface Node @key(fields: "id") { id: ID! }
        type T implements Node @key(fields: "id") { id: ID! own: Int }""",
        b='type Query { best: Node } type Node @interfaceObject @key(fields: "id") { id: ID! score: Int }',
    )

    assert unreachable(result) == set()


def test_cycles_end() -> None:
    result = compose_all(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! b: B } type B @key(fields: "id") { id: ID! }',
        b='type B @key(fields: "id") { id: ID! a: A } type A @key(fields: "id") { id: ID! more: Int b2: [B!]! }',
    )

    assert unreachable(result) == set()


def test_each_field_is_reported_once_for_where_one_comes_from() -> None:
    result = compose_all(
        a="""type Query { a: T b: T c: [T!] w: W } type W { t: T }
        type T @key(fields: "id") { id: ID! }""",
        b='type T @key(fields: "no") { no: ID! @external x: Int }  type Query { z: Int }',
        c='type T @key(fields: "no") { no: ID! }',
    )

    assert [e.coordinate for e in result.errors].count("T.x") == 1


def test_runtime_types_without_any_in_common_are_an_error() -> None:
    result = compose_all(
        a="type Query { hit: Hit @shareable } union Hit = P type P { x: Int }",
        b="type Query { hit: Hit @shareable } union Hit = Q type Q { y: Int }",
    )

    assert codes(result) == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]
    assert 'P in subgraph "a"; Q in subgraph "b"' in result.errors[0].message


def test_proof_stops_at_its_limit() -> None:
    sdl = supergraph_sdl_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "id") { id: ID! x: Int }',
    )
    report = Report()

    check_satisfiability(sdl, [], report, max_steps=0)

    assert [error.code for error in report.errors] == ["MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"]


def test_objects_of_an_interface_object_need_someone_who_knows_their_type() -> None:
    sdls = {
        "a": """type Query { x: Int } interface Node { id: ID! }
        type T implements Node @key(fields: "id") { id: ID! }""",
        "b": 'type Query { best: Node } type Node @interfaceObject @key(fields: "id") { id: ID! n: Int }',
    }

    without_key = compose_all(**sdls)
    sdls["a"] = sdls["a"].replace("interface Node", 'interface Node @key(fields: "id")')
    with_key = compose_all(**sdls)

    assert unreachable(without_key) == {"T.__typename"}
    assert (
        "no subgraph with the interface and its key can be reached" in without_key.errors[0].message
    )
    assert unreachable(with_key) == set()


def test_runtime_types_are_compared_with_those_of_subgraphs_a_key_leads_to() -> None:
    result = compose_all(
        a="""type Query { t: T } type T @key(fields: "id") { id: ID! hit: Hit @shareable }
        union Hit = P type P { x: Int }""",
        b='type T @key(fields: "id") { id: ID! hit: Hit @shareable } union Hit = Q type Q { y: Int }',
    )

    assert codes(result) == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]


def test_type_that_one_of_the_sharing_subgraphs_never_returns_needs_no_proof() -> None:
    """``a`` can be asked instead of ``b``, and then there is no Q to answer for."""
    result = compose_all(
        a="type Query { hit: Hit @shareable } union Hit = P type P @shareable { x: Int }",
        b="""type Query { hit: Hit @shareable } union Hit = P | Q type P @shareable { x: Int }
        type Q @shareable { y: Int }""",
        c="type Query { q: Q } type Q @shareable { y: Int z: Int }",
    )

    assert unreachable(result) == set()


def test_positions_beyond_those_proven_with_are_compared_for_what_they_return() -> None:
    """``alone`` proves T in a; ``both`` adds b, which makes nothing unreachable but returns another type."""
    result = compose_all(
        a="""type Query { alone: T both: T @shareable } type T @shareable { hit: Hit }
        union Hit = P type P { x: Int }""",
        b="type Query { both: T @shareable } type T @shareable { hit: Hit } union Hit = Q type Q { y: Int }",
    )

    assert codes(result) == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]


def test_field_that_one_way_cannot_have_is_followed_where_another_can() -> None:
    """From a, ``s`` is out of reach; from b it is not, and what it leads to is proven, too."""
    result = compose_all(
        a='type Query { a: T } type T @key(fields: "id") { id: ID! }',
        b="""type Query { b: T } type T @key(fields: "id", resolvable: false) { id: ID! s: S }
        type S @shareable { x: Int }""",
        c="type S @shareable { x: Int y: Int } type Query { c: S }",
    )

    assert unreachable(result) == {"T.s", "S.y"}


def test_graphs_that_lead_to_each_other_are_proven_once() -> None:
    """However many subgraphs an entity is in: from any of them the others can be had."""
    graphs = [f"s{i}" for i in range(8)]
    sdls = {
        name: f'type Query {{ {name}: T }} type T @key(fields: "id") {{ id: ID! f{name}: Int t{name}: T }}'
        for name in graphs
    }
    reaches = LabelledReach(load_supergraph(supergraph_sdl_of(**sdls)), Budget(1_000_000))
    walk = SatisfiabilityWalk(reaches, frozenset())

    walk.run()

    assert walk.unreachable == []
    assert reaches.budget.spent < 1000 + 20 * len(graphs) ** 2


def test_members_of_a_union_are_gone_through_once() -> None:
    members = range(100)
    types = " ".join(f"type T{i} {{ id: ID! u: U }}" for i in members)
    union = " | ".join(f"T{i}" for i in members)
    sdl = supergraph_sdl_of(a=f"type Query {{ u: U }} union U = {union} {types}")
    reaches = LabelledReach(load_supergraph(sdl), Budget(1_000_000))
    walk = SatisfiabilityWalk(reaches, frozenset())

    walk.run()

    assert walk.unreachable == []
    assert reaches.budget.spent < 1000 + 10 * len(members)
