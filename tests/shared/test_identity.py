from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import KeySet, OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.clock import ManualClock
from shared.errors import Unauthenticated, UpstreamUnavailable
from shared.identity import KEYS_REFRESH, UNKNOWN_KEY_REFRESH, RemoteKeys, Role, TokenVerifier
from shared.local_apps import publish_app
from tests.support.callers import JWKS_URL, a_person, a_service, sign_token


class KeyServer:
    """A JWKS document whose keys change and whose server may fail."""

    def __init__(self, name: str) -> None:
        self.keys: list[OKPKey] = [OKPKey.generate_key("Ed25519", auto_kid=True)]
        self.asked = 0
        self.fails = False
        self.url = f"app://{name}/jwks"
        publish_app(name, Starlette(routes=[Route("/jwks", self._answer)]))

    async def _answer(self, _: Request) -> Response:
        self.asked += 1
        if self.fails:
            return Response(status_code=500)
        return JSONResponse(KeySet(list(self.keys)).as_dict())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture
def verifier(clock: ManualClock) -> TokenVerifier:
    return TokenVerifier(RemoteKeys(JWKS_URL, clock), clock)


async def test_a_good_token_tells_who_calls(verifier: TokenVerifier, clock: ManualClock) -> None:
    client = a_person(Role.CLIENT, Role.WORKER)

    principal = await verifier.verify(sign_token(client, clock))

    assert principal == client
    assert principal.has_any(Role.WORKER, Role.ADMIN)
    assert str(principal.account_id) == client.subject


async def test_a_service_is_no_person(verifier: TokenVerifier, clock: ManualClock) -> None:
    principal = await verifier.verify(sign_token(a_service("orders"), clock))

    assert principal.is_service
    with pytest.raises(Unauthenticated):
        _ = principal.account_id


async def test_a_role_nobody_knows_grants_nothing(
    verifier: TokenVerifier, clock: ManualClock
) -> None:
    token = sign_token(a_person(), clock, claims={"roles": ["EMPEROR", "CLIENT"]})

    assert (await verifier.verify(token)).roles == {Role.CLIENT}


@pytest.mark.parametrize(
    ("after", "accepted"),
    [(timedelta(minutes=10, seconds=59), True), (timedelta(minutes=12), False)],
)
async def test_a_token_ends_with_a_minutes_grace(
    verifier: TokenVerifier, clock: ManualClock, after: timedelta, accepted: bool
) -> None:
    token = sign_token(a_person(Role.CLIENT), clock)
    clock.advance(after)

    if accepted:
        await verifier.verify(token)
    else:
        with pytest.raises(Unauthenticated, match="expired"):
            await verifier.verify(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"aud": "others"},
        {"exp": "soon"},
        {"iat": None},
        {"sub": 7},
        {"roles": "CLIENT"},
        {"iat": 4_000_000_000},
    ],
    ids=["issuer", "audience", "expiry", "issued", "subject", "roles", "not yet"],
)
async def test_claims_that_do_not_fit_are_refused(
    verifier: TokenVerifier, clock: ManualClock, claims: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(sign_token(a_person(Role.CLIENT), clock, claims=claims))


def _unsigned(clock: ManualClock) -> str:
    payload = sign_token(a_person(Role.ADMIN), clock).split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    return f"{header}.{payload}."


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ü.ü.ü", "e30.e30.e30", "[].x.y"])
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_an_unsigned_token_is_refused(verifier: TokenVerifier, clock: ManualClock) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(_unsigned(clock))


async def test_a_foreign_signature_is_refused(verifier: TokenVerifier, clock: ManualClock) -> None:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)

    with pytest.raises(Unauthenticated):
        await verifier.verify(sign_token(a_person(Role.ADMIN), clock, key=key))


async def test_keys_are_fetched_once_and_again_when_they_are_old(clock: ManualClock) -> None:
    server = KeyServer("keys-cached")
    keys = RemoteKeys(server.url, clock)
    key_id = server.keys[0].kid

    for _ in range(3):
        await keys.find_keys(key_id)
    asked_at_first = server.asked
    clock.advance(KEYS_REFRESH + timedelta(seconds=1))
    await keys.find_keys(key_id)

    assert (asked_at_first, server.asked) == (1, 2)


async def test_a_new_key_is_learnt_without_waiting(clock: ManualClock) -> None:
    server = KeyServer("keys-rotated")
    verifier = TokenVerifier(RemoteKeys(server.url, clock), clock)
    old, new = server.keys[0], OKPKey.generate_key("Ed25519", auto_kid=True)
    await verifier.verify(sign_token(a_person(), clock, key=old))
    server.keys = [new, old]
    clock.advance(UNKNOWN_KEY_REFRESH + timedelta(seconds=1))

    await verifier.verify(sign_token(a_person(), clock, key=new))
    await verifier.verify(sign_token(a_person(), clock, key=old))

    assert server.asked == 2


async def test_forged_key_ids_do_not_hammer_the_key_server(clock: ManualClock) -> None:
    server = KeyServer("keys-forged")
    verifier = TokenVerifier(RemoteKeys(server.url, clock), clock)

    for _ in range(20):
        forged = OKPKey.generate_key("Ed25519", auto_kid=True)
        with pytest.raises(Unauthenticated):
            await verifier.verify(sign_token(a_person(), clock, key=forged))

    assert server.asked == 1


async def test_known_keys_stay_good_while_the_key_server_is_away(clock: ManualClock) -> None:
    server = KeyServer("keys-away")
    verifier = TokenVerifier(RemoteKeys(server.url, clock), clock)
    await verifier.verify(sign_token(a_person(), clock, key=server.keys[0]))
    server.fails = True
    clock.advance(KEYS_REFRESH * 4)

    principal = await verifier.verify(sign_token(a_person(Role.CLIENT), clock, key=server.keys[0]))

    assert principal.has_any(Role.CLIENT)


async def test_without_any_keys_nobody_is_told_their_token_is_bad(clock: ManualClock) -> None:
    verifier = TokenVerifier(RemoteKeys("app://no-such-app/jwks", clock), clock)

    with pytest.raises(UpstreamUnavailable):
        await verifier.verify(sign_token(a_person(), clock))
