"""Services and integrators obtain tokens, services ask about tokens, apps end them. RFC 6749, 7662, 7009."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from shared.authorization import services
from shared.demo import demo_id
from shared.errors import Forbidden
from shared.identity import RemoteKeys, Role, TokenVerifier

from .browser import app_tokens, refresh
from .callers import SERVICE_SECRET, AccountsService

CREATE_MACHINE = """
mutation {
  createStaffAccount(email: "m@demo.test", displayName: "Machine", roles: [INTEGRATOR], key: "k") { id }
}
"""
ISSUE_KEY = """
mutation ($id: ID!) {
  issueIntegratorKey(accountId: $id, scopes: ["imports:start", "imports:read"], ttlDays: 30)
}
"""


async def client_credentials(
    accounts: AccountsService, client_id: str, secret: str, **fields: str
) -> httpx.Response:
    return await accounts.service.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **fields},
        auth=(client_id, secret),
    )


async def introspect(accounts: AccountsService, token: str) -> dict[str, Any]:
    response = await accounts.service.http.post(
        "/oauth/introspect", data={"token": token}, auth=("orders", SERVICE_SECRET)
    )
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
async def machine(accounts: AccountsService) -> tuple[str, str, str]:
    """An integrator's account and one of its keys: account id, client id, client secret."""
    admin = (await accounts.log_in(Role.ADMIN))["accessToken"]
    created = await accounts.fetch(CREATE_MACHINE, token=admin)
    account_id = created["createStaffAccount"]["id"]
    issued = await accounts.fetch(ISSUE_KEY, {"id": account_id}, token=admin)
    client_id, _, secret = issued["issueIntegratorKey"].partition(".")
    return account_id, client_id, secret


# -- services


async def test_a_service_s_token_is_taken_by_the_others(accounts: AccountsService) -> None:
    response = await client_credentials(accounts, "orders", SERVICE_SECRET, scope="service")
    verifier = TokenVerifier(
        RemoteKeys("app://accounts/.well-known/jwks.json", accounts.service.clock),
        accounts.service.clock,
    )

    principal = await verifier.verify(response.json()["access_token"])

    assert principal.subject == "orders"
    assert principal.is_service
    services().rule.check(principal)
    assert "refresh_token" not in response.json()


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("orders", "guess"),
        ("orders", ""),
        ("No Service", SERVICE_SECRET),
        ("the-app", SERVICE_SECRET),
    ],
)
async def test_who_is_no_service_gets_no_service_s_token(
    accounts: AccountsService, client_id: str, secret: str
) -> None:
    response = await client_credentials(accounts, client_id, secret)

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"
    assert response.headers["www-authenticate"].startswith("Basic")


async def test_a_service_gets_no_other_scope(accounts: AccountsService) -> None:
    response = await client_credentials(accounts, "orders", SERVICE_SECRET, scope="service openid")

    assert response.json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe\xfd").decode()]
)
async def test_a_header_that_cannot_be_read_is_refused_politely(
    accounts: AccountsService, header: str
) -> None:
    response = await accounts.service.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": header},
    )

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 51, "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 40_000, "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_no_form_is_refused_politely(
    accounts: AccountsService, content: bytes, content_type: str
) -> None:
    response = await accounts.service.http.post(
        "/oauth/token", content=content, headers={"content-type": content_type}
    )

    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_request", "unsupported_grant_type")


# -- integrators


async def test_a_machine_acts_as_integrator_within_its_scopes(
    accounts: AccountsService, machine: tuple[str, str, str]
) -> None:
    account_id, client_id, secret = machine

    response = await client_credentials(accounts, client_id, secret, scope="imports:start")

    token = response.json()["access_token"]
    found = await introspect(accounts, token)
    assert found["active"] is True
    assert (found["sub"], found["client_id"]) == (account_id, client_id)
    assert (found["roles"], found["scope"]) == (["INTEGRATOR"], "imports:start")
    verified = await accounts.execute("{ accounts { totalCount } }", token=token)
    assert verified.codes == ["FORBIDDEN"]


async def test_a_machine_is_no_service(
    accounts: AccountsService, machine: tuple[str, str, str]
) -> None:
    _, client_id, secret = machine

    wanting = await client_credentials(accounts, client_id, secret, scope="service")
    token = (await client_credentials(accounts, client_id, secret)).json()["access_token"]
    asking = await accounts.service.http.post(
        "/oauth/introspect", data={"token": token}, auth=(client_id, secret)
    )

    assert wanting.json()["error"] == "invalid_scope"
    assert asking.json() == {"active": False}
    principal = await TokenVerifier(
        RemoteKeys("app://accounts/.well-known/jwks.json", accounts.service.clock),
        accounts.service.clock,
    ).verify(token)
    with pytest.raises(Forbidden):
        services().rule.check(principal)


