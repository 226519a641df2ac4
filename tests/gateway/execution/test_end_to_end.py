"""From subgraph SDL to the answer: composed, planned and executed over real subgraphs of the same process.

The measure is one schema that holds everything: whatever it answers, the federation answers.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import experimental_execute_incrementally, get_introspection_query

from gateway.composition.compose import SubgraphSource, compose
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.introspection import Introspection
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.result import ExecutionResult
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_operation
from gateway.supergraph.loader import load_supergraph
from gateway.transports.in_process import InProcessTransport
from tests.support.data_subgraphs import Subgraph

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@external", "@requires", "@provides", "@shareable"])
"""
CATALOG = """
type Query { top(first: Int = 9): [Item!]! item(id: ID!): Item cheapest: Book }
type Mutation { rename(id: ID!, name: String!): Item }
interface Item { id: ID! name: String }
type Book implements Item @key(fields: "id") {
  id: ID! name: String price: Int weight: Int author: Author kind: Kind tags: [[String!]!]
}
type Film implements Item @key(fields: "id") { id: ID! name: String minutes: Int! }
type Author @key(fields: "id org { code }") { id: ID! org: Org! }
type Org @shareable { code: Int! }
enum Kind { PAPER SCREEN }
"""
PEOPLE = """
type Query { me: Author }
type Author @key(fields: "id org { code }") { id: ID! org: Org! name: String! books: [Book!] }
type Org @shareable { code: Int! }
type Book @key(fields: "id") { id: ID! }
"""
REVIEWS = """
type Book @key(fields: "id") {
  id: ID! price: Int @external weight: Int @external
  shipping: Float @requires(fields: "price weight")
  reviews: [Review!]
}
type Film @key(fields: "id") { id: ID! reviews: [Review!] }
type Review { text: String about: Thing by: Author }
union Thing = Book | Film
type Author @key(fields: "id org { code }") { id: ID! org: Org! }
type Org @shareable { code: Int! }
"""

AUTHORS: dict[tuple[str, int], dict[str, Any]] = {
    ("a1", 1): {"id": "a1", "org": {"code": 1}, "name": "Ada", "books": ["b1", "b2"]},
    ("a2", 2): {"id": "a2", "org": {"code": 2}, "name": "Bo", "books": []},
}
ITEMS: dict[str, dict[str, Any]] = {
    "b1": {
        "__typename": "Book",
        "id": "b1",
        "name": "Cats",
        "price": 10,
        "weight": 4,
        "author": ("a1", 1),
        "kind": "PAPER",
        "tags": [["x"], []],
    },
    "b2": {
        "__typename": "Book",
        "id": "b2",
        "name": None,
        "price": None,
        "weight": 2,
        "author": ("a2", 2),
        "kind": None,
        "tags": None,
    },
    "f1": {"__typename": "Film", "id": "f1", "name": "More cats", "minutes": 90},
}
REVIEWED: dict[str, list[tuple[str, str, tuple[str, int] | None]]] = {
    "b1": [("good", "b1", ("a2", 2)), ("long", "f1", None)],
    "f1": [("wet", "b2", ("a1", 1))],
}


def shipping_of(price: int | None, weight: int | None) -> float | None:
    return None if price is None or weight is None else price * 0.1 + weight


