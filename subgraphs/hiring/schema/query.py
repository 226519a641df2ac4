"""What may be read of hiring, by role."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from shared.authorization import anyone, roles
from shared.errors import ValidationFailed
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.hiring.loaders import Info
from subgraphs.hiring.proofs import stamp
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import ApplicationState, TestState

from .types import (
    ApplicationChallenge,
    ApplicationType,
    Funnel,
    SkillRequirementType,
    TestSetType,
    TestType,
    WorkerType,
)

CHALLENGE = """
What the proof of work of `apply` must be made from.

A proof is `<stamp>:<nonce>` with any nonce that makes the SHA-256 of `<proof>:<contact>:<key>` (UTF-8, contact and key
exactly as they are sent) begin with `bits` zero bits. In Python:

    from hashlib import sha256; from itertools import count
    proof = next(p for n in count() for p in [f"{stamp}:{n}"]
                 if int(sha256(f"{p}:{contact}:{key}".encode()).hexdigest(), 16) >> (256 - bits) == 0)

It holds until `expiresAt`, for this contact and this key only. With `bits` 0 any proof will do.
""".strip()


@strawberry.type
class Query:
    """Root of what may be read."""

    @strawberry.field(extensions=[anyone()], description=CHALLENGE)
    def application_challenge(self, info: Info) -> ApplicationChallenge | None:
        """What a proof of work begins with."""
        now = info.context.clock.now()
        settings = info.context.settings.apply
        return ApplicationChallenge(
            stamp=stamp(now),
            bits=settings.proof_bits,
            expires_at=now + settings.proof_lifetime,
        )

    @strawberry.field(extensions=[roles(Role.CANDIDATE)])
    async def my_application(self, info: Info) -> ApplicationType | None:
        """The application that the caller's account was made for."""
        async with info.context.reading() as session:
            row = await HiringRepository(session).find_newest_of_account(
                info.context.principal.account_id
            )
        return ApplicationType.if_visible(info, row)

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def application(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002
    ) -> ApplicationType | None:
        """One application."""
        return ApplicationType.if_visible(info, await info.context.application.load(parse_id(id)))

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def applications(
        self,
        info: Info,
        state: list[ApplicationState] | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> list[ApplicationType] | None:
        """Applications, newest first. To go on, pass the last one's id as `after`."""
        async with info.context.reading() as session:
            rows = await HiringRepository(session).list_applications(
                state, first=first, after=None if after is None else parse_id(after)
            )
        return [ApplicationType.from_row(row) for row in rows]

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def tests(self, info: Info, state: TestState | None = None) -> list[TestType] | None:
        """The pool of tests, by code, at their newest version."""
        async with info.context.reading() as session:
            hiring = HiringRepository(session)
            rows = await hiring.list_tests(state)
            versions = await hiring.find_versions([(row.id, row.version) for row in rows])
        return [TestType.from_rows(row, versions[row.id, row.version]) for row in rows]

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def test_sets(self, info: Info) -> list[TestSetType] | None:
        """Tests that are assigned together, by name."""
        async with info.context.reading() as session:
            rows = await HiringRepository(session).list_test_sets()
        return [TestSetType.from_row(row) for row in rows]

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def skill_requirements(self, info: Info) -> list[SkillRequirementType] | None:
        """What workers must be good at, by service type."""
        async with info.context.reading() as session:
            rows = await HiringRepository(session).list_skill_requirements()
        return [SkillRequirementType.from_row(row) for row in rows]

    @strawberry.field(extensions=[roles(Role.WORKER, Role.MANAGER, Role.QUALITY, Role.ADMIN)])
    async def worker(self, info: Info, id: strawberry.ID) -> WorkerType | None:  # noqa: A002
        """One worker; oneself, or anybody for staff."""
        return await WorkerType.find(info, parse_id(id))

    @strawberry.field(extensions=[roles(Role.MANAGER)])
    async def funnel(
        self,
        info: Info,
        from_: Annotated[datetime, strawberry.argument(name="from")],
        to: datetime,
    ) -> Funnel | None:
        """How far the applications that arrived from `from` until before `to` have come."""
        if to <= from_:
            raise ValidationFailed("`to` is after `from`.")
        async with info.context.reading() as session:
            counts = await HiringRepository(session).count_funnel(start=from_, end=to)
        return Funnel.from_counts(counts)
