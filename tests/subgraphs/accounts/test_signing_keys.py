from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from shared.clock import ManualClock
from shared.database import Database
from shared.errors import Unauthenticated
from shared.identity import Principal, Role, TokenVerifier
from subgraphs.accounts.access_tokens import LIFETIME, AccessTokens
from subgraphs.accounts.errors import KeySecretWrong
from subgraphs.accounts.models import Account, AccountRole, SigningKey
from subgraphs.accounts.signing_keys import PUBLISHED_AFTER, PUBLISHED_BEFORE, KeyRing

ROTATION = timedelta(days=30)


def a_ring(database: Database, clock: ManualClock, secret: str | None = None) -> KeyRing:
    return KeyRing(database, clock, ROTATION, secret)


async def stored_keys(database: Database) -> list[SigningKey]:
    async with database.reading() as session:
        return list(await session.scalars(select(SigningKey).order_by(SigningKey.signs_from)))


async def test_the_first_key_signs_at_once_and_stays(
    any_database: Database, clock: ManualClock
) -> None:
    ring = a_ring(any_database, clock)
    await ring.rotate()
    first = ring.signing_key().kid

    await ring.rotate()

    assert ring.signing_key().kid == first
    assert [key.kid for key in await stored_keys(any_database)] == [first]


async def test_the_next_key_is_published_before_it_signs(
    database: Database, clock: ManualClock
) -> None:
    ring = a_ring(database, clock)
    await ring.rotate()
    first = ring.signing_key().kid
    clock.advance(ROTATION - PUBLISHED_BEFORE)

    await ring.rotate()

    published = [key["kid"] for key in ring.to_jwks()["keys"]]  # type: ignore[attr-defined]
    assert len(published) == 2
    assert ring.signing_key().kid == first == published[0]
    clock.advance(PUBLISHED_BEFORE)
    assert ring.signing_key().kid == published[1]


async def test_an_old_key_verifies_until_its_tokens_have_expired(
    database: Database, clock: ManualClock
) -> None:
    ring = a_ring(database, clock)
    await ring.rotate()
    clock.advance(ROTATION - PUBLISHED_BEFORE)
    await ring.rotate()
    clock.advance(PUBLISHED_BEFORE - timedelta(seconds=1))
    token = AccessTokens(ring, clock).for_service("orders").text
    clock.advance(LIFETIME)
    await ring.rotate()

    assert (await TokenVerifier(ring, clock).verify(token)).subject == "orders"
    clock.advance(PUBLISHED_AFTER)
    await ring.rotate()
    assert len(await stored_keys(database)) == 1


async def test_another_replicas_new_key_is_found_when_a_token_names_it(
    database: Database, clock: ManualClock
) -> None:
    mine = a_ring(database, clock)
    await mine.rotate()
    clock.advance(ROTATION)
    theirs = a_ring(database, clock)
    await theirs.rotate()
    clock.advance(PUBLISHED_BEFORE)
    token = AccessTokens(theirs, clock).for_service("orders").text

    assert (await TokenVerifier(mine, clock).verify(token)).is_service


async def test_nothing_private_is_published(database: Database, clock: ManualClock) -> None:
    ring = a_ring(database, clock)
    await ring.rotate()

    (key,) = ring.to_jwks()["keys"]  # type: ignore[misc]

    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}  # type: ignore[has-type]


async def test_private_keys_are_sealed_with_the_secret(
    database: Database, clock: ManualClock
) -> None:
    ring = a_ring(database, clock, secret="purr")
    await ring.rotate()

    (stored,) = await stored_keys(database)
    assert '"d"' not in stored.private_jwk
    again = a_ring(database, clock, secret="purr")
    await again.rotate()
    assert again.signing_key().as_dict(private=True) == ring.signing_key().as_dict(private=True)


async def test_keys_from_before_the_secret_are_sealed_at_the_next_start(
    database: Database, clock: ManualClock
) -> None:
    plain = a_ring(database, clock)
    await plain.rotate()

    sealed = a_ring(database, clock, secret="purr")
    await sealed.rotate()

    (stored,) = await stored_keys(database)
    assert '"d"' not in stored.private_jwk
    assert sealed.signing_key().kid == plain.signing_key().kid


@pytest.mark.parametrize("secret", ["hiss", None])
async def test_a_wrong_secret_stops_the_start_and_says_why(
    database: Database, clock: ManualClock, secret: str | None
) -> None:
    await a_ring(database, clock, secret="purr").rotate()

    with pytest.raises(KeySecretWrong, match="CATTERY_ACCOUNTS_KEY_SECRET"):
        await a_ring(database, clock, secret=secret).rotate()


async def test_a_person_s_token_says_what_services_read(
    database: Database, clock: ManualClock
) -> None:
    ring = a_ring(database, clock)
    await ring.rotate()
    account = Account(id=uuid4(), version=7, held_roles=[AccountRole(role=Role.MANAGER)])
    session_id = uuid4()

    token = AccessTokens(ring, clock).for_person(
        account, session_id=session_id, client_id="graphql", scope="openid"
    )

    assert token.expires_at == clock.now() + LIFETIME
    assert await TokenVerifier(ring, clock).verify(token.text) == Principal(
        subject=str(account.id),
        roles=frozenset({Role.MANAGER}),
        scopes=frozenset({"openid"}),
        version=7,
        session=str(session_id),
    )


async def test_an_id_token_is_no_access_token(database: Database, clock: ManualClock) -> None:
    ring = a_ring(database, clock)
    await ring.rotate()
    id_token = AccessTokens(ring, clock).sign_id_token(
        {"sub": str(uuid4())}, issuer="https://accounts.example.test", client_id="the-app"
    )

    with pytest.raises(Unauthenticated, match="somebody else"):
        await TokenVerifier(ring, clock).verify(id_token)
