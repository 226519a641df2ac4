"""Pipelines as data: published as versions that never change, one of them active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.identifiers import new_id
from subgraphs.matching.errors import PipelineNotFound
from subgraphs.matching.models import PipelineVersion
from subgraphs.matching.pipeline import StepConfig, parse_pipeline
from subgraphs.matching.repository import MatchingRepository


@dataclass(frozen=True, slots=True)
class PipelineService:
    """Publishes and activates pipelines."""

    session: AsyncSession
    clock: Clock

    async def publish(self, steps: Sequence[StepConfig], *, by: str) -> PipelineVersion:
        """Add a version. Nothing uses it until it is activated.

        Raises:
            PipelineInvalid: the steps make no pipeline.
        """
        parse_pipeline(steps)
        versions = await MatchingRepository(self.session).lock_pipelines()
        published = PipelineVersion(
            version=1 + versions[0].version,
            id=new_id(),
            steps=[asdict(step) for step in steps],
            active=False,
            created_by=by,
            created_at=self.clock.now(),
        )
        self.session.add(published)
        await self.session.flush()
        return published

    async def activate(self, version: int, *, by: str) -> PipelineVersion:
        """Make new searches use this version; those under way keep theirs. Repeating it changes nothing.

        Raises:
            PipelineNotFound: no pipeline has this version.
            PipelineInvalid: its steps make no pipeline any more, since the code has changed.
        """
        repository = MatchingRepository(self.session)
        wanted = next(
            (row for row in await repository.lock_pipelines() if row.version == version), None
        )
        if wanted is None:
            raise PipelineNotFound(f"There is no pipeline version {version}.")
        if wanted.active:
            return wanted
        parse_pipeline(read_steps(wanted))
        await repository.deactivate_pipelines()
        wanted.active, wanted.activated_by, wanted.activated_at = True, by, self.clock.now()
        await self.session.flush()
        return wanted


def read_steps(row: PipelineVersion) -> tuple[StepConfig, ...]:
    """Return a version's steps as data."""
    return tuple(StepConfig(step["name"], step["config"]) for step in row.steps)
