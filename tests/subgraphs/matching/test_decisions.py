"""Finding somebody: claims, bookings and events, against a real database."""

from __future__ import annotations

from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.matching.errors import SearchNotFound, WorkerNotInPool
from subgraphs.matching.models import Booking
from subgraphs.matching.pipeline import DEFAULT_STEPS, StepConfig
from subgraphs.matching.results import Credit
from subgraphs.matching.service import (
    DecisionService,
    PipelineService,
    PoolService,
    SearchService,
)
from subgraphs.matching.states import ExhaustedReason, PoolState, SearchState
from tests.support.transactions import dying_transaction

from .builders import (
    CLEANING,
    a_request,
    accept,
    decide,
    hire,
    recorded,
    search_for,
)


async def test_the_worker_is_booked_and_told_of_in_one_transaction(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    request = a_request(clock)

    search = await search_for(session, clock, request)

    assert (search.state, search.worker_id, search.pool_size) == (SearchState.FOUND, worker_id, 1)
    booking = (await session.scalars(select(Booking))).one()
    assert (booking.worker_id, booking.order_id) == (worker_id, search.order_id)
    assert booking.job_id == uuid5(
        uuid5(NAMESPACE_URL, "https://mcf.local/jobs"), str(search.order_id)
    )
    assert (booking.starts_at, booking.ends_at) == (
        request.starts_at,
        request.starts_at + timedelta(hours=2),
    )
    assert await recorded(session) == [
        (
            "matching.worker-found.v1",
            {
                "searchId": str(search.id),
                "orderId": str(search.order_id),
                "clientId": str(request.client_id),
                "workerId": str(worker_id),
                "serviceTypeId": str(CLEANING),
                "startsAt": "2030-01-07T13:00:00.000000Z",
                "place": "Under the stairs",
                "brief": "Two rooms",
                "priceMinor": "10000",
                "scoreBps": search.score_bps,
                "pipelineVersion": 1,
                "attempt": 1,
            },
        )
    ]


async def test_a_decision_that_is_rolled_back_leaves_no_event_and_no_booking(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        await hire(session, clock)
        await accept(session, clock)
    async with dying_transaction(database) as session:
        await decide(session, clock)

    async with database.transaction() as session:
        assert await recorded(session) == []
        assert (await session.scalars(select(Booking))).all() == []
        assert (await decide(session, clock)).state is SearchState.FOUND


@pytest.mark.parametrize(
    ("attempt", "wait"),
    [(1, 1), (2, 2), (3, 5), (4, 15), (9, 15)],
)
async def test_a_search_in_vain_says_when_to_try_again(
    session: AsyncSession, clock: ManualClock, attempt: int, wait: int
) -> None:
    search = await search_for(session, clock, a_request(clock, attempt=attempt))

    [(subject, data)] = await recorded(session)
    assert subject == "matching.search.exhausted.v1"
    assert data == {
        "searchId": str(search.id),
        "orderId": str(search.order_id),
        "attempt": attempt,
        "poolSize": 0,
        "reason": "EMPTY_POOL",
        "retryAt": f"2030-01-07T09:{wait:02}:00.000000Z",
    }


async def test_why_nobody_was_found_is_told(session: AsyncSession, clock: ManualClock) -> None:
    empty = await search_for(session, clock)
    worker_id = await hire(session, clock)
    excluded = await search_for(session, clock, a_request(clock, excluded=[worker_id]))
    await search_for(session, clock)
    booked = await search_for(session, clock)

    assert [s.exhausted_reason for s in (empty, excluded, booked)] == [
        ExhaustedReason.EMPTY_POOL,
        ExhaustedReason.ALL_EXCLUDED,
        ExhaustedReason.NOBODY_FREE,
    ]


async def test_a_worker_who_is_paused_is_not_found(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    await PoolService(session, clock).set_state(
        worker_id, PoolState.PAUSED, by="a manager", reason="on holiday"
    )

    assert (await search_for(session, clock)).exhausted_reason is ExhaustedReason.EMPTY_POOL


async def test_a_repeated_order_goes_to_somebody_else(
    session: AsyncSession, clock: ManualClock
) -> None:
    workers = {await hire(session, clock), await hire(session, clock)}
    first = await search_for(session, clock)
    assert first.worker_id is not None

    again = await search_for(
        session,
        clock,
        a_request(clock, starts_in=timedelta(hours=9), excluded=[first.worker_id]),
    )

    assert {again.worker_id} == workers - {first.worker_id}


async def test_a_worker_can_be_booked_from_one_slot_to_the_next(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)

    searches = [
        await search_for(session, clock, a_request(clock, starts_in=timedelta(hours=hours)))
        for hours in (4, 6, 2)
    ]
    between = await search_for(session, clock, a_request(clock, starts_in=timedelta(hours=5)))

    assert [search.worker_id for search in searches] == [worker_id] * 3
    assert between.state is SearchState.EXHAUSTED


async def test_a_search_is_claimed_by_one_runner_only(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await accept(session, clock)
    decisions = DecisionService(session, clock)

    assert await decisions.claim_next() is not None
    assert search.state is SearchState.RUNNING
    assert await decisions.claim_next() is None


async def test_a_runner_that_died_is_replaced_after_its_lease_with_the_same_result(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        for _ in range(5):
            await hire(session, clock)
        search = await accept(session, clock)
        abandoned = await DecisionService(session, clock).claim_next()
        assert abandoned is not None
    async with dying_transaction(database) as session:
        would_be = await DecisionService(session, clock).decide(abandoned)
        assert would_be is not None
        first_choice = would_be.worker_id

    clock.advance(timedelta(seconds=29))
    async with database.transaction() as session:
        assert await DecisionService(session, clock).claim_next() is None
    clock.advance(timedelta(seconds=1))
    async with database.transaction() as session:
        found = await decide(session, clock)
        too_late = await DecisionService(session, clock).decide(abandoned)

    assert (found.id, found.state, found.worker_id) == (
        search.id,
        SearchState.FOUND,
        first_choice,
    )
    assert too_late is None


async def test_a_slow_runner_whose_lease_went_to_another_decides_nothing(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    await accept(session, clock)
    decisions = DecisionService(session, clock)
    slow = await decisions.claim_next()
    clock.advance(timedelta(seconds=31))
    quick = await decisions.claim_next()
    assert slow is not None
    assert quick is not None

    assert await decisions.decide(slow) is None
    assert await decisions.decide(quick) is not None
    assert len(await recorded(session)) == 1


async def test_a_search_keeps_the_pipeline_it_was_accepted_with(
    session: AsyncSession, clock: ManualClock
) -> None:
    await hire(session, clock)
    search = await accept(session, clock)
    pipelines = PipelineService(session, clock)
    steps = [
        StepConfig(step.name, '{"slotMinutes": 60}' if step.name == "free" else step.config)
        for step in DEFAULT_STEPS
    ]
    await pipelines.publish(steps, by="an admin")
    await pipelines.activate(2, by="an admin")

    old = await decide(session, clock)
    new = await search_for(session, clock, a_request(clock, starts_in=timedelta(hours=9)))

    bookings = {b.search_id: b for b in await session.scalars(select(Booking))}
    assert (search.pipeline_version, new.pipeline_version) == (1, 2)
    assert bookings[old.id].ends_at - bookings[old.id].starts_at == timedelta(hours=2)
    assert bookings[new.id].ends_at - bookings[new.id].starts_at == timedelta(hours=1)


async def test_the_trace_of_the_run_is_kept(session: AsyncSession, clock: ManualClock) -> None:
    for skills in ([CLEANING], [uuid4()], []):
        await hire(session, clock, skills=skills)

    search = await search_for(session, clock)

    assert [(s["name"], s["candidates_in"], s["candidates_out"]) for s in search.steps] == [
        ("eligible", 3, 1),
        ("free", 1, 1),
        ("exclude", 1, 1),
        ("score", 1, 1),
        ("pick", 1, 1),
    ]


async def test_why_a_worker_was_not_found_can_be_asked_afterwards(
    session: AsyncSession, clock: ManualClock
) -> None:
    skilled, unskilled = await hire(session, clock), await hire(session, clock, skills=[])
    search = await search_for(session, clock)
    decisions = DecisionService(session, clock)

    chosen = await decisions.explain(search.order_id, skilled)
    passed_over = await decisions.explain(search.order_id, unskilled)

    assert search.worker_id == skilled
    assert [step.note for step in chosen] == [
        "kept, score 0",
        "kept, score 0",
        "kept, score 0",
        f"kept, score {search.score_bps}",
        f"kept, score {search.score_bps}",
    ]
    assert [step.note for step in passed_over] == ["dropped here", *["dropped before"] * 4]


async def test_an_explanation_follows_every_rung_of_the_ladder(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock, skills=[])
    search = await search_for(session, clock)

    steps = await DecisionService(session, clock).explain(search.order_id, worker_id)

    assert [s.note for s in steps if s.trace.name == "eligible"] == [
        *["dropped here"] * 3,
        "kept, score 0",
    ]


async def test_only_what_was_searched_for_can_be_explained(
    session: AsyncSession, clock: ManualClock
) -> None:
    search = await search_for(session, clock)
    decisions = DecisionService(session, clock)

    with pytest.raises(SearchNotFound):
        await decisions.explain(uuid4(), uuid4())
    with pytest.raises(WorkerNotInPool):
        await decisions.explain(search.order_id, uuid4())


async def _book_by_hand(session: AsyncSession, clock: ManualClock, worker_id: UUID) -> Booking:
    """Book without asking whether the worker is free."""
    search = await accept(session, clock)
    booking = Booking(
        order_id=search.order_id,
        search_id=search.id,
        job_id=uuid4(),
        worker_id=worker_id,
        client_id=search.client_id,
        service_type_id=search.service_type_id,
        starts_at=search.starts_at + timedelta(hours=1),
        ends_at=search.starts_at + timedelta(hours=3),
        credit=Credit.NONE,
    )
    session.add(booking)
    await session.flush()
    return booking


async def test_the_database_itself_refuses_to_book_a_worker_twice(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        worker_id = await hire(session, clock)
        first = await search_for(session, clock)

    with pytest.raises(IntegrityError, match="ex_bookings_worker_overlap"):
        async with any_database.transaction() as session:
            await _book_by_hand(session, clock, worker_id)

    async with any_database.transaction() as session:
        await SearchService(session, clock).cancel_order(first.order_id)
    async with any_database.transaction() as session:
        await _book_by_hand(session, clock, worker_id)
    async with dying_transaction(any_database) as session:
        released = await session.get_one(Booking, first.order_id)
        released.released_at = None
        with pytest.raises(IntegrityError, match="ex_bookings_worker_overlap"):
            await session.flush()
