"""Whatever a subgraph does, over real HTTP: it costs that subgraph's part of the answer, with a code, and nothing else.

Every way of misbehaving meets every place in a plan. Each operation runs with the interpreters, then with generated
code, then once more with the subgraph in order: what came before has left nothing behind.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from gateway.composition.compose import SubgraphSource, compose
from gateway.config.settings import GatewayConfig, SupergraphFile
from gateway.pipeline.pipeline import Engine, Pipeline
from gateway.pipeline.request import Caller, GraphQLRequest
from gateway.supergraph.loader import load_supergraph
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import open_record
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from tests.support.data_subgraphs import Subgraph
from tests.support.misbehaving import (
    DESERTED_URL,
    MisbehavingServer,
    Misbehaviour,
    announce_flood,
    break_off,
    changing,
    drip,
    flood,
    misbehaving,
    never_answer,
    sending,
    writing,
)
from tests.support.valid_response import problems_of

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
GOOD_SDL = (
    LINK
    + """
type Query { title: String book: Book books: [Book!] }
type Mutation { first: Int last: Int }
type Book @key(fields: "id") { id: ID! name: String }
"""
)
BAD_SDL = (
    LINK
    + """
type Query { motto: String feature: Feature must: Feature! }
type Mutation { middle: Int }
type Feature { text: String! size: Int ratio: Float on: Boolean id: ID kind: Kind tags: [String!] }
enum Kind { BIG SMALL }
type Book @key(fields: "id") { id: ID! stock: Int price: Int! extra: Extra owner: Feature }
union Extra = Part | Badge
type Part { no: Int! }
type Badge { label: String }
"""
)
SUPERGRAPH_SDL = compose(
    [
        SubgraphSource("good", "http://good.test", GOOD_SDL),
        SubgraphSource("bad", "http://bad.test", BAD_SDL),
    ]
).supergraph_sdl
assert SUPERGRAPH_SDL is not None
SUPERGRAPH = load_supergraph(SUPERGRAPH_SDL)

FEATURE = {
    "text": "t",
    "size": 3,
    "ratio": 0.5,
    "on": True,
    "id": "f1",
    "kind": "BIG",
    "tags": ["x", "y"],
}
A, B = {"id": "a", "name": "A"}, {"id": "b", "name": "B"}


def a_good_subgraph() -> Subgraph:
    root = {"title": "T", "book": A, "books": [A, B, A], "first": 1, "last": 3}
    return Subgraph("good", GOOD_SDL, root, {"Book": lambda found: found})


def a_bad_subgraph() -> Subgraph:
    def book(representation: dict[str, Any]) -> dict[str, Any]:
        extra = {"__typename": "Part", "no": 7}
        return {**representation, "stock": 4, "price": 5, "extra": extra, "owner": FEATURE}

    root = {"motto": "M", "feature": FEATURE, "must": FEATURE, "middle": 2}
    return Subgraph("bad", BAD_SDL, root, {"Book": book})


@dataclass(frozen=True)
class Place:
    """An operation that asks the subgraph at some place of its plan."""

    operation: str
    whole: Mapping[str, Any]
    lost: Mapping[str, Any] | None
    """The data when the subgraph's part is missing."""

    asks_for_entities: bool = False


