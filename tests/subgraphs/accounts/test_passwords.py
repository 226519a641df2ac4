from __future__ import annotations

import asyncio

import pytest

from shared.errors import RateLimited
from subgraphs.accounts.errors import PasswordUnacceptable
from subgraphs.accounts.passwords import AT_ONCE, MAX_WAITING, Passwords, check_acceptable
from subgraphs.accounts.settings import PasswordCost

from .parts import CHEAP

DEARER = PasswordCost(time_cost=2, memory_kib=16, parallelism=1)


async def test_only_the_right_password_matches_its_hash() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("whiskers and paws")

    assert hashed.startswith("$argon2id$")
    assert await passwords.is_right("whiskers and paws", hashed)
    assert not await passwords.is_right("whiskers and claws", hashed)


async def test_an_accent_is_an_accent_however_it_is_typed() -> None:
    passwords = Passwords(CHEAP)

    assert await passwords.is_right(
        "purre\u0301 purre\u0301", await passwords.hash("purr\u00e9 purr\u00e9")
    )


async def test_nothing_matches_where_there_is_no_hash() -> None:
    passwords = Passwords(CHEAP)

    assert not await passwords.is_right("nobody has this password", None)


async def test_a_hash_of_another_cost_is_outdated_and_still_matches() -> None:
    old = await Passwords(CHEAP).hash("whiskers and paws")

    assert Passwords(DEARER).is_outdated(old)
    assert not Passwords(CHEAP).is_outdated(old)
    assert await Passwords(DEARER).is_right("whiskers and paws", old)


async def test_a_burst_beyond_the_queue_is_told_to_come_back() -> None:
    passwords = Passwords(CHEAP)

    outcomes = await asyncio.gather(
        *(passwords.hash("whiskers and paws") for _ in range(MAX_WAITING + AT_ONCE)),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, RateLimited)]
    assert len(refused) == AT_ONCE
    assert sum(isinstance(outcome, str) for outcome in outcomes) == MAX_WAITING
    assert await passwords.is_right("whiskers and paws", await passwords.hash("whiskers and paws"))


@pytest.mark.parametrize("password", ["short", "x" * 201, "Somebody@Example.test"])
def test_passwords_that_are_too_easy_are_refused(password: str) -> None:
    with pytest.raises(PasswordUnacceptable):
        check_acceptable(password, email="somebody@example.test")
