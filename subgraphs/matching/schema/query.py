"""What may be read of matching, by role."""

from __future__ import annotations

from uuid import UUID

import strawberry

from shared.authorization import roles
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.matching.loaders import Info
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.service import DecisionService
from subgraphs.matching.states import PoolState

from .types import PipelineType, SearchStep, SearchType, WorkerType


@strawberry.type
class Query:
    """Root of what may be read."""

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def search(self, info: Info, id: strawberry.ID) -> SearchType | None:  # noqa: A002
        """One search."""
        return await SearchType.find(info, parse_id(id))

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def pool(
        self,
        info: Info,
        state: list[PoolState] | None = None,
        skill: strawberry.ID | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> list[WorkerType] | None:
        """Workers who can be found or could once, by id; ``after`` is the id of the last one seen."""
        async with info.context.reading() as session:
            found: list[UUID] = list(
                await MatchingRepository(session).list_pool(
                    states=state,
                    skill=None if skill is None else parse_id(skill),
                    now=info.context.clock.now(),
                    first=first,
                    after=after,
                )
            )
        return [WorkerType.of(worker_id) for worker_id in found]

    @strawberry.field(extensions=[roles(Role.MANAGER, Role.ADMIN)])
    async def pipelines(self, info: Info) -> list[PipelineType] | None:
        """Every version of the algorithm, newest first."""
        async with info.context.reading() as session:
            rows = await MatchingRepository(session).list_pipelines()
        return [PipelineType.from_row(row) for row in rows]

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def explain_match(
        self, info: Info, order_id: strawberry.ID, worker_id: strawberry.ID
    ) -> list[SearchStep] | None:
        """Why a worker was or was not found for an order: its newest search, run again on the pool as it is now."""
        async with info.context.reading() as session:
            explained = await DecisionService(session, info.context.clock).explain(
                parse_id(order_id), parse_id(worker_id)
            )
        return [SearchStep.from_explanation(step) for step in explained]
