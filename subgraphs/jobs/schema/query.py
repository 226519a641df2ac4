"""What may be read of jobs, by role."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import strawberry

from shared.authorization import roles
from shared.errors import ValidationFailed
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.jobs.loaders import Info
from subgraphs.jobs.repository import JobRepository, JobSearch
from subgraphs.jobs.states import JobState, Outcome

from .types import JobPage, JobType

SAMPLED_FOR = timedelta(days=7)
MAX_SAMPLE = 100


@strawberry.input
class JobFilter:
    """Which jobs to list; what is left out does not matter. Ends of intervals do not belong to them."""

    state: list[JobState] | None = None
    worker_id: strawberry.ID | None = None
    outcome: Outcome | None = None
    finished_from: datetime | None = None
    finished_to: datetime | None = None
    starts_to: datetime | None = None

    def to_search(self) -> JobSearch:
        """Return the conditions as the repository takes them."""
        return JobSearch(
            states=self.state,
            worker_id=None if self.worker_id is None else parse_id(self.worker_id),
            outcome=self.outcome,
            finished_from=self.finished_from,
            finished_to=self.finished_to,
            starts_to=self.starts_to,
        )


@strawberry.type
class Query:
    """Root of what may be read."""

    @strawberry.field(extensions=[roles(Role.WORKER, Role.MANAGER, Role.QUALITY)])
    async def job(self, info: Info, id: strawberry.ID) -> JobType | None:  # noqa: A002
        """One job; a worker's own, or any for staff."""
        return JobType.if_visible(info, await info.context.job.load(parse_id(id)))

    @strawberry.field(extensions=[roles(Role.WORKER)])
    async def my_jobs(
        self,
        info: Info,
        state: list[JobState] | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> JobPage | None:
        """The caller's jobs, newest first."""
        search = JobSearch(states=state, worker_id=info.context.principal.account_id)
        async with info.context.reading() as session:
            return JobPage.from_page(
                await JobRepository(session).page_jobs(search, first=first, after=after)
            )

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def jobs(
        self,
        info: Info,
        filter: JobFilter | None = None,  # noqa: A002
        first: int = 50,
        after: str | None = None,
    ) -> JobPage | None:
        """Everybody's jobs, newest first."""
        search = JobSearch() if filter is None else filter.to_search()
        async with info.context.reading() as session:
            return JobPage.from_page(
                await JobRepository(session).page_jobs(search, first=first, after=after)
            )

    @strawberry.field(extensions=[roles(Role.QUALITY)])
    async def sample_done_jobs(self, info: Info, n: int, seed: int) -> list[JobType] | None:
        """``n`` jobs drawn from those done in the last seven days; the same seed draws the same jobs again."""
        if not 1 <= n <= MAX_SAMPLE:
            raise ValidationFailed(f"`n` must be between 1 and {MAX_SAMPLE}.")
        async with info.context.reading() as session:
            repository = JobRepository(session)
            done = await repository.list_done(since=info.context.clock.now() - SAMPLED_FOR)
            drawn = Random(seed).sample(done, min(n, len(done)))  # noqa: S311  a draw to be repeated
            rows = await repository.find_jobs(drawn)
        return [JobType.from_row(rows[job_id]) for job_id in drawn]
