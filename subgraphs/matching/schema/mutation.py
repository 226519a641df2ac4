"""What may be done to searches, pool and pipelines, by role. Each mutation is one command in one transaction."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared.authorization import roles, services
from shared.idempotency import run_once
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.matching.errors import PipelineNotFound
from subgraphs.matching.loaders import Info
from subgraphs.matching.pipeline import StepConfig
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.service import (
    PipelineService,
    PoolService,
    SearchService,
    parse_request,
)
from subgraphs.matching.states import PoolState, SearchState

from .types import PipelineType, SearchAck, WorkerType


@strawberry.input
class PipelineStepInput:
    """A step of a pipeline."""

    name: str
    config: str = strawberry.field(description="JSON; what it leaves out is at its default.")


@strawberry.type
class Mutation:
    """Root of what may be done."""

    @strawberry.federation.mutation(inaccessible=True, extensions=[services()])
    async def start_search(
        self, info: Info, order_id: strawberry.ID, search_id: strawberry.ID, request: str
    ) -> SearchAck:
        """Queue a search and answer at once. For services; repeating it starts nothing twice."""
        wanted = parse_request(request)
        async with info.context.transaction() as session:
            search = await SearchService(session, info.context.clock).accept(
                parse_id(search_id), order_id=parse_id(order_id), request=wanted
            )
            is_waiting = search.state is SearchState.ACCEPTED
            position = (
                await MatchingRepository(session).count_before(search) if is_waiting else None
            )
        info.context.queue.wake()
        return SearchAck(
            search_id=search_id,
            accepted=search.state is not SearchState.CANCELLED,
            position=position,
        )

    @strawberry.federation.mutation(inaccessible=True, extensions=[services()])
    async def cancel_search(self, info: Info, search_id: strawberry.ID) -> SearchAck:
        """Make sure that a search finds nobody; refused when it has found somebody. For services."""
        async with info.context.transaction() as session:
            await SearchService(session, info.context.clock).cancel(parse_id(search_id))
        return SearchAck(search_id=search_id, accepted=True, position=None)

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def publish_pipeline(
        self, info: Info, steps: list[PipelineStepInput], key: strawberry.ID
    ) -> PipelineType:
        """Add a version of the algorithm. Searches use it once it is activated."""
        actor = info.context.principal.subject
        configs = [StepConfig(step.name, step.config) for step in steps]
        async with info.context.transaction() as session:
            service = PipelineService(session, info.context.clock)

            async def publish() -> UUID:
                return (await service.publish(configs, by=actor)).id

            pipeline_id = await run_once(
                session,
                publish,
                actor=actor,
                mutation="publishPipeline",
                key=key,
                arguments={"steps": configs},
                now=info.context.clock.now(),
            )
            row = await MatchingRepository(session).find_pipeline_by_id(pipeline_id)
        if row is None:
            raise PipelineNotFound(f"Pipeline {pipeline_id} does not exist.")
        return PipelineType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.ADMIN)])
    async def activate_pipeline(self, info: Info, version: int) -> PipelineType:
        """Make searches accepted from now on use this version."""
        async with info.context.transaction() as session:
            row = await PipelineService(session, info.context.clock).activate(
                version, by=info.context.principal.subject
            )
        return PipelineType.from_row(row)

    @strawberry.mutation(extensions=[roles(Role.MANAGER)])
    async def set_pool_state(
        self, info: Info, worker_id: strawberry.ID, state: PoolState, reason: str
    ) -> WorkerType:
        """Pause a worker, or resume one: ACTIVE or PAUSED."""
        async with info.context.transaction() as session:
            member = await PoolService(session, info.context.clock).set_state(
                parse_id(worker_id),
                state,
                by=info.context.principal.subject,
                reason=reason,
            )
        return WorkerType.of(member.worker_id)
