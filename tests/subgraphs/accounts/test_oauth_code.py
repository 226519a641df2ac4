"""Apps sign their users in: authorization code with PKCE, ID tokens, refresh. RFC 6749, RFC 7636, OpenID Connect."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from shared.demo import PASSWORD, demo_id

from .browser import Browser, a_request, app_tokens, exchange, redirect_parameters, refresh
from .callers import REDIRECT_URI, AccountsService

# -- the request


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "unknown-app"},
        {"client_id": "orders"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example.test/callback"},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": f"{REDIRECT_URI}?more=1"},
        {"redirect_uri": "https://other.example.test/cb"},
    ],
)
async def test_a_request_that_may_not_be_the_app_s_is_not_answered_to_it(
    accounts: AccountsService, changes: dict[str, str | None]
) -> None:
    """RFC 6749, section 4.1.2.1: never redirect to an address that is not registered."""
    response = await Browser(accounts.service).open(a_request(**changes))

    assert response.status_code == 400
    assert "location" not in response.headers
    assert 'role="alert"' in response.text
    assert "password" not in response.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_request_that_is_not_in_order_is_answered_with_an_error(
    accounts: AccountsService, changes: dict[str, str | None], error: str
) -> None:
    response = await Browser(accounts.service).open(a_request(**changes))

    assert response.status_code == 302
    told = redirect_parameters(response)
    assert told["error"] == error
    assert told["state"] == "the app's state"


# -- the page


async def test_the_login_page_runs_nothing_and_cannot_be_framed(accounts: AccountsService) -> None:
    page = await Browser(accounts.service).open(a_request())

    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example.test" in policy
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="', page.text)
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


async def test_what_was_typed_comes_back_escaped(accounts: AccountsService) -> None:
    browser, request = Browser(accounts.service), a_request(state='"><script>alert(1)</script>')
    page = await browser.open(request)

    again = await browser.submit(
        page, request, email='"><script>alert(2)</script>', password="wrong password"
    )

    assert again.status_code == 401
    assert "<script" not in again.text
    assert "The e-mail or the password is not right." in again.text
    assert 'aria-describedby="problem"' in again.text


async def test_a_form_that_another_site_made_is_not_taken(accounts: AccountsService) -> None:
    victim, request = Browser(accounts.service), a_request()
    await victim.open(request)
    page = await Browser(accounts.service).open(request)

    response = await victim.submit(page, request, email="manager@demo.test", password=PASSWORD)

    assert response.status_code == 403
    assert "location" not in response.headers


async def test_a_form_without_a_cookie_is_not_taken(accounts: AccountsService) -> None:
    browser, request = Browser(accounts.service), a_request()
    page = await browser.open(request)
    browser.cookies.clear()

    response = await browser.submit(page, request, email="manager@demo.test", password=PASSWORD)

    assert response.status_code == 403


async def test_the_form_cannot_change_what_the_app_asked_for(accounts: AccountsService) -> None:
    browser, request = Browser(accounts.service), a_request()
    page = await browser.open(request)

    response = await browser.submit(
        page,
        request,
        email="manager@demo.test",
        password=PASSWORD,
        redirect_uri="https://other.example.test/cb",
        client_id="other-app",
    )

    assert response.headers["location"].startswith(REDIRECT_URI)


async def test_cancelling_tells_the_app(accounts: AccountsService) -> None:
    browser, request = Browser(accounts.service), a_request()
    page = await browser.open(request)

    response = await browser.submit(page, request, action="cancel")

    told = redirect_parameters(response)
    assert told["error"] == "access_denied"
    assert told["state"] == "the app's state"


async def test_too_many_failures_block_the_page_too(accounts: AccountsService) -> None:
    browser, request = Browser(accounts.service), a_request()
    page = await browser.open(request)
    for _ in range(10):
        await browser.submit(page, request, email="manager@demo.test", password="wrong password")

    response = await browser.submit(page, request, email="manager@demo.test", password=PASSWORD)

    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 901


# -- the code


async def test_an_app_signs_its_user_in(accounts: AccountsService) -> None:
    service = accounts.service
    got = await Browser(service).sign_in()
    assert got["state"] == "the app's state"

    response = await exchange(service, got["code"])

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    tokens = response.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 600
    assert tokens["scope"] == "openid profile email"
    me = await accounts.fetch("{ me { id roles } }", token=tokens["access_token"])
    assert me["me"] == {"id": str(demo_id("manager")), "roles": ["MANAGER"]}


async def test_the_id_token_is_for_the_app_and_its_request(accounts: AccountsService) -> None:
    http = accounts.service.http
    tokens = await app_tokens(accounts.service)
    keys = KeySet.import_key_set((await http.get("/.well-known/jwks.json")).json())
    issuer = (await http.get("/.well-known/openid-configuration")).json()["issuer"]

    claims = jwt.decode(tokens["id_token"], keys, algorithms=["Ed25519"]).claims

    now = accounts.service.clock.now().timestamp()
    assert claims["iss"] == issuer
    assert claims["aud"] == "the-app"
    assert claims["nonce"] == "the app's nonce"
    assert claims["sub"] == str(demo_id("manager"))
    assert claims["email"] == "manager@demo.test"
    assert claims["name"] == "Manuel Manager"
    assert claims["auth_time"] <= claims["iat"] <= now < claims["exp"]


async def test_without_openid_there_is_no_id_token(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service, scope="email", nonce=None)

    assert "id_token" not in tokens
    assert tokens["scope"] == "email"


async def test_an_app_gets_no_scope_that_is_not_for_apps(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service, scope="openid service imports:start")

    assert tokens["scope"] == "openid"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "https://other.example.test/cb"}, "invalid_grant"),
        ({"client_id": "other-app"}, "invalid_grant"),
        ({"client_id": "unknown-app"}, "invalid_client"),
        ({"code": "guess"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_good_for_its_own_app_only(
    accounts: AccountsService, changes: dict[str, str], error: str
) -> None:
    got = await Browser(accounts.service).sign_in()

    response = await exchange(accounts.service, **{"code": got["code"], **changes})

    assert response.status_code == 400
    assert response.json()["error"] == error


async def test_a_code_used_twice_ends_the_session_of_its_first_use(
    accounts: AccountsService,
) -> None:
    """RFC 6749, section 4.1.2: one of the two is a thief."""
    got = await Browser(accounts.service).sign_in()
    tokens = (await exchange(accounts.service, got["code"])).json()

    again = await exchange(accounts.service, got["code"])

    assert again.json()["error"] == "invalid_grant"
    refreshed = await refresh(accounts.service, tokens["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_a_code_runs_out_within_a_minute(accounts: AccountsService) -> None:
    got = await Browser(accounts.service).sign_in()
    accounts.service.advance(timedelta(seconds=61))

    response = await exchange(accounts.service, got["code"])

    assert response.json()["error"] == "invalid_grant"


# -- refreshing


async def test_refresh_tokens_rotate_and_a_stolen_one_ends_the_session(
    accounts: AccountsService,
) -> None:
    first = await app_tokens(accounts.service)
    second = (await refresh(accounts.service, first["refresh_token"])).json()
    assert second["scope"] == "openid profile email"

    stolen = await refresh(accounts.service, first["refresh_token"])

    assert stolen.status_code == 400
    assert stolen.json()["error"] == "invalid_grant"
    assert (await refresh(accounts.service, second["refresh_token"])).status_code == 400


async def test_a_refresh_may_ask_for_less_but_not_for_more(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service, scope="openid email")

    more = await refresh(accounts.service, tokens["refresh_token"], scope="openid profile")
    less = await refresh(accounts.service, tokens["refresh_token"], scope="openid")
    full = await refresh(accounts.service, less.json()["refresh_token"])

    assert more.json()["error"] == "invalid_scope"
    assert less.json()["scope"] == "openid"
    assert full.json()["scope"] == "openid email"


async def test_another_app_cannot_use_the_refresh_token(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service)

    response = await refresh(accounts.service, tokens["refresh_token"], client_id="other-app")

    assert response.json()["error"] == "invalid_grant"
    assert (await refresh(accounts.service, tokens["refresh_token"])).status_code == 200


async def test_a_session_of_the_login_mutation_is_no_app_s(accounts: AccountsService) -> None:
    tokens = await accounts.log_in("manager@demo.test")

    response = await refresh(accounts.service, tokens["refreshToken"])

    assert response.json()["error"] == "invalid_grant"


# -- userinfo


async def test_userinfo_tells_what_was_granted(accounts: AccountsService) -> None:
    tokens = await app_tokens(accounts.service, scope="openid email")

    response = await accounts.service.http.get(
        "/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )

    assert response.json() == {"sub": str(demo_id("manager")), "email": "manager@demo.test"}


async def test_userinfo_refuses_tokens_that_are_no_good(accounts: AccountsService) -> None:
    http = accounts.service.http
    tokens = await app_tokens(accounts.service)
    not_openid = await accounts.log_in("manager@demo.test")
    await http.post(
        "/oauth/revoke", data={"client_id": "the-app", "token": tokens["refresh_token"]}
    )

    for token in (tokens["access_token"], not_openid["accessToken"], "nonsense"):
        response = await http.get("/userinfo", headers={"authorization": f"Bearer {token}"})
        assert response.status_code == 401
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
    anonymous = await http.get("/userinfo")
    assert anonymous.status_code == 401
    assert anonymous.headers["www-authenticate"] == "Bearer"