PLACES = {
    "root": Place(
        "{ feature { text size } }", {"feature": {"text": "t", "size": 3}}, {"feature": None}
    ),
    "in parallel": Place(
        "{ title lead: feature { text } motto }",
        {"title": "T", "lead": {"text": "t"}, "motto": "M"},
        {"title": "T", "lead": None, "motto": None},
    ),
    "entity": Place(
        "{ it: book { name left: stock extra { ... on Part { no } } } }",
        {"it": {"name": "A", "left": 4, "extra": {"no": 7}}},
        {"it": {"name": "A", "left": None, "extra": None}},
        asks_for_entities=True,
    ),
    "below a list": Place(
        "{ title books { name left: stock } }",
        {"title": "T", "books": [{"name": name, "left": 4} for name in "ABA"]},
        {"title": "T", "books": [{"name": name, "left": None} for name in "ABA"]},
        asks_for_entities=True,
    ),
    "non-null below a list": Place(
        "{ title books { name price } }",
        {"title": "T", "books": [{"name": name, "price": 5} for name in "ABA"]},
        {"title": "T", "books": None},
        asks_for_entities=True,
    ),
    "non-null below an object": Place(
        "{ title book { price } }",
        {"title": "T", "book": {"price": 5}},
        {"title": "T", "book": None},
        asks_for_entities=True,
    ),
    "non-null at the root": Place(
        "{ title must { text } }", {"title": "T", "must": {"text": "t"}}, None
    ),
    "step of a mutation": Place(
        "mutation { first middle last }",
        {"first": 1, "middle": 2, "last": 3},
        {"first": 1, "middle": None, "last": 3},
    ),
}


PLENTY = 20.0
"""Seconds for a call: nothing is to fail for a busy machine."""


class World:
    """A pipeline over two real servers, of which one misbehaves when it is told to."""

    def __init__(self, pipeline: Pipeline, server: MisbehavingServer) -> None:
        self._pipeline = pipeline
        self.server = server

    async def ask(self, operation: str) -> dict[str, Any]:
        caller = Caller(record=open_record(None, None))
        answer = await self._pipeline.answer(GraphQLRequest(query=operation), caller)
        found: dict[str, Any] = json.loads(answer.body)
        assert problems_of(SUPERGRAPH.api_schema, parse(operation), found) == []
        return found

    async def ask_twice(self, operation: str) -> dict[str, Any]:
        """The answer, which is the same in both modes."""
        interpreted = await self.ask(operation)
        generated = await self.ask(operation)
        assert without_ids(interpreted) == without_ids(generated)
        return interpreted

    async def until_whole(self, place: Place) -> dict[str, Any]:
        """The answer with the subgraph in order; on a busy machine the short time for a call may not do."""
        for _ in range(50):
            answer = await self.ask(place.operation)
            if not any("SUBGRAPH_TIMEOUT" in str(error) for error in answer.get("errors", ())):
                break
        return answer


@asynccontextmanager
async def a_world(
    folder: Path, *, bad_url: str | None = None, seconds: float = PLENTY
) -> AsyncIterator[World]:
    with ThreadPoolExecutor(1) as thread:
        async with (
            HttpPool() as pool,
            misbehaving(a_good_subgraph()) as good,
            misbehaving(a_bad_subgraph()) as bad,
        ):
            transports = {
                "good": HttpTransport(good.url, pool, options(PLENTY)),
                "bad": HttpTransport(bad_url or bad.url, pool, options(seconds)),
            }
            config = GatewayConfig(source=SupergraphFile(folder / "unused.graphql"))
            pipeline = Pipeline(Engine(SUPERGRAPH, transports), config, Metrics(), thread)
            yield World(pipeline, bad)


def options(timeout_seconds: float) -> HttpOptions:
    no_retries = RetryPolicy(max_retries=0)
    return HttpOptions(
        timeout_seconds=timeout_seconds, max_response_bytes=1_000_000, retry=no_retries
    )


def without_ids(answer: object) -> str:
    return re.sub(r'"errorId": "[0-9a-f]{32}"', "", json.dumps(answer, sort_keys=True))


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


