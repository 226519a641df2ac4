"""Tokens are judged by signature, addressee and time, with keys that come and go."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import KeySet

from gateway.config.settings import IdentityConfig
from gateway.errors import (
    ClientError,
    KeysUnavailable,
    TokenExpired,
    TokenMalformed,
    TokenMissing,
    Unauthenticated,
)
from gateway.security.authentication import Authenticator
from gateway.security.signing_keys import HttpKeyFetcher, SigningKeys, parse_key_set
from tests.support.tokens import (
    AUDIENCE,
    ISSUER,
    Issuer,
    ed25519,
    es256,
    rs256,
    sign,
    sign_with_secret,
    unsigned,
)


class Setting:
    """An authenticator, its issuer, and the clocks of both."""

    def __init__(self, issuer: Issuer | None = None, **config: object) -> None:
        self.issuer = issuer or Issuer()
        self.monotonic = 1000.0
        self.time: float = time.time()
        app = self.issuer.app()
        self.keys = SigningKeys(
            HttpKeyFetcher(
                lambda: httpx.AsyncClient(transport=httpx.ASGITransport(app=app)),
                "http://issuer/keys",
            ),
            max_age_seconds=900,
            retry_seconds=10,
            now=lambda: self.monotonic,
        )
        self.authenticator = Authenticator(
            IdentityConfig(
                jwks_url="http://issuer/keys",
                issuer=ISSUER,
                audience=AUDIENCE,
                **config,  # type: ignore[arg-type]
            ),
            self.keys,
            cache_size=8,
            now=lambda: self.time,
        )

    async def authenticate(self, token: str) -> str:
        identity = await self.authenticator.authenticate(f"Bearer {token}")
        assert identity is not None
        return identity.subject


@pytest.mark.parametrize(
    ("algorithm", "make_key"),
    [("EdDSA", ed25519), ("ES256", es256), ("RS256", rs256)],
)
async def test_a_good_token_is_taken(algorithm: str, make_key: Callable[[str], object]) -> None:
    setting = Setting(Issuer(make_key("k")))  # type: ignore[arg-type]

    identity = await setting.authenticator.authenticate(
        f"Bearer {setting.issuer.token(algorithm=algorithm)}"
    )

    assert identity is not None
    assert (identity.subject, identity.role) == ("alice", "CLIENT")


async def test_ed25519_by_its_newer_name_is_taken_when_allowed() -> None:
    setting = Setting(algorithms=("Ed25519",))

    assert await setting.authenticate(setting.issuer.token(algorithm="Ed25519")) == "alice"


async def test_the_audience_may_be_one_of_several() -> None:
    setting = Setting()

    assert await setting.authenticate(setting.issuer.token(aud=["other", AUDIENCE])) == "alice"


async def test_nobody_is_anonymous_unless_everybody_must_sign_in() -> None:
    assert await Setting().authenticator.authenticate(None) is None
    with pytest.raises(TokenMissing):
        await Setting(require=True).authenticator.authenticate(None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"exp": 0}, TokenExpired),
        ({"exp": None}, Unauthenticated),
        ({"exp": "tomorrow"}, TokenMalformed),
        ({"exp": True}, TokenMalformed),
        ({"nbf": 2**40}, Unauthenticated),
        ({"iss": "https://elsewhere.test"}, Unauthenticated),
        ({"iss": None}, Unauthenticated),
        ({"aud": "somebody else"}, Unauthenticated),
        ({"aud": ["somebody", "else"]}, Unauthenticated),
        ({"aud": None}, Unauthenticated),
    ],
)
async def test_a_token_with_wrong_claims_is_refused(
    changes: dict[str, Any], error: type[ClientError]
) -> None:
    setting = Setting()

    with pytest.raises(ClientError) as refusal:
        await setting.authenticate(setting.issuer.token(**changes))

    assert type(refusal.value) is error


async def test_clocks_may_differ_by_a_minute_both_ways() -> None:
    setting = Setting()
    now = int(setting.time)

    assert await setting.authenticate(setting.issuer.token(exp=now - 55)) == "alice"
    assert await setting.authenticate(setting.issuer.token(nbf=now + 55)) == "alice"


async def test_a_token_taken_once_is_refused_when_its_time_is_over() -> None:
    setting = Setting()
    token = setting.issuer.token()
    await setting.authenticate(token)

    setting.time += 3600

    with pytest.raises(TokenExpired):
        await setting.authenticate(token)


async def test_a_token_of_the_algorithm_none_is_refused() -> None:
    setting = Setting()

    with pytest.raises(Unauthenticated, match="algorithm"):
        await setting.authenticate(unsigned({"sub": "alice", "exp": 2**40}))


async def test_a_public_key_is_no_shared_secret() -> None:
    """RFC 8725, 2.1: a verifier that lets the token choose would check an HMAC with the public key."""
    setting = Setting(Issuer(rs256("k")))
    public = setting.issuer.keys[0].as_pem(private=False)
    forged = sign_with_secret({"sub": "eve", "exp": 2**40}, public, key_id="k")

    with pytest.raises(Unauthenticated, match="algorithm"):
        await setting.authenticate(forged)


async def test_a_key_of_another_kind_does_not_verify() -> None:
    setting = Setting(Issuer(ed25519("k")))
    forged = sign({"sub": "eve", "exp": 2**40}, es256("k"), "ES256")

    with pytest.raises(Unauthenticated):
        await setting.authenticate(forged)


async def test_a_signature_by_anybody_else_is_refused() -> None:
    setting = Setting()

    with pytest.raises(Unauthenticated, match="not signed by a key of its issuer"):
        await setting.authenticate(setting.issuer.token(key=ed25519("first")))


async def test_a_critical_header_that_nobody_knows_is_refused() -> None:
    setting = Setting()
    header: dict[str, object] = {"crit": ["x-must"], "x-must": 1}
    token = sign({"sub": "eve", "exp": 2**40}, setting.issuer.keys[0], "EdDSA", header=header)

    with pytest.raises(Unauthenticated):
        await setting.authenticate(token)


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Basic YWxpY2U6c2VjcmV0",
        "Bearer one.two",
        "Bearer one.two.three",
        "Bearer ....",
        "Bearer ünïcode",
        "Bearer " + "a" * 9000,
        "Bearer " + sign([1, 2], ed25519("first"), "EdDSA"),
    ],
)
async def test_what_is_no_token_is_refused(authorization: str) -> None:
    setting = Setting(Issuer(ed25519("first")))

    with pytest.raises((TokenMalformed, Unauthenticated)):
        await setting.authenticator.authenticate(authorization)


async def test_claims_that_are_no_object_are_malformed() -> None:
    setting = Setting()

    with pytest.raises(TokenMalformed):
        await setting.authenticate(sign([1, 2], setting.issuer.keys[0], "EdDSA"))


async def test_a_verified_token_is_not_verified_again() -> None:
    setting = Setting()
    token = setting.issuer.token()
    await setting.authenticate(token)
    setting.issuer.is_up = False

    assert await setting.authenticate(token) == "alice"
    assert setting.issuer.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    setting = Setting()
    await setting.authenticate(setting.issuer.token())
    new = ed25519("second")
    setting.issuer.keys.append(new)
    setting.monotonic += 60

    assert await setting.authenticate(setting.issuer.token(key=new)) == "alice"


async def test_unknown_keys_do_not_make_us_ask_without_end() -> None:
    setting = Setting()
    await setting.authenticate(setting.issuer.token())

    for number in range(20):
        setting.monotonic += 1
        with pytest.raises(Unauthenticated):
            await setting.authenticate(setting.issuer.token(key=ed25519(f"forged-{number}")))

    assert setting.issuer.asked <= 3


async def test_a_key_that_is_withdrawn_stops_tokens_taken_before() -> None:
    old, new = ed25519("old"), ed25519("new")
    setting = Setting(Issuer(old))
    token = setting.issuer.token()
    await setting.authenticate(token)
    setting.issuer.keys = [new]
    setting.monotonic += 60
    await setting.authenticate(setting.issuer.token(key=new))
    setting.monotonic += 60

    with pytest.raises(Unauthenticated):
        await setting.authenticate(token)


async def test_old_keys_are_fetched_again_behind_the_requests_backs() -> None:
    setting = Setting()
    token = setting.issuer.token()
    await setting.authenticate(token)
    setting.monotonic += 901

    assert await setting.authenticate(token) == "alice"
    await setting.keys.background()

    assert setting.issuer.asked == 2


async def test_keys_stay_good_while_the_issuer_is_away() -> None:
    setting = Setting()
    await setting.authenticate(setting.issuer.token())
    setting.issuer.is_up = False
    setting.monotonic += 5000

    assert await setting.authenticate(setting.issuer.token(sub="bob")) == "bob"
    await setting.keys.close()


async def test_without_any_keys_nobody_is_judged() -> None:
    setting = Setting()
    setting.issuer.is_up = False
    token = setting.issuer.token()

    with pytest.raises(KeysUnavailable):
        await setting.authenticate(token)
    setting.issuer.is_up = True
    setting.monotonic += 2

    assert await setting.authenticate(token) == "alice"


def test_a_key_of_an_unknown_kind_does_not_hide_the_others() -> None:
    known = ed25519("known").as_dict(private=False)

    keys: KeySet = parse_key_set(json.dumps({"keys": [{"kty": "NEW", "kid": "x"}, known]}).encode())

    assert [key.kid for key in keys.keys] == ["known"]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"keys": 3}', b"<html>", b"\xff"])
def test_what_is_no_key_document_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse_key_set(body)
