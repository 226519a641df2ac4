from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import ManualClock
from shared.errors import RateLimited
from subgraphs.hiring import admission as admission_module
from subgraphs.hiring.admission import Admission, TokenBucket, network_of
from subgraphs.hiring.errors import ProofInvalid
from subgraphs.hiring.proofs import make_proof
from subgraphs.hiring.settings import ApplySettings

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
OPEN = ApplySettings(proof_bits=0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


async def enter(admission: Admission, address: str = "198.51.100.1", proof: str = "") -> None:
    async with admission.admit(address=address, contact="c@c.test", key="k", proof=proof):
        pass


async def test_an_address_has_a_burst_and_then_a_rate(clock: ManualClock) -> None:
    admission = Admission(replace(OPEN, burst=2, per_minute=6), clock)

    await enter(admission)
    await enter(admission)
    with pytest.raises(RateLimited) as refusal:
        await enter(admission)
    await enter(admission, "198.51.100.2")
    clock.advance(timedelta(seconds=10))
    await enter(admission)

    assert refusal.value.extensions() == {"code": "RATE_LIMITED", "retryAfterSeconds": 10.0}


async def test_everybody_together_has_a_limit_too(clock: ManualClock) -> None:
    admission = Admission(replace(OPEN, total_burst=3, total_per_second=1), clock)

    for last in range(3):
        await enter(admission, f"198.51.100.{last}")
    with pytest.raises(RateLimited):
        await enter(admission, "198.51.100.9")
    clock.advance(timedelta(seconds=1))
    await enter(admission, "198.51.100.10")


async def test_a_flood_without_proofs_takes_nothing_from_the_honest(clock: ManualClock) -> None:
    settings = ApplySettings(proof_bits=8, total_burst=1, burst=1)
    admission = Admission(settings, clock)

    for last in range(200):
        with pytest.raises(ProofInvalid):
            await enter(admission, f"203.0.113.{last}", proof="nothing")
    proof = make_proof(contact="c@c.test", key="k", bits=8, now=NOW)

    await enter(admission, proof=proof)


async def test_when_too_many_wait_the_next_is_told_to_come_back(clock: ManualClock) -> None:
    admission = Admission(replace(OPEN, at_once=1, waiting=1, burst=9), clock)
    waiting = asyncio.Event()

    async def wait() -> None:
        waiting.set()
        await enter(admission)

    async with AsyncExitStack() as inside:
        await inside.enter_async_context(
            admission.admit(address="a", contact="c@c.test", key="k", proof="")
        )
        second = asyncio.create_task(wait())
        await waiting.wait()
        await asyncio.sleep(0)
        with pytest.raises(RateLimited, match="just now"):
            await enter(admission)
        assert not second.done()
    await second

    await enter(admission)


async def test_whoever_fails_inside_makes_room_again(clock: ManualClock) -> None:
    admission = Admission(replace(OPEN, at_once=1, waiting=0, burst=9), clock)

    with pytest.raises(LookupError):
        async with admission.admit(address="a", contact="c", key="k", proof=""):
            raise LookupError

    await enter(admission)


async def test_addresses_are_not_remembered_without_end(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_module, "MAX_ADDRESSES", 3)
    admission = Admission(replace(OPEN, burst=1, per_minute=1), clock)

    for last in range(4):
        await enter(admission, f"198.51.100.{last}")
    await enter(admission, "198.51.100.0")
    with pytest.raises(RateLimited):
        await enter(admission, "198.51.100.3")


@given(
    st.integers(1, 5),
    st.integers(1, 20),
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
)
def test_a_bucket_lets_through_what_it_promises(
    capacity: int, refill_sec: int, pauses: list[int]
) -> None:
    """Never more than capacity plus what has flowed in, and it is right about when the next is due."""
    bucket = TokenBucket(capacity, timedelta(seconds=refill_sec), full_at=NOW)
    now, passed = NOW, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = bucket.take(now)
        if wait is None:
            passed += 1
        else:
            assert timedelta() < wait <= timedelta(seconds=refill_sec)
            assert replace(bucket).take(now + wait) is None
        assert passed <= capacity + (now - NOW) // timedelta(seconds=refill_sec)


def test_a_clock_set_back_locks_nobody_out_for_the_difference() -> None:
    bucket = TokenBucket(2, timedelta(seconds=10), full_at=NOW)

    wait = bucket.take(NOW - timedelta(days=1))

    assert wait is None or wait <= timedelta(seconds=10)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_applicant_is_an_ipv4_address_or_an_ipv6_network(address: str, network: str) -> None:
    assert network_of(address) == network
