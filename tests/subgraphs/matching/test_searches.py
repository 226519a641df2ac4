"""Searches asked for and called off, against a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from subgraphs.matching.errors import (
    IllegalTransition,
    RequestInvalid,
    SearchActive,
    SearchMismatch,
    SearchNotFound,
)
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.service import DecisionService, SearchService, parse_request
from subgraphs.matching.states import SearchState

from .builders import a_request, accept, as_json, decide, hire, recorded, search_for


async def test_a_request_as_orders_sends_it_is_understood(clock: ManualClock) -> None:
    request = a_request(clock, excluded=[uuid4()], attempt=2)

    assert parse_request(as_json(request)) == request


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "{",
        lambda text: "[]",
        lambda text: text.replace('"clientId"', '"client"'),
        lambda text: text.replace('"attempt": 1', '"attempt": 0'),
        lambda text: text.replace('"10000"', '"-1"'),
        lambda text: text.replace('"10000"', '"ten"'),
        lambda text: text.replace('"10000"', f'"{2**63}"'),
        lambda text: text.replace("Two rooms", "x" * 20_000),
    ],
)
async def test_any_other_request_is_refused(
    clock: ManualClock, change: Callable[[str], str]
) -> None:
    with pytest.raises(RequestInvalid):
        parse_request(change(as_json(a_request(clock))))


async def test_a_search_is_queued_with_the_pipeline_that_is_active(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await accept(session, clock)

    assert (search.state, search.pipeline_version) == (SearchState.ACCEPTED, 1)
    assert await recorded(session) == []


async def test_repeating_a_request_starts_nothing_twice(
    session: AsyncSession, clock: ManualClock
) -> None:
    order_id, request = uuid4(), a_request(clock)

    first = await accept(session, clock, request, order_id=order_id)
    again = await accept(session, clock, request, order_id=order_id)

    assert again is first


async def test_a_search_id_stands_for_one_order_and_attempt(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await accept(session, clock)
    service = SearchService(session, clock)

    with pytest.raises(SearchMismatch):
        await service.accept(search.id, order_id=uuid4(), request=a_request(clock))
    with pytest.raises(SearchMismatch):
        await service.accept(
            search.id, order_id=search.order_id, request=a_request(clock, attempt=2)
        )


@pytest.mark.parametrize("is_decided", [False, True])
async def test_an_order_is_searched_for_once_at_a_time(
    session: AsyncSession, clock: ManualClock, is_decided: bool
) -> None:
    await hire(session, clock)
    search = await accept(session, clock)
    if is_decided:
        await decide(session, clock)

    with pytest.raises(SearchActive):
        await accept(session, clock, a_request(clock, attempt=2), order_id=search.order_id)


async def test_after_a_search_in_vain_the_next_attempt_is_a_search_of_its_own(
    session: AsyncSession, clock: ManualClock
) -> None:
    in_vain = await search_for(session, clock)
    await hire(session, clock)

    found = await search_for(session, clock, a_request(clock, attempt=2), order_id=in_vain.order_id)

    assert (in_vain.state, found.state) == (SearchState.EXHAUSTED, SearchState.FOUND)


async def test_searches_wait_in_the_order_they_came(
    session: AsyncSession, clock: ManualClock
) -> None:
    repository = MatchingRepository(session)
    first = await accept(session, clock)
    clock.advance(timedelta(seconds=1))
    second = await accept(session, clock)

    assert [await repository.count_before(s) for s in (first, second)] == [0, 1]
    assert (await decide(session, clock)).id == first.id
    assert await repository.count_before(second) == 0


async def test_a_search_is_called_off_once_and_finds_nobody(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    search = await accept(session, clock)
    service = SearchService(session, clock)

    await service.cancel(search.id)
    await service.cancel(search.id)

    assert search.state is SearchState.CANCELLED
    assert await DecisionService(session, clock).claim_next() is None
    assert await recorded(session) == []


async def test_a_search_that_found_nobody_is_over_as_it_is(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await search_for(session, clock)

    await SearchService(session, clock).cancel(search.id)

    assert search.state is SearchState.EXHAUSTED


async def test_a_search_that_found_somebody_cannot_be_called_off(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    search = await search_for(session, clock)

    with pytest.raises(IllegalTransition, match="FOUND cannot become CANCELLED"):
        await SearchService(session, clock).cancel(search.id)
    with pytest.raises(SearchNotFound):
        await SearchService(session, clock).cancel(uuid4())


async def test_a_run_under_way_decides_nothing_once_its_order_is_cancelled(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    search = await accept(session, clock)
    decisions = DecisionService(session, clock)
    claim = await decisions.claim_next()
    assert claim is not None
    await SearchService(session, clock).cancel_order(search.order_id)

    assert await decisions.decide(claim) is None
    assert search.state is SearchState.CANCELLED
    assert await recorded(session) == []


async def test_a_cancelled_order_frees_the_slot_that_was_booked_for_it(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    search = await search_for(session, clock)

    await SearchService(session, clock).cancel_order(search.order_id)
    again = await search_for(session, clock)

    assert search.state is SearchState.FOUND
    assert again.worker_id == worker_id


async def test_a_search_whose_order_was_cancelled_before_is_born_cancelled(
    session: AsyncSession, clock: ManualClock
) -> None:
    order_id = uuid4()
    await SearchService(session, clock).cancel_order(order_id)

    search = await accept(session, clock, order_id=order_id)

    assert search.state is SearchState.CANCELLED
    assert await DecisionService(session, clock).claim_next() is None
