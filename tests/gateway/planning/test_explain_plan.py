"""Why a plan is as it is: which fetch serves what, and what became of the other subgraphs."""

from __future__ import annotations

from gateway.planning.planner import plan_and_explain
from gateway.query_plan.explanation import (
    Alternative,
    Because,
    FetchReason,
    FieldReason,
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
    assert name.alternatives == (Alternative(subgraph="accounts", requests=1),)


def test_a_key_is_read_from_the_subgraph_that_is_asked_anyway() -> None:
    explanation = explained("{ products { left } }")
    fetch, key = field(explanation, "products.@.upc")

    assert (fetch.subgraph, key.purpose, key.because) == ("products", Purpose.KEY, Because.AT_HAND)
    assert explanation.fetches[1].entries[0].path == "products.@"
    assert explanation.fetches[1].entries[0].key == "upc"


def test_inputs_of_requires_and_what_they_are_for_are_told() -> None:
    explanation = explained("{ reviews { product { tax } } }")
    source, price = field(explanation, "reviews.@.product.price")
    again, tax = field(explanation, "reviews.@.product.tax")

    assert (source.subgraph, price.purpose) == ("products", Purpose.REQUIRES)
    (external,) = price.alternatives
    assert (external.subgraph, external.requests) == ("reviews", None)
    assert "external" in external.obstacle
    assert (again.subgraph, tax.requires) == ("reviews", "price")
    assert [(entry.key, entry.requires) for entry in again.entries] == [("upc", True)]


def test_the_cheaper_of_two_ways_says_what_the_other_takes() -> None:
    explanation = explained("{ products { note left } }")
    fetch, note = field(explanation, "products.@.note")

    assert (fetch.subgraph, note.because) == ("products", Because.AT_HAND)
    assert note.alternatives[0].subgraph == "stock"


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
    assert "not reviews: it knows the field as external" in text
    assert [row["subgraph"] for row in rows] == ["reviews", "products", "reviews"]