JSON_500 = {"errors": [{"message": "secret", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
SIGN_IN = {"errors": [{"message": "Sign in.", "extensions": {"code": "UNAUTHENTICATED"}}]}
RETRY = "retry-after: 1\r\n"
GZIP = "content-encoding: gzip\r\n"

NOT_GIVEN = "SUBGRAPH_MALFORMED_RESPONSE"
LOSING_EVERYTHING: dict[str, tuple[Misbehaviour, str]] = {
    # The wire
    "never answers": (never_answer, "SUBGRAPH_TIMEOUT"),
    "drips": (drip, "SUBGRAPH_TIMEOUT"),
    "breaks off": (break_off, "SUBGRAPH_UNREACHABLE"),
    "sends 100 MB": (flood, "SUBGRAPH_RESPONSE_TOO_LARGE"),
    "announces 100 MB": (announce_flood, "SUBGRAPH_RESPONSE_TOO_LARGE"),
    "does not speak HTTP": (writing(b"220 mail ESMTP\r\n"), NOT_GIVEN),
    "hangs up": (writing(b""), "SUBGRAPH_UNREACHABLE"),
    "is no gzip": (sending("no gzip", headers=GZIP), NOT_GIVEN),
    "is a bomb": (
        sending(gzip.compress(b" " * 50_000_000), headers=GZIP),
        "SUBGRAPH_RESPONSE_TOO_LARGE",
    ),
    # Statuses
    "500, HTML": (sending("<h1>secret</h1>", status=500), "SUBGRAPH_BAD_STATUS"),
    "302": (sending("", status=302, headers="location: /x\r\n"), "SUBGRAPH_BAD_STATUS"),
    "401": (sending("secret", status=401), "SUBGRAPH_BAD_STATUS"),
    "403": (sending("secret", status=403), "SUBGRAPH_BAD_STATUS"),
    "404": (sending('{"detail": "secret"}', status=404), "SUBGRAPH_BAD_STATUS"),
    "429": (sending("secret", status=429, headers=RETRY), "SUBGRAPH_BAD_STATUS"),
    "503": (sending("secret", status=503, headers=RETRY), "SUBGRAPH_BAD_STATUS"),
    "500, errors": (sending(json.dumps(JSON_500), status=500), "INTERNAL_SERVER_ERROR"),
    # Not JSON
    "HTML": (sending("<html>secret</html>"), NOT_GIVEN),
    "empty": (sending(""), NOT_GIVEN),
    "truncated": (changing(lambda right: json.dumps(right).encode()[:-2]), NOT_GIVEN),
    "invalid UTF-8": (sending(b'{"data": {"a": "\xff"}}'), NOT_GIVEN),
    "UTF-16": (changing(lambda right: json.dumps(right).encode("utf-16")), NOT_GIVEN),
    "NaN": (changing(lambda right: {**right, "extensions": float("nan")}), NOT_GIVEN),
    "1e999": (sending('{"data": {"motto": 1e999}}'), NOT_GIVEN),
    "nested ever so deep": (sending('{"data": ' + "[" * 900_000), NOT_GIVEN),
    # Not GraphQL
    "a list": (changing(lambda right: [right]), NOT_GIVEN),
    "a text": (sending('"secret"'), NOT_GIVEN),
    "a number": (sending("5"), NOT_GIVEN),
    "null": (sending("null"), NOT_GIVEN),
    "an empty object": (sending("{}"), NOT_GIVEN),
    "data empty": (sending('{"data": {}}'), NOT_GIVEN),
    "data null": (sending('{"data": null}'), NOT_GIVEN),
    "data null, no errors in a list": (sending('{"data": null, "errors": []}'), NOT_GIVEN),
    "data a list": (sending('{"data": [1]}'), NOT_GIVEN),
    "data a text": (sending('{"data": "secret"}'), NOT_GIVEN),
    "errors a text": (changing(lambda right: {**right, "errors": "secret"}), NOT_GIVEN),
    "errors an object": (changing(lambda right: {**right, "errors": {}}), NOT_GIVEN),
    "errors junk": (changing(lambda right: {**right, "errors": [1, None]}), NOT_GIVEN),
    # Errors instead of data
    "data null, an error": (
        sending('{"data": null, "errors": [{"message": "secret"}]}'),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "an error without a message": (
        sending('{"data": null, "errors": [{}]}'),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "an error nested deep": (
        sending('{"errors": [{"message": "m", "extensions": {"x": ' + deep(900) + "}}]}"),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "thousands of errors": (
        sending(json.dumps({"errors": [{"message": "secret"}] * 20_000})),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "a code that is none": (
        sending('{"errors": [{"message": "secret", "extensions": {"code": {}}}]}'),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    "extensions that are none": (
        sending('{"errors": [{"message": "secret", "extensions": "secret"}]}'),
        "DOWNSTREAM_SERVICE_ERROR",
    ),
}
REFUSING: dict[str, tuple[Misbehaviour, str]] = {
    "401 with errors": (sending(json.dumps(SIGN_IN), status=401), "UNAUTHENTICATED"),
    "errors with a code": (sending(json.dumps({**SIGN_IN, "data": None})), "UNAUTHENTICATED"),
    "a message that is a lone surrogate": (
        sending(r'{"errors": [{"message": "\ud800", "extensions": {"code": "ODD"}}]}'),
        "ODD",
    ),
    "a huge error": (
        sending(
            json.dumps({"errors": [{"message": "m" * 900_000, "extensions": {"code": "BIG"}}]})
        ),
        "BIG",
    ),
}
"""Answers after all, and nothing is missing: the subgraph says no."""


@pytest.mark.parametrize("name", [*LOSING_EVERYTHING, *REFUSING])
async def test_a_subgraph_that_gives_no_answer_loses_its_part(tmp_path: Path, name: str) -> None:
    misbehave, code = (LOSING_EVERYTHING | REFUSING)[name]

    seconds = 0.2 if code == "SUBGRAPH_TIMEOUT" else PLENTY
    async with a_world(tmp_path, seconds=seconds) as world:
        places = PLACES.values()
        world.server.misbehave = misbehave
        answers = await asyncio.gather(*(world.ask_twice(place.operation) for place in places))
        world.server.misbehave = None
        afterwards = [await world.until_whole(place) for place in places]

    for place, answer in zip(places, answers, strict=True):
        check_lost(place, answer, code, degrades=name not in REFUSING)
    assert afterwards == [{"data": place.whole} for place in places]


async def test_a_subgraph_that_is_not_there_loses_its_part(tmp_path: Path) -> None:
    async with a_world(tmp_path, bad_url=DESERTED_URL) as world:
        for place in PLACES.values():
            answer = await world.ask_twice(place.operation)
            check_lost(place, answer, "SUBGRAPH_UNREACHABLE", degrades=True)


def check_lost(place: Place, answer: Mapping[str, Any], code: str, *, degrades: bool) -> None:
    assert answer["data"] == place.lost
    assert "secret" not in json.dumps(answer)
    assert "127.0.0.1" not in json.dumps(answer)
    assert len(answer["errors"]) <= 1000
    for error in answer["errors"]:
        assert error["extensions"]["code"] == code
        assert error["extensions"]["service"] == "bad"
        assert error["path"]
    assert answer.get("extensions", {}).get("degraded", []) == (["bad"] if degrades else [])


def entities(change: Callable[[list[Any]], object]) -> Misbehaviour:
    """Answer with another list of entities."""

    def changed(right: dict[str, Any]) -> dict[str, Any]:
        return {"data": {"_entities": change(right["data"]["_entities"])}}

    return changing(changed)


ENTITY_LISTS: dict[str, Misbehaviour] = {
    "too short": entities(lambda found: found[:-1]),
    "too long": entities(lambda found: [*found, found[0]]),
    "null": entities(lambda found: None),
    "no list": entities(lambda found: found[0]),
    "a text": entities(lambda found: "secret"),
    "texts in it": entities(lambda found: ["secret" for _ in found]),
    "lists in it": entities(lambda found: [[each] for each in found]),
}


@pytest.mark.parametrize("name", ENTITY_LISTS)
async def test_a_list_of_entities_that_fits_nothing_loses_its_part(
    tmp_path: Path, name: str
) -> None:
    async with a_world(tmp_path) as world:
        for place in PLACES.values():
            if place.asks_for_entities:
                world.server.misbehave = ENTITY_LISTS[name]
                answer = await world.ask_twice(place.operation)
                world.server.misbehave = None
                check_lost(place, answer, NOT_GIVEN, degrades=True)
                assert await world.ask(place.operation) == {"data": place.whole}


@dataclass(frozen=True)
class Value:
    """A right answer but for one value."""

    operation: str
    change: Callable[[dict[str, Any]], object]
    data: Mapping[str, Any] | None
    path: list[object] | None = None
    """Where the client is told that it is wrong; ``None`` when it is not told."""


def feature(**values: object) -> Callable[[dict[str, Any]], object]:
    def change(right: dict[str, Any]) -> object:
        right["data"]["feature"] |= values
        return right

    return change


def raw(field: str, text: str) -> Callable[[dict[str, Any]], bytes]:
    """A field of the feature as JSON that Python does not write."""

    def change(right: dict[str, Any]) -> bytes:
        right["data"]["feature"][field] = "@"
        return json.dumps(right).replace('"@"', text).encode()

    return change


def entity(number: int, **values: object) -> Callable[[dict[str, Any]], object]:
    def change(right: dict[str, Any]) -> object:
        right["data"]["_entities"][number] |= values
        return right

    return change


def without(*path: str | int) -> Callable[[dict[str, Any]], object]:
    def change(right: dict[str, Any]) -> object:
        parent: Any = right
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        return right

    return change


def nulled(field: str) -> dict[str, Any]:
    return {"title": "T", "feature": {"text": "t", field: None}}


EXTRA = "{ title book { name extra { __typename ... on Part { no } ... on Badge { label } } } }"
NO_EXTRA = {"title": "T", "book": {"name": "A", "extra": None}}
STOCKS = "{ title books { name stock } }"
PRICES = "{ title books { name price } }"
VALUES: dict[str, Value] = {
    f"{field}: {json.dumps(value)}": Value(
        f"{{ title feature {{ text {field} }} }}",
        feature(**{field: value}),
        nulled(field),
        ["feature", field, 1] if isinstance(value, list) and len(value) > 1 else ["feature", field],
    )
    for field, value in (
        ("size", "secret"),
        ("size", 1.5),
        ("size", 2**31),
        ("size", 2**70),
        ("size", [3]),
        ("size", {"secret": 1}),
        ("ratio", "secret"),
        ("ratio", [0.5]),
        ("on", "secret"),
        ("on", {}),
        ("id", 1.5),
        ("id", {"secret": 1}),
        ("id", True),
        ("kind", "HUGE"),
        ("kind", 1),
        ("kind", ["BIG"]),
        ("tags", "x"),
        ("tags", {"0": "x"}),
        ("tags", ["x", None]),
        ("tags", ["x", {"secret": 1}]),
    )
} | {
    "an object is a list": Value(
        "{ title feature { text } }",
        lambda right: {"data": {"feature": [right["data"]["feature"]]}},
        {"title": "T", "feature": None},
        ["feature"],
    ),
    "an object is a text": Value(
        "{ title feature { text } }",
        lambda right: {"data": {"feature": "secret"}},
        {"title": "T", "feature": None},
        ["feature"],
    ),
    "a non-null field is null": Value(
        "{ title feature { size text } }",
        feature(text=None),
        {"title": "T", "feature": None},
        ["feature", "text"],
    ),
    "a non-null field is not there": Value(
        "{ title feature { size text } }",
        without("data", "feature", "text"),
        {"title": "T", "feature": None},
        ["feature", "text"],
    ),
    "a field is not there": Value(
        "{ title feature { text size } }", without("data", "feature", "size"), nulled("size")
    ),
    "one entity of the wrong kind of value": Value(
        STOCKS,
        entity(1, stock="secret"),
        {
            "title": "T",
            "books": [
                {"name": "A", "stock": 4},
                {"name": "B", "stock": None},
                {"name": "A", "stock": 4},
            ],
        },
        ["books", 1, "stock"],
    ),
    "one entity is null, and null climbs": Value(
        PRICES,
        lambda right: {"data": {"_entities": [right["data"]["_entities"][0], None]}},
        {"title": "T", "books": None},
        ["books", 1, "price"],
    ),
    "no type": Value(
        EXTRA, without("data", "_entities", 0, "extra", "__typename"), NO_EXTRA, ["book", "extra"]
    ),
    "a type that is a number": Value(
        EXTRA, entity(0, extra={"__typename": 1, "no": 7}), NO_EXTRA, ["book", "extra"]
    ),
    "a type that is a list": Value(
        EXTRA, entity(0, extra={"__typename": ["Part"], "no": 7}), NO_EXTRA, ["book", "extra"]
    ),
    "an unknown type": Value(EXTRA, entity(0, extra={"__typename": "Nope", "no": 7}), NO_EXTRA),
    "another type than the fields are of": Value(
        EXTRA,
        entity(0, extra={"__typename": "Badge", "no": 7}),
        {"title": "T", "book": {"name": "A", "extra": {"__typename": "Badge", "label": None}}},
    ),
    # What does no harm.
    "an extra field of an entity": Value(
        STOCKS,
        entity(0, name="stolen", id="stolen"),
        {"title": "T", "books": [{"name": name, "stock": 4} for name in "ABA"]},
    ),
    "an extra root field": Value(
        "{ title motto }",
        lambda right: {"data": {**right["data"], "title": "stolen", "_entities": []}},
        {"title": "T", "motto": "M"},
    ),
    "an extra field further down": Value(
        "{ title feature { text } }",
        feature(size="stolen", __typename=5),
        {"title": "T", "feature": {"text": "t"}},
    ),
    "a field that came twice": Value(
        "{ title feature { text } }",
        raw("text", '"first", "text": "t"'),
        {"title": "T", "feature": {"text": "t"}},
    ),
    "a lone surrogate": Value(
        "{ title feature { text } }",
        raw("text", r'"\ud800"'),
        {"title": "T", "feature": {"text": "\ud800"}},
    ),
    "no errors in a list": Value(
        "{ title feature { text } }",
        lambda right: {**right, "errors": []},
        {"title": "T", "feature": {"text": "t"}},
    ),
    "errors is null": Value(
        "{ title feature { text } }",
        lambda right: {**right, "errors": None, "hasNext": False},
        {"title": "T", "feature": {"text": "t"}},
    ),
    "numbers where texts and flags belong": Value(
        "{ title feature { text id on size } }",
        feature(text=5, id=7, on=1, size=3.0),
        {"title": "T", "feature": {"text": "5", "id": "7", "on": True, "size": 3}},
    ),
}


@pytest.mark.parametrize("name", VALUES)
async def test_a_wrong_value_is_lost_alone(tmp_path: Path, name: str) -> None:
    value = VALUES[name]

    async with a_world(tmp_path) as world:
        world.server.misbehave = changing(value.change)
        answer = await world.ask_twice(value.operation)
        world.server.misbehave = None
        afterwards = await world.ask(value.operation)

    assert answer["data"] == value.data
    assert "secret" not in json.dumps(answer)
    errors = answer.get("errors", [])
    assert [error["path"] for error in errors] == ([] if value.path is None else [value.path])
    for error in errors:
        assert error["extensions"] == {"code": "RESPONSE_VALIDATION_FAILED", "service": "bad"}
    assert answer.get("extensions", {}) == ({"degraded": ["bad"]} if errors else {})
    assert "errors" not in afterwards