def the_subgraphs() -> list[Subgraph]:
    items = copy.deepcopy(ITEMS)

    def stub(key: tuple[str, int] | None) -> dict[str, Any] | None:
        return {"__typename": "Author", "id": key[0], "org": {"code": key[1]}} if key else None

    def catalog_item(item_id: str) -> dict[str, Any] | None:
        item = items.get(item_id)
        return {**item, "author": stub(item.get("author"))} if item else None

    def rename(_: Any, id: str, name: str) -> dict[str, Any] | None:  # noqa: A002
        items[id]["name"] = name
        return catalog_item(id)

    def top(_: Any, first: int) -> list[Any]:
        return [catalog_item(item_id) for item_id in list(items)[:first]]

    def author(representation: dict[str, Any]) -> dict[str, Any]:
        found = AUTHORS[representation["id"], representation["org"]["code"]]
        return {**found, "books": [{"id": book} for book in found["books"]]}

    def review(row: tuple[str, str, tuple[str, int] | None]) -> dict[str, Any]:
        text, about, by = row
        return {
            "text": text,
            "about": lambda _: {
                "__typename": ITEMS[about]["__typename"],
                **reviewed({"id": about}),
            },
            "by": stub(by),
        }

    def reviewed(representation: dict[str, Any]) -> dict[str, Any]:
        has_inputs = "price" in representation
        rows = REVIEWED.get(representation["id"])
        return {
            "id": representation["id"],
            "shipping": shipping_of(representation["price"], representation["weight"])
            if has_inputs
            else lambda _: 1 / 0,
            "reviews": [review(row) for row in rows] if rows else None,
        }

    def by_id(representation: dict[str, Any]) -> dict[str, Any] | None:
        return catalog_item(representation["id"])

    return [
        Subgraph(
            "catalog",
            LINK + CATALOG,
            {
                "top": top,
                "item": lambda _, id: catalog_item(id),  # noqa: A006
                "cheapest": lambda _: catalog_item("b1"),
                "rename": rename,
            },
            {"Book": by_id, "Film": by_id, "Author": lambda key: key},
        ),
        Subgraph(
            "people",
            LINK + PEOPLE,
            {"me": lambda _: author({"id": "a1", "org": {"code": 1}})},
            {"Author": author, "Book": lambda key: {"id": key["id"]}},
        ),
        Subgraph(
            "reviews",
            LINK + REVIEWS,
            {},
            {"Book": reviewed, "Film": reviewed, "Author": lambda key: key},
        ),
    ]


def the_monolith() -> dict[str, Any]:
    """Root values of the same data, joined."""
    items = copy.deepcopy(ITEMS)

    def author(key: tuple[str, int] | None) -> dict[str, Any] | None:
        if key is None:
            return None
        found = AUTHORS[key]
        return {
            "__typename": "Author",
            **found,
            "books": lambda _: [item(book) for book in found["books"]],
        }

    def item(item_id: str) -> dict[str, Any] | None:
        found = items.get(item_id)
        if found is None:
            return None
        rows = REVIEWED.get(item_id)
        return {
            **found,
            "author": lambda _: author(found.get("author")),
            "shipping": shipping_of(found.get("price"), found.get("weight")),
            "reviews": lambda _: (
                [{"text": text, "about": item(about), "by": author(by)} for text, about, by in rows]
                if rows
                else None
            ),
        }

    def rename(_: Any, id: str, name: str) -> dict[str, Any] | None:  # noqa: A002
        items[id]["name"] = name
        return item(id)

    return {
        "top": lambda _, first: [item(item_id) for item_id in list(items)[:first]],
        "item": lambda _, id: item(id),  # noqa: A006
        "cheapest": lambda _: item("b1"),
        "me": lambda _: author(("a1", 1)),
        "rename": rename,
    }


class Federation:
    """Composed subgraphs, ready to be asked."""

    def __init__(self) -> None:
        self.subgraphs = the_subgraphs()
        sources = [
            SubgraphSource(subgraph.name, f"http://{subgraph.name}.test", subgraph.sdl)
            for subgraph in self.subgraphs
        ]
        composed = compose(sources)
        assert composed.supergraph_sdl is not None, composed.errors
        self.supergraph = load_supergraph(composed.supergraph_sdl)
        self.context = ExecutionContext(
            transports={
                subgraph.name: InProcessTransport(subgraph.app) for subgraph in self.subgraphs
            },
            introspection=Introspection(self.supergraph.api_schema),
        )

    async def ask(
        self, source: str, variables: Mapping[str, object] | None = None, *, times: int = 3
    ) -> ExecutionResult:
        document = parse_document(source, max_tokens=10_000)
        operation = select_operation(document, None)
        coerced = VariableCoercion(operation, self.supergraph.api_schema).coerce(variables or {})
        conditions = {
            name: bool(coerced[name]) for name in condition_variables(operation, document)
        }
        normalized = normalize_operation(document, operation, self.supergraph, conditions)
        prepared = prepare_plan(plan_operation(self.supergraph, normalized))
        results = [
            await execute_plan(prepared, variables=coerced, context=self.context)
            for _ in range(times)
        ]
        # The first is interpreted, the others run generated code.
        assert len({result.to_bytes() for result in results}) == 1
        return results[0]

    def ask_monolith(self, source: str, **variables: object) -> Any:
        document = parse_document(source, max_tokens=10_000)
        return experimental_execute_incrementally(
            self.supergraph.api_schema, document, the_monolith(), variable_values=variables
        )