async def test_a_revoked_key_obtains_nothing(
    accounts: AccountsService, machine: tuple[str, str, str]
) -> None:
    _, client_id, secret = machine
    await accounts.fetch(
        "mutation ($id: ID!) { revokeIntegratorKey(clientId: $id) }",
        {"id": client_id},
        caller=Role.ADMIN,
    )

    response = await client_credentials(accounts, client_id, secret)

    assert response.json()["error"] == "invalid_client"


async def test_a_disabled_machine_s_tokens_are_not_active(
    accounts: AccountsService, machine: tuple[str, str, str]
) -> None:
    account_id, client_id, secret = machine
    token = (await client_credentials(accounts, client_id, secret)).json()["access_token"]
    await accounts.fetch(
        'mutation ($id: ID!) { setAccountState(accountId: $id, state: DISABLED, reason: "r") { id } }',
        {"id": account_id},
        caller=Role.ADMIN,
    )

    assert await introspect(accounts, token) == {"active": False}
    response = await client_credentials(accounts, client_id, secret)
    assert response.json()["error"] == "invalid_client"


# -- introspection and revocation


async def test_introspection_knows_what_a_token_cannot(accounts: AccountsService) -> None:
    tokens = await accounts.log_in(Role.MANAGER)
    access = await introspect(accounts, tokens["accessToken"])
    refreshable = await introspect(accounts, tokens["refreshToken"])
    assert access["active"] is True
    assert access["roles"] == ["MANAGER"]
    assert (refreshable["active"], refreshable["token_type"]) == (True, "refresh_token")

    await accounts.fetch("mutation { logout }", token=tokens["accessToken"])

    assert await introspect(accounts, tokens["accessToken"]) == {"active": False}
    assert await introspect(accounts, tokens["refreshToken"]) == {"active": False}


async def test_a_token_of_older_roles_is_not_active(accounts: AccountsService) -> None:
    tokens = await accounts.log_in(Role.MANAGER)
    await accounts.fetch(
        "mutation ($id: ID!) { setRoles(accountId: $id, roles: [QUALITY], expectedVersion: 2) { id } }",
        {"id": str(demo_id("manager"))},
        caller=Role.ADMIN,
    )

    assert await introspect(accounts, tokens["accessToken"]) == {"active": False}


async def test_nonsense_is_not_active(accounts: AccountsService) -> None:
    for token in ("nonsense", "a.b.c", ""):
        assert await introspect(accounts, token) == {"active": False}


async def test_a_service_s_own_token_is_active(accounts: AccountsService) -> None:
    response = await client_credentials(accounts, "jobs", SERVICE_SECRET)

    found = await introspect(accounts, response.json()["access_token"])

    assert (found["active"], found["sub"], found["scope"]) == (True, "jobs", "service")


async def test_strangers_and_apps_learn_nothing_about_tokens(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service)
    http = accounts.service.http

    stranger = await http.post("/oauth/introspect", data={"token": tokens["access_token"]})
    app = await http.post(
        "/oauth/introspect", data={"token": tokens["access_token"], "client_id": "the-app"}
    )

    assert stranger.status_code == app.status_code == 401


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_an_app_signs_its_user_out(accounts: AccountsService, kind: str) -> None:
    tokens = await app_tokens(accounts.service)

    response = await accounts.service.http.post(
        "/oauth/revoke",
        data={"client_id": "the-app", "token": tokens[kind], "token_type_hint": kind},
    )

    assert response.status_code == 200
    assert (await refresh(accounts.service, tokens["refresh_token"])).status_code == 400


async def test_an_app_cannot_sign_another_app_s_user_out(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service)

    response = await accounts.service.http.post(
        "/oauth/revoke", data={"client_id": "other-app", "token": tokens["refresh_token"]}
    )

    assert response.json()["error"] == "invalid_grant"
    assert (await refresh(accounts.service, tokens["refresh_token"])).status_code == 200


async def test_revoking_what_is_no_token_is_no_error(accounts: AccountsService) -> None:
    """RFC 7009, section 2.2."""
    response = await accounts.service.http.post(
        "/oauth/revoke", data={"client_id": "the-app", "token": "nonsense"}
    )

    assert response.status_code == 200


# -- discovery


async def test_discovery_names_endpoints_that_exist(accounts: AccountsService) -> None:
    http = accounts.service.http
    document = (await http.get("/.well-known/openid-configuration")).json()

    assert document["issuer"] == "http://accounts"
    for name, url in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            method = "POST" if name[:5] in ("token", "intro", "revoc") else "GET"
            response = await http.request(method, url)
            assert response.status_code not in (404, 405), name


async def test_apps_may_call_from_their_own_origin_only(accounts: AccountsService) -> None:
    allowed: dict[str, str | None] = {}
    for origin in ("https://app.example.test", "https://evil.example.test"):
        for path in ("/oauth/token", "/userinfo", "/.well-known/openid-configuration"):
            response = await accounts.service.http.options(
                path,
                headers={
                    "origin": origin,
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "authorization",
                },
            )
            allowed[origin + path] = response.headers.get("access-control-allow-origin")

    for target, granted in allowed.items():
        assert (granted is not None) == target.startswith("https://app."), target
