"""Whatever is sent to the endpoint, the answer is a coded error that shows nothing of the inside."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from shared.local_apps import publish_app
from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running, shop_config
from tests.support.tokens import AUDIENCE, ISSUER, Issuer, ed25519, unsigned

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUER_KEYS = Issuer()
FOREIGN = ed25519("first")

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """A request, and what becomes of it."""

    status: int
    code: str
    body: bytes | None = None
    method: str = "POST"
    url: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)


def query(text: str, **members: object) -> bytes:
    return json.dumps({"query": text, **members}).encode()


def bearer(token: str) -> dict[str, str]:
    return {**JSON, "authorization": f"Bearer {token}"}


def get(text: str, **parameters: str) -> str:
    pairs = {"query": text, **parameters}
    return "/graphql?" + "&".join(f"{name}={quote(value)}" for name, value in pairs.items())


OK = query("{ __typename }")
PREFLIGHT = {"graphql-require-preflight": "1"}
DOUBLING = " ".join(f"fragment F{i} on Product {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40))

BAD: dict[str, Bad] = {
    # HTTP
    "wrong method": Bad(405, "METHOD_NOT_ALLOWED", OK, method="PUT"),
    "another wrong method": Bad(405, "METHOD_NOT_ALLOWED", method="DELETE"),
    "unknown path": Bad(404, "NOT_FOUND", OK, url="/graphq"),
    "post to a page for get": Bad(405, "METHOD_NOT_ALLOWED", OK, url="/health/live"),
    "accept nothing we write": Bad(406, "NOT_ACCEPTABLE", OK, headers={**JSON, "accept": "text/csv"}),
    "accept that is no media type": Bad(406, "NOT_ACCEPTABLE", OK, headers={**JSON, "accept": ";;q"}),
    "accept with a zero": Bad(
        406, "NOT_ACCEPTABLE", OK, headers={**JSON, "accept": "application/json;q=0"}
    ),
    "unknown content type": Bad(
        415, "UNSUPPORTED_CONTENT_TYPE", OK, headers={"content-type": "application/xml"}
    ),
    "graphql as content type": Bad(
        415, "UNSUPPORTED_CONTENT_TYPE", b"{ a }", headers={"content-type": "application/graphql"}
    ),
    "another charset": Bad(
        415, "UNSUPPORTED_CONTENT_TYPE", OK, headers={"content-type": "application/json; charset=utf-16"}
    ),
    "no content type": Bad(415, "MISSING_CONTENT_TYPE", OK, headers=PREFLIGHT),
    "compressed body": Bad(
        415, "UNSUPPORTED_CONTENT_TYPE", OK, headers={**JSON, "content-encoding": "gzip"}
    ),
    "content length that is no number": Bad(
        400, "INVALID_HEADER", OK, headers={**JSON, "content-length": "many"}
    ),
    "huge body": Bad(413, "PAYLOAD_TOO_LARGE", b" " * 40_001),
    # CSRF
    "form": Bad(
        403, "CSRF_PREVENTION_FAILED", b"query=1", headers={"content-type": "application/x-www-form-urlencoded"}
    ),
    "text": Bad(403, "CSRF_PREVENTION_FAILED", OK, headers={"content-type": "text/plain"}),
    "upload": Bad(
        403, "CSRF_PREVENTION_FAILED", OK, headers={"content-type": "multipart/form-data; boundary=x"}
    ),
    "simple get": Bad(403, "CSRF_PREVENTION_FAILED", method="GET", url=get("{ __typename }"), headers={}),
    # Bodies
    "empty body": Bad(400, "INVALID_JSON", b""),
    "broken JSON": Bad(400, "INVALID_JSON", b'{"query": "{ a }"'),
    "no JSON": Bad(400, "INVALID_JSON", b"{ products { id } }"),
    "invalid UTF-8": Bad(400, "INVALID_JSON", b'{"query": "\xff\xfe"}'),
    "a null byte": Bad(400, "INVALID_JSON", b'{"query": "{ a }\x00"}'),
    "not a number": Bad(400, "INVALID_JSON", b'{"query": "{ a }", "variables": {"x": NaN}}'),
    "deep JSON": Bad(400, "RECURSION_LIMIT_EXCEEDED", b'{"query": ' + b"[" * 15_000),
    "deep closed JSON": Bad(
        400, "RECURSION_LIMIT_EXCEEDED", b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}"
    ),
    "a string": Bad(400, "BAD_REQUEST", b'"{ products { id } }"'),
    "null": Bad(400, "BAD_REQUEST", b"null"),
    "a list": Bad(400, "BATCHING_NOT_SUPPORTED", b"[" + OK + b"]"),
    "no query": Bad(400, "MISSING_QUERY", b"{}"),
    "a null query": Bad(400, "MISSING_QUERY", b'{"query": null}'),
    "query of the wrong type": Bad(400, "BAD_REQUEST", b'{"query": 7}'),
    "variables of the wrong type": Bad(400, "BAD_REQUEST", query("{ a }", variables=[1])),
    "variables as text": Bad(400, "BAD_REQUEST", query("{ a }", variables="{}")),
    "operationName of the wrong type": Bad(400, "BAD_REQUEST", query("{ a }", operationName=1)),
    "extensions of the wrong type": Bad(400, "BAD_REQUEST", query("{ a }", extensions=[])),
    # URLs
    "get without a query": Bad(400, "MISSING_QUERY", method="GET", url="/graphql?query=", headers=PREFLIGHT),
    "get with broken variables": Bad(
        400, "BAD_REQUEST", method="GET", url=get("{ a }", variables="{"), headers=PREFLIGHT
    ),
    "get with a query twice": Bad(
        400, "BAD_REQUEST", method="GET", url="/graphql?query=a&query=b", headers=PREFLIGHT
    ),
    "get with broken text": Bad(400, "BAD_REQUEST", method="GET", url="/graphql?query=%FF", headers=PREFLIGHT),
    "get with a mutation": Bad(
        405,
        "MUTATION_NOT_ALLOWED_OVER_HTTP_GET",
        method="GET",
        url=get('mutation { rename(id: 1, name: "x") { id } }'),
        headers=PREFLIGHT,
    ),
    # Documents
    "empty query": Bad(400, "GRAPHQL_PARSE_FAILED", query("")),
    "only a comment": Bad(400, "GRAPHQL_PARSE_FAILED", query("# nothing")),
    "syntax error": Bad(400, "GRAPHQL_PARSE_FAILED", query("{ products {")),
    "a null character in the document": Bad(400, "GRAPHQL_PARSE_FAILED", query("{ a \x00 }")),
    "half a character in the document": Bad(400, "GRAPHQL_PARSE_FAILED", b'{"query": "{ \\ud800 }"}'),
    "too many tokens": Bad(400, "MAX_TOKENS_LIMIT", query("{ " + "a " * 3000 + "}")),
    "deep selections": Bad(400, "MAX_DEPTH_LIMIT", query("{a" * 30 + "}" * 30)),
    "selections deeper than can be walked": Bad(
        400, "RECURSION_LIMIT_EXCEEDED", query("{a" * 700 + "}" * 700)
    ),
    "a value deeper than can be walked": Bad(
        400, "RECURSION_LIMIT_EXCEEDED", query("{ product(id: " + "[" * 700 + "]" * 700 + ") { id } }")
    ),
    "a deep list type": Bad(
        400, "RECURSION_LIMIT_EXCEEDED", query("query ($x: " + "[" * 700 + "ID" + "]" * 700 + ") { a }")
    ),
    "too many aliases": Bad(
        400, "MAX_ALIASES_LIMIT", query("{ product(id: 1) {" + " ".join(f"a{i}: id" for i in range(60)) + "} }")
    ),
    "aliases that double": Bad(
        400,
        "MAX_ALIASES_LIMIT",
        query("{ product(id: 1) { ...F0 } } " + DOUBLING + " fragment F40 on Product { a: id }"),
    ),
    "too many root fields": Bad(
        400, "MAX_ROOT_FIELDS_LIMIT", query("{" + " reviewCount" * 31 + "}")
    ),
    "too many directives": Bad(
        400, "MAX_DIRECTIVES_LIMIT", query("{ reviewCount" + " @skip(if: false)" * 60 + "}")
    ),
    "unknown field": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("{ nope }")),
    "unknown argument": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("{ product(no: 1) { id } }")),
    "missing argument": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("{ product { id } }")),
    "unknown type": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("query ($x: Nope) { reviewCount }")),
    "unknown fragment": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("{ ...Nope }")),
    "cyclic fragments": Bad(
        400,
        "GRAPHQL_VALIDATION_FAILED",
        query("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
    ),
    "fields that conflict": Bad(
        400, "GRAPHQL_VALIDATION_FAILED", query("{ product(id: 1) { x: id x: name } }")
    ),
    "variable that is not defined": Bad(
        400, "GRAPHQL_VALIDATION_FAILED", query("{ product(id: $id) { id } }")
    ),
    "type system in the document": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("type Query { a: Int }")),
    "entities from outside": Bad(
        400, "GRAPHQL_VALIDATION_FAILED", query("{ _entities(representations: []) { __typename } }")
    ),
    "sdl from outside": Bad(400, "GRAPHQL_VALIDATION_FAILED", query("{ _service { sdl } }")),
    "unknown operation": Bad(
        400, "OPERATION_RESOLUTION_FAILURE", query("query A { reviewCount }", operationName="B")
    ),
    "ambiguous operation": Bad(
        400, "OPERATION_RESOLUTION_FAILURE", query("query A { reviewCount } query B { reviewCount }")
    ),
    "only fragments": Bad(
        400, "GRAPHQL_VALIDATION_FAILED", query("fragment A on Query { reviewCount }")
    ),
    "subscription": Bad(400, "SUBSCRIPTIONS_NOT_SUPPORTED", query("subscription { renamed { id } }")),
    # Variables
    "missing variable": Bad(400, "BAD_USER_INPUT", query("query ($id: ID!) { product(id: $id) { id } }")),
    "variable of the wrong type": Bad(
        400,
        "BAD_USER_INPUT",
        query("query ($n: Int) { products(first: $n) { id } }", variables={"n": "three"}),
    ),
    "integer beyond 32 bits": Bad(
        400,
        "BAD_USER_INPUT",
        query("query ($n: Int) { products(first: $n) { id } }", variables={"n": 2**40}),
    ),
    "integer beyond 64 bits": Bad(
        400,
        "BAD_USER_INPUT",
        query("query ($n: Int) { products(first: $n) { id } }", variables={"n": 2**80}),
    ),
    "unknown member of an input": Bad(
        400,
        "BAD_USER_INPUT",
        query("query ($f: ProductFilter) { products(filter: $f) { id } }", variables={"f": {"no": 1}}),
    ),
    "null where a field is decided on": Bad(
        400,
        "BAD_USER_INPUT",
        query("query ($x: Boolean = true) { reviewCount @skip(if: $x) }", variables={"x": None}),
    ),
    # Tokens
    "not a bearer token": Bad(401, "MALFORMED_TOKEN", OK, headers={**JSON, "authorization": "Basic x"}),
    "not a token": Bad(401, "MALFORMED_TOKEN", OK, headers=bearer("nonsense")),
    "expired token": Bad(401, "TOKEN_EXPIRED", OK, headers=bearer(ISSUER_KEYS.token(exp=1))),
    "token for somebody else": Bad(401, "UNAUTHENTICATED", OK, headers=bearer(ISSUER_KEYS.token(aud="x"))),
    "forged token": Bad(401, "UNAUTHENTICATED", OK, headers=bearer(ISSUER_KEYS.token(key=FOREIGN))),
    "unsigned token": Bad(401, "UNAUTHENTICATED", OK, headers=bearer(unsigned({"sub": "eve"}))),
    "token of an algorithm not allowed": Bad(
        401, "UNAUTHENTICATED", OK, headers=bearer(ISSUER_KEYS.token(algorithm="Ed25519"))
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def issuer() -> None:
    publish_app("bad-input-issuer", ISSUER_KEYS.app())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    """One for all: what one request leaves behind would show in the next."""
    config = shop_config(
        tmp_path_factory.mktemp("guarded"),
        limits={
            "max_body_bytes": 40_000,
            "max_tokens": 2_900,
            "max_depth": 20,
            "max_aliases": 50,
            "max_root_fields": 30,
            "max_directives": 50,
        },
        identity={
            "jwks_url": "app://bad-input-issuer/keys",
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "unknown_key_seconds": 0,
        },
    )
    async with running(config) as found:
        yield found


async def send(gateway: RunningGateway, bad: Bad) -> httpx.Response:
    headers = {"accept": GRAPHQL_JSON, **bad.headers}
    return await gateway.client.request(bad.method, bad.url, content=bad.body, headers=headers)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_bad_input_gets_a_coded_error_and_the_gateway_goes_on(
    guarded: RunningGateway, bad: Bad
) -> None:
    response = await send(guarded, bad)

    assert response.status_code == bad.status, response.text
    body = response.json()
    assert set(body) == {"errors"}
    assert codes(response)[0] == bad.code
    assert all(error["message"] for error in body["errors"])
    for trace in ("Traceback", 'File "', ".py", "Error(", "<class", "object at 0x"):
        assert trace not in response.text

    good = await guarded.post("{ product(id: 1) { name } }")

    assert good.json() == {"data": {"product": {"name": "Basket"}}}


async def test_a_body_in_chunks_is_cut_off_at_the_limit(guarded: RunningGateway) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 1000

    response = await guarded.client.post("/graphql", content=chunks(), headers=JSON)

    assert response.status_code == 413
    assert codes(response) == ["PAYLOAD_TOO_LARGE"]
    assert response.headers["connection"] == "close"


async def test_a_refused_method_says_which_are_taken(guarded: RunningGateway) -> None:
    refused = await send(guarded, BAD["wrong method"])
    mutation = await send(guarded, BAD["get with a mutation"])

    assert refused.headers["allow"] == "GET, POST"
    assert mutation.headers["allow"] == "POST"


async def test_a_refused_token_says_how_to_do_better(guarded: RunningGateway) -> None:
    response = await send(guarded, BAD["expired token"])

    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_good_token_passes(guarded: RunningGateway) -> None:
    response = await guarded.post("{ __typename }", headers=bearer(ISSUER_KEYS.token()))

    assert response.json() == {"data": {"__typename": "Query"}}