@pytest.fixture(scope="module")
def federation() -> Federation:
    return Federation()


QUERIES: dict[str, tuple[str, dict[str, object]]] = {
    "one field": ("{ top { name } }", {}),
    "aliases and order": ("{ b: cheapest { n: name id m: name } a: cheapest { id } }", {}),
    "typename everywhere": ("{ __typename top { __typename id } me { __typename } }", {}),
    "another subgraph": ("{ cheapest { name reviews { text } } }", {}),
    "required inputs": ("{ cheapest { shipping } }", {}),
    "required inputs through an interface": ("{ top { ... on Book { shipping name } } }", {}),
    "composite key": ("{ cheapest { author { name org { code } } } }", {}),
    "there and back": (
        "{ me { name books { name author { name books { shipping } } reviews { text by { name } } } } }",
        {},
    ),
    "interface and fragments": (
        "{ top { id ... on Film { minutes reviews { text } } ... on Book { kind tags } } }",
        {},
    ),
    "union": (
        "{ top { ... on Book { reviews { about { __typename ... on Book { id name reviews { text } }"
        " ... on Film { name minutes } } } } } }",
        {},
    ),
    "arguments": ("query ($n: Int!) { top(first: $n) { id } }", {"n": 2}),
    "default argument": ("query ($n: Int = 1) { top(first: $n) { id } }", {}),
    "one argument twice": (
        '{ a: item(id: "b1") { name } b: item(id: "f1") { name } c: item(id: "no") { id } }',
        {},
    ),
    "include": (
        "query ($yes: Boolean!) { cheapest { id name @include(if: $yes) shipping @skip(if: $yes) } }",
        {"yes": True},
    ),
    "skip": (
        "query ($yes: Boolean!) { cheapest { id name @include(if: $yes) shipping @skip(if: $yes) } }",
        {"yes": False},
    ),
    "introspection beside data": (
        '{ __type(name: "Book") { name fields { name } } cheapest { name } __schema { queryType { name } } }',
        {},
    ),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_the_federation_answers_what_one_schema_would(
    federation: Federation, name: str
) -> None:
    source, variables = QUERIES[name]
    expected = federation.ask_monolith(source, **variables)
    assert not expected.errors

    result = await federation.ask(source, variables)

    assert result.errors == []
    assert repr(result.data) == repr(expected.data)


async def test_mutations_run_in_order_and_read_what_they_wrote() -> None:
    federation = Federation()
    source = """mutation {
      one: rename(id: "b1", name: "One") { name ... on Book { reviews { text } } }
      two: rename(id: "b1", name: "Two") { name }
    }"""

    result = await federation.ask(source, times=1)

    assert repr(result.data) == repr(federation.ask_monolith(source).data)
    assert not result.errors


async def test_the_introspection_query_is_answered_from_the_api_schema(
    federation: Federation,
) -> None:
    source = get_introspection_query()

    result = await federation.ask(source)

    assert result.data == federation.ask_monolith(source).data
    assert result.subgraph_calls == []


async def test_a_subgraph_that_is_down_takes_only_its_own_fields_with_it() -> None:
    federation = Federation()

    async def down(scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionError("secret")

    transports = {**federation.context.transports, "reviews": InProcessTransport(down)}
    federation.context = federation.context._replace(transports=transports)

    result = await federation.ask(
        "{ top { name ... on Book { b: reviews { text } } } me { name } }", times=1
    )

    assert result.data == {
        "top": [{"name": "Cats", "b": None}, {"name": None, "b": None}, {"name": "More cats"}],
        "me": {"name": "Ada"},
    }
    assert [error["path"] for error in result.errors] == [["top", 0, "b"], ["top", 1, "b"]]
    assert {error["extensions"]["code"] for error in result.errors} == {"SUBGRAPH_CRASHED"}
    assert result.extensions == {"degraded": ["reviews"]}
    assert b"secret" not in result.to_bytes()
