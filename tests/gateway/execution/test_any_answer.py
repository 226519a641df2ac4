"""Any JSON for an answer: the client still gets a response that fits the operation and the API schema.

Right answers are changed at random places into random values. Both programs, interpreted and generated, make the same
of it.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import orjson
from graphql import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.composition.compose import SubgraphSource, compose
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.supergraph.loader import load_supergraph
from gateway.transports.base import SubgraphRequest, SubgraphResponse
from tests.support.data_subgraphs import Subgraph
from tests.support.valid_response import problems_of

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",'
    ' import: ["@key", "@external", "@requires", "@shareable"])\n'
)
SHOP_SDL = (
    LINK
    + """
type Query { title: String! top: [Product!] best: Thing anything: Thing! }
interface Thing { id: ID! name: String }
type Product implements Thing @key(fields: "id maker { code }") {
  id: ID! name: String maker: Maker! price: Float! kind: Kind! sizes: [[Int!]]
}
type Service implements Thing @key(fields: "id") { id: ID! name: String hours: Int }
type Maker @shareable { code: Int! }
enum Kind { BIG SMALL }
"""
)
STOCK_SDL = (
    LINK
    + """
type Query { count: Int again: Product }
type Product @key(fields: "id maker { code }") {
  id: ID! maker: Maker! price: Float! @external
  stock: Int! shipping: Float @requires(fields: "price") related: [Product] parts: [Part!]
}
type Service @key(fields: "id") { id: ID! open: Boolean part: Part! }
type Maker @shareable { code: Int! }
union Part = Screw | Nail
type Screw { turns: Int! size: Float }
type Nail { length: Int }
"""
)
OPERATION = """
{
  heading: title
  count
  top { ...P related { ...P } }
  best { __typename key: id name ... on Service { hours open part { ...Q } } ...P }
  anything { name ... on Product { stock } ... on Service { open } }
  again { name price }
}
fragment P on Product { name kind price sizes stock shipping parts { ...Q } }
fragment Q on Part { what: __typename ... on Screw { turns size } ... on Nail { length } }
"""


def product(number: int) -> dict[str, Any]:
    return {
        "__typename": "Product",
        "id": f"p{number}",
        "maker": {"code": number},
        "name": f"Product {number}",
        "price": 1.5,
        "kind": "BIG",
        "sizes": [[1, 2], None],
    }


def stocked(representation: dict[str, Any]) -> dict[str, Any]:
    own = {"id": representation["id"], "maker": representation["maker"], "stock": 4, "parts": PARTS}
    other = {**own, "id": "p2", "maker": {"code": 2}}
    return {**own, "shipping": 2.0, "related": [other, own, None]}


def served(representation: dict[str, Any]) -> dict[str, Any]:
    return {**representation, "open": True, "part": {"__typename": "Nail", "length": 2}}


PARTS = [
    {"__typename": "Screw", "turns": 3, "size": 0.5},
    {"__typename": "Nail", "length": None},
]
SERVICE = {"__typename": "Service", "id": "s1", "name": "Repair", "hours": 8}
SUBGRAPHS = {
    "shop": Subgraph(
        "shop",
        SHOP_SDL,
        {
            "title": "Shop",
            "top": [product(1), product(2), product(1)],
            "best": product(1),
            "anything": SERVICE,
        },
        {
            "Product": lambda found: product(int(found["id"][1:])),
            "Service": lambda found: {**SERVICE, "id": found["id"]},
        },
    ),
    "stock": Subgraph(
        "stock",
        STOCK_SDL,
        {"count": 3, "again": {"id": "p2", "maker": {"code": 2}}},
        {"Product": stocked, "Service": served},
    ),
}
SUPERGRAPH_SDL = compose(
    [SubgraphSource(each.name, f"http://{each.name}", each.sdl) for each in SUBGRAPHS.values()]
).supergraph_sdl
assert SUPERGRAPH_SDL is not None
SUPERGRAPH = load_supergraph(SUPERGRAPH_SDL)


def plan() -> QueryPlan:
    document = parse_document(OPERATION, max_tokens=1000)
    selected = select_operation(document, None)
    return plan_operation(SUPERGRAPH, normalize_operation(document, selected, SUPERGRAPH, {}))


PLAN = plan()


class Changed:
    """Answers rightly, except that the numbered answers are changed: in the order in which questions come."""

    def __init__(self, name: str, changes: dict[str, list[tuple[int, Any]]]) -> None:
        self._subgraph = SUBGRAPHS[name]
        self._changes = changes
        self.answers: list[Any] = []

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        payload = orjson.loads(request.body)
        try:
            result = self._subgraph.execute(payload["query"], payload.get("variables")).formatted
        except Exception:  # noqa: BLE001 - a representation made of rubbish, which is the point
            result = {"data": None}
        answer: Any = json.loads(json.dumps(result))
        # Which question it is has to be seen from the question, for their order may differ.
        key = f"{request.subgraph} {payload['query']}"
        for place, value in self._changes.get(key, ()):
            answer = put(answer, place, value)
        return SubgraphResponse(200, json.dumps(answer).encode())

    async def close(self) -> None:
        """Do nothing."""


def put(tree: Any, place: int, value: Any) -> Any:
    """Put ``value`` at the place of this number, counted round and round, in a copy of ``tree``."""
    tree = [copy.deepcopy(tree)]
    places = list(places_in(tree))
    parent, key = places[place % len(places)]
    if value is DELETED and isinstance(parent, dict):
        del parent[key]
    else:
        parent[key] = None if value is DELETED else copy.deepcopy(value)
    return tree[0]


def places_in(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places_in(tree[key])


DELETED = object()
NAMES = sorted(set(re.findall(r"\w+", OPERATION + SHOP_SDL + STOCK_SDL)) | {"_entities", "_e0"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "Product", "Service", "Nail", "Maker", "BIG", "p1", "\ud800", "1"])
)
ERRORS = st.fixed_dictionaries(
    {},
    optional={
        "message": SCALARS | st.just("m"),
        "path": st.lists(st.sampled_from(NAMES) | st.integers(-1, 4), max_size=5) | SCALARS,
        "extensions": st.dictionaries(st.sampled_from(["code", "x", "service"]), SCALARS) | SCALARS,
    },
)
VALUES = st.recursive(
    SCALARS | st.just(DELETED),
    lambda inner: (
        st.lists(inner.filter(lambda each: each is not DELETED), max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES), inner.filter(lambda each: each is not DELETED), max_size=4
        )
    ),
    max_leaves=6,
)
ANSWERS = (
    st.fixed_dictionaries({"data": st.none(), "errors": st.lists(ERRORS, max_size=3)})
    | st.fixed_dictionaries({"errors": st.lists(ERRORS, max_size=3)})
    | VALUES.filter(lambda each: each is not DELETED)
)
EXAMPLES = int(os.environ.get("CATTERY_ANY_ANSWER_EXAMPLES", "100"))
CHANGES = st.dictionaries(
    st.sampled_from([f"{each.subgraph} {each.operation}" for each in PLAN.fetches]),
    st.lists(
        st.tuples(st.just(0), ANSWERS) | st.tuples(st.integers(1, 200), VALUES),
        min_size=1,
        max_size=4,
    ),
    max_size=len(PLAN.fetches),
)


async def answers_to(
    prepared: PreparedPlan, changes: dict[str, list[tuple[int, Any]]]
) -> list[str]:
    """What interpreters, which serve a plan's first use, and generated code make of it."""
    transports = {name: Changed(name, changes) for name in SUBGRAPHS}
    context = ExecutionContext(transports=transports)
    texts = []
    for _ in range(2):
        result = await execute_plan(prepared, variables={}, context=context)
        texts.append(
            re.sub(r'"errorId":"[0-9a-f]{32}"', '"errorId":""', result.to_bytes().decode())
        )
    return texts


@settings(max_examples=EXAMPLES, deadline=None)
@given(changes=CHANGES)
def test_the_answer_fits_whatever_subgraphs_say(
    changes: dict[str, list[tuple[int, Any]]],
) -> None:
    interpreted, generated = asyncio.run(answers_to(prepare_plan(PLAN), changes))

    assert interpreted == generated
    answer = json.loads(interpreted)
    assert problems_of(SUPERGRAPH.api_schema, parse(OPERATION), answer) == []


def test_without_changes_the_answer_is_whole() -> None:
    (text, _) = asyncio.run(answers_to(prepare_plan(PLAN), {}))

    answer = json.loads(text)
    assert answer.keys() == {"data"}
    assert answer["data"]["top"][0]["related"][0]["parts"][0] == {
        "what": "Screw",
        "turns": 3,
        "size": 0.5,
    }
