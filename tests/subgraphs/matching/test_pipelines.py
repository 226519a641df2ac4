"""Pipelines as data, against a real database."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from subgraphs.matching.errors import PipelineInvalid, PipelineNotFound
from subgraphs.matching.pipeline import DEFAULT_STEPS, StepConfig
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.service import PipelineService, read_steps


async def test_the_first_version_is_the_default_pipeline(session: AsyncSession) -> None:
    first = await MatchingRepository(session).find_active_pipeline()

    assert (first.version, read_steps(first)) == (1, DEFAULT_STEPS)


async def test_a_published_version_waits_to_be_activated(
    session: AsyncSession, clock: ManualClock
) -> None:
    service, repository = PipelineService(session, clock), MatchingRepository(session)

    published = await service.publish(DEFAULT_STEPS, by="an admin")
    before = (await repository.find_active_pipeline()).version
    activated = await service.activate(published.version, by="another")
    await service.activate(published.version, by="a third")
    after = (await repository.find_active_pipeline()).version

    assert (published.version, before, after) == (2, 1, 2)
    assert (activated.activated_by, activated.activated_at) == ("another", clock.now())
    assert [row.version for row in await repository.list_pipelines()] == [2, 1]


async def test_an_older_version_can_be_taken_up_again(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = PipelineService(session, clock)
    await service.publish(DEFAULT_STEPS, by="an admin")
    await service.activate(2, by="an admin")

    await service.activate(1, by="an admin")

    assert (await MatchingRepository(session).find_active_pipeline()).version == 1


async def test_what_is_no_pipeline_is_neither_published_nor_activated(
    session: AsyncSession, clock: ManualClock
) -> None:
    service = PipelineService(session, clock)

    with pytest.raises(PipelineInvalid):
        await service.publish([StepConfig("pick", "{}")], by="an admin")
    with pytest.raises(PipelineNotFound):
        await service.activate(2, by="an admin")
    published = await service.publish(DEFAULT_STEPS, by="an admin")
    # A step that the code no longer has.
    published.steps = [{"name": "gone", "config": "{}"}, *published.steps]
    with pytest.raises(PipelineInvalid, match="gone"):
        await service.activate(2, by="an admin")
