"""``@authenticated``, ``@requiresScopes`` and ``@policy`` over HTTP, with real tokens: who sees and who asks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from structlog.testing import capture_logs

from gateway.config import load_config
from shared.local_apps import publish_app
from tests.support import vault
from tests.support.gateway import RunningGateway, codes, running
from tests.support.incremental import merge_parts, read_parts
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

KEYS = Issuer()
DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"
IDENTITY = {"jwks_url": "app://vault-issuer/keys", "issuer": ISSUER, "audience": AUDIENCE}


@pytest.fixture(scope="module", autouse=True)
def issuer() -> None:
    publish_app("vault-issuer", KEYS.app())


@pytest.fixture(autouse=True)
def _forget() -> None:
    vault.asked.clear()


@asynccontextmanager
async def a_vault(
    folder: Path, *, identity: object = IDENTITY, **settings: object
) -> AsyncIterator[RunningGateway]:
    path = folder / "supergraph.yaml"
    subgraphs = {
        name: {"in_process": f"tests.support.vault:create_{name}"}
        for name in ("people", "shipping")
    }
    gateway = {"telemetry": {"log_requests": "none"}, "identity": identity, **settings}
    if identity is None:
        del gateway["identity"]
    path.write_text(yaml.safe_dump({"subgraphs": subgraphs, "gateway": gateway}))
    async with running(load_config(config=path, environment={})) as found:
        yield found


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    policies = {
        "managers": {"roles": ["MANAGER"]},
        "auditors": {"claims": {"department": ["audit"]}},
        "inside": {"roles": ["STAFF", "MANAGER"], "claims": {"inside": ["true"]}},
    }
    async with a_vault(tmp_path, authorization={"policies": policies}) as found:
        yield found


async def ask(
    gateway: RunningGateway, query: str, token: str | None = None, **headers: str
) -> httpx.Response:
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return await gateway.post(query, headers=headers)


def places(response: httpx.Response) -> list[list[str]]:
    """Where something is denied, and that nothing else is wrong."""
    errors: list[dict[str, Any]] = response.json().get("errors", [])
    for error in errors:
        assert error["message"] == "Unauthorized field or type"
        assert error["extensions"] == {"code": DENIED}
    return [error["path"] for error in errors]


def was_asked(field: str) -> bool:
    return any(re.search(rf"\b{field}\b", operation) for operation in vault.asked)


async def test_a_field_for_the_signed_in_is_null_for_all_others(gateway: RunningGateway) -> None:
    query = "{ me { name mail: email } }"

    anonymous = await ask(gateway, query)
    asked_for_anonymous = was_asked("email")
    known = await ask(gateway, query, KEYS.token())
    metrics = (await gateway.client.get("/metrics")).text

    assert anonymous.status_code == 200
    assert 'cattery_gateway_denied_fields_total{outcome="nulled"} 1.0' in metrics
    assert anonymous.json()["data"] == {"me": {"name": "Ada", "mail": None}}
    assert places(anonymous) == [["me", "mail"]]
    assert not asked_for_anonymous
    assert known.json() == {"data": {"me": {"name": "Ada", "mail": "ada@x.test"}}}


async def test_null_climbs_from_what_may_not_be_null(gateway: RunningGateway) -> None:
    response = await ask(gateway, "{ people { name salary } open }", KEYS.token())
    again = await ask(gateway, "{ people { name salary } open }", KEYS.token())

    assert response.json()["data"] == {"people": None, "open": "hello"}
    assert places(response) == [["people", "salary"]]
    assert again.json() == response.json()
    assert not was_asked("salary")


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "people:salary other"},
        {"scp": ["other", "people:salary"]},
        {"scope": "other", "scp": "people:salary"},
    ],
)
async def test_scopes_are_read_from_the_usual_claims(
    gateway: RunningGateway, claims: dict[str, Any]
) -> None:
    response = await ask(gateway, "{ people { salary } }", KEYS.token(**claims))

    assert response.json() == {"data": {"people": [{"salary": 10}, {"salary": 20}]}}


async def test_scopes_can_be_in_another_claim(tmp_path: Path) -> None:
    async with a_vault(tmp_path, authorization={"scopes_claim": "permissions"}) as gateway:
        query = "{ people { salary } }"
        good = await ask(gateway, query, KEYS.token(permissions=["people:salary"]))
        bad = await ask(gateway, query, KEYS.token(scope="people:salary"))

    assert good.json() == {"data": {"people": [{"salary": 10}, {"salary": 20}]}}
    assert places(bad) == [["people", "salary"]]


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("people:write", False),
        ("people:erase", False),
        ("people:write people:erase", True),
        ("root", True),
    ],
)
async def test_a_denied_mutation_is_never_run_and_the_others_are(
    gateway: RunningGateway, scope: str, may: bool
) -> None:
    query = 'mutation { erase first: rename(name: "Eve") { name } again: erase }'

    response = await ask(gateway, query, KEYS.token(scope=scope))

    erased = True if may else None
    assert response.json()["data"] == {"erase": erased, "first": {"name": "Eve"}, "again": erased}
    assert places(response) == ([] if may else [["erase"], ["again"]])
    assert was_asked("erase") == may


async def test_a_policy_holds_by_roles_and_claims(gateway: RunningGateway) -> None:
    query = "{ me { grade } }"
    answers = [
        (await ask(gateway, query, token)).json()["data"]["me"]["grade"]
        for token in (
            None,
            KEYS.token(),
            KEYS.token(roles=["MANAGER"]),
            KEYS.token(roles=["STAFF"], department="audit"),
            KEYS.token(roles=["STAFF"], department="audit", inside=True),
            KEYS.token(roles=["STAFF"], department=["audit", "it"], inside="true"),
            KEYS.token(roles=["GUEST"], department="audit", inside=True),
        )
    ]

    assert answers == [None, None, "SENIOR", None, "SENIOR", "SENIOR", None]


async def test_a_policy_that_nobody_answers_is_refused_and_said_so(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with a_vault(tmp_path) as gateway:
            response = await ask(gateway, "{ me { grade } }", KEYS.token(roles=["MANAGER"]))

    assert places(response) == [["me", "grade"]]
    (line,) = [line for line in lines if line["event"] == "policies_without_answer"]
    assert line["policies"] == ["auditors", "inside", "managers"]


async def test_objects_of_a_denied_type_are_null_and_others_stay(gateway: RunningGateway) -> None:
    query = "{ found { __typename id title } }"

    first = await ask(gateway, query)
    again = await ask(gateway, query)
    allowed = await ask(gateway, query, KEYS.token(scope="memos"))

    expected = [
        {"__typename": "Note", "id": "n1", "title": "A note"},
        None,
        {"__typename": "Note", "id": "n2", "title": "Another"},
    ]
    assert first.json()["data"] == {"found": expected}
    assert places(first) == [["found"]]
    assert again.json() == first.json()
    assert [each["id"] for each in allowed.json()["data"]["found"]] == ["n1", "m1", "n2"]
    assert "Memo" not in first.text


async def test_a_null_that_a_list_cannot_hold_climbs(gateway: RunningGateway) -> None:
    response = await ask(gateway, "{ strict { id } open }")

    assert response.json()["data"] == {"strict": None, "open": "hello"}
    assert places(response) == [["strict"]]


async def test_fragments_on_a_denied_type_are_told_of(gateway: RunningGateway) -> None:
    query = "{ found { ... on Note { title } ...M } } fragment M on Memo { text more: text }"

    response = await ask(gateway, query)

    assert [each and each["title"] for each in response.json()["data"]["found"]] == [
        "A note",
        None,
        "Another",
    ]
    assert places(response) == [["found"]]
    assert not was_asked("text")


async def test_a_field_that_returns_a_denied_type_is_denied(gateway: RunningGateway) -> None:
    response = await ask(gateway, "{ audit { __typename entries } other: audit { entries } open }")

    assert response.json()["data"] == {"audit": None, "other": None, "open": "hello"}
    assert places(response) == [["audit"], ["other"]]
    assert not was_asked("audit")


async def test_inputs_of_a_field_that_is_allowed_are_fetched(gateway: RunningGateway) -> None:
    query = "{ me { postage parcels } }"

    known = await ask(gateway, query, KEYS.token())
    vault.asked.clear()
    anonymous = await ask(gateway, query)

    assert known.json() == {"data": {"me": {"postage": 3, "parcels": 2}}}
    assert anonymous.json()["data"] == {"me": {"postage": None, "parcels": 2}}
    assert places(anonymous) == [["me", "postage"]]
    assert not was_asked("region")
    assert not was_asked("postage")


async def test_what_is_skipped_is_not_denied(gateway: RunningGateway) -> None:
    response = await ask(gateway, "{ me { name email @skip(if: true) } }")

    assert response.json() == {"data": {"me": {"name": "Ada"}}}


async def test_introspection_shows_all_of_the_schema(gateway: RunningGateway) -> None:
    response = await ask(gateway, '{ __type(name: "Memo") { name } me { email } __typename }')

    assert response.json()["data"] == {
        "__type": {"name": "Memo"},
        "me": {"email": None},
        "__typename": "Query",
    }


async def test_an_operation_with_anything_denied_can_be_refused(tmp_path: Path) -> None:
    async with a_vault(tmp_path, authorization={"mode": "reject"}) as gateway:
        refused = await ask(gateway, "{ open me { email mail: email } }")
        mutation = await ask(gateway, 'mutation { rename(name: "x") { name } erase }')
        asked = list(vault.asked)
        fine = await ask(gateway, "{ open me { email } }", KEYS.token())
        metrics = (await gateway.client.get("/metrics")).text

    assert 'cattery_gateway_denied_fields_total{outcome="refused"} 3.0' in metrics
    assert refused.status_code == mutation.status_code == 403
    assert "data" not in refused.json()
    assert codes(refused) == ["UNAUTHORIZED_OPERATION"] * 2
    assert [error["message"] for error in refused.json()["errors"]] == [
        "Unauthorized field or type: me.email.",
        "Unauthorized field or type: me.mail.",
    ]
    assert asked == []
    assert fine.json() == {"data": {"open": "hello", "me": {"email": "ada@x.test"}}}


async def test_denied_types_that_an_operation_does_not_name_do_not_refuse_it(
    tmp_path: Path,
) -> None:
    async with a_vault(tmp_path, authorization={"mode": "reject"}) as gateway:
        unnamed = await ask(gateway, "{ found { id } }")
        named = await ask(gateway, "{ found { id ... on Memo { text } } }")

    assert unnamed.status_code == 200
    assert places(unnamed) == [["found"]]
    assert named.status_code == 403


async def test_without_identity_nobody_is_anybody(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with a_vault(tmp_path, identity=None) as gateway:
            response = await ask(gateway, "{ me { name email } }", KEYS.token())

    assert response.json()["data"] == {"me": {"name": "Ada", "email": None}}
    assert places(response) == [["me", "email"]]
    assert "authorization_without_identity" in [line["event"] for line in lines]


async def test_a_bad_token_is_refused_rather_than_taken_for_nobody(
    gateway: RunningGateway,
) -> None:
    response = await ask(gateway, "{ me { email } }", KEYS.token(exp=1))

    assert response.status_code == 401
    assert vault.asked == []


async def test_people_with_equal_rights_share_a_plan(tmp_path: Path) -> None:
    async with a_vault(tmp_path, plan_exposure={"anyone": True}) as gateway:
        query = "{ me { name email } }"
        cached = [
            (await ask(gateway, query, token, **{"cattery-expose-plan": "dry-run"})).json()[
                "extensions"
            ]["plan"]["cached"]
            for token in (
                None,
                KEYS.token(sub="alice", scope="memos"),
                KEYS.token(sub="bob", scope="root people:salary"),
                None,
            )
        ]

    assert cached == [False, False, True, True]


async def test_queries_in_flight_are_not_shared_between_people(tmp_path: Path) -> None:
    async with a_vault(tmp_path, traffic={"coalesce_queries": True}) as gateway:
        query = "{ me { name email } }"
        for _ in range(2):
            anonymous = await ask(gateway, query)
            known = await ask(gateway, query, KEYS.token())

            assert anonymous.json()["data"]["me"]["email"] is None
            assert known.json()["data"]["me"]["email"] == "ada@x.test"


async def test_each_request_of_a_list_is_judged(tmp_path: Path) -> None:
    async with a_vault(tmp_path, limits={"max_batch": 5}) as gateway:
        body = [{"query": "{ me { email } }"}, {"query": "{ open }"}]
        anonymous = await gateway.client.post("/graphql", json=body)
        headers = {"authorization": f"Bearer {KEYS.token()}"}
        known = await gateway.client.post("/graphql", json=body, headers=headers)

    assert [each["data"] for each in anonymous.json()] == [
        {"me": {"email": None}},
        {"open": "hello"},
    ]
    assert [each["data"] for each in known.json()] == [
        {"me": {"email": "ada@x.test"}},
        {"open": "hello"},
    ]


async def test_what_is_denied_in_a_deferred_fragment_is_told_with_the_first_part(
    gateway: RunningGateway,
) -> None:
    query = "{ me { name ... @defer { parcels postage } } }"
    headers = {"accept": "multipart/mixed;incrementalSpec=v0.2"}

    async with gateway.client.stream(
        "POST", "/graphql", json={"query": query}, headers=headers
    ) as response:
        parts = [part async for part in read_parts(response)]

    assert [error["path"] for error in parts[0]["errors"]] == [["me", "postage"]]
    merged = merge_parts(parts)
    assert merged["data"] == {"me": {"name": "Ada", "parcels": 2, "postage": None}}
    assert len(merged["errors"]) == 1
    assert not was_asked("postage")


async def test_many_places_are_told_of_up_to_a_number(tmp_path: Path) -> None:
    async with a_vault(tmp_path, limits={"max_aliases": 0}) as gateway:
        many = " ".join(f"a{number}: email" for number in range(150))
        response = await ask(gateway, f"{{ me {{ {many} }} }}")

    errors = response.json()["errors"]
    assert len(errors) == 100
    assert errors[0]["extensions"] == {"code": DENIED, "furtherPlaces": 50}


async def test_answers_that_depend_on_who_asks_are_kept_for_them_alone(tmp_path: Path) -> None:
    async with a_vault(tmp_path, cache_control={"enabled": True}) as gateway:
        unprotected = await ask(gateway, "{ open }", KEYS.token())
        known = await ask(gateway, "{ me { email } }", KEYS.token())
        anonymous = await ask(gateway, "{ me { name email } }")

    assert unprotected.headers["cache-control"] == "max-age=60, public"
    assert known.headers["cache-control"] == "max-age=60, private"
    assert anonymous.headers["cache-control"] == "no-store"
