"""Why a plan is as it is: which fetch serves what, and what became of the other subgraphs."""

from __future__ import annotations

import pytest

from gateway.planning import planner
from gateway.planning.planner import plan_and_explain
from gateway.query_plan.explanation import (
    Alternative,
    Because,
    FetchReason,
    FieldReason,
    Outcome,
    PlanExplanation,
    Purpose,
)
from gateway.query_plan.explanation_printer import explanation_to_json, print_explanation
from tests.support.supergraphs import normalized, supergraph_of

SUPERGRAPH = supergraph_of(
    accounts="""
      type Query { users: [User] }
      type User @key(fields: "id") { id: ID! name: String username: String @shareable }
    """,
    products="""
      type Query { products: [Product] }
      type Product @key(fields: "upc") { upc: ID! name: String price: Int note: String @shareable }
    """,
    reviews="""
      type Query { reviews: [Review] }
      type Review { body: String author: User @provides(fields: "username") product: Product }
      type User @key(fields: "id") { id: ID! username: String @external }
      type Product @key(fields: "upc") { upc: ID! price: Int @external tax: Int @requires(fields: "price") }
    """,
    stock="""
      type Product @key(fields: "upc") { upc: ID! left: Int note: String @shareable }
    """,
)


def explained(source: str) -> PlanExplanation:
    plan, explanation = plan_and_explain(SUPERGRAPH, normalized(SUPERGRAPH, source))
    assert [(fetch.id, fetch.subgraph) for fetch in plan.fetches] == [
        (reason.id, reason.subgraph) for reason in explanation.fetches
    ]
    return explanation


def field(explanation: PlanExplanation, path: str) -> tuple[FetchReason, FieldReason]:
    (found,) = [
        (fetch, each) for fetch in explanation.fetches for each in fetch.fields if each.path == path
    ]
    return found


def test_a_field_that_one_subgraph_has_comes_from_there() -> None:
    fetch, name = field(explained("{ users { name } }"), "users.@.name")

    assert fetch.subgraph == "accounts"
    assert (name.coordinate, name.because, name.alternatives) == ("User.name", Because.ONLY, ())


def test_a_provided_field_is_taken_where_it_is_provided() -> None:
    fetch, name = field(
        explained("{ reviews { author { username } } }"), "reviews.@.author.username"
    )

    assert (fetch.subgraph, name.because) == ("reviews", Because.PROVIDED)
    assert name.alternatives == (
        Alternative(subgraph="accounts", outcome=Outcome.MORE_REQUESTS, requests=1),
    )


def test_a_key_is_read_from_the_subgraph_that_is_asked_anyway() -> None:
    explanation = explained("{ products { left } }")
    fetch, key = field(explanation, "products.@.upc")

    assert (fetch.subgraph, key.purpose, key.because) == ("products", Purpose.KEY, Because.ONLY)
    assert {each.obstacle for each in key.alternatives} == {
        "it can only be entered with this field itself"
    }
    assert explanation.fetches[1].entries[0].path == "products.@"
    assert explanation.fetches[1].entries[0].key == "upc"


def test_inputs_of_requires_and_what_they_are_for_are_told() -> None:
    explanation = explained("{ reviews { product { tax } } }")
    source, price = field(explanation, "reviews.@.product.price")
    again, tax = field(explanation, "reviews.@.product.tax")

    assert (source.subgraph, price.purpose) == ("products", Purpose.REQUIRES)
    (external,) = price.alternatives
    assert (external.subgraph, external.outcome) == ("reviews", Outcome.IMPOSSIBLE)
    assert "external" in external.obstacle
    assert (again.subgraph, tax.requires) == ("reviews", "price")
    assert [(entry.key, entry.requires) for entry in again.entries] == [("upc", True)]


def test_the_cheaper_of_two_ways_says_what_the_other_takes() -> None:
    fetch, note = field(explained("{ products { note } }"), "products.@.note")

    assert (fetch.subgraph, note.because) == ("products", Because.AT_HAND)
    assert note.alternatives == (
        Alternative(subgraph="stock", outcome=Outcome.MORE_REQUESTS, requests=1),
    )


def test_an_alternative_that_joins_a_request_takes_no_other() -> None:
    fetch, note = field(explained("{ products { note left } }"), "products.@.note")

    assert (fetch.subgraph, note.because) == ("products", Because.AT_HAND)
    assert note.alternatives == (Alternative(subgraph="stock", outcome=Outcome.LATER, requests=0),)


def test_two_that_would_do_as_well_are_told() -> None:
    explanation = explained("{ reviews { product { note } } }")
    fetch, note = field(explanation, "reviews.@.product.note")
    (other,) = note.alternatives

    assert (fetch.subgraph, note.because) == ("products", Because.NO_WORSE)
    assert other == Alternative(subgraph="stock", outcome=Outcome.AS_GOOD, requests=0)
    assert "not stock: it would do as well" in print_explanation(explanation)


def test_a_field_that_others_could_serve_for_more_requests_is_the_cheapest() -> None:
    explanation = explained("{ reviews { product { note name } } }")
    fetch, note = field(explanation, "reviews.@.product.note")

    assert (fetch.subgraph, note.because) == ("products", Because.AT_HAND)
    assert "not stock: the plan would take 1 more request\n" in print_explanation(explanation)


def test_root_fields_of_a_mutation_are_tried_elsewhere() -> None:
    supergraph = supergraph_of(
        a="type Query { q: Int } type Mutation { touch: Int @shareable one: Int }",
        b="type Mutation { touch: Int @shareable two: Int }",
    )

    def outcome(source: str) -> tuple[str, Alternative]:
        _, explanation = plan_and_explain(supergraph, normalized(supergraph, source))
        fetch, touch = field(explanation, "touch")
        (alternative,) = touch.alternatives
        return fetch.subgraph, alternative

    joined = Alternative(subgraph="b", outcome=Outcome.MORE_REQUESTS, requests=1)
    assert outcome("mutation { one touch }") == ("a", joined)
    alone = Alternative(subgraph="b", outcome=Outcome.AS_GOOD, requests=0)
    assert outcome("mutation { touch }") == ("a", alone)


def test_what_cannot_be_tried_any_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MAX_COMPARISON_STEPS", 1)

    explanation = explained("{ products { note } }")
    _, note = field(explanation, "products.@.note")

    assert note.alternatives == (Alternative(subgraph="stock", outcome=Outcome.UNKNOWN),)
    assert "not stock: not tried, the operation is too large" in print_explanation(explanation)


def test_every_fetch_serves_something() -> None:
    explanation = explained("{ users { name } reviews { product { name left tax } } }")

    assert {each.subgraph for each in explanation.fetches} == {
        "accounts", "reviews", "products", "stock",
    }  # fmt: skip
    assert all(fetch.fields for fetch in explanation.fetches)


def test_an_explanation_is_text_and_json() -> None:
    explanation = explained("{ reviews { product { tax } author { username } } }")

    text = print_explanation(explanation)
    rows = explanation_to_json(explanation)

    assert 'for the objects at reviews.@.product, by key "upc", once more' in text
    assert "reviews.@.author.username  (User.username): provided by the field above it" in text
    assert "not reviews: it does not resolve the field: external, or overridden" in text
    assert [row["subgraph"] for row in rows] == ["reviews", "products", "reviews"]
