"""A wide and deep operation over four subgraphs takes six requests, whatever the number of places."""

from __future__ import annotations

from collections import Counter

from tests.support.supergraphs import plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    accounts="""
      type Query { users: [User] }
      type User @key(fields: "id") { id: ID! name: String username: String @shareable }
    """,
    inventory="""
      type Product @key(fields: "upc") {
        upc: String!
        weight: Int @external
        price: Int @external
        inStock: Boolean
        shipping: Int @requires(fields: "price weight")
      }
    """,
    products="""
      type Query { topProducts: [Product] }
      type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
    """,
    reviews="""
      type Review @key(fields: "id") {
        id: ID!
        body: String
        product: Product
        author: User @provides(fields: "username")
      }
      type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
      type Product @key(fields: "upc") { upc: String! reviews: [Review] }
    """,
)

SOURCE = """
  fragment U on User { id username name }
  fragment R on Review { id body }
  fragment P on Product { inStock name price shipping upc weight }
  {
    users { ...U reviews { ...R product { ...P reviews { ...R author { ...U
      reviews { ...R product { ...P } } } } } } }
    topProducts { ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } }
  }
"""


def test_places_share_requests() -> None:
    plan = plan_of(SUPERGRAPH, SOURCE)

    assert Counter(fetch.subgraph for fetch in plan.fetches) == {
        "accounts": 2,
        "products": 2,
        "reviews": 1,
        "inventory": 1,
    }


def test_provided_names_are_not_asked_of_their_owner() -> None:
    plan = plan_of(SUPERGRAPH, SOURCE)

    (operation,) = (
        fetch.operation for fetch in plan.fetches if fetch.subgraph == "accounts" and fetch.entities
    )
    assert "username" not in operation


def test_planning_twice_gives_the_same_plan() -> None:
    assert plan_of(SUPERGRAPH, SOURCE) == plan_of(SUPERGRAPH, SOURCE)
