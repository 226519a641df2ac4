"""Finding somebody: claim a search, run its pipeline, book the slot and tell, all or nothing.

Any number of instances do this at once. A claim is a lease: whoever loses theirs (a crash, a long pause) may not
decide, and the next one runs the same pipeline on the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.identifiers import derived_id
from subgraphs.matching.errors import PipelineNotFound, SearchNotFound, WorkerNotInPool
from subgraphs.matching.events import SearchExhausted, WorkerFound
from subgraphs.matching.models import Booking, Search
from subgraphs.matching.pipeline import (
    Candidate,
    Pipeline,
    PipelineResult,
    SearchRequest,
    Slot,
    StepTrace,
    parse_pipeline,
    run_pipeline,
)
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.results import Credit
from subgraphs.matching.states import ExhaustedReason, SearchState, advance

from .pipelines import read_steps

LEASE = timedelta(seconds=30)
JOBS = derived_id(NAMESPACE_URL, "https://mcf.local/jobs")
"""Namespace of job ids: one job per order, so everybody who knows the order knows the job."""

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
"""When to search again after the first, second, … search that found nobody; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to decide a search, for the length of the lease."""

    search_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class StepExplanation:
    """What a step did, and what became of one worker in it."""

    trace: StepTrace
    note: str


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decides searches."""

    session: AsyncSession
    clock: Clock
    retry_after: Sequence[timedelta] = RETRY_AFTER

    async def has_due(self) -> bool:
        """Whether a search waits for somebody to run it."""
        return await MatchingRepository(self.session).has_due(self.clock.now())

    async def claim_next(self) -> Claim | None:
        """Take the oldest search that nobody runs, if there is one."""
        now = self.clock.now()
        search = await MatchingRepository(self.session).lock_due(now)
        if search is None:
            return None
        search.state = advance(search.state, SearchState.RUNNING)
        search.lease_token, search.lease_until = str(uuid4()), now + LEASE
        return Claim(search.id, search.lease_token)

    async def decide(self, claim: Claim) -> Search | None:
        """Find somebody for a claimed search, or nobody; return ``None`` when the claim is no longer good."""
        repository = MatchingRepository(self.session)
        search = await repository.lock_search(claim.search_id)
        if search is None or search.lease_token != claim.token:
            return None
        pipeline = await self._load_pipeline(search)
        request = await self._read_request(search)
        taken: set[UUID] = set()
        while True:
            pool = await repository.load_candidates(
                client_id=search.client_id, starts_at=search.starts_at
            )
            result = run_pipeline(
                pipeline, request, (each for each in pool if each.worker_id not in taken)
            )
            if result.chosen is None:
                return self._exhaust(search, request, pool, result)
            slot = result.chosen.slot or Slot.of(search.starts_at, pipeline.slot_length)
            if await repository.lock_if_free(result.chosen.worker_id, slot):
                return await self._assign(search, len(pool), result, result.chosen, slot)
            # Another search booked them since we read the pool, or the step that checks was skipped.
            taken.add(result.chosen.worker_id)

    async def explain(self, order_id: UUID, worker_id: UUID) -> list[StepExplanation]:
        """Run the order's newest search again, booking nothing, and tell what becomes of one worker.

        Goes by what the pool knows now, the order's own booking left aside.

        Raises:
            SearchNotFound: the order was never searched for.
            WorkerNotInPool: the worker is not active in the pool.
        """
        repository = MatchingRepository(self.session)
        searches = (await repository.find_searches_of([order_id]))[order_id]
        if not searches:
            raise SearchNotFound(f"Order {order_id} was never searched for.")
        search = searches[-1]
        pool = await repository.load_candidates(
            client_id=search.client_id, starts_at=search.starts_at, ignoring_order=order_id
        )
        if all(each.worker_id != worker_id for each in pool):
            raise WorkerNotInPool(f"Worker {worker_id} is not active in the pool.")
        result = run_pipeline(
            await self._load_pipeline(search), await self._read_request(search), pool
        )
        return _explain(result, worker_id)

    async def _load_pipeline(self, search: Search) -> Pipeline:
        row = await MatchingRepository(self.session).find_pipeline(search.pipeline_version)
        if row is None:
            raise PipelineNotFound(f"There is no pipeline version {search.pipeline_version}.")
        return parse_pipeline(read_steps(row))

    async def _read_request(self, search: Search) -> SearchRequest:
        service = await MatchingRepository(self.session).find_service_type(search.service_type_id)
        return SearchRequest(
            search_id=search.id,
            client_id=search.client_id,
            service_type_id=search.service_type_id,
            service_code=None if service is None else service.code,
            starts_at=search.starts_at,
            excluded=frozenset(UUID(worker_id) for worker_id in search.excluded),
        )

    async def _assign(
        self,
        search: Search,
        pool_size: int,
        result: PipelineResult,
        chosen: Candidate,
        slot: Slot,
    ) -> Search:
        self._end(search, SearchState.FOUND, pool_size, result)
        search.worker_id, search.score_bps = chosen.worker_id, chosen.score_bps
        self.session.add(
            Booking(
                order_id=search.order_id,
                search_id=search.id,
                job_id=derived_id(JOBS, search.order_id),
                worker_id=chosen.worker_id,
                client_id=search.client_id,
                service_type_id=search.service_type_id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                credit=Credit.NONE,
            )
        )
        found = WorkerFound(
            search_id=search.id,
            order_id=search.order_id,
            client_id=search.client_id,
            worker_id=chosen.worker_id,
            service_type_id=search.service_type_id,
            starts_at=slot.starts_at,
            place=search.place,
            brief=search.brief,
            price_minor=str(search.price_minor),
            score_bps=chosen.score_bps,
            pipeline_version=search.pipeline_version,
            attempt=search.attempt,
            occurred_at=self.clock.now(),
        )
        outbox.record(self.session, found)
        await self.session.flush()
        return search

    def _exhaust(
        self,
        search: Search,
        request: SearchRequest,
        pool: Sequence[Candidate],
        result: PipelineResult,
    ) -> Search:
        now = self.clock.now()
        self._end(search, SearchState.EXHAUSTED, len(pool), result)
        search.exhausted_reason = _reason(request, pool)
        wait = self.retry_after[min(search.attempt, len(self.retry_after)) - 1]
        exhausted = SearchExhausted(
            search_id=search.id,
            order_id=search.order_id,
            attempt=search.attempt,
            pool_size=len(pool),
            reason=search.exhausted_reason,
            retry_at=now + wait,
            occurred_at=now,
        )
        outbox.record(self.session, exhausted)
        return search

    def _end(
        self, search: Search, state: SearchState, pool_size: int, result: PipelineResult
    ) -> None:
        search.state = advance(search.state, state)
        search.lease_token = search.lease_until = None
        search.pool_size = pool_size
        search.steps = [asdict(step) for step in result.trace]
        search.decided_at = self.clock.now()


def _reason(request: SearchRequest, pool: Sequence[Candidate]) -> ExhaustedReason:
    if not pool:
        return ExhaustedReason.EMPTY_POOL
    if all(each.worker_id in request.excluded for each in pool):
        return ExhaustedReason.ALL_EXCLUDED
    return ExhaustedReason.NOBODY_FREE


def _explain(result: PipelineResult, worker_id: UUID) -> list[StepExplanation]:
    explained: list[StepExplanation] = []
    was_in = True
    for run in result.runs:
        # A rung begins with everybody again.
        was_in = was_in or run.trace.name == result.runs[0].trace.name
        found = next((each for each in run.left if each.worker_id == worker_id), None)
        dropped = "dropped here" if was_in else "dropped before"
        note = dropped if found is None else f"kept, score {found.score_bps}"
        was_in = found is not None
        explained.append(StepExplanation(run.trace, note))
    return explained
