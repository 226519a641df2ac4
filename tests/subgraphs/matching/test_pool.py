"""Who can be found, against a real database."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.errors import ValidationFailed
from subgraphs.matching.errors import IllegalTransition, StateNotForPeople, WorkerNotInPool
from subgraphs.matching.models import PoolMember
from subgraphs.matching.pipeline import Trait
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.results import Credit
from subgraphs.matching.service import PoolService
from subgraphs.matching.states import Outcome, PoolState, SearchState, Verdict

from .builders import a_request, hire, search_for

DAY = timedelta(days=1)


async def find_member(session: AsyncSession, worker_id: UUID) -> PoolMember:
    member = await session.get(PoolMember, worker_id)
    assert member is not None
    return member


async def test_a_hired_worker_is_active_with_their_traits_and_skills(
    session: AsyncSession, clock: ManualClock
) -> None:
    skill = uuid4()
    worker_id = await hire(session, clock, skills=[skill], strengths=[Trait("tidy", 90)])

    member = await find_member(session, worker_id)

    assert (member.state, member.joined_at) == (PoolState.ACTIVE, clock.now())
    assert member.strengths == [{"code": "tidy", "weight": 90}]
    assert await MatchingRepository(session).find_skills([worker_id]) == {worker_id: [skill]}


async def test_hearing_of_a_hiring_again_changes_nothing_but_what_it_says(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    pool = PoolService(session, clock)
    await pool.set_state(worker_id, PoolState.PAUSED, by="m", reason="on holiday")
    other_skill = uuid4()

    await hire(session, clock, worker_id=worker_id, skills=[other_skill])

    assert (await find_member(session, worker_id)).state is PoolState.PAUSED
    assert await MatchingRepository(session).find_skills([worker_id]) == {worker_id: [other_skill]}


@pytest.mark.parametrize("order", list(permutations(("hired", "dismissed"))))
async def test_a_dismissal_outlives_an_older_hiring_in_whatever_order_they_come(
    session: AsyncSession, clock: ManualClock, order: tuple[str, ...]
) -> None:
    worker_id, hired_at = uuid4(), clock.now()
    pool = PoolService(session, clock)
    for news in order:
        if news == "hired":
            await hire(session, ManualClock(hired_at), worker_id=worker_id)
        else:
            await pool.dismiss(worker_id, reason="gone", at=hired_at + DAY)

    assert (await find_member(session, worker_id)).state is PoolState.REMOVED
    assert (await search_for(session, clock)).state is SearchState.EXHAUSTED


@pytest.mark.parametrize("order", list(permutations(("hired", "dismissed", "hired again"))))
async def test_who_is_hired_again_can_be_found_again_in_whatever_order_the_news_come(
    session: AsyncSession, clock: ManualClock, order: tuple[str, ...]
) -> None:
    worker_id, start = uuid4(), clock.now()
    days = {"hired": 0, "dismissed": 1, "hired again": 2}
    for news in order:
        at = start + days[news] * DAY
        if news == "dismissed":
            await PoolService(session, clock).dismiss(worker_id, reason="gone", at=at)
        else:
            await hire(session, ManualClock(at), worker_id=worker_id)

    assert (await find_member(session, worker_id)).state is PoolState.ACTIVE


async def test_a_dismissal_is_noted_once(session: AsyncSession, clock: ManualClock) -> None:
    worker_id = await hire(session, clock)
    pool = PoolService(session, clock)

    await pool.dismiss(worker_id, reason="first", at=clock.now() + DAY)
    await pool.dismiss(worker_id, reason="again", at=clock.now() + DAY)

    assert (await find_member(session, worker_id)).state_reason == "first"


async def test_a_manager_pauses_and_resumes_a_worker(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    pool = PoolService(session, clock)

    paused = await pool.set_state(worker_id, PoolState.PAUSED, by="m1", reason="on holiday")
    seen = [paused.state]
    again = await pool.set_state(worker_id, PoolState.PAUSED, by="m2", reason="still away")
    seen.append(again.state)
    resumed = await pool.set_state(worker_id, PoolState.ACTIVE, by="m1", reason="back")
    seen.append(resumed.state)

    assert seen == [PoolState.PAUSED, PoolState.PAUSED, PoolState.ACTIVE]
    assert (resumed.state_by, resumed.state_reason) == ("m1", "back")


async def test_people_neither_make_workers_busy_nor_remove_them_nor_bring_them_back(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id = await hire(session, clock)
    pool = PoolService(session, clock)

    for state in (PoolState.BUSY, PoolState.REMOVED):
        with pytest.raises(StateNotForPeople):
            await pool.set_state(worker_id, state, by="m", reason="because")
    with pytest.raises(ValidationFailed):
        await pool.set_state(worker_id, PoolState.PAUSED, by="m", reason=" ")
    with pytest.raises(WorkerNotInPool):
        await pool.set_state(uuid4(), PoolState.PAUSED, by="m", reason="because")
    await pool.dismiss(worker_id, reason="gone", at=clock.now() + DAY)
    with pytest.raises(IllegalTransition):
        await pool.set_state(worker_id, PoolState.PAUSED, by="m", reason="because")


@pytest.mark.parametrize(
    ("outcome", "done", "failed"),
    [(Outcome.DONE, 1, 0), (Outcome.FAILED, 0, 1), (Outcome.CANCELLED, 0, 0)],
)
async def test_a_job_that_has_ended_frees_its_slot_and_counts_once(
    session: AsyncSession, clock: ManualClock, outcome: Outcome, done: int, failed: int
) -> None:
    worker_id = await hire(session, clock)
    search = await search_for(session, clock)
    pool = PoolService(session, clock)

    await pool.finish_job(search.order_id, outcome)
    await pool.finish_job(search.order_id, outcome)
    again = await search_for(session, clock)

    member = await find_member(session, worker_id)
    assert (member.done, member.failed) == (done, failed)
    assert again.worker_id == worker_id


async def test_the_end_of_a_job_nobody_booked_is_nothing_to_us(
    session: AsyncSession, clock: ManualClock
) -> None:
    await PoolService(session, clock).finish_job(uuid4(), Outcome.DONE)
    await PoolService(session, clock).judge_job(uuid4(), Verdict.WORKER_FAULT)


@pytest.mark.parametrize("verdict_first", [False, True])
@pytest.mark.parametrize(
    ("outcome", "verdict", "counts"),
    [
        (Outcome.FAILED, Verdict.SUPPLY_FAULT, (0, 0)),
        (Outcome.FAILED, Verdict.WORKER_FAULT, (0, 1)),
        (Outcome.DONE, Verdict.WORKER_FAULT, (0, 1)),
        (Outcome.DONE, Verdict.NO_FAULT, (1, 0)),
    ],
)
async def test_quality_control_decides_how_a_job_counts_whichever_comes_first(
    session: AsyncSession,
    clock: ManualClock,
    *,
    verdict_first: bool,
    outcome: Outcome,
    verdict: Verdict,
    counts: tuple[int, int],
) -> None:
    worker_id = await hire(session, clock)
    search = await search_for(session, clock)
    pool = PoolService(session, clock)

    if verdict_first:
        await pool.judge_job(search.order_id, verdict)
        await pool.finish_job(search.order_id, outcome)
    else:
        await pool.finish_job(search.order_id, outcome)
        await pool.judge_job(search.order_id, verdict)

    member = await find_member(session, worker_id)
    assert (member.done, member.failed) == counts


async def test_a_verdict_may_be_revised(session: AsyncSession, clock: ManualClock) -> None:
    worker_id = await hire(session, clock)
    search = await search_for(session, clock)
    pool = PoolService(session, clock)
    await pool.finish_job(search.order_id, Outcome.FAILED)

    counts = []
    for verdict in (Verdict.CLIENT_FAULT, Verdict.WORKER_FAULT, Verdict.SYSTEM_FAULT):
        await pool.judge_job(search.order_id, verdict)
        counts.append((await find_member(session, worker_id)).failed)

    assert counts == [0, 1, 0]


async def test_the_clients_own_experience_is_known_to_the_next_search(
    session: AsyncSession, clock: ManualClock
) -> None:
    worker_id, client_id = await hire(session, clock), uuid4()
    search = await search_for(session, clock, a_request(clock, client_id=client_id))
    await PoolService(session, clock).finish_job(search.order_id, Outcome.DONE)
    repository = MatchingRepository(session)

    [own] = await repository.load_candidates(client_id=client_id, starts_at=search.starts_at)
    [other] = await repository.load_candidates(client_id=uuid4(), starts_at=search.starts_at)

    assert (own.worker_id, own.done, own.done_for_client) == (worker_id, 1, 1)
    assert (other.done, other.done_for_client) == (1, 0)
    booking = await repository.lock_booking(search.order_id)
    assert booking is not None
    assert booking.credit is Credit.DONE


async def test_a_service_is_known_by_the_code_of_its_newest_version(
    session: AsyncSession, clock: ManualClock
) -> None:
    pool, service_type_id = PoolService(session, clock), uuid4()

    await pool.put_service_type(service_type_id, code="CLEAN", version=2, active=True)
    await pool.put_service_type(service_type_id, code="OLD", version=1, active=True)

    known = await MatchingRepository(session).find_service_type(service_type_id)
    assert known is not None
    assert (known.code, known.version) == ("CLEAN", 2)


async def test_the_pool_is_listed_by_state_skill_and_page(
    session: AsyncSession, clock: ManualClock
) -> None:
    skill = uuid4()
    workers = sorted([await hire(session, clock, skills=[skill]) for _ in range(3)])
    paused = await hire(session, clock)
    await PoolService(session, clock).set_state(
        paused, PoolState.PAUSED, by="m", reason="on holiday"
    )
    search = await search_for(
        session, clock, a_request(clock, starts_in=timedelta(0), service_type_id=skill)
    )
    busy = search.worker_id
    assert busy is not None

    async def names(
        *states: PoolState, skill: UUID | None = None, first: int = 50, after: UUID | None = None
    ) -> list[UUID]:
        found = await MatchingRepository(session).list_pool(
            states=states or None,
            skill=skill,
            now=clock.now(),
            first=first,
            after=None if after is None else str(after),
        )
        return list(found)

    assert await names() == sorted([*workers, paused])
    assert await names(PoolState.BUSY) == [busy]
    assert await names(PoolState.ACTIVE) == [each for each in workers if each != busy]
    assert await names(PoolState.PAUSED, PoolState.BUSY) == sorted([paused, busy])
    assert await names(skill=skill, first=2) == workers[:2]
    assert await names(skill=skill, first=2, after=workers[1]) == workers[2:]
    clock.advance(timedelta(hours=2))
    assert await names(PoolState.BUSY) == []
    for first in (0, 201):
        with pytest.raises(ValidationFailed):
            await names(first=first)
