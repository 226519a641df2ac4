"""Plans as text and as JSON."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from gateway.query_plan.printer import plan_to_json, print_plan
from gateway.supergraph.model import Supergraph
from tests.support.supergraphs import plan_of, supergraph_of


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    return supergraph_of(
        products="""
          type Query { products: [Product] media: [Media] }
          type Mutation { reset: Boolean }
          interface Media { owner: User }
          type Book implements Media { owner: User }
          type Film implements Media { owner: User }
          type Product @key(fields: "upc") { upc: ID! price: Int }
          type User @key(fields: "id", resolvable: false) { id: ID! }
        """,
        stock="""
          type Product @key(fields: "upc") {
            upc: ID!
            price: Int @external
            estimate: Int @requires(fields: "price")
          }
        """,
        users='type Query { me: User } type User @key(fields: "id") { id: ID! name: String }',
    )


def test_a_single_fetch_needs_no_sequence(supergraph: Supergraph) -> None:
    assert print_plan(plan_of(supergraph, "{ me { name } }")) == dedent(
        """\
        QueryPlan {
          Fetch(subgraph: "users") {
            {
              me {
                name
              }
            }
          }
        }
        """
    )


def test_stages_are_a_sequence_of_parallel_fetches(supergraph: Supergraph) -> None:
    plan = plan_of(supergraph, "{ me { id } products { cost: price upc estimate } }")

    assert print_plan(plan) == dedent(
        """\
        QueryPlan {
          Sequence {
            Parallel {
              Fetch(subgraph: "users") {
                {
                  me {
                    id
                  }
                }
              }
              Fetch(subgraph: "products") {
                {
                  products {
                    cost: price
                    upc
                  }
                }
              }
            }
            Flatten(path: "products.@") {
              Fetch(subgraph: "stock") {
                { __typename: Product, upc, price: cost? }
                =>
                query ($representations: [_Any!]!) {
                  _entities(representations: $representations) {
                    ... on Product {
                      estimate
                    }
                  }
                }
              }
            }
          }
        }
        """
    )


def test_one_fetch_may_complete_several_places(supergraph: Supergraph) -> None:
    source = "{ media { ... on Book { a: owner { name } } ... on Film { b: owner { name } } } }"

    text = print_plan(plan_of(supergraph, source))

    assert 'Fetch(subgraph: "users") {\n      Flatten(path: "media.@.|[Book].a") {' in text
    assert 'Flatten(path: "media.@.|[Film].b") {\n        { __typename: User, id }' in text


def test_an_empty_plan_and_another_kind_are_named(supergraph: Supergraph) -> None:
    assert print_plan(plan_of(supergraph, "{ __typename }")) == "QueryPlan {}\n"
    assert print_plan(plan_of(supergraph, "mutation { reset }")).startswith("QueryPlan(mutation) {")


def test_json_holds_everything_an_executor_needs(supergraph: Supergraph) -> None:
    tree = plan_to_json(plan_of(supergraph, "{ products { estimate } }"))

    assert json.loads(json.dumps(tree)) == tree
    assert tree == {
        "kind": "QueryPlan",
        "operationKind": "query",
        "introspection": None,
        "node": {
            "kind": "Sequence",
            "nodes": [
                {
                    "kind": "Fetch",
                    "id": 0,
                    "subgraph": "products",
                    "operationKind": "query",
                    "operation": "query{products{upc price}}",
                    "variables": [],
                    "dependsOn": [],
                    "path": [],
                    "entities": [],
                },
                {
                    "kind": "Fetch",
                    "id": 1,
                    "subgraph": "stock",
                    "operationKind": "query",
                    "operation": "query($representations: [_Any!]!)"
                    "{_entities(representations: $representations){... on Product{estimate}}}",
                    "variables": [],
                    "dependsOn": [0],
                    "path": [],
                    "entities": [
                        {
                            "alias": "_entities",
                            "variable": "representations",
                            "targets": [
                                {
                                    "path": ["products", "@"],
                                    "representations": [
                                        {
                                            "types": None,
                                            "typename": "Product",
                                            "fields": [
                                                _json_field("upc", is_key=True),
                                                _json_field("price", is_key=False),
                                            ],
                                        }
                                    ],
                                }
                            ],
                        }
                    ],
                },
            ],
        },
    }
    assert plan_to_json(plan_of(supergraph, "{ __typename }"))["node"] is None


def _json_field(name: str, *, is_key: bool) -> dict[str, object]:
    return {"name": name, "source": name, "isKey": is_key, "shapes": []}
