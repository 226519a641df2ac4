"""The inbox on SQLite and PostgreSQL: claims are exclusive, cursors only go forward."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from messaging import inbox
from messaging.envelope import Envelope
from shared.clock import ManualClock
from shared.database import Database
from tests.messaging.example import NOON


def _envelope(event_id: str = "event-1", *, seq: int = 1, source: str = "counting") -> Envelope:
    return Envelope(
        id=event_id, type="counting.counter.raised", v=1, source=source, subject="a", seq=seq,
        occurred_at=NOON, correlation_id="a", data={},
    )  # fmt: skip


async def _claim(database: Database, subscription: str, envelope: Envelope) -> bool:
    async with database.transaction() as session:
        return await inbox.claim(session, subscription, envelope, at=NOON)


async def test_an_event_is_claimed_once_per_subscription(database: Database) -> None:
    assert await _claim(database, "reading-one", _envelope())
    assert not await _claim(database, "reading-one", _envelope())
    assert await _claim(database, "reading-two", _envelope())
    assert await _claim(database, "reading-one", _envelope("event-2"))


class Broken(Exception):
    pass


async def _claim_and_fail(database: Database) -> None:
    async with database.transaction() as session:
        assert await inbox.claim(session, "reading-one", _envelope(), at=NOON)
        raise Broken


async def test_a_claim_that_is_rolled_back_was_none(database: Database) -> None:
    with pytest.raises(Broken):
        await _claim_and_fail(database)

    assert await _claim(database, "reading-one", _envelope())


async def test_of_two_claims_at_once_one_succeeds(database: Database) -> None:
    claims = await asyncio.gather(*[_claim(database, "reading-one", _envelope()) for _ in range(5)])

    assert sorted(claims) == [False, False, False, False, True]


async def test_a_cursor_only_goes_forward(database: Database) -> None:
    async def advance(subscription: str, envelope: Envelope) -> bool:
        async with database.transaction() as session:
            return await inbox.advance(session, subscription, envelope)

    assert await advance("reading-one", _envelope(seq=2))
    assert not await advance("reading-one", _envelope(seq=2))
    assert not await advance("reading-one", _envelope(seq=1))
    assert await advance("reading-one", _envelope(seq=5))
    assert not await advance("reading-one", _envelope(seq=4))
    # Each source counts for itself, and so does each subscription.
    assert await advance("reading-one", _envelope(seq=1, source="elsewhere"))
    assert await advance("reading-two", _envelope(seq=1))


async def test_pruning_forgets_what_is_old(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        await inbox.claim(session, "reading-one", _envelope("old"), at=clock.now())
        clock.advance(timedelta(days=2))
        await inbox.claim(session, "reading-one", _envelope("new"), at=clock.now())

    async with database.transaction() as session:
        forgotten = await inbox.prune(session, handled_before=clock.now() - timedelta(days=1))

    assert forgotten == 1
    assert await _claim(database, "reading-one", _envelope("old"))
    assert not await _claim(database, "reading-one", _envelope("new"))
